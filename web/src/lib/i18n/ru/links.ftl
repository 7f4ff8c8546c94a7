# Линии: что получено, что ждёт.
links-title = Связь
links-what = Что получено из реестра каждого пункта и что ждёт его линии с обеих сторон. Проверить может любой, у кого есть оба реестра: beket link compare.
links-statement = получено 1..{ $count }, пропусков { $gaps }, повторов { $duplicates }, подпись по 1..{ $signed }
links-complete = всё получено
links-missing =
    { $count ->
        [one] не хватает { $count } записи
       *[other] не хватает { $count } записей
    }
links-unsigned = следующая подпись в пути
links-earlier = прежний реестр этого пункта
links-head = подписанная вершина
plan-class = Что ждёт
plan-count = Число
plan-bytes = Объём
plan-time = Уйдёт за
plan-class-0 = Решения, замечания, разрешения
plan-class-1 = Прочие факты
plan-class-2 = Эскизы и то, чего ждут
plan-class-3 = Снимки до слоя решения, страницы
plan-class-4 = Оригиналы и остальное
plan-no-rate = скорость ещё не измерена
plan-when-asked = по запросу
plan-nothing = Ничего не ждёт.
plan-there = На пункте, { $time }
plan-here = В центре
plan-up = Ждёт линии в центр
plan-up-last = Ждало линии, когда связь была
disk-used = Диск занят на { $used }
sends-decision_layers = Линия медленна для всего: страницы эскизами, снимки до слоя решения; остальное по запросу
sends-triage_layers = Линия слишком медленна: страницы эскизами, снимки до первого слоя; остальное по запросу
keeps-no_rest = Диск заполняется: сырые байты устройств не сохраняются
keeps-previews_only = Диск почти полон: страницы сохраняются только эскизами
fact-disk_no_rest = диск заполняется, сырые байты не сохраняются
fact-disk_previews_only = диск почти полон, страницы только эскизами
