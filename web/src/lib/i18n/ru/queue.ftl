# Мои дела и поиск.
queue-title = Мои дела
queue-count =
    { $count ->
        [one] Вас ждёт { $count } дело
        [few] Вас ждут { $count } дела
       *[other] Вас ждут { $count } дел
    }
queue-count-body =
    { $count ->
        [one] { $count } дело вашего органа
        [few] { $count } дела вашего органа
       *[other] { $count } дел вашего органа
    }
queue-pool = из { $open } в общем списке, на дежурстве { $seated }
queue-overdue =
    { $count ->
        [one] { $count } просрочено
        [few] { $count } просрочено
       *[other] { $count } просрочено
    }
queue-scope = Какие дела
queue-scope-mine = Мои
queue-scope-body = Моего органа
queue-sit-down = Приступить к дежурству
queue-stand-up = Завершить дежурство
queue-not-seated = Вы не на дежурстве: пока вы не приступили, дела вам не распределяются
queue-overload = Перегрузка: дел { $open }, дежурных { $seated }
queue-overload-means = Старший смены это видит. Берите дела сверху: первым стоит самое срочное.
queue-empty = Вас ничего не ждёт
queue-empty-means = Дела появляются сами по жребию; сейчас в вашем органе открыто { $open }.
queue-release-asked = Запрошено разрешение на пропуск, замечаний нет
queue-drawn = Дела распределяются жребием, а не выбором.
col-left = Осталось
col-where = Пункт, полоса
col-plate = Номер
col-goods = Товар, ТН ВЭД
col-what = Что требуется
col-stages = Пройдено этапов
col-received = Получено
col-others = Ждут и другие
col-promise = Из 45 мин
hold-until-for-short = до { $time }, для: { $whom }
received-all = получено
received-nothing-owed = ждать нечего
received-of = { $have } из { $total }
key-move = двигаться
key-next = следующее по жребию
key-row = открыть строку
search-title = Найти ТС
search-label = Номер ТС, контейнера или проезда
search-hint = Два знака или больше. Завершённые проезды тоже находятся.
search-none = По «{ $q }» ничего не найдено
search-none-means = Вы видите только то, что касается вашего органа.
search-found =
    { $count ->
        [one] { $count } проезд
        [few] { $count } проезда
       *[other] { $count } проездов
    }
late-overdue = просрочено
late-muchlate = более 45 мин
late-escalated = старшему смены
key-back = назад
search-outcome = Исход
search-worst = Худшее за всё время
search-goods = Груз
search-arrived = Прибыл
search-people-found = люди обнаружили
search-hidden = есть то, что вам не показывают
search-nothing-found = ничего не найдено
search-not-done = этапы ещё не пройдены
search-min-so-far = { $minutes } мин пока
became-in_lane = на полосе
became-aside = отведён
became-permitted = выезд разрешён
became-departed = выехал из пункта
became-refused = в пропуске отказано
became-turned_back = выехал назад
