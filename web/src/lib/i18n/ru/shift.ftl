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
silenced-known_fault = известная неисправность, ремонтная служба извещена
silenced-same_cause = причина та же, есть другая тревога
silenced-test = проверка техники
mark-not_required = не требуется
mark-not_begun = не начат
mark-working = идёт
mark-clear = пройден, замечаний не было
mark-done = пройден, замечание у другого органа
mark-finding = открытое замечание
mark-alarm = открытая тревога
queue-shift =
    { $count ->
        [one] { $count } решение за смену
        [few] { $count } решения за смену
       *[other] { $count } решений за смену
    }
queue-shift-median = медиана { $span }
shift-title = Смена
shift-count =
    { $count ->
        [one] занято { $count } рабочее место
        [few] занято { $count } рабочих места
       *[other] занято { $count } рабочих мест
    }
shift-rule = Просроченное дело можно один раз перераспределить жребием между остальными.
shift-nobody = дела есть, дежурных нет
shift-officer = Инспектор, рабочее место
shift-since = На дежурстве с
shift-decided = Решено дел
shift-load = Нагрузка
shift-load-is = дел { $count }, просрочено { $late }
shift-cases = Дела по жребию
shift-not-opened = не открыто
shift-opened = открыто: { $time }
shift-round = жребий № { $round }
shift-free = дел сейчас нет
shift-redraw = Новый жребий
shift-why = Почему новый жребий
shift-redrawn = { $passage }: новый жребий
recall-officer_away = инспектор отсутствует
recall-seat_failed = рабочее место неисправно
recall-overload = перегрузка
recall-takes_too_long = слишком долго
problem-case-not_overdue = Новый жребий возможен только для просроченного дела
problem-case-redrawn = По этому делу новый жребий уже был
problem-case-nobody_else = Больше никто из этого органа не дежурит
problem-alarm-unknown = Этой тревоги больше нет
mark-answered = пройден, ответ дан
alarm-list = Все тревоги
alarm-list-close = Закрыть список
alarm-none-loud = Звучащих тревог нет
alarm-second = Для проверки нужно второе лицо
