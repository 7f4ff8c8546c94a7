# Ауысым және дабылдар.
nav-shift = Ауысым
alarm-count =
    { $count ->
       *[other] { $count } дабыл
    }
alarm-silence = Дыбысын өшіру
alarm-why = Неге енді дыбыс бермейді
alarm-not-now = қазір емес
silenced-in_hand = айналысып жатыр
silenced-known_fault = белгілі ақау, жөндеу қызметіне хабарланған
silenced-same_cause = себебі бір, басқа дабыл бар
silenced-test = техниканы тексеру
mark-not_required = талап етілмейді
mark-not_begun = басталмаған
mark-working = жүріп жатыр
mark-clear = өтті, ескерту болған жоқ
mark-done = өтті, басқа органның ескертуі бар
mark-finding = ашық ескерту
mark-alarm = ашық дабыл
queue-shift =
    { $count ->
       *[other] ауысымда { $count } шешім
    }
queue-shift-median = медианасы { $span }
shift-title = Ауысым
shift-count =
    { $count ->
       *[other] бос емес жұмыс орны: { $count }
    }
shift-rule = Мерзімі өткен істі қалғандар арасында бір рет қайта жеребеге салуға болады.
shift-nobody = іс бар, кезекші жоқ
shift-officer = Инспектор, жұмыс орны
shift-since = Басталуы
shift-decided = Шешілген іс
shift-load = Жүктеме
shift-load-is = { $count } іс, { $late } мерзімі өткен
shift-cases = Жеребемен түскен істер
shift-not-opened = ашылмаған
shift-opened = ашылған уақыты { $time }
shift-round = { $round }-жеребе
shift-free = қазір іс жоқ
shift-redraw = Қайта жеребе
shift-why = Неге қайта жеребе
shift-redrawn = { $passage }: жаңа жеребе
recall-officer_away = инспектор орнында жоқ
recall-seat_failed = жұмыс орны істен шыққан
recall-overload = шамадан тыс жүктеме
recall-takes_too_long = тым ұзақ
problem-case-not_overdue = Тек мерзімі өткен іс қайта жеребеге салынады
problem-case-redrawn = Бұл іс қайта жеребеге салынып қойған
problem-case-nobody_else = Бұл органнан басқа кезекші жоқ
problem-alarm-unknown = Бұл дабыл енді жоқ
mark-answered = өтті, жауап берілді
alarm-list = Барлық дабыл
alarm-list-close = Тізімді жабу
alarm-none-loud = Дабыл естіліп тұрған жоқ
alarm-second = Тексеру үшін екінші адам керек
