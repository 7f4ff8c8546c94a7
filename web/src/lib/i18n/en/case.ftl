# One truck on one screen.
case = case
case-loading = Opening { $passage } …
case-old = This picture is old:
case-ended = Ended: { $how } { $at }
time-to-decide = to decide
promise-45 = target 45 min
promise-left = { $time } of 45 min left
promise-over = { $time } over 45 min
goods-declared = Goods declared
packages =
    { $count ->
        [one] { $count } package
       *[other] { $count } packages
    }
driver-is = driver { $driver }
no-notification = no advance information
no-notification-means = nothing was declared in advance
link = Link
link-up = link up
link-down = link down
timeline = Time of this passage
timeline-alt = Worked on { $work }, papers { $papers }, waited and moved { $tech }
views = Views
view-machines = Machines
view-papers = Documents, plates
view-record = Record
machines = X-ray, radiation and axles over one metre scale
papers = Documents and pictures
record = Facts of the ledgers
record-at = Time
record-place = Ledger
record-kind = Fact
record-body = As written
ruler-label = Metres from the front of the vehicle
image-none = No X-ray image
image-waiting = The first layer has not arrived yet
image-alt = Radiograph of the vehicle, { $length } long
image-bits = { $bits }-bit
image-layer = layer { $have } of { $total }
image-pixel = { $pixel } a pixel
image-mass = cargo ≈ { $mass } by absorption
image-decoding = the picture is being decoded …
image-enough = received, enough for “clear”
image-for-clear = for “clear”
image-share = { $percent } of the image received
image-unusable = unusable: { $why }
counts-alt = Greatest { $max }, { $sigma } sigma, at { $position }; background { $background }
counts-background = background { $background } ± { $sigma } counts/s
counts-limit = { $n } σ alarm level { $limit } counts/s
counts-no-speed = no speed: laid over the whole length
counts-none = Not measured
counts-not-received = The count profile has not arrived yet
gamma-raised = gamma alarm, { $sigma } σ
gamma-silent = gamma: no alarm, { $sigma } σ
neutron-raised = neutron alarm, { $max } /s
neutron-silent = neutrons: none above { $max } /s
suppression = shadow { $percent }
same-scale = same metre scale
limits-by = limits: { $source }
of-limit = of { $limit }
axles-none = Not weighed
axles-alt = { $count } axles, { $gross } gross
axles-overhang = front overhang taken as { $overhang }
side = Findings and bodies
findings = Findings
findings-none = nothing found
findings-n =
    { $count ->
        [one] { $count } finding
       *[other] { $count } findings
    }
alarms-n =
    { $count ->
        [one] { $count } alarm
       *[other] { $count } alarms
    }
answered = answered
declared-measured = Declared and measured
sigma-of-difference = σ of the difference
what = What
declared = declared
measured = measured
difference = diff.
verdict = Verdict
six-bodies = Six bodies
waits-for = waits for: { $whom }
since = for { $span }
by-rule = rule { $rule }
by-a-rule = by rule
not-for-your-body = names are not shown to your body
by-lane = at the lane: { $first } and { $second }
orders = Orders to the lane
order-due = due in { $span }
decisions = Decisions
decision-on-its-way = on its way to the checkpoint
draw-title = Why you
draw-recompute = recompute
draw-text = Drawn to { $officer } among { $count } on duty, round { $round }.
draw-agrees = Recomputed: { $officer }, it agrees
draw-differs = Recomputed: { $officer }, it differs: report it
candidates = candidates
plates-none = No plate or container was read.
plate-picture = Picture of plate { $plate }, { $position }
documents-none = No documents presented yet
document-not-presented = announced, not presented: { $kind } { $number }
issued-by = issued by { $issuer }
valid-to = valid to { $date }
expired-on = expired { $date }
page-picture = { $kind }, page { $page }
page-owed = page { $page } not yet received, { $size }
page-none = no pages
answered-how = { $how }: { $who }
by-you = you
clear-for-you = done, nothing for your body
findings-none-yet = nothing found so far
findings-others-unseen = other bodies’ findings are not yours to see
unseen-means = It may have been measured. The centre shows it to the bodies that answer for it.
documents-others-unseen = documents that other bodies answer for are not yours to see
span-opened = opened, not decided
