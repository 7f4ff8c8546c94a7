# Куда уходит время: измеренное и расчётное.
nav-time = Время
time-title = Куда уходит время
time-measured =
    { $count ->
        [one] { $count } ТС прошло за последние 24 часа
        [few] { $count } ТС прошли за последние 24 часа
       *[other] { $count } ТС прошло за последние 24 часа
    }
time-under-way = ещё на пункте: { $count }
time-turned-back = повернули назад: { $count }
time-as-of = на { $time }
time-none = За последние 24 часа не прошло ни одного ТС
time-none-what = На пункте: { $count }. Показатели появятся после выезда первого ТС.
time-parts = От ворот до выезда, по составляющим
time-what = минуты контроля на одном пункте, от ворот до выездного шлагбаума
time-whole = От ворот до выезда
time-minutes = минуты
time-mean = среднее
time-trucks = ТС
time-whom = Кого ждали
time-share = доля всех минут всех ТС
time-stages = По этапам
time-bodies = По органам
time-hours = По часу прибытия
time-hours-what = p50 сплошной, p90 штриховкой, минуты
time-checkpoints = По пунктам пропуска
time-longest-first = сначала наибольший p90, минуты
time-bar = p50 { $p50 }, p90 { $p90 }
time-how = Каждая минута относится к одной составляющей и к тому, кого ждали; перцентили по ближайшему рангу
time-promise = цель
plan-title = Планы
plan-what = рассчитаны на модели, не измерены
plan-file = План
plan-asked = Что спрошено
plan-before-gate = перед воротами, p90
plan-under-way = не прошли к концу
plan-day = Очередь за сутки
plan-no-day = План не разбит по часам
plan-inside = ТС внутри
plan-before_gates = ТС перед воротами
plan-cases_waiting = дел в ожидании
plan-seats_busy = рабочих мест занято
plan-peak = до { $count }
plan-hours = Часы от начала расчёта
plan-seats = Рабочие места
plan-cases = дел
plan-busy = занято
plan-none = Планов пока нет
plan-how = Плановик запускает «beket twin» с ключом «--keep» и указывает папку «plans» этого центра.
problem-plan-unreadable = План не читается
