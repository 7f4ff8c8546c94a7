# My cases and search.
queue-title = My cases
queue-count =
    { $count ->
        [one] { $count } case waits for you
       *[other] { $count } cases wait for you
    }
queue-count-body =
    { $count ->
        [one] { $count } case of your body
       *[other] { $count } cases of your body
    }
queue-pool = of { $open } in the pool, { $seated } on duty
queue-overdue =
    { $count ->
        [one] { $count } overdue
       *[other] { $count } overdue
    }
queue-scope = Which cases
queue-scope-mine = Mine
queue-scope-body = My body’s
queue-sit-down = Sit down
queue-stand-up = Leave the seat
queue-not-seated = You are not on duty: no case is drawn to you until you sit down
queue-overload = Overload: { $open } cases for { $seated } on duty
queue-overload-means = The supervisor sees it. Work from the top; what is due first stands first.
queue-empty = Nothing waits for you
queue-empty-means = Cases come by themselves as they are drawn; { $open } open in your body now.
queue-release-asked = Permission to pass asked, nothing found
queue-drawn = Cases are drawn by lot, not picked.
col-left = Left
col-where = Checkpoint, lane
col-plate = Plate
col-goods = Goods, HS
col-what = What is asked
col-stages = Stages done
col-received = Received
col-others = Others waiting
col-promise = Left of 45 min
hold-until-for-short = till { $time }, for { $whom }
received-all = received
received-nothing-owed = nothing owed
received-of = { $have } of { $total }
key-move = move
key-next = next by the draw
key-row = open the row
search-title = Find a truck
search-label = Plate, container or passage
search-hint = Two characters or more. Ended passages are found too.
search-none = Nothing found for “{ $q }”
search-none-means = You see only what concerns your body.
search-found =
    { $count ->
        [one] { $count } passage
       *[other] { $count } passages
    }
late-overdue = overdue
late-muchlate = over 45 min late
late-escalated = for the supervisor
key-back = back
search-outcome = What became of it
search-worst = Worst ever found
search-goods = Goods
search-arrived = Arrived
search-people-found = people found something
search-hidden = something was raised that is not yours to see
search-nothing-found = nothing found
search-not-done = stages not yet done
search-min-so-far = { $minutes } min so far
became-in_lane = in the lane
became-aside = moved aside
became-permitted = may leave
became-departed = left
became-refused = refused
became-turned_back = turned back
