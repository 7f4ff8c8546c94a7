# Одна машина на одном экране.
case = дело
case-loading = Открываем { $passage } …
case-old = Эти данные устарели:
case-ended = Завершено: { $how } { $at }
time-to-decide = на решение
promise-45 = обещано 45 мин
promise-left = осталось { $time } из 45 мин
promise-over = сверх 45 мин: { $time }
goods-declared = Заявленный товар
packages =
    { $count ->
        [one] { $count } место
        [few] { $count } места
       *[other] { $count } мест
    }
driver-is = водитель { $driver }
no-notification = нет уведомления
no-notification-means = заранее ничего не заявлено
link = Связь
link-up = есть связь
link-down = нет связи
timeline = Время этого проезда
timeline-alt = Контроль { $work }, документы { $papers }, ожидание и движение { $tech }
views = Виды
view-machines = Приборы
view-papers = Документы, номера
view-record = Запись
machines = Рентген, радиация и оси на одной шкале метров
papers = Документы и снимки
record = Факты журналов
record-at = Время
record-place = Журнал
record-kind = Факт
record-body = Как записано
ruler-label = Метры от передка машины
image-none = Снимка нет
image-waiting = Первый слой ещё не получен
image-alt = Рентгеновский снимок машины, длина { $length }
image-bits = { $bits } бит
image-layer = слой { $have } из { $total }
image-pixel = { $pixel } на точку
image-mass = груз ≈ { $mass } по поглощению
image-decoding = снимок декодируется …
image-enough = получено, достаточно для «чисто»
image-for-clear = для «чисто»
image-share = Получено { $percent } снимка
image-unusable = непригоден: { $why }
counts-alt = Максимум { $max }, { $sigma } сигм, на { $position }; фон { $background }
counts-background = фон { $background } ± { $sigma } имп./с
counts-limit = порог { $n } σ: { $limit } имп./с
counts-no-speed = скорость неизвестна: растянуто на всю длину
counts-none = Не измерено
counts-not-received = Профиль счёта ещё не получен
gamma-raised = гамма-тревога, { $sigma } σ
gamma-silent = гамма: тревоги нет, { $sigma } σ
neutron-raised = нейтронная тревога, { $max } /с
neutron-silent = нейтроны: не более { $max } /с
suppression = тень { $percent }
same-scale = та же шкала метров
limits-by = пределы: { $source }
of-limit = из { $limit }
axles-none = Не взвешено
axles-alt = Осей { $count }, полная масса { $gross }
axles-overhang = передний свес принят { $overhang }
side = Находки и органы
findings = Находки
findings-none = находок нет
findings-n =
    { $count ->
        [one] { $count } находка
        [few] { $count } находки
       *[other] { $count } находок
    }
alarms-n =
    { $count ->
        [one] { $count } тревога
        [few] { $count } тревоги
       *[other] { $count } тревог
    }
answered = отвечено
answered-at = отвечено { $time }
declared-measured = Заявлено и измерено
sigma-of-difference = σ разности
what = Что
declared = заявлено
measured = измерено
difference = разн.
verdict = Вывод
six-bodies = Шесть органов
waits-for = ждёт: { $whom }
since = уже { $span }
by-rule = правило { $rule }
by-a-rule = по правилу
not-for-your-body = имена вашему органу не показываются
by-lane = на полосе: { $first } и { $second }
orders = Поручения полосе
order-due = срок через { $span }
decisions = Решения
decision-on-its-way = в пути на пункт
draw-title = Почему вы
draw-recompute = пересчитать
draw-text = По жребию: { $officer }, из { $count } дежурных, раунд { $round }.
draw-agrees = Пересчитано: { $officer }, совпадает
draw-differs = Пересчитано: { $officer }, не совпадает: сообщите
candidates = варианты
plates-none = Номера и контейнеры не прочитаны.
plate-picture = Снимок номера { $plate }, { $position }
documents-none = Документы ещё не предъявлены
document-not-presented = заявлено, не предъявлено: { $kind } { $number }
issued-by = выдано: { $issuer }
valid-to = действует до { $date }
expired-on = истекло { $date }
page-picture = { $kind }, страница { $page }
page-owed = страница { $page } ещё не получена, { $size }
page-none = страниц нет
