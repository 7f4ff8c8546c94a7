//! Passage time by component, computed from facts alone, so that anyone who holds the ledger can
//! repeat the figure. Every millisecond from arrival to departure belongs to exactly one component
//! and to exactly one party that was waited for; the parts sum to the whole.
//!
//! How an instant is attributed, first match wins: the way out (driver); an order being carried
//! out (lane); a stage whose device is down (machine); an open control stage (its device, or the
//! driver for documents), because no decision lets a vehicle go before; an order given; the
//! barrier; a hold; a body's missing release. Where several bodies work in parallel, the one that
//! released last is the one that was waited for. Not here: statistics over many passages beyond
//! percentiles, and the neighbour's side, of which no fact speaks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::agency::Agency;
use crate::fact::{DecidedBy, Decision, Fact, LinkState, OrderKind};
use crate::passage::{Passage, PermitState};
use crate::release;
use crate::stage::Stage;
use crate::unit::{CheckpointId, PassageId, UtcMs};

/// The three components of the mission's promise (65 + 25 + 90 minutes of the old 180).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// A device or a person is actually working on it.
    ClearControl,
    /// The driver or a broker prepares or presents papers.
    Documents,
    /// Driving, queueing, a machine or the link down, waiting for a free seat.
    Technological,
}

/// Who or what the vehicle waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum WaitedFor {
    Device {
        stage: Stage,
    },
    Machine {
        stage: Stage,
    },
    Officer {
        agency: Agency,
    },
    /// Nobody of the body was free to open the case.
    Seat {
        agency: Agency,
    },
    Hold {
        for_whom: Agency,
    },
    Link,
    Lane {
        kind: OrderKind,
    },
    Driver,
    Barrier,
}

impl WaitedFor {
    /// One word for tables and catalogues: `officer:customs`, `device:radiation`, `link`.
    pub fn code(&self) -> String {
        match self {
            WaitedFor::Device { stage } => format!("device:{stage}"),
            WaitedFor::Machine { stage } => format!("machine:{stage}"),
            WaitedFor::Officer { agency } => format!("officer:{agency}"),
            WaitedFor::Seat { agency } => format!("seat:{agency}"),
            WaitedFor::Hold { for_whom } => format!("hold:{for_whom}"),
            WaitedFor::Link => "link".to_owned(),
            WaitedFor::Lane { kind } => format!("lane:{kind}"),
            WaitedFor::Driver => "driver".to_owned(),
            WaitedFor::Barrier => "barrier".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    pub from: UtcMs,
    pub to: UtcMs,
    pub component: Component,
    pub waited_for: WaitedFor,
}

impl Segment {
    pub fn ms(&self) -> i64 {
        self.to.since_ms(self.from)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    pub whole_ms: i64,
    pub clear_control_ms: i64,
    pub documents_ms: i64,
    pub technological_ms: i64,
    pub waited_for: Vec<WaitedTotal>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitedTotal {
    pub waited_for: WaitedFor,
    pub ms: i64,
}

/// In time order, without gaps; neighbours differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Attribution {
    pub segments: Vec<Segment>,
    pub totals: Totals,
}

pub struct Measure;

impl Measure {
    /// Attributes the time of one passage, from its arrival to its end or its last fact. `facts`
    /// are those of its checkpoint and, if at hand, the centre's case facts about it, in the order
    /// in which they were recorded. A clock that steps back adds no time.
    pub fn of(facts: &[(UtcMs, Fact)]) -> Attribution {
        let last = facts.iter().map(|(at, _)| *at).max().unwrap_or_default();
        Measure::until(facts, last)
    }

    /// As [`Measure::of`], for a passage still under way: up to `now`.
    pub fn until(facts: &[(UtcMs, Fact)], now: UtcMs) -> Attribution {
        Measure::walk(Clock::new(facts), now)
    }

    /// As [`Measure::until`], where all case facts are at hand: `awaited` are the bodies that the
    /// vehicle waits for now, the one waited for longest first. Nobody works on a case that nobody
    /// has opened.
    pub fn under_way(facts: &[(UtcMs, Fact)], now: UtcMs, awaited: &[Agency]) -> Attribution {
        let mut clock = Clock::new(facts);
        clock.awaited = Some(awaited);
        Measure::walk(clock, now)
    }

    fn walk(mut clock: Clock, now: UtcMs) -> Attribution {
        let facts = clock.facts;
        let mut segments: Vec<Segment> = Vec::new();
        let mut before: Option<UtcMs> = None;
        for (at, timed) in facts.iter().enumerate() {
            let (from, fact) = (clock.at(at, timed), &timed.1);
            if let Some(since) = before {
                clock.attribute(at, since, from, fact, &mut segments);
            }
            clock.passage.apply(fact, from);
            clock.follow_case(fact);
            before = match (before, fact) {
                (None, Fact::Arrived { .. }) => Some(from),
                (None, _) => None,
                (Some(_), _) => Some(from),
            };
            if before.is_some() && clock.passage.ended.is_some() {
                return sum(segments);
            }
        }
        if let Some(since) = before {
            clock.attribute(
                facts.len(),
                since,
                now.max(since),
                &Fact::BarrierClosed,
                &mut segments,
            );
        }
        sum(segments)
    }
}

/// What the attribution knows while it walks along the facts.
struct Clock<'a> {
    facts: &'a [(UtcMs, Fact)],
    passage: Passage,
    latest: UtcMs,
    /// Bodies of which the centre's case facts are at hand.
    cased: BTreeSet<Agency>,
    /// Cases somebody is working on.
    opened: BTreeSet<Agency>,
    /// Of a vehicle still here, by one who holds all case facts: whom it waits for now.
    awaited: Option<&'a [Agency]>,
}

impl<'a> Clock<'a> {
    fn new(facts: &'a [(UtcMs, Fact)]) -> Clock<'a> {
        let cased = facts.iter().filter_map(|(_, fact)| match fact {
            Fact::CaseOpened { agency, .. } => Some(*agency),
            Fact::CaseDrawn(draw) => Some(draw.agency),
            _ => None,
        });
        // Identity plays no part here: the facts are one passage's.
        let id = PassageId {
            checkpoint: CheckpointId::new(""),
            number: 0,
        };
        Clock {
            facts,
            passage: Passage::new(id),
            latest: UtcMs(i64::MIN),
            cased: cased.collect(),
            opened: BTreeSet::new(),
            awaited: None,
        }
    }

    fn at(&mut self, index: usize, fact: &(UtcMs, Fact)) -> UtcMs {
        self.latest = if index == 0 {
            fact.0
        } else {
            self.latest.max(fact.0)
        };
        self.latest
    }

    fn follow_case(&mut self, fact: &Fact) {
        match fact {
            Fact::CaseOpened { agency, .. } => _ = self.opened.insert(*agency),
            Fact::CaseReturned { agency, .. } | Fact::CaseRecalled { agency, .. } => {
                _ = self.opened.remove(agency);
            }
            Fact::DecisionMade(made) => _ = self.opened.remove(&made.agency),
            _ => (),
        }
    }

    /// The span up to the fact at `index`, which is `ending` it.
    fn attribute(
        &self,
        index: usize,
        from: UtcMs,
        to: UtcMs,
        ending: &Fact,
        segments: &mut Vec<Segment>,
    ) {
        let (component, waited_for) = self.judge(index);
        // A portal says how long it measured; what came before was the way to it.
        let device = WaitedFor::Device {
            stage: Stage::Radiation,
        };
        if let (Fact::RadiationMeasured(reading), true) = (ending, waited_for == device) {
            let span_ms = i64::from(reading.samples).saturating_mul(i64::from(reading.sample_ms));
            let began = to.plus_ms(-span_ms).max(from);
            push(
                segments,
                from,
                began,
                Component::Technological,
                WaitedFor::Driver,
            );
            push(segments, began, to, component, waited_for);
            return;
        }
        push(segments, from, to, component, waited_for);
    }

    /// What the vehicle waits for in the present state, with the facts from `index` on as
    /// hindsight.
    fn judge(&self, index: usize) -> (Component, WaitedFor) {
        use Component::{ClearControl, Documents, Technological};
        let passage = &self.passage;
        let refused = passage
            .decisions
            .iter()
            .any(|it| it.made.decision == Decision::Refuse);
        if passage.barrier.opened_at.is_some() || refused {
            return (Technological, WaitedFor::Driver);
        }
        let mut orders = passage.orders.iter().filter(|it| it.completed.is_none());
        if let Some(order) = orders.find(|it| it.started_at.is_some()) {
            let kind = order.order.kind;
            return (ClearControl, WaitedFor::Lane { kind });
        }
        let started = |it: &Stage| {
            passage
                .stages
                .get(it)
                .is_some_and(|it| it.started_at.is_some())
        };
        if let Some(stage) = passage.open_stages().find(started) {
            let down = passage
                .stages
                .get(&stage)
                .is_some_and(|it| it.unavailable.is_some());
            return match stage {
                _ if down => (Technological, WaitedFor::Machine { stage }),
                Stage::Documents => (Documents, WaitedFor::Driver),
                _ => (ClearControl, WaitedFor::Device { stage }),
            };
        }
        if let Some(order) = passage.orders.iter().find(|it| it.completed.is_none()) {
            let kind = order.order.kind;
            let will_start = || {
                self.facts[index..].iter().any(|(_, fact)| {
                    matches!(fact, Fact::OrderStarted { order: id } if *id == order.order.id)
                })
            };
            return match kind {
                OrderKind::PresentDocument => (Documents, WaitedFor::Driver),
                _ if will_start() => (Technological, WaitedFor::Lane { kind }),
                _ => (ClearControl, WaitedFor::Lane { kind }),
            };
        }
        let permit = passage.permit.as_ref().map(|it| &it.state);
        if matches!(permit, Some(PermitState::Valid | PermitState::Commanded)) {
            return (Technological, WaitedFor::Barrier);
        }
        let (agency, decided) = self.last_to_release(index);
        let last = passage
            .decisions
            .iter()
            .rev()
            .find(|it| it.made.agency == agency);
        let open = !release::open_findings(passage, agency).is_empty();
        if let Some(Decision::Hold { for_whom, .. }) = last.map(|it| &it.made.decision)
            && !open
        {
            return (
                Technological,
                WaitedFor::Hold {
                    for_whom: *for_whom,
                },
            );
        }
        if passage.link == LinkState::Down {
            return (Technological, WaitedFor::Link);
        }
        let at_hand = self.cased.contains(&agency) || (self.awaited.is_some() && !decided);
        match at_hand && !self.opened.contains(&agency) {
            true => (Technological, WaitedFor::Seat { agency }),
            false => (ClearControl, WaitedFor::Officer { agency }),
        }
    }

    /// The body that kept the vehicle: of those that decide between here and the next permit the
    /// last; while nobody has yet, one that is known to be awaited, one with an open finding, a
    /// re-check, or no release at all. And whether it was found by what it decided.
    fn last_to_release(&self, index: usize) -> (Agency, bool) {
        let ahead = self.facts[index..].iter().map(|(_, fact)| fact);
        let until_permit = ahead.take_while(|fact| !matches!(fact, Fact::ExitPermitted(_)));
        let by_people = until_permit.filter_map(|fact| match fact {
            Fact::DecisionMade(made) if !matches!(made.by, DecidedBy::Rule { .. }) => {
                Some(made.agency)
            }
            _ => None,
        });
        let passage = &self.passage;
        let unanswered = || release::unreleased(passage);
        let released = |agency: Agency| {
            let mut own = passage
                .decisions
                .iter()
                .rev()
                .filter(move |it| it.made.agency == agency);
            own.next()
                .is_some_and(|it| it.made.decision == Decision::Release)
        };
        let drawn = || {
            passage
                .rechecks
                .iter()
                .map(|it| it.agency)
                .find(|it| !released(*it))
        };
        if let Some(agency) = by_people.last() {
            return (agency, true);
        }
        let awaited = self.awaited.and_then(|it| it.first().copied());
        let agency = awaited
            .or_else(|| unanswered().map(|it| it.finding.agency))
            .or_else(drawn)
            .or_else(|| Agency::ALL.into_iter().find(|it| !released(*it)))
            .unwrap_or(Agency::Customs);
        (agency, false)
    }
}

fn push(
    segments: &mut Vec<Segment>,
    from: UtcMs,
    to: UtcMs,
    component: Component,
    waited_for: WaitedFor,
) {
    if to <= from {
        return;
    }
    match segments.last_mut() {
        Some(last) if last.component == component && last.waited_for == waited_for => last.to = to,
        _ => segments.push(Segment {
            from,
            to,
            component,
            waited_for,
        }),
    }
}

fn sum(segments: Vec<Segment>) -> Attribution {
    let mut totals = Totals::default();
    let mut waited: BTreeMap<WaitedFor, i64> = BTreeMap::new();
    for segment in &segments {
        let ms = segment.ms();
        totals.whole_ms = totals.whole_ms.saturating_add(ms);
        match segment.component {
            Component::ClearControl => {
                totals.clear_control_ms = totals.clear_control_ms.saturating_add(ms)
            }
            Component::Documents => totals.documents_ms = totals.documents_ms.saturating_add(ms),
            Component::Technological => {
                totals.technological_ms = totals.technological_ms.saturating_add(ms)
            }
        }
        let known = waited.entry(segment.waited_for).or_default();
        *known = known.saturating_add(ms);
    }
    let waited = waited
        .into_iter()
        .map(|(waited_for, ms)| WaitedTotal { waited_for, ms });
    totals.waited_for = waited.collect();
    totals.waited_for.sort_by_key(|it| std::cmp::Reverse(it.ms));
    Attribution { segments, totals }
}

/// The value that `percent` of `values` do not exceed (nearest rank); `None` of nothing.
pub fn percentile_ms(values: &[i64], percent: u8) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * usize::from(percent.min(100))).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

pub fn p50_ms(values: &[i64]) -> Option<i64> {
    percentile_ms(values, 50)
}

pub fn p90_ms(values: &[i64]) -> Option<i64> {
    percentile_ms(values, 90)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_works_on_a_case_that_nobody_has_opened() {
        let arrived = Fact::Arrived {
            lane: crate::unit::LaneId(1),
            direction: crate::fact::Direction::Entry,
            edition: "e".to_owned(),
            seed: 0,
        };
        let done = |stage| Fact::StageCompleted {
            stage,
            how: crate::fact::Completion::ByDevice,
        };
        let stages = Stage::ALL.into_iter().filter(|it| *it != Stage::Exit);
        let mut facts = vec![(UtcMs(0), arrived)];
        facts.extend(stages.map(|it| (UtcMs(1_000), done(it))));
        let whom = |facts: &[(UtcMs, Fact)]| {
            let all = Measure::under_way(facts, UtcMs(61_000), &[Agency::Veterinary]);
            let last = all.segments.last().unwrap();
            (last.waited_for, last.component)
        };
        let agency = Agency::Veterinary;
        let seat = (WaitedFor::Seat { agency }, Component::Technological);
        assert_eq!(whom(&facts), seat);
        let officer = crate::unit::OfficerId::new("o-1");
        let passage = PassageId {
            checkpoint: CheckpointId::new("CN05"),
            number: 1,
        };
        let opened = Fact::CaseOpened {
            passage,
            agency,
            officer,
        };
        facts.push((UtcMs(31_000), opened));
        let works = (WaitedFor::Officer { agency }, Component::ClearControl);
        assert_eq!(whom(&facts), works);
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<i64> = (1..=10).rev().collect();
        assert_eq!(p50_ms(&values), Some(5));
        assert_eq!(p90_ms(&values), Some(9));
        assert_eq!(percentile_ms(&values, 100), Some(10));
        assert_eq!(percentile_ms(&values, 0), Some(1));
        assert_eq!(p50_ms(&[]), None);
    }
}
