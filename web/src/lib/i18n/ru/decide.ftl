# Панель решения.
decide-title = Решение
decide-answers =
    { $count ->
        [one] отвечает на { $count } замечание
        [few] отвечает на { $count } замечания
       *[other] отвечает на { $count } замечаний
    }
decide-ask-reason = на каком основании?
decide-ask-until = до какого времени?
decide-ask-for_whom = для кого?
decide-ask-order = какое поручение?
decide-ask-second = кто подписывает с вами?
decide-ask-send = Enter отправит; 10 с на отмену
decide-send = Отправить
decide-sends-in = уйдёт через { $seconds } с
decide-sending = отправляется …
decide-sent = Записано в центре, № { $sequence }
decide-order-sent = Поручение ушло на полосу
decide-failed = Не отправлено
decide-change = Изменить
decide-undo = Отменить
decide-now = Отправить сейчас
decide-next = следующее дело
decide-sign = Подписать
decide-second-name = Имя должностного лица другого органа
decide-second-after = после R, H, I или F
decide-no-reason = порядок не даёт для этого основания
decide-alarms-stand =
    { $count ->
        [one] { $count } тревога: сначала заключение (J)
        [few] { $count } тревоги: сначала заключение (J)
       *[other] { $count } тревог: сначала заключение (J)
    }
decide-hint-release = возражений нет
decide-hint-hold = до какого времени, для кого
decide-hint-inspect = вскрытие, досмотр груза
decide-hint-refuse = 2-е лицо, другой орган
decide-hint-order = полосе
decide-hint-second = подписывает с вами
hold-until-for = до { $time }, для: { $whom }
why-not_yours = Дело распределено не вам: можно только читать
why-case-not_yours = Дело распределено не вам: можно только читать
why-decision-not_yours = Дело распределено не вам: можно только читать
why-decision-not_asked = Решение вашего органа сейчас не требуется
why-decision-not_competent = Ваш орган не вправе решать на этом пункте
why-decision-order_open = Поручение вашего органа ещё не выполнено
why-decision-image_not_enough = снимок получен не полностью
why-decision-inspection_not_done = досмотр ещё не проведён
why-role-not_allowed = Вы можете читать дело, но не решать
why-duty-not_seated = Вы не на дежурстве
why-case-ended = Проезд завершён
why-clear_not_yet = получено ещё не всё
give-back = вернуть дело
give-back-conflict_of_interest = я знаю перевозчика или водителя
give-back-off_duty = сдаю дежурство
give-back-needs_expert = нужен другой специалист
give-back-equipment = моё оборудование этого не показывает
second-same_body = тот же орган, что у вас
second-cannot = сейчас не проверить
second-asking = проверяется …
