//! A dated procedure: which stages apply, who is competent, thresholds, deadlines, lists.
//! Data (`procedures/*.toml`), never code. A passage is judged by the edition it arrived under.
//!
//! Not here: any decision. Rules read these figures; texts for people live in catalogues.

mod check;
pub mod limit_table;
mod moment;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::fact::{OrderKind, Severity};
use crate::line::LineRules;
use crate::reading::DocumentKind;
use crate::stage::Stage;
use crate::unit::{CheckpointId, LaneId, UtcMs};

use limit_table::LimitTable;

pub const MS_PER_MIN: i64 = 60_000;

/// One edition. Every field is filled in by `procedures/*.toml`; unknown fields are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    pub edition: String,
    #[serde(deserialize_with = "moment::read")]
    pub valid_from: UtcMs,
    #[serde(default, deserialize_with = "moment::read_option")]
    pub valid_to: Option<UtcMs>,
    pub regime: Regime,
    /// Stages that apply under this regime; the others are recorded as not required.
    pub stages: Vec<Stage>,
    /// The act this edition rests on, for people.
    #[serde(default)]
    pub act: String,
    /// Home country of the border, ISO 3166-1 alpha-2.
    pub country: String,
    pub agencies: BTreeMap<Agency, AgencyRules>,
    pub competence: Vec<Competence>,
    pub deadlines: Deadlines,
    pub entry: EntryRules,
    pub radiation: RadiationRules,
    pub dimensions: DimensionRules,
    pub image: ImageRules,
    pub documents: DocumentRules,
    pub exit: ExitRules,
    /// What is sent and kept when line or disk have too little room.
    #[serde(default)]
    pub line: LineRules,
    #[serde(default)]
    pub goods: GoodsLists,
    pub second_reader: SecondReader,
    #[serde(default)]
    pub auto_release: Vec<AutoRelease>,
    #[serde(default)]
    pub lane_grants: Vec<LaneGrant>,
    #[serde(default)]
    pub fail_safe: Vec<FailSafe>,
    #[serde(default)]
    pub verification: Vec<Verification>,
    pub reasons: Vec<Reason>,
}

/// An external border has all stages and bodies; an internal one of a customs union fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    External,
    Internal,
}

/// When a body is concerned with a passage, and after which stages it can say its last word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyRules {
    pub concerned: Concern,
    /// Stages whose results its rules depend on: a release made before they are all complete
    /// answers findings but does not cover the passage.
    pub stages: Vec<Stage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Every passage.
    Always,
    /// When goods of its list are on board, or a finding is addressed to it.
    Goods,
    /// Only when a finding is addressed to it.
    Findings,
}

/// Who may decide what, where, from when, by which act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Competence {
    pub agency: Agency,
    /// Empty: every checkpoint.
    #[serde(default)]
    pub checkpoints: Vec<CheckpointId>,
    #[serde(deserialize_with = "moment::read")]
    pub from: UtcMs,
    #[serde(default, deserialize_with = "moment::read_option")]
    pub to: Option<UtcMs>,
    pub act: String,
    /// The body whose officers exercise this competence, when it is not its own.
    #[serde(default)]
    pub delegated_to: Option<Agency>,
}

/// All in minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    pub decision_min: BTreeMap<Agency, u32>,
    pub stage_min: BTreeMap<Stage, u32>,
    pub order_min: BTreeMap<OrderKind, u32>,
    pub hold_max_min: u32,
    pub permit_ttl_min: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryRules {
    /// Reads below this confidence count as unread.
    pub plate_confidence_min: f64,
    /// How long the rear camera is waited for after the first read.
    pub rear_wait_sec: u32,
    /// Notice must be lodged this long before arrival.
    pub notice_min: u32,
    /// A notification announces a vehicle that comes at most so long before its expected time, ...
    pub notice_early_h: u32,
    /// ... or after it, ...
    pub notice_late_h: u32,
    /// ... and that arrives within so many days of the lodging.
    pub notice_valid_days: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadiationRules {
    /// Gamma alarm from this many standard deviations over the background, whatever the device
    /// says; the device's own alarm always counts.
    pub gamma_sigma: f64,
    /// Neutron alarm from this many counts in one second.
    pub neutron_counts: u32,
    /// Natural goods explain a profile from this width on, metres of the vehicle at half height.
    pub norm_width_min_m: f64,
    /// And only if a load explains it better than a point source by so many standard deviations.
    pub norm_spread_margin_sigma: f64,
    /// And if a point source inside the load improves on the load alone by less than this.
    pub norm_hidden_point_sigma: f64,
    /// And if a point source of this strength is ruled out wherever in the load: standard deviations over
    /// the background that it alone would have in one second.
    pub norm_hidden_limit_sigma: f64,
    /// The second opinion is a finding from this many standard deviations; absent: it is shown only.
    #[serde(default)]
    pub opinion_sigma: Option<f64>,
    /// Headings of naturally radioactive goods.
    pub norm: Vec<NormGoods>,
}

/// Goods that explain a wide gamma profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormGoods {
    /// HS heading or longer prefix.
    pub hs: String,
    /// A catalogue key of the goods' name.
    pub name: String,
    /// Nuclides a spectroscopic device may name for it.
    pub nuclides: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionRules {
    /// An excess counts when it is this many standard deviations over the limit.
    pub overload_sigma: f64,
    /// Declared and measured disagree from this many standard deviations.
    pub declared_sigma: f64,
    /// One standard deviation of the declared tare, as a share of it.
    pub tare_sigma_share: f64,
    pub accuracy: Vec<Accuracy>,
    pub tables: Vec<LimitTable>,
}

/// What a scale of an accuracy class lets us claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuracy {
    /// As the device names it, e.g. `R134/1`.
    pub class: String,
    /// One standard deviation of the gross mass, as a share of it.
    pub gross_sigma_share: f64,
    pub claim: Claim,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// Declared against measured weight may be held against the carrier.
    Declared,
    /// Overload screening; a disagreement only advises a static re-weighing.
    Screening,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRules {
    /// Bytes of the image an officer must have had before "clear".
    pub clear_from_bytes: u64,
    /// What each prefix is good for.
    pub layers: Vec<ImageLayer>,
    /// Regions the device marked count from this score.
    pub region_score_min: f64,
    /// Image mass against declared mass: share of the declared that is tolerated ...
    pub mass_tolerance_share: f64,
    /// ... and never less than this.
    pub mass_tolerance_kg: u32,
    /// Less cargo than this is "empty".
    pub empty_below_kg: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageLayer {
    pub from_bytes: u64,
    pub good_for: ImageUse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageUse {
    FirstLook,
    Triage,
    Clear,
    Complete,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRules {
    /// The body that answers for a kind of document.
    pub owner: BTreeMap<DocumentKind, Agency>,
    pub required: Vec<RequiredDocument>,
    /// Weight in a document against the notification.
    pub weight_tolerance_share: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredDocument {
    pub kind: DocumentKind,
    pub when: DocumentCondition,
    /// Any of these serves as well.
    #[serde(default)]
    pub or: Vec<DocumentKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentCondition {
    Always,
    /// Goods are on board.
    Loaded,
    /// The vehicle is registered abroad.
    ForeignVehicle,
    DangerousGoods,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitRules {
    /// A pulse without movement for so long has failed.
    pub barrier_answer_sec: u32,
    /// Barrier failures after which people take over.
    pub barrier_failures_max: u32,
}

/// HS prefixes (2 to 10 digits).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoodsLists {
    pub veterinary: Vec<String>,
    pub phytosanitary: Vec<String>,
    pub sanitary: Vec<String>,
    /// An officer reads the image of these, whatever it shows.
    pub high_risk: Vec<String>,
    /// Origins whose goods are treated as high risk.
    pub high_risk_origins: Vec<String>,
}

/// Where one person's word is not enough: a second one, of another body, must agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondReader {
    pub agencies: Vec<Agency>,
    /// Rules whose findings two readers must release.
    pub rules: Vec<String>,
    /// Decisions that take two people whatever they answer, of every body.
    #[serde(default)]
    pub decisions: Vec<DecisionKind>,
}

/// A named rule that releases without a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutoRelease {
    pub rule: String,
    pub agency: Agency,
    pub reason: String,
    pub after: Vec<Stage>,
    pub conditions: Vec<AutoCondition>,
    /// Share drawn for a re-check by a person, per thousand.
    pub recheck_per_mille: u32,
    pub offline: OfflineUse,
}

/// All must hold, besides: the stages are complete and no finding of the agency is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoCondition {
    /// The agency never had a finding in this passage.
    NothingFound,
    /// A notification was matched.
    Notified,
    /// The last image is usable and the device marked nothing on it.
    ImageClear,
    /// The image's mass, where given, agrees with the declared mass.
    MassAgrees,
    /// No goods and no origin of the high-risk lists.
    LowRiskGoods,
    /// Every stage the rule waits for was done by its device or by hand, none by fail-safe.
    NoFailSafe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineUse {
    /// Works without the centre.
    Allowed,
    /// Waits for the link.
    WaitsForLink,
}

/// What two people of two bodies may release at the lane while the link is down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneGrant {
    pub agency: Agency,
    pub severities: Vec<Severity>,
    /// Names of rules; `*` stands for every rule.
    pub rules: Vec<String>,
    /// Outage after which the grant is effective.
    pub after_link_down_min: u32,
    pub act: String,
}

/// What follows when the device of a stage is down. Never: nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailSafe {
    pub stage: Stage,
    pub action: FailSafeAction,
    /// The body that gets the finding `<stage>.device_unavailable`.
    pub agency: Agency,
    pub severity: Severity,
    /// Other ways in which people may do the stage.
    pub means: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailSafeAction {
    /// The stage waits until people have done it by one of the means.
    ByHand,
    /// The stage counts as complete; the body answers the finding.
    Finding,
}

/// Until when a measuring device is verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    pub checkpoint: CheckpointId,
    /// `None`: every lane of the checkpoint.
    #[serde(default)]
    pub lane: Option<LaneId>,
    pub stage: Stage,
    #[serde(deserialize_with = "moment::read")]
    pub due_at: UtcMs,
}

/// A body's reason code. The text is in the catalogues under this id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub id: String,
    pub agency: Agency,
    pub decision: DecisionKind,
    /// UN/EDIFACT code list 9417.
    pub un9417: u8,
    /// Rules whose findings it is for, or how their names begin (`radiation.`). It is offered first
    /// where such a finding is open and last where none is; empty: for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
}

impl Reason {
    pub fn is_about(&self, rule: &str) -> bool {
        self.about.iter().any(|it| rule.starts_with(it.as_str()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    Release,
    Hold,
    Inspect,
    Refuse,
}

impl Procedure {
    /// Reads and checks one edition. The error names the field and what is wrong with it.
    pub fn parse(text: &str) -> Result<Procedure, String> {
        if text.len() > crate::limits::PROCEDURE_BYTES {
            return Err(format!(
                "a procedure has at most {} bytes, not {}",
                crate::limits::PROCEDURE_BYTES,
                text.len()
            ));
        }
        let procedure: Procedure =
            toml::from_str(text).map_err(|error| format!("procedure: {error}"))?;
        check::check(&procedure)?;
        Ok(procedure)
    }

    /// The edition in force at `now`: of those valid, the one that came into force last.
    pub fn in_force(editions: &[Procedure], now: UtcMs) -> Option<&Procedure> {
        editions
            .iter()
            .filter(|it| it.is_valid(now))
            .max_by_key(|it| it.valid_from)
    }

    pub fn is_valid(&self, now: UtcMs) -> bool {
        self.valid_from <= now && self.valid_to.is_none_or(|it| now < it)
    }

    pub fn applies(&self, stage: Stage) -> bool {
        self.stages.contains(&stage)
    }

    /// The competence entry in force for `agency` at `checkpoint`.
    pub fn competence(
        &self,
        agency: Agency,
        checkpoint: &CheckpointId,
        now: UtcMs,
    ) -> Option<&Competence> {
        self.competence.iter().find(|it| {
            it.agency == agency
                && it.from <= now
                && it.to.is_none_or(|to| now < to)
                && (it.checkpoints.is_empty() || it.checkpoints.contains(checkpoint))
        })
    }

    /// The body whose officers decide for `agency` there and then; `None`: nobody is competent.
    pub fn decider(&self, agency: Agency, checkpoint: &CheckpointId, now: UtcMs) -> Option<Agency> {
        let entry = self.competence(agency, checkpoint, now)?;
        Some(entry.delegated_to.unwrap_or(agency))
    }

    pub fn reason(&self, agency: Agency, id: &str) -> Option<&Reason> {
        self.reasons
            .iter()
            .find(|it| it.agency == agency && it.id == id)
    }

    /// The reason codes a body may give for one kind of decision.
    pub fn reasons_for(
        &self,
        agency: Agency,
        decision: DecisionKind,
    ) -> impl Iterator<Item = &Reason> {
        self.reasons
            .iter()
            .filter(move |it| it.agency == agency && it.decision == decision)
    }

    /// Kept for rules: a person who gave it would say that a rule had decided.
    pub fn is_for_rules(&self, reason: &Reason) -> bool {
        let mut rules = self.auto_rules(reason.agency);
        rules.any(|it| it.reason == reason.id)
    }

    /// The reasons a person of the body may give.
    pub fn reasons_for_people(&self, agency: Agency) -> impl Iterator<Item = &Reason> {
        let own = self.reasons.iter().filter(move |it| it.agency == agency);
        own.filter(|it| !self.is_for_rules(it))
    }

    pub fn fail_safe(&self, stage: Stage) -> Option<&FailSafe> {
        self.fail_safe.iter().find(|it| it.stage == stage)
    }

    pub fn decision_ms(&self, agency: Agency) -> i64 {
        minutes(self.deadlines.decision_min.get(&agency).copied())
    }

    pub fn stage_ms(&self, stage: Stage) -> i64 {
        minutes(self.deadlines.stage_min.get(&stage).copied())
    }

    pub fn order_ms(&self, kind: OrderKind) -> i64 {
        minutes(self.deadlines.order_min.get(&kind).copied())
    }

    pub fn permit_ttl_ms(&self) -> i64 {
        minutes(Some(self.deadlines.permit_ttl_min))
    }

    pub fn hold_max_ms(&self) -> i64 {
        minutes(Some(self.deadlines.hold_max_min))
    }

    /// The limit table in force at `now`.
    pub fn limit_table(&self, now: UtcMs) -> Option<&LimitTable> {
        self.dimensions
            .tables
            .iter()
            .filter(|it| it.from <= now && it.to.is_none_or(|to| now < to))
            .max_by_key(|it| it.from)
    }

    pub fn accuracy(&self, class: &str) -> Option<&Accuracy> {
        self.dimensions
            .accuracy
            .iter()
            .find(|it| it.class.eq_ignore_ascii_case(class))
    }

    /// Until when the device of `stage` is verified in that lane, when the edition says.
    pub fn verified_until(
        &self,
        checkpoint: &CheckpointId,
        lane: Option<LaneId>,
        stage: Stage,
    ) -> Option<UtcMs> {
        let own = |it: &&Verification| it.checkpoint == *checkpoint && it.stage == stage;
        let exact = self
            .verification
            .iter()
            .filter(own)
            .find(|it| it.lane.is_some() && it.lane == lane);
        exact
            .or_else(|| {
                self.verification
                    .iter()
                    .filter(own)
                    .find(|it| it.lane.is_none())
            })
            .map(|it| it.due_at)
    }

    /// The goods list whose entry makes `agency` concerned.
    pub fn goods_list(&self, agency: Agency) -> &[String] {
        match agency {
            Agency::Veterinary => &self.goods.veterinary,
            Agency::Phytosanitary => &self.goods.phytosanitary,
            Agency::SanitaryQuarantine => &self.goods.sanitary,
            Agency::Customs | Agency::TransportControl | Agency::RoadPolice => &[],
        }
    }

    pub fn owner(&self, kind: DocumentKind) -> Agency {
        self.documents
            .owner
            .get(&kind)
            .copied()
            .unwrap_or(Agency::Customs)
    }

    /// Every automatic release rule of one body.
    pub fn auto_rules(&self, agency: Agency) -> impl Iterator<Item = &AutoRelease> {
        self.auto_release
            .iter()
            .filter(move |it| it.agency == agency)
    }

    /// The stages of `agency` that this edition asks for.
    pub fn stages_of(&self, agency: Agency) -> BTreeSet<Stage> {
        let own = self
            .agencies
            .get(&agency)
            .map(|it| it.stages.as_slice())
            .unwrap_or_default();
        own.iter().copied().filter(|it| self.applies(*it)).collect()
    }
}

fn minutes(count: Option<u32>) -> i64 {
    i64::from(count.unwrap_or_default()) * MS_PER_MIN
}

/// The first of `prefixes` that `hs` begins with.
pub fn listed<'a>(prefixes: &'a [String], hs: &str) -> Option<&'a str> {
    prefixes
        .iter()
        .map(String::as_str)
        .find(|it| hs.starts_with(it))
}
