# Шешім тақтасы.
decide-title = Шешім
decide-answers =
    { $count ->
       *[other] { $count } белгіге жауап
    }
decide-ask-reason = қандай негізде?
decide-ask-until = қай уақытқа дейін?
decide-ask-for_whom = кім үшін?
decide-ask-order = қандай тапсырма?
decide-ask-second = сізбен бірге кім қол қояды?
decide-ask-send = Enter жібереді; бас тартуға 10 с
decide-send = Жіберу
decide-sends-in = { $seconds } с кейін жіберіледі
decide-sending = жіберілуде …
decide-sent = Орталықта жазылды, № { $sequence }
decide-order-sent = Тапсырма жолаққа жіберілді
decide-failed = Жіберілмеді
decide-change = Өзгерту
decide-undo = Бас тарту
decide-now = Қазір жіберу
decide-next = келесі іс
decide-sign = Қол қою
decide-second-name = Аты, басқа органнан
decide-second-after = R, H, I немесе F кейін
decide-no-reason = тәртіп бұған негіз бермейді
decide-hint-release = қарсылық жоқ
decide-hint-hold = қашанға дейін, кім үшін
decide-hint-inspect = адамдар ішін қарайды
decide-hint-refuse = 2-адам, басқа орган
decide-hint-order = жолаққа
decide-hint-second = сізбен бірге қол қояды
hold-until-for = { $time } дейін, кім үшін: { $whom }
why-not_yours = Іс сізге түспеген: тек оқуға болады
why-case-not_yours = Іс сізге түспеген: тек оқуға болады
why-decision-not_yours = Іс сізге түспеген: тек оқуға болады
why-decision-not_asked = Органыңыздың шешімі қазір сұралмайды
why-decision-not_competent = Бұл пунктте сіздің орган шешуге құқылы емес
why-decision-order_open = Органыңыздың тапсырмасы орындалмаған
why-decision-image_not_enough = сурет жеткілікті келген жоқ
why-decision-inspection_not_done = тексеру әлі жасалмаған
why-role-not_allowed = Істі оқи аласыз, шеше алмайсыз
why-duty-not_seated = Сіз кезекшілікте емессіз
why-case-ended = Өту аяқталды
why-clear_not_yet = бәрі әлі келген жоқ
