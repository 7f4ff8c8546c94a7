# Lines: what was received, what waits.
links-title = Links
links-what = What was received of each checkpoint's ledger, and what waits for its line at both ends. Anyone with both ledgers can verify it: beket link compare.
links-statement = received 1..{ $count }, gaps { $gaps }, duplicates { $duplicates }, head signed 1..{ $signed }
links-complete = complete
links-missing =
    { $count ->
        [one] { $count } record missing
       *[other] { $count } records missing
    }
links-unsigned = the next signed head is on its way
links-earlier = earlier ledger of this checkpoint
links-head = signed head
plan-class = What waits
plan-count = Number
plan-bytes = Size
plan-time = Through in
plan-class-0 = Decisions, findings, permits
plan-class-1 = Other facts
plan-class-2 = Previews, what is waited for
plan-class-3 = Images to the decision layer, pages
plan-class-4 = Originals and the rest
plan-no-rate = rate not yet measured
plan-when-asked = when asked for
plan-nothing = Nothing waits.
plan-there = At the checkpoint, { $time }
plan-here = At the centre
plan-up = Waits for the line to the centre
plan-up-last = Waited for the line when it was last up
disk-used = Disk { $used } used
sends-decision_layers = The line is too slow for everything: pages as previews, images to the decision layer; the rest when asked for
sends-triage_layers = The line is far too slow: pages as previews, images to the first layer; the rest when asked for
keeps-no_rest = The disk fills: raw device bytes are not kept
keeps-previews_only = The disk is almost full: pages are kept as previews only
fact-disk_no_rest = disk fills, raw bytes not kept
fact-disk_previews_only = disk almost full, pages as previews only
fact-device_number_reused = a device gave one number to two readings
