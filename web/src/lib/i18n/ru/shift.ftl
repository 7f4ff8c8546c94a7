# Смена и тревоги.
nav-shift = Смена
alarm-count =
    { $count ->
        [one] { $count } тревога
        [few] { $count } тревоги
       *[other] { $count } тревог
    }
alarm-silence = Заглушить
alarm-why = Почему больше не звучит
alarm-not-now = не сейчас
silenced-in_hand = уже занимаются
silenced-known_fault = известная неисправность, ремонт извещён
silenced-same_cause = о том же другая тревога
silenced-test = проверка техники
mark-not_required = не требуется
mark-not_begun = не начат
mark-working = идёт
mark-clear = пройден, вопросов нет
mark-finding = открытое замечание
mark-alarm = открытая тревога
queue-shift =
    { $count ->
        [one] { $count } решение за смену
        [few] { $count } решения за смену
       *[other] { $count } решений за смену
    }
queue-shift-median = половина за { $span }
shift-title = Смена
shift-count =
    { $count ->
        [one] занято { $count } место
        [few] занято { $count } места
       *[other] занято { $count } мест
    }
shift-rule = Просроченное дело можно один раз разыграть заново между остальными.
shift-nobody = дела есть, дежурных нет
shift-officer = Инспектор, место
shift-since = С
shift-decided = Решил
shift-load = Нагрузка
shift-load-is = дел { $count }, просрочено { $late }
shift-cases = Дела по жребию
shift-not-opened = не открыто
shift-opened = открыто в { $time }
shift-round = жребий № { $round }
shift-free = дел сейчас нет
shift-redraw = Новый жребий
shift-why = Почему новый жребий
shift-redrawn = { $passage } разыгрывается заново
recall-officer_away = инспектор отсутствует
recall-seat_failed = место неисправно
recall-overload = перегрузка
recall-takes_too_long = слишком долго
problem-case-not_overdue = Заново разыгрывают только просроченное дело
problem-case-redrawn = Это дело уже разыгрывали заново
problem-case-nobody_else = Больше никто из этого органа не дежурит
problem-alarm-unknown = Этой тревоги больше нет
