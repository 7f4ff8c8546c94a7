# Табло старшего смены.
wall-title = Табло смены
wall-checkpoints = подключено пунктов: { $enrolled } из { $count }
wall-trucks-waiting = ТС в ожидании
wall-over-45 = более 45 минут
wall-alarms = тревог
wall-by-rule = пропуск разрешён по правилу
wall-passed = прошло сегодня
wall-unpermitted = открытий без разрешения
wall-map = Карта пунктов пропуска: { $count }
wall-waiting-n = ждут { $count }
wall-alarm =
    { $count ->
        [one] { $count } тревога
        [few] { $count } тревоги
       *[other] { $count } тревог
    }
wall-overdue-n = просрочено { $count }
wall-silent = нет сигнала { $span }
wall-device-down = не работает { $device }
wall-lane-stopped = полоса остановлена
wall-legend-clear = в порядке
wall-legend-waiting = ждут 5 и более
wall-legend-finding = прибор или полоса
wall-legend-none = не подключён
wall-whom = Кого ждут
wall-trucks =
    { $count ->
       *[other] { $count } ТС
    }
wall-longest = дольше всех { $span }
wall-nobody-waits = Ни одно ТС не ждёт
wall-promise = От ворот до выезда, сегодня
wall-promise-45 = цель { $minutes }
wall-before-180 = 2009: { $minutes }
not-yet-known = пока неизвестно
wall-overdue = Просрочено
wall-overdue-order = сначала самые долгие
wall-overdue-none = просрочек нет
wall-links = Связь
wall-links-what = скорость, отставание записей
wall-links-none = пункты ещё не подключены
wall-last-seen = на связи в { $time }
wall-behind = отстаёт на { $count }
wall-gaps =
    { $count ->
        [one] { $count } пробел
        [few] { $count } пробела
       *[other] { $count } пробелов
    }
wall-machines = Тревоги и техника
wall-machines-n = неисправно или под вопросом: { $count }
wall-machines-none = вся техника исправна
wall-seats = Рабочие места
wall-seats-what = дежурные и открытые дела
wall-seated = дежурят { $count }
wall-open = открыто { $count }
wall-by-hour = Минуты по часам: p50 и p90, цель 45
wall-overdue-unseen = просрочено: { $count }; какие именно, вам не показывается
wall-alarms-unseen = тревоги по делам вам не показываются
wall-shown-of = показано { $shown } из { $count }
wall-map-sum = Всего: тревог { $alarms }, просрочено { $overdue }, дольше 45 минут { $late }
wall-at-least = не менее { $minutes }
