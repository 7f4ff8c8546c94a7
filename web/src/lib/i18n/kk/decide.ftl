# Шешім тақтасы.
decide-title = Шешім
decide-answers =
    { $count ->
       *[other] { $count } ескертуге жауап
    }
decide-ask-reason = қандай негізде?
decide-ask-until = қай уақытқа дейін?
decide-ask-for_whom = кім үшін?
decide-ask-order = қандай тапсырма?
decide-ask-second = сізбен бірге кім қол қояды?
decide-ask-send = Enter жібереді; болдырмауға 10 с
decide-send = Жіберу
decide-sends-in = { $seconds } секундтан кейін жіберіледі
decide-sending = жіберілуде …
decide-sent = Орталықта жазылды, № { $sequence }
decide-order-sent = Тапсырма жолаққа жіберілді
decide-failed = Жіберілмеді
decide-change = Өзгерту
decide-undo = Болдырмау
decide-now = Қазір жіберу
decide-next = келесі іс
decide-sign = Қол қою
decide-second-name = Басқа орган лауазымды адамының аты
decide-second-after = R, H, I немесе F кейін
decide-no-reason = тәртіп бұған негіз бермейді
decide-alarms-stand =
    { $count ->
       *[other] { $count } дабыл: алдымен қорытынды (J)
    }
decide-hint-release = қарсылық жоқ
decide-hint-hold = қашанға дейін, кім үшін
decide-hint-inspect = жүкті ашып тексеріп қарау
decide-hint-refuse = 2-адам, басқа орган
decide-hint-order = жолаққа
decide-hint-second = сізбен бірге қол қояды
hold-until-for = мерзімі { $time }, кім үшін: { $whom }
why-not_yours = Іс сізге бөлінбеген: тек оқуға болады
why-case-not_yours = Іс сізге бөлінбеген: тек оқуға болады
why-decision-not_yours = Іс сізге бөлінбеген: тек оқуға болады
why-decision-not_asked = Органыңыздың шешімі қазір сұралмайды
why-decision-not_competent = Бұл пунктте сіздің орган шешуге құқылы емес
why-decision-order_open = Органыңыздың тапсырмасы орындалмаған
why-decision-image_not_enough = сурет жеткілікті келген жоқ
why-decision-inspection_not_done = тексеріп қарау әлі жүргізілмеген
why-role-not_allowed = Істі оқи аласыз, шеше алмайсыз
why-duty-not_seated = Сіз кезекшілікте емессіз
why-case-ended = Өту аяқталды
why-clear_not_yet = бәрі әлі келген жоқ
give-back = істі қайтару
give-back-conflict_of_interest = тасымалдаушыны не жүргізушіні танимын
give-back-off_duty = кезекшілікті тапсырамын
give-back-needs_expert = басқа маман керек
give-back-equipment = жабдығым көрсетпейді
second-same_body = сізбен бір орган
second-cannot = қазір тексерілмейді
second-asking = тексерілуде …
