# Уақыт қайда кетеді: өлшенген және есептелген.
nav-time = Уақыт
time-title = Уақыт қайда кетеді
time-measured =
    { $count ->
        [one] Соңғы 24 сағатта { $count } көлік өтті
       *[other] Соңғы 24 сағатта { $count } көлік өтті
    }
time-under-way = пунктте: { $count }
time-turned-back = кері қайтқан: { $count }
time-as-of = жағдайы: { $time }
time-none = Соңғы 24 сағатта бірде-бір көлік өткен жоқ
time-none-what = Пунктте: { $count }. Көрсеткіштер бірінші көлік құралы шыққанда пайда болады.
time-parts = Кіруден шығуға дейін, құрамдас бөліктер бойынша
time-what = бір өткізу пунктіндегі бақылау минуттары, қақпадан шығу шлагбаумына дейін
time-whole = Кіруден шығуға дейін
time-minutes = минут
time-mean = орташа
time-trucks = көлік
time-whom = Кімді күтті
time-share = барлық көліктің барлық минутындағы үлесі
time-stages = Кезеңдер бойынша
time-bodies = Органдар бойынша
time-hours = Келген сағаты бойынша
time-hours-what = p50 тұтас, p90 штрихталған, минут
time-checkpoints = Өткізу пункттері бойынша
time-longest-first = алдымен ең үлкен p90, минут
time-bar = p50 { $p50 }, p90 { $p90 }
time-how = Әр минут бір құрамдас бөлікке және күтілген тарапқа жатады; перцентильдер жақын ранг бойынша
time-promise = мақсат
plan-title = Жоспарлар
plan-what = модельмен есептелген, өлшенбеген
plan-file = Жоспар
plan-asked = Не сұралды
plan-before-gate = қақпа алдында, p90
plan-under-way = соңына дейін өтпеді
plan-day = Тәуліктегі кезек
plan-no-day = Жоспар сағаттарға бөлінбеген
plan-inside = ішіндегі көлік
plan-before_gates = қақпа алдындағы көлік
plan-cases_waiting = күтудегі іс
plan-seats_busy = бос емес жұмыс орны
plan-peak = ең көбі { $count }
plan-hours = Есептің басынан бергі сағаттар
plan-seats = Жұмыс орындары
plan-cases = іс
plan-busy = бос емес
plan-none = Әзірге жоспар жоқ
plan-how = Жоспарлаушы «beket twin» бағдарламасын «--keep» кілтімен іске қосып, осы орталықтың «plans» қалтасын көрсетеді.
problem-plan-unreadable = Жоспар оқылмайды
