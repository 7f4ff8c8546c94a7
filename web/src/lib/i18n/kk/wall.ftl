# Ауысым басшысының тақтасы.
wall-title = Ауысым тақтасы
wall-checkpoints = { $count } пункттен { $enrolled } қосылған
wall-trucks-waiting = көлік күтуде
wall-over-45 = 45 минуттан асты
wall-alarms = дабыл
wall-by-rule = ереже бойынша рұқсат берілді
wall-passed = бүгін өтті
wall-unpermitted = рұқсатсыз ашылу
wall-map = { $count } өткізу пунктінің картасы
wall-waiting-n = { $count } күтуде
wall-alarm =
    { $count ->
       *[other] { $count } дабыл
    }
wall-overdue-n = мерзімі өткені { $count }
wall-silent = сигнал жоқ { $span }
wall-device-down = { $device } істемейді
wall-lane-stopped = жолақ тоқтатылған
wall-legend-clear = дұрыс
wall-legend-waiting = 5 немесе көбі күтуде
wall-legend-finding = аспап не жолақ
wall-legend-none = қосылмаған
wall-whom = Кімді күтуде
wall-trucks =
    { $count ->
       *[other] { $count } көлік құралы
    }
wall-longest = ең ұзағы { $span }
wall-nobody-waits = Бірде-бір көлік күтпейді
wall-promise = Қақпадан шығуға дейін, бүгін
wall-promise-45 = мақсат { $minutes }
wall-before-180 = 2009: { $minutes }
not-yet-known = әзірге белгісіз
wall-overdue = Мерзімі өткендер
wall-overdue-order = алдымен ең ұзағы
wall-overdue-none = мерзімі өткен жоқ
wall-links = Байланыс
wall-links-what = жылдамдық, қалып қойған жазбалар
wall-links-none = пункттер әлі қосылмаған
wall-last-seen = соңғы рет { $time }
wall-behind = { $count } артта
wall-gaps =
    { $count ->
       *[other] { $count } олқылық
    }
wall-machines = Дабылдар мен техника
wall-machines-n = ақаулы не күмәнді: { $count }
wall-machines-none = бүкіл техника дайын
wall-seats = Жұмыс орындары
wall-seats-what = кезекшілер мен ашық істер
wall-seated = кезекшілікте { $count }
wall-open = { $count } ашық
wall-by-hour = Сағаттар бойынша минут: p50 және p90, мақсат 45
wall-overdue-unseen = мерзімі өткені: { $count }; қайсысы екені сізге көрсетілмейді
wall-alarms-unseen = істер бойынша дабылдар сізге көрсетілмейді
wall-shown-of = көрсетілгені: { $shown } / { $count }
wall-map-sum = Барлығы: дабыл { $alarms }, мерзімі өткен { $overdue }, 45 минуттан ұзақ { $late }
wall-at-least = кемінде { $minutes }
