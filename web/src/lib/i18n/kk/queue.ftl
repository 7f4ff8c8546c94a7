# Менің істерім және іздеу.
queue-title = Менің істерім
queue-count =
    { $count ->
       *[other] Сізді { $count } іс күтуде
    }
queue-count-body =
    { $count ->
       *[other] Органыңыздың { $count } ісі
    }
queue-pool = ортақ тізімдегі { $open } істен, кезекшілікте { $seated }
queue-overdue =
    { $count ->
       *[other] мерзімі өткені: { $count }
    }
queue-scope = Қандай істер
queue-scope-mine = Менікі
queue-scope-body = Органымдікі
queue-sit-down = Кезекшілікке кірісу
queue-stand-up = Кезекшілікті аяқтау
queue-not-seated = Сіз кезекшілікте емессіз: кіріскенше сізге іс бөлінбейді
queue-overload = Артық жүктеме: { $open } іс, { $seated } кезекші
queue-overload-means = Ауысым басшысы көріп отыр. Жоғарыдан бастаңыз: ең шұғылы бірінші.
queue-empty = Сізді ештеңе күтпейді
queue-empty-means = Істер жеребемен өздері келеді; органыңызда қазір { $open } ашық.
queue-release-asked = Өткізуге рұқсат сұралды, ескерту жоқ
queue-drawn = Істер таңдаумен емес, жеребемен бөлінеді.
col-left = Қалды
col-where = Пункт, жолақ
col-plate = Нөмір
col-goods = Тауар, СЭҚ ТН
col-what = Не сұралады
col-stages = Өткен кезеңдер
col-received = Келгені
col-others = Басқалары да күтуде
col-promise = 45 минуттан
hold-until-for-short = мерзімі { $time }, кім үшін: { $whom }
received-all = келді
received-nothing-owed = күтетіні жоқ
received-of = { $total } ішінен { $have }
key-move = жылжу
key-next = жеребе бойынша келесі
key-row = жолды ашу
search-title = Көлік құралын табу
search-label = Көлік, контейнер немесе өту нөмірі
search-hint = Екі таңба немесе одан көп. Аяқталған өтулер де табылады.
search-none = «{ $q }» бойынша ештеңе табылмады
search-none-means = Сіз тек органыңызға қатыстыны көресіз.
search-found =
    { $count ->
       *[other] { $count } өту
    }
late-overdue = мерзімі өтті
late-muchlate = 45 минуттан астам
late-escalated = ауысым басшысына
key-back = артқа
search-outcome = Нәтижесі
search-worst = Ең ауыр ескертуі
search-goods = Жүк
search-arrived = Келді
search-people-found = адамдар тапты
search-hidden = сізге көрсетілмейтін нәрсе бар
search-nothing-found = ештеңе табылмады
search-not-done = кезеңдер әлі аяқталмаған
search-min-so-far = әзірге { $minutes } мин
became-in_lane = жолақта
became-aside = шетке шығарылды
became-permitted = шығуға рұқсат
became-departed = пункттен шықты
became-refused = өткізуден бас тартылды
became-turned_back = кері кетті
