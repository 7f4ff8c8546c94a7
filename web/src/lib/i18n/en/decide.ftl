# The decision bar.
decide-title = Decide
decide-answers =
    { $count ->
        [one] answers { $count } finding
       *[other] answers { $count } findings
    }
decide-ask-reason = for what reason?
decide-ask-until = until when?
decide-ask-for_whom = for whom?
decide-ask-order = which order?
decide-ask-second = who signs with you?
decide-ask-send = Enter sends; 10 s to undo
decide-send = Send
decide-sends-in = is sent in { $seconds } s
decide-sending = being sent …
decide-sent = Recorded at the centre, no. { $sequence }
decide-order-sent = The order is on its way to the lane
decide-failed = Not sent
decide-change = Change
decide-undo = Undo
decide-now = Send now
decide-next = next case
decide-sign = Sign
decide-second-name = Name, of another body
decide-second-after = after R, H, I or F
decide-no-reason = the procedure gives no reason for it
decide-alarms-stand =
    { $count ->
        [one] { $count } alarm stands: adjudicate first (J)
       *[other] { $count } alarms stand: adjudicate first (J)
    }
decide-hint-release = nothing against it
decide-hint-hold = until when, for whom
decide-hint-inspect = opened, load inspected
decide-hint-refuse = 2nd person, other body
decide-hint-order = to the lane
decide-hint-second = signs with you
hold-until-for = until { $time }, for { $whom }
why-not_yours = This case was not drawn to you: you may read it
why-case-not_yours = This case was not drawn to you: you may read it
why-decision-not_yours = This case was not drawn to you: you may read it
why-decision-not_asked = No decision of your body is asked here now
why-decision-not_competent = Your body may not decide at this checkpoint
why-decision-order_open = An order of your body is not done yet
why-decision-image_not_enough = the image has not arrived far enough
why-decision-inspection_not_done = the inspection is not done yet
why-role-not_allowed = You may read this case, not decide it
why-duty-not_seated = You are not on duty
why-case-ended = This passage has ended
why-clear_not_yet = not all is received yet
give-back = give back
give-back-conflict_of_interest = I know the carrier or the driver
give-back-off_duty = I am going off duty
give-back-needs_expert = it takes another speciality
give-back-equipment = my equipment does not show it
second-same_body = same body as you
second-cannot = cannot be checked now
second-asking = being checked …
