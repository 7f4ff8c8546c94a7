"""Reads the two event logs of `beket measure` with pm4py and says what it sees. Not a part of Beket."""

import sys

import pm4py


def say(name, frame, case, time, activities):
    spans = frame.groupby(case)[time]
    spans = (spans.max() - spans.min()).dt.total_seconds()
    print(name, "cases", spans.size, "activities", activities, "mean_minutes", round(spans.mean() / 60, 3))


xes, ocel = sys.argv[1:3]
log = pm4py.read_xes(xes)
say("xes", log, "case:concept:name", "time:timestamp", log["concept:name"].nunique())
log = pm4py.read_ocel2_json(ocel)
passages = log.relations[log.relations["ocel:type"] == "passage"]
say("ocel", passages, "ocel:oid", "ocel:timestamp", log.events["ocel:activity"].nunique())
