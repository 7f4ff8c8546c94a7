# The supervisor’s shift, and alarms.
nav-shift = Shift
alarm-count =
    { $count ->
        [one] { $count } alarm
       *[other] { $count } alarms
    }
alarm-silence = Silence
alarm-why = Why it need not sound
alarm-not-now = not now
silenced-in_hand = being worked on
silenced-known_fault = known fault, maintenance told
silenced-same_cause = told by another alarm
silenced-test = test of equipment
mark-not_required = not required
mark-not_begun = not begun
mark-working = under way
mark-clear = done, nothing was raised
mark-done = done, another body raised something
mark-finding = open finding
mark-alarm = open alarm
queue-shift =
    { $count ->
        [one] { $count } decision this shift
       *[other] { $count } decisions this shift
    }
queue-shift-median = half within { $span }
shift-title = Shift
shift-count =
    { $count ->
        [one] { $count } seat taken
       *[other] { $count } seats taken
    }
shift-rule = An overdue case may be drawn again once, by lot, among the others.
shift-nobody = cases, and nobody on duty
shift-officer = Officer, seat
shift-since = Since
shift-decided = Decided
shift-load = Load
shift-load-is = { $count } cases, { $late } overdue
shift-cases = Cases drawn to them
shift-not-opened = not opened
shift-opened = opened { $time }
shift-round = drawn { $round } times
shift-free = no case now
shift-redraw = Draw again
shift-why = Why it is drawn again
shift-redrawn = { $passage } is drawn again
recall-officer_away = officer away
recall-seat_failed = seat failed
recall-overload = overload
recall-takes_too_long = takes too long
problem-case-not_overdue = Only an overdue case is drawn again
problem-case-redrawn = This case has been drawn again already
problem-case-nobody_else = Nobody else of this body is on duty
problem-alarm-unknown = This alarm no longer stands
mark-answered = done, answered
alarm-list = All alarms
alarm-list-close = Close the list
alarm-none-loud = No alarm sounds
alarm-second = A test takes a second person
