# Where the time goes: measured, and planned.
nav-time = Time
time-title = Where the time goes
time-measured =
    { $count ->
        [one] { $count } truck through in the last 24 hours
       *[other] { $count } trucks through in the last 24 hours
    }
time-under-way = { $count } under way
time-turned-back = { $count } turned back
time-as-of = at { $time }
time-none = No truck has gone through in the last 24 hours
time-none-what = { $count } under way. Figures appear when the first has left.
time-parts = Gate to exit, by component
time-what = minutes of control at one checkpoint, from the gate to the exit barrier
time-whole = Gate to exit
time-minutes = minutes
time-mean = mean
time-trucks = trucks
time-whom = Waited for whom
time-share = share of all minutes of all trucks
time-stages = By stage
time-bodies = By body
time-hours = By hour of arrival
time-hours-what = p50 filled, p90 hatched, minutes
time-checkpoints = By checkpoint
time-longest-first = longest p90 first, minutes
time-bar = p50 { $p50 }, p90 { $p90 }
time-how = Every minute belongs to one component and to whoever was waited for; percentiles by nearest rank
time-promise = target
plan-title = Plans
plan-what = computed by the model, not measured
plan-file = Plan
plan-asked = What was asked
plan-before-gate = before the gate, p90
plan-under-way = not through at the end
plan-day = Queue over the day
plan-no-day = This plan has no hours
plan-inside = trucks inside
plan-before_gates = trucks before the gates
plan-cases_waiting = cases waiting
plan-seats_busy = seats at work
plan-peak = up to { $count }
plan-hours = Hours from the start of the run
plan-seats = Seats
plan-cases = cases
plan-busy = busy
plan-none = No plan has been computed yet
plan-how = A planner runs “beket twin” with “--keep” and names the folder “plans” of this centre.
problem-plan-unreadable = A plan cannot be read
