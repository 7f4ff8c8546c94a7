//! From an input to facts: the stage or body concerned says what it makes of the input, then
//! whatever follows from the new state is drawn: findings, a revoked permit, deadlines over,
//! automatic releases, the permit itself. Decides and changes nothing outside its own copy.

use crate::fact::{Completion, Escalation, ExitPermit, Fact};
use crate::input::{HandEntry, Input};
use crate::passage::{Passage, PermitState};
use crate::procedure::Procedure;
use crate::rule::{self, View};
use crate::stage::{
    Stage, StageState, dimensions, disregarded, documents, entry, exit, imaging, measured,
    radiation, start, unavailable,
};
use crate::unit::{OfficerId, UtcMs};
use crate::{admit, decision, limits, order, owed, release};

pub(crate) fn conclude(
    passage: &Passage,
    input: &Input,
    now: UtcMs,
    procedure: &Procedure,
) -> Vec<Fact> {
    let fresh = || Run {
        after: passage.clone(),
        facts: Vec::new(),
        now,
        procedure,
    };
    let mut run = fresh();
    // Time alone may have brought a finding since the permit was given: a paper ran out. It counts
    // before the arm moves.
    if opens_the_arm(input) && passage.ended.is_none() && passage.valid_permit(now).is_some() {
        run.follow();
        let revoked = |it: &Fact| matches!(it, Fact::ExitPermitRevoked { .. });
        if !run.facts.iter().any(revoked) {
            run = fresh();
        }
    }
    let established = facts_of(&run.after, input, now, procedure);
    run.take(established);
    if passage.ended.is_none() && run.after.arrived_at.is_some() {
        run.follow();
    }
    if run.facts.is_empty() {
        return disregarded(name(input), "nothing_due");
    }
    run.facts
}

fn opens_the_arm(input: &Input) -> bool {
    match input {
        Input::BarrierCommand { .. } => true,
        Input::EnteredByHand { entry, .. } => matches!(
            entry,
            HandEntry::Stage {
                stage: Stage::Exit,
                ..
            }
        ),
        _ => false,
    }
}

/// What the input itself establishes; empty only for time that passed.
fn facts_of(passage: &Passage, input: &Input, now: UtcMs, procedure: &Procedure) -> Vec<Fact> {
    let of = name(input);
    if let Some(reason) = admit::refusal(input) {
        return disregarded(of, reason);
    }
    // The arm is watched always: before the first vehicle and after the last.
    match input {
        Input::BarrierOpened { lane, permit } => {
            return exit::barrier_opened(passage, *lane, *permit, now);
        }
        Input::BarrierClosed => return exit::barrier_closed(passage),
        _ => (),
    }
    if passage.ended.is_some() {
        return disregarded(of, "passage.ended");
    }
    if passage.arrived_at.is_none() && !matches!(input, Input::Arrival { .. }) {
        return disregarded(of, "passage.not_arrived");
    }
    if let Some(stage) = stage_of(input)
        && !procedure.applies(stage)
    {
        return disregarded(of, "stage.not_required");
    }
    match input {
        Input::Arrival {
            lane,
            direction,
            seed,
        } => entry::arrival(passage, *lane, *direction, *seed, procedure),
        Input::BackedOut => vec![Fact::BackedOut],
        Input::Plate(reading) => entry::plate(passage, reading, procedure),
        Input::Container(reading) => entry::container(passage, reading, procedure),
        Input::Matched {
            notification,
            unfit,
            wanted,
        } => entry::matched(passage, notification.as_deref(), unfit.as_ref(), wanted),
        Input::Radiation(it) => radiation::conclude(passage, it, Completion::ByDevice),
        Input::Vehicle(it) => dimensions::conclude(passage, it, Completion::ByDevice),
        Input::Image(reading) => imaging::conclude(passage, reading),
        Input::Document(reading) => documents::document(passage, reading),
        Input::DocumentsPresented => documents::presented(passage, Completion::ByDevice),
        Input::DeviceUnavailable { stage, why } => unavailable(passage, *stage, why, procedure),
        Input::EnteredByHand { by, entry } => by_hand(passage, by, entry, now, procedure),
        Input::Decision(made) => decision::conclude(passage, made, now, procedure),
        Input::LaneDecision {
            agency,
            decision,
            answers,
            reason,
            first,
            second,
        } => {
            let asked = decision::AtLane {
                agency: *agency,
                decision,
                answers,
                reason,
                first,
                second,
            };
            decision::conclude_at_lane(passage, asked, now, procedure)
        }
        Input::Order(given) => order::conclude(passage, given, now, procedure),
        Input::OrderStarted { order } => order::started(passage, order),
        Input::OrderResult { order, outcome } => order::result(passage, order, outcome),
        Input::MovedAside => match passage.aside_at {
            None => vec![Fact::MovedAside],
            Some(_) => disregarded(of, "passage.already_aside"),
        },
        Input::Link(state) => match passage.link == *state && passage.link_since.is_some() {
            true => disregarded(of, "link.unchanged"),
            false => vec![Fact::LinkChanged { state: *state }],
        },
        Input::BarrierCommand { permit } => exit::barrier_command(passage, *permit, now),
        Input::BarrierFailed { permit, why } => {
            exit::barrier_failed(passage, *permit, why, procedure)
        }
        Input::Departed => exit::departed(passage),
        Input::TimePassed => Vec::new(),
        Input::BarrierOpened { .. } | Input::BarrierClosed => Vec::new(),
    }
}

/// The stage an input belongs to, for those that a regime can waive.
fn stage_of(input: &Input) -> Option<Stage> {
    match input {
        Input::Radiation(_) => Some(Stage::Radiation),
        Input::Vehicle(_) => Some(Stage::Dimensions),
        Input::Image(_) => Some(Stage::Imaging),
        Input::Document(_) | Input::DocumentsPresented => Some(Stage::Documents),
        Input::EnteredByHand { entry, .. } => match entry {
            HandEntry::Identity(_) => Some(Stage::Entry),
            HandEntry::Radiation(_) => Some(Stage::Radiation),
            HandEntry::Vehicle(_) => Some(Stage::Dimensions),
            HandEntry::Stage { stage, .. } => Some(*stage),
            HandEntry::Document(_) | HandEntry::Presented => Some(Stage::Documents),
        },
        _ => None,
    }
}

/// A lane officer enters what a device should have said: only where the device is known to be
/// down, or where an order asks for just that.
fn by_hand(
    passage: &Passage,
    by: &OfficerId,
    entered: &HandEntry,
    now: UtcMs,
    procedure: &Procedure,
) -> Vec<Fact> {
    const INPUT: &str = "entered_by_hand";
    let down = |stage| {
        passage
            .stages
            .get(&stage)
            .is_some_and(|it| it.unavailable.is_some())
    };
    let asked = |kind| {
        passage
            .orders
            .iter()
            .any(|it| it.completed.is_none() && it.order.kind == kind)
    };
    let author = |what: &str| Fact::EnteredByHand {
        by: by.clone(),
        what: what.to_owned(),
    };
    let how = || Completion::ByHand { by: by.clone() };
    let signed = |what: &str, facts: Vec<Fact>| match facts.first() {
        Some(Fact::Disregarded { .. }) => facts,
        _ => [author(what)].into_iter().chain(facts).collect(),
    };
    use crate::fact::OrderKind::{HandheldCheck, Reweigh};
    match entered {
        HandEntry::Identity(identity) => entry::by_hand(by, identity),
        HandEntry::Document(it) => signed("document", documents::document(passage, it)),
        HandEntry::Presented => signed("documents_presented", documents::presented(passage, how())),
        HandEntry::Radiation(it) if down(Stage::Radiation) || asked(HandheldCheck) => {
            signed("radiation", radiation::conclude(passage, it, how()))
        }
        HandEntry::Vehicle(it) if down(Stage::Dimensions) || asked(Reweigh) => {
            signed("vehicle", dimensions::conclude(passage, it, how()))
        }
        HandEntry::Radiation(_) | HandEntry::Vehicle(_) => {
            disregarded(INPUT, "stage.device_not_down")
        }
        HandEntry::Stage { stage, .. } if !down(*stage) => {
            disregarded(INPUT, "stage.device_not_down")
        }
        HandEntry::Stage { stage, means } => {
            let allowed = procedure
                .fail_safe(*stage)
                .is_some_and(|it| it.means.contains(means));
            let open = passage.stages.get(stage).is_none_or(StageState::is_open);
            match (allowed, open, stage) {
                (false, _, _) => disregarded(INPUT, "stage.means_not_allowed"),
                (true, false, _) => disregarded(INPUT, "stage.already_complete"),
                (true, true, Stage::Exit) => exit::by_hand(passage, by, means, now),
                (true, true, Stage::Entry) => disregarded(INPUT, "entry.identity_empty"),
                (true, true, stage) => measured(passage, *stage, author(means), &[], how()),
            }
        }
    }
}

struct Run<'a> {
    /// The passage with the facts so far.
    after: Passage,
    facts: Vec<Fact>,
    now: UtcMs,
    procedure: &'a Procedure,
}

impl Run<'_> {
    fn take(&mut self, facts: impl IntoIterator<Item = Fact>) {
        for fact in facts {
            self.after.apply(&fact, self.now);
            self.facts.push(fact);
        }
    }

    fn view(&self) -> View<'_> {
        View {
            passage: &self.after,
            procedure: self.procedure,
            now: self.now,
        }
    }

    /// What follows from the new state, in the only order that is safe: findings before releases,
    /// releases before the permit.
    fn follow(&mut self) {
        // Once the vehicle is gone nobody waits for a camera or the arm: the way it left is what counts.
        if self.after.ended.is_none() {
            self.take(entry::completion(&self.after, self.procedure, self.now));
            self.take(exit::unanswered(&self.after, self.now, self.procedure));
        }
        let findings = rule::findings(self.view());
        self.take(findings.into_iter().map(Fact::FindingRaised));
        // What cannot be recorded any more must not pass unseen either.
        if self.after.findings.len() >= limits::FINDINGS && self.after.manual.is_none() {
            let why = "limit.findings".to_owned();
            self.take([Fact::ManualHandlingRequired { why }]);
        }
        self.take(self.permit_lost());
        if self.after.ended.is_some() {
            return;
        }
        self.take(self.next_stage());
        self.take(self.escalations());
        let releases = release::automatic(self.view());
        self.take(releases);
        self.take(self.permit_due());
    }

    /// Stages are started one after the other; the first is started by the arrival.
    fn next_stage(&self) -> Option<Fact> {
        let next = self
            .after
            .open_stages()
            .find(|it| self.procedure.applies(*it))?;
        start(&self.after, next)
    }

    /// A finding without a release takes the permit away; so does its expiry.
    fn permit_lost(&self) -> Option<Fact> {
        let permit = self
            .after
            .permit
            .as_ref()
            .filter(|it| it.state == PermitState::Valid)?;
        let number = permit.permit.number;
        match release::unreleased(&self.after) {
            Some(it) => Some(Fact::ExitPermitRevoked {
                permit: number,
                because: it.finding.id,
            }),
            None => (permit.permit.expires_at <= self.now)
                .then_some(Fact::ExitPermitExpired { permit: number }),
        }
    }

    fn escalations(&self) -> Vec<Fact> {
        let room = limits::ESCALATIONS.saturating_sub(self.after.escalations.len());
        let due = owed::overdue(&self.after, self.procedure, self.now);
        due.into_iter()
            .take(room)
            .map(|what: Escalation| Fact::Escalated { what })
            .collect()
    }

    fn permit_due(&self) -> Vec<Fact> {
        let passage = &self.after;
        let standing = passage.permit.as_ref().map(|it| &it.state);
        let busy = matches!(
            standing,
            Some(PermitState::Valid | PermitState::Commanded | PermitState::Used)
        );
        let out = passage.barrier.opened_at.is_some();
        if busy || out || passage.manual.is_some() {
            return Vec::new();
        }
        let Some(releases) = release::complete(self.view()) else {
            return Vec::new();
        };
        if passage.barrier.permits_given >= limits::PERMITS {
            return vec![Fact::ManualHandlingRequired {
                why: "limit.permits".to_owned(),
            }];
        }
        let permit = Fact::ExitPermitted(ExitPermit {
            number: passage.barrier.permits_given + 1,
            expires_at: self.now.plus_ms(self.procedure.permit_ttl_ms()),
            releases,
        });
        start(passage, Stage::Exit)
            .into_iter()
            .chain([permit])
            .collect()
    }
}

/// The input's name in data, for the record of what was disregarded.
fn name(input: &Input) -> &'static str {
    match input {
        Input::Arrival { .. } => "arrival",
        Input::BackedOut => "backed_out",
        Input::Plate(_) => "plate",
        Input::Container(_) => "container",
        Input::Matched { .. } => "matched",
        Input::Radiation(_) => "radiation",
        Input::Vehicle(_) => "vehicle",
        Input::Image(_) => "image",
        Input::Document(_) => "document",
        Input::DocumentsPresented => "documents_presented",
        Input::DeviceUnavailable { .. } => "device_unavailable",
        Input::EnteredByHand { .. } => "entered_by_hand",
        Input::Decision(_) => "decision",
        Input::LaneDecision { .. } => "lane_decision",
        Input::Order(_) => "order",
        Input::OrderStarted { .. } => "order_started",
        Input::OrderResult { .. } => "order_result",
        Input::MovedAside => "moved_aside",
        Input::Link(_) => "link",
        Input::BarrierCommand { .. } => "barrier_command",
        Input::BarrierOpened { .. } => "barrier_opened",
        Input::BarrierClosed => "barrier_closed",
        Input::BarrierFailed { .. } => "barrier_failed",
        Input::Departed => "departed",
        Input::TimePassed => "time_passed",
    }
}
