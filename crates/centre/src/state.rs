//! What the centre knows: folds over every ledger it holds, in memory. Rebuilt from the ledgers at
//! start; nothing here is stored. Pure: records and time come in as arguments.
//!
//! Not here: what follows from it (`main_loop`), how it is shown (`case`, `wall`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use domain::agency::Agency;
use domain::fact::{
    DecisionMade, DeviceHealth, Draw, Escalation, Fact, FindingId, Order, WantedEntry,
};
use domain::line::{Keeps, Sends};
use domain::measure::{Measure, Totals};
use domain::notification::Notification;
use domain::outcome::AgencyOutcome;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::release::Standing;
use domain::unit::{BlobHash, CheckpointId, DeviceId, NotificationId, OfficerId, PassageId, UtcMs};

use crate::checkpoints::{Checkpoint, Names};
use crate::limits;
use crate::watch::{AlarmKey, Silence};
use crate::wire::LinkPlan;

/// One of the centre's own ledgers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnLedger {
    /// Draws, cases, seats: stays at the centre. Beside it lie the copies of the checkpoints'.
    Internal,
    /// What is addressed to one checkpoint; copies of it go down.
    Post(CheckpointId),
}

impl OwnLedger {
    /// Origin under which it writes.
    pub fn origin(&self) -> String {
        match self {
            OwnLedger::Internal => "centre".to_owned(),
            OwnLedger::Post(checkpoint) => format!("centre.{checkpoint}"),
        }
    }
}

/// What does not change while the program runs.
#[derive(Debug, Clone)]
pub struct Settings {
    pub checkpoints: Vec<Checkpoint>,
    /// Every edition on file; a passage is judged by the one it arrived under.
    pub procedures: Vec<Procedure>,
    /// Drawn and not opened within this: drawn again.
    pub open_within_ms: i64,
}

impl Settings {
    pub fn checkpoint(&self, code: &CheckpointId) -> Option<&Checkpoint> {
        self.checkpoints.iter().find(|it| it.code == *code)
    }

    /// What people call it; the code itself where the register does not know it.
    pub fn name_of(&self, code: &CheckpointId) -> Names {
        self.checkpoint(code)
            .map_or_else(|| Names::same(&code.to_string()), |it| it.name.clone())
    }

    /// The edition a passage arrived under; when that is not on file here, the one in force for
    /// its checkpoint's regime, so that no truck is invisible for want of a file.
    pub fn procedure(&self, passage: &Passage) -> Option<&Procedure> {
        let edition = passage.edition.as_ref()?;
        if let Some(it) = self.procedures.iter().find(|it| it.edition == *edition) {
            return Some(it);
        }
        let regime = self.checkpoint(&passage.id.checkpoint)?.regime;
        let at = passage.arrived_at?;
        let in_force = self
            .procedures
            .iter()
            .filter(|it| it.regime == regime && it.is_valid(at));
        in_force.max_by_key(|it| it.valid_from)
    }
}

/// A record as it was folded.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub origin: Arc<str>,
    pub epoch: u32,
    pub sequence: u64,
    pub at: UtcMs,
    pub passage: Option<PassageId>,
    pub fact: Fact,
}

/// Everything about one passage.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// The checkpoint's own facts, folded as the checkpoint folds them.
    pub passage: Passage,
    /// All facts about it, of every ledger, in the order they came in.
    pub seen: Vec<Seen>,
    /// Since when each body is asked, without a break, and the root of the copy that held it.
    pub asked: BTreeMap<Agency, (UtcMs, String)>,
    /// Decisions the centre sent, the latest of each body.
    pub given: BTreeMap<Agency, Given>,
    pub orders: Vec<OrderSent>,
    /// Its time by component, once somebody asked; forgotten with every new fact.
    measured: OnceLock<Totals>,
    /// Ended a while ago: its facts are in the ledger only.
    pub is_slim: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderSent {
    pub order: Order,
    pub at: UtcMs,
    pub epoch: u32,
    pub sequence: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    pub decision: DecisionMade,
    pub at: UtcMs,
    pub epoch: u32,
    pub sequence: u64,
}

/// How one case (a passage and the body that decides it) was dealt out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dealt {
    pub draws: Vec<(Draw, UtcMs)>,
    /// Who has it; `None` after they returned it or left.
    pub holder: Option<OfficerId>,
    pub opened_at: Option<UtcMs>,
    /// Who gave it back, let it lie or had it taken, and when.
    pub passed: Vec<(OfficerId, UtcMs)>,
    /// When a supervisor had it drawn again.
    pub recalled: Vec<UtcMs>,
}

/// What one body is asked about one passage.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub agency: Agency,
    /// The body whose officers decide it.
    pub body: Agency,
    /// Open findings of `agency`; a decision must name them all.
    pub findings: Vec<FindingId>,
    pub asked_at: UtcMs,
    pub due_at: UtcMs,
    pub held: Option<(UtcMs, Agency)>,
    /// A decision is on its way to the checkpoint.
    pub pending: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    pub agency: Agency,
    pub seat: String,
    pub since: UtcMs,
}

/// One checkpoint as far as it can be seen from here.
#[derive(Debug, Clone, Default)]
pub struct Post {
    pub enrolled: bool,
    /// Root of the copy of its ledger, base64.
    pub root: String,
    pub link_up: bool,
    pub link_since: Option<UtcMs>,
    /// When its records last grew here.
    pub last_seen: Option<UtcMs>,
    pub rate_bps: Option<u64>,
    /// Records that came again, since the program started.
    pub duplicates: u64,
    pub devices: BTreeMap<DeviceId, (DeviceHealth, String)>,
    pub intake_stopped: bool,
    /// What goes up unasked; what is kept of what comes in, since when.
    pub sends: Sends,
    pub keeps: (Keeps, Option<UtcMs>),
    /// What waits at the checkpoint, as it said then, and here for it.
    pub waits: Option<(UtcMs, LinkPlan)>,
    pub waits_here: Option<LinkPlan>,
    /// Greatest (epoch, sequence) of the centre's records that it took in.
    pub heard: Option<(u32, u64)>,
    /// What happened at a lane or with a machine, without a finding: an opening or a departure without
    /// permit, a number given twice.
    pub alarms: Vec<(Option<PassageId>, &'static str, UtcMs)>,
}

#[derive(Debug)]
pub struct State {
    pub settings: Arc<Settings>,
    pub dossiers: BTreeMap<PassageId, Dossier>,
    pub dealt: BTreeMap<(PassageId, Agency), Dealt>,
    pub seats: BTreeMap<OfficerId, Seat>,
    pub notifications: BTreeMap<NotificationId, Notification>,
    /// Ever lodged; the next one's number is one more.
    pub lodged: u64,
    pub matched: BTreeMap<NotificationId, PassageId>,
    pub wanted: Vec<WantedEntry>,
    pub posts: BTreeMap<CheckpointId, Post>,
    /// What is here of blobs: bytes held, whole size.
    pub blobs: BTreeMap<BlobHash, (u64, u64)>,
    /// Alarms that need not sound any more.
    pub silenced: BTreeMap<AlarmKey, Silence>,
    /// Epoch and next sequence of each own ledger.
    pub next: BTreeMap<OwnLedger, (u32, u64)>,
    /// Sum of all records folded.
    pub records: u64,
}

impl State {
    pub fn new(settings: Arc<Settings>) -> State {
        let posts = settings
            .checkpoints
            .iter()
            .map(|it| (it.code.clone(), Post::default()))
            .collect();
        State {
            settings,
            dossiers: BTreeMap::new(),
            dealt: BTreeMap::new(),
            seats: BTreeMap::new(),
            notifications: BTreeMap::new(),
            lodged: 0,
            matched: BTreeMap::new(),
            wanted: Vec::new(),
            posts,
            blobs: BTreeMap::new(),
            silenced: BTreeMap::new(),
            next: BTreeMap::new(),
            records: 0,
        }
    }

    /// Folds one record of any ledger. Total: a record about nothing known is kept as well.
    pub fn apply(&mut self, it: Seen) {
        self.records += 1;
        match self.settings.checkpoint(&CheckpointId::new(&*it.origin)) {
            Some(checkpoint) => {
                let code = checkpoint.code.clone();
                self.apply_copy(&code, it);
            }
            None => self.apply_own(it),
        }
    }

    /// A record of a checkpoint's ledger.
    fn apply_copy(&mut self, checkpoint: &CheckpointId, it: Seen) {
        let post = self.posts.entry(checkpoint.clone()).or_default();
        post.enrolled = true;
        match &it.fact {
            Fact::DeviceChanged {
                device,
                health,
                why,
            } => {
                if why == domain::disregard::NUMBER_REUSED {
                    post.alarms.push((None, "device_number_reused", it.at));
                }
                post.devices.insert(device.clone(), (*health, why.clone()));
            }
            Fact::LineStepChanged { sends, .. } => post.sends = *sends,
            Fact::KeepingChanged { keeps, .. } => post.keeps = (*keeps, Some(it.at)),
            Fact::IntakeStopped { .. } => post.intake_stopped = true,
            Fact::IntakeResumed { .. } => post.intake_stopped = false,
            Fact::Heard {
                epoch, sequence, ..
            } => {
                post.heard = post.heard.max(Some((*epoch, *sequence)));
            }
            Fact::Escalated {
                what: Escalation::DepartedUnpermitted,
            } => {
                post.alarms
                    .push((it.passage.clone(), "departed_unpermitted", it.at));
            }
            Fact::BarrierOpenedUnpermitted { .. } => {
                post.alarms
                    .push((it.passage.clone(), "barrier_unpermitted", it.at));
            }
            _ => (),
        }
        let root = post.root.clone();
        let Some(id) = it.passage.clone().filter(|id| id.checkpoint == *checkpoint) else {
            return;
        };
        if let Fact::NotificationMatched { notification } = &it.fact {
            self.matched.insert(notification.id.clone(), id.clone());
        }
        let dossier = self
            .dossiers
            .entry(id.clone())
            .or_insert_with(|| Dossier::new(id));
        dossier.passage.apply(&it.fact, it.at);
        let at = it.at;
        dossier.push(it);
        let asked: BTreeSet<Agency> = match self.settings.procedure(&dossier.passage) {
            Some(procedure) if dossier.passage.ended.is_none() => {
                let outcome = dossier.passage.outcome(procedure, at);
                outcome
                    .agencies
                    .iter()
                    .filter(|it| asks(&it.standing))
                    .map(|it| it.agency)
                    .collect()
            }
            _ => BTreeSet::new(),
        };
        dossier.asked.retain(|agency, _| asked.contains(agency));
        for agency in asked {
            dossier
                .asked
                .entry(agency)
                .or_insert_with(|| (at, root.clone()));
        }
    }

    /// A record that the centre wrote.
    fn apply_own(&mut self, it: Seen) {
        match &it.fact {
            Fact::NotificationLodged { notification } => {
                self.lodged += 1;
                self.notifications
                    .insert(notification.id.clone(), (**notification).clone());
            }
            Fact::WantedListed { entry } if !self.wanted.contains(entry) => {
                self.wanted.push(entry.clone());
            }
            Fact::WantedUnlisted { plate, agency } => {
                self.wanted
                    .retain(|it| it.plate != *plate || it.agency != *agency);
            }
            Fact::OfficerSeated {
                officer,
                agency,
                seat,
            } => {
                let seat = Seat {
                    agency: *agency,
                    seat: seat.clone(),
                    since: it.at,
                };
                self.seats.insert(officer.clone(), seat);
            }
            Fact::OfficerLeft { officer } => {
                self.seats.remove(officer);
                for dealt in self.dealt.values_mut() {
                    if dealt.holder.as_ref() == Some(officer) {
                        dealt.holder = None;
                        dealt.opened_at = None;
                    }
                }
            }
            Fact::CaseDrawn(draw) => {
                let dealt = self
                    .dealt
                    .entry((draw.passage.clone(), draw.agency))
                    .or_default();
                // Drawn again although it had a holder: they had let it lie.
                if let Some(before) = dealt.holder.take() {
                    dealt.passed.push((before, it.at));
                }
                dealt.holder = Some(draw.officer.clone());
                dealt.opened_at = None;
                dealt.draws.push((draw.clone(), it.at));
            }
            Fact::CaseOpened {
                passage,
                agency,
                officer,
            } => {
                let dealt = self.dealt.entry((passage.clone(), *agency)).or_default();
                if dealt.holder.as_ref() == Some(officer) {
                    dealt.opened_at.get_or_insert(it.at);
                }
            }
            Fact::CaseReturned {
                passage,
                agency,
                officer,
                ..
            } => {
                let dealt = self.dealt.entry((passage.clone(), *agency)).or_default();
                dealt.passed.push((officer.clone(), it.at));
                if dealt.holder.as_ref() == Some(officer) {
                    dealt.holder = None;
                    dealt.opened_at = None;
                }
            }
            Fact::CaseRecalled {
                passage, agency, ..
            } => {
                let dealt = self.dealt.entry((passage.clone(), *agency)).or_default();
                dealt.recalled.push(it.at);
                if let Some(holder) = dealt.holder.take() {
                    dealt.passed.push((holder, it.at));
                    dealt.opened_at = None;
                }
            }
            Fact::AlarmSilenced {
                checkpoint,
                what,
                raised_at,
                by,
                reason,
                second: _,
            } => {
                let key = AlarmKey {
                    checkpoint: checkpoint.clone(),
                    passage: it.passage.clone(),
                    what: what.clone(),
                    raised_at: *raised_at,
                };
                let silence = Silence {
                    by: by.clone(),
                    reason: *reason,
                    at: it.at,
                };
                self.silenced.entry(key).or_insert(silence);
            }
            Fact::CheckpointEnrolled { checkpoint, .. } => {
                self.posts.entry(checkpoint.clone()).or_default().enrolled = true;
            }
            _ => (),
        }
        let Some(id) = it.passage.clone() else { return };
        let dossier = self
            .dossiers
            .entry(id.clone())
            .or_insert_with(|| Dossier::new(id));
        match &it.fact {
            Fact::DecisionGiven { decision, .. } => {
                let given = Given {
                    decision: decision.clone(),
                    at: it.at,
                    epoch: it.epoch,
                    sequence: it.sequence,
                };
                dossier.given.insert(decision.agency, given);
            }
            Fact::OrderGiven(order) => dossier.orders.push(OrderSent {
                order: order.clone(),
                at: it.at,
                epoch: it.epoch,
                sequence: it.sequence,
            }),
            _ => (),
        }
        dossier.push(it);
    }

    /// The procedure that judges this passage.
    pub fn procedure(&self, passage: &Passage) -> Option<&Procedure> {
        self.settings.procedure(passage)
    }

    /// What is asked about a passage now, of every body; those already answered from here are
    /// marked `pending`.
    pub fn asked(&self, dossier: &Dossier, now: UtcMs) -> Vec<Asked> {
        let Some(procedure) = self.procedure(&dossier.passage) else {
            return Vec::new();
        };
        if dossier.passage.ended.is_some() {
            return Vec::new();
        }
        let checkpoint = &dossier.passage.id.checkpoint;
        let heard = self.posts.get(checkpoint).and_then(|it| it.heard);
        let passage = &dossier.passage;
        let mut all = Vec::new();
        for AgencyOutcome {
            agency,
            decided_by,
            standing,
        } in passage.outcome(procedure, now).agencies
        {
            let asked_at = dossier.asked.get(&agency).map_or(now, |(at, _)| *at);
            let (findings, due_at, held) = match standing {
                Standing::AwaitingDecision { findings, due_at } => (findings, due_at, None),
                Standing::Held { until, for_whom } => {
                    // A hold ends at its minute, whether the checkpoint has said so yet or not.
                    let held = (now < until).then_some((until, for_whom));
                    (dossier.unreleased(agency), until, held)
                }
                // "Inspect" was said and nothing ordered: the body still owes the order.
                Standing::Inspecting { orders } if orders.is_empty() => {
                    let due_at = asked_at.plus_ms(procedure.decision_ms(agency));
                    (dossier.unreleased(agency), due_at, None)
                }
                _ => continue,
            };
            // What the checkpoint has taken in is settled by what it recorded.
            let unheard = |epoch, sequence| heard < Some((epoch, sequence));
            let decision = dossier.given.get(&agency).is_some_and(|it| {
                unheard(it.epoch, it.sequence)
                    && !passage
                        .decisions
                        .iter()
                        .any(|made| made.made == it.decision)
                    && findings.iter().all(|f| it.decision.answers.contains(f))
            });
            let order = dossier.orders.iter().any(|it| {
                it.order.agency == agency
                    && unheard(it.epoch, it.sequence)
                    && !passage
                        .orders
                        .iter()
                        .any(|taken| taken.order.id == it.order.id)
            });
            all.push(Asked {
                agency,
                body: decided_by.unwrap_or(agency),
                findings,
                asked_at,
                due_at,
                held,
                pending: decision || order,
            });
        }
        all
    }

    /// Passages still in a lane, or not ended, with what they ask.
    pub fn open(&self) -> impl Iterator<Item = &Dossier> {
        self.dossiers.values().filter(|it| it.is_here())
    }

    pub fn seated(&self, body: Agency) -> impl Iterator<Item = &OfficerId> {
        self.seats
            .iter()
            .filter(move |(_, it)| it.agency == body)
            .map(|(officer, _)| officer)
    }

    /// Forgets what ended long ago; the ledgers know it, and it is folded anew when somebody asks.
    pub fn forget_ended(&mut self, now: UtcMs) {
        let ended_before = |it: &Dossier, kept_ms: i64| {
            let ended = it.passage.ended.as_ref();
            ended.is_some_and(|it| now.since_ms(it.at) > kept_ms)
        };
        let mut old: Vec<PassageId> = Vec::new();
        let mut gone: BTreeSet<BlobHash> = BTreeSet::new();
        for (id, it) in &mut self.dossiers {
            if ended_before(it, limits::ENDED_KEPT_MS) {
                old.push(id.clone());
            } else if !it.is_slim && ended_before(it, limits::FACTS_KEPT_MS) {
                gone.extend(it.blobs().map(|(hash, _)| hash));
                it.slim();
            }
        }
        // The same bytes may be named by a passage that is still here: it goes on needing them.
        if !gone.is_empty() {
            for it in self.dossiers.values().filter(|it| !it.is_slim) {
                for (hash, _) in it.blobs() {
                    gone.remove(&hash);
                }
            }
            self.blobs.retain(|hash, _| !gone.contains(hash));
        }
        for id in old {
            self.dossiers.remove(&id);
            for agency in Agency::ALL {
                self.dealt.remove(&(id.clone(), agency));
            }
        }
        for post in self.posts.values_mut() {
            post.alarms
                .retain(|(.., at)| now.since_ms(*at) <= limits::ENDED_KEPT_MS);
        }
        self.silenced
            .retain(|_, it| now.since_ms(it.at) <= limits::ENDED_KEPT_MS);
        let known = |at: UtcMs| now.since_ms(at) <= limits::NOTIFICATION_KEPT_MS;
        self.notifications.retain(|_, it| known(it.lodged_at));
        let notifications = &self.notifications;
        self.matched.retain(|id, _| notifications.contains_key(id));
    }
}

impl Dossier {
    pub fn new(id: PassageId) -> Dossier {
        Dossier {
            passage: Passage::new(id),
            seen: Vec::new(),
            asked: BTreeMap::new(),
            given: BTreeMap::new(),
            orders: Vec::new(),
            measured: OnceLock::new(),
            is_slim: false,
        }
    }

    fn push(&mut self, it: Seen) {
        self.measured = OnceLock::new();
        self.seen.push(it);
    }

    /// The passage's facts of all ledgers, by time, each ledger's own order kept.
    pub fn timed(&self) -> Vec<(UtcMs, Fact)> {
        let mut facts: Vec<(UtcMs, Fact)> = self
            .seen
            .iter()
            .map(|it| (it.at, it.fact.clone()))
            .collect();
        facts.sort_by_key(|(at, _)| *at);
        facts
    }

    /// Time from arrival to the last fact, by component.
    pub fn totals(&self) -> &Totals {
        self.measured
            .get_or_init(|| Measure::of(&self.timed()).totals)
    }

    /// Lets go of the facts, keeps what was computed from them.
    fn slim(&mut self) {
        self.totals();
        self.seen = Vec::new();
        self.is_slim = true;
    }

    /// Arrived as far as is known here, and not ended.
    pub fn is_here(&self) -> bool {
        self.passage.arrived_at.is_some() && self.passage.ended.is_none()
    }

    /// Findings of a body that no release of that body answers.
    pub fn unreleased(&self, agency: Agency) -> Vec<FindingId> {
        use domain::fact::Decision::Release;
        let passage = &self.passage;
        let released = |id: &FindingId| {
            passage.decisions.iter().any(|it| {
                it.made.agency == agency
                    && it.made.decision == Release
                    && it.made.answers.contains(id)
            })
        };
        let own = passage
            .findings
            .iter()
            .filter(|it| it.finding.agency == agency);
        own.map(|it| it.finding.id)
            .filter(|id| !released(id))
            .collect()
    }
}

/// Whether a body in this standing owes the truck a word.
pub fn asks(standing: &Standing) -> bool {
    match standing {
        Standing::AwaitingDecision { .. } | Standing::Held { .. } => true,
        Standing::Inspecting { orders } => orders.is_empty(),
        _ => false,
    }
}
