# Одно ТС на одном экране.
case = дело
case-loading = Открываем { $passage } …
case-old = Эти данные устарели:
case-ended = Завершено: { $how } { $at }
time-to-decide = на решение
promise-45 = целевое время 45 мин
promise-left = осталось { $time } из 45 мин
promise-over = сверх 45 мин: { $time }
goods-declared = Заявленный товар
packages =
    { $count ->
        [one] { $count } грузовое место
        [few] { $count } грузовых места
       *[other] { $count } грузовых мест
    }
driver-is = водитель { $driver }
no-notification = нет предварительной информации
no-notification-means = заранее ничего не заявлено
link = Связь
link-up = есть связь
link-down = нет связи
timeline = Время этого проезда
timeline-alt = Контроль { $work }, документы { $papers }, ожидание и движение { $tech }
views = Виды
view-machines = Приборы
view-papers = Документы, номера
view-record = Запись
machines = Рентген, радиация и оси на одной шкале метров
papers = Документы и снимки
record = Записи журналов
record-at = Время
record-place = Журнал
record-kind = Факт
record-body = Как записано
ruler-label = Метры от передней части ТС
image-none = Снимка нет
image-waiting = Первый слой ещё не получен
image-alt = Рентгеновский снимок ТС, длина { $length }
image-bits = { $bits } бит
image-layer = слой { $have } из { $total }
image-pixel = { $pixel } на точку
image-mass = груз ≈ { $mass } по поглощению
image-decoding = снимок декодируется …
image-enough = получено, достаточно для вывода «подозрений нет»
image-for-clear = для вывода «подозрений нет»
image-share = Получено { $percent } снимка
image-unusable = непригоден: { $why }
counts-alt = Максимум { $max }, { $sigma } сигм, на { $position }; фон { $background }
counts-background = фон { $background } ± { $sigma } имп./с
counts-limit = порог { $n } σ: { $limit } имп./с
counts-no-speed = скорость неизвестна: растянуто на всю длину
counts-none = Не измерено
counts-not-received = Профиль счёта ещё не получен
gamma-raised = гамма-тревога, { $sigma } σ
gamma-silent = гамма: тревоги нет, { $sigma } σ
neutron-raised = нейтронная тревога, { $max } /с
neutron-silent = нейтроны: не более { $max } /с
suppression = тень { $percent }
same-scale = та же шкала метров
limits-by = нормы: { $source }
of-limit = из { $limit }
axles-none = Не взвешено
axles-alt = Осей { $count }, полная масса { $gross }
axles-overhang = передний свес принят { $overhang }
side = Замечания и органы
findings = Замечания
findings-none = замечаний нет
findings-n =
    { $count ->
        [one] { $count } замечание
        [few] { $count } замечания
       *[other] { $count } замечаний
    }
alarms-n =
    { $count ->
        [one] { $count } тревога
        [few] { $count } тревоги
       *[other] { $count } тревог
    }
answered = ответ дан
declared-measured = Заявлено и измерено
sigma-of-difference = σ разности
what = Что
declared = заявлено
measured = измерено
difference = разн.
verdict = Вывод
six-bodies = Шесть органов
waits-for = ждёт: { $whom }
since = уже { $span }
by-rule = правило { $rule }
by-a-rule = по правилу
not-for-your-body = имена вашему органу не показываются
by-lane = на полосе: { $first } и { $second }
orders = Поручения полосе
order-due = срок через { $span }
decisions = Решения
decision-on-its-way = в пути на пункт
draw-title = Почему вы
draw-recompute = пересчитать
draw-text = По жребию: { $officer }; дежурных { $count }, круг { $round }.
draw-agrees = Пересчитано: { $officer }, совпадает
draw-differs = Пересчитано: { $officer }, не совпадает: сообщите
candidates = варианты
plates-none = Номера и контейнеры не прочитаны.
plate-picture = Снимок номера { $plate }, { $position }
documents-none = Документы ещё не предъявлены
document-not-presented = заявлено, не предъявлено: { $kind } { $number }
issued-by = выдано: { $issuer }
valid-to = действует до { $date }
expired-on = срок истёк { $date }
page-picture = { $kind }, страница { $page }
page-owed = страница { $page } ещё не получена, { $size }
page-none = страниц нет
answered-how = { $how }: { $who }
by-you = вы
clear-for-you = пройден, для вашего органа замечаний нет
findings-none-yet = пока замечаний нет
findings-others-unseen = замечания других органов вам не показываются
unseen-means = Измерение могло быть. Центр показывает его органам, которые за него отвечают.
documents-others-unseen = документы, за которые отвечают другие органы, вам не показываются
span-opened = открыто, решения нет
