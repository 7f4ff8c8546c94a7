# The supervisor’s board.
wall-title = Board
wall-checkpoints = { $enrolled } of { $count } checkpoints connected
wall-trucks-waiting = trucks waiting
wall-over-45 = over 45 minutes
wall-alarms = alarms
wall-by-rule = passage permitted by rule
wall-passed = passed today
wall-unpermitted = openings without permit
wall-map = Map of { $count } checkpoints
wall-waiting-n = { $count } waiting
wall-alarm =
    { $count ->
        [one] alarm
       *[other] { $count } alarms
    }
wall-overdue-n = { $count } overdue
wall-silent = no signal { $span }
wall-device-down = { $device } down
wall-lane-stopped = lane stopped
wall-legend-clear = in order
wall-legend-waiting = 5 or more wait
wall-legend-finding = device or lane
wall-legend-none = not connected
wall-whom = Waiting for whom
wall-trucks =
    { $count ->
        [one] { $count } truck
       *[other] { $count } trucks
    }
wall-longest = longest { $span }
wall-nobody-waits = No truck waits
wall-promise = Gate to exit, today
wall-promise-45 = target { $minutes }
wall-before-180 = 2009: { $minutes }
not-yet-known = not yet known
wall-overdue = Overdue
wall-overdue-order = longest first
wall-overdue-none = nothing overdue
wall-links = Links
wall-links-what = rate, records behind
wall-links-none = no checkpoint is connected yet
wall-last-seen = last seen { $time }
wall-behind = { $count } behind
wall-gaps =
    { $count ->
        [one] { $count } gap
       *[other] { $count } gaps
    }
wall-machines = Alarms and machines
wall-machines-n = { $count } down or doubtful
wall-machines-none = all machines ready
wall-seats = Seats
wall-seats-what = on duty and open cases
wall-seated = { $count } on duty
wall-open = { $count } open
wall-by-hour = Minutes by hour: p50 and p90, target 45
wall-overdue-unseen = { $count } overdue, which ones is not yours to see
wall-alarms-unseen = alarms of cases are not yours to see
wall-shown-of = { $shown } of { $count } shown
wall-map-sum = In all: alarms { $alarms }, overdue { $overdue }, over 45 minutes { $late }
wall-at-least = at least { $minutes }
