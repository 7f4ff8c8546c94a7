//! What a planner writes: a scheme, its people and machines, and the questions asked of it.
//! `scenarios/*.toml` are examples; every figure there names its source.

use std::collections::BTreeMap;

use centre::checkpoints::{Checkpoint, Way};
use domain::agency::Agency;
use domain::procedure::{Procedure, Regime};
use domain::stage::Stage;
use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// Bounds of a scenario: beyond them a run says nothing that is worth its hours.
pub const TRUCKS_MAX: f64 = 200_000.0;
pub const HOURS_MAX: u32 = 24 * 14;
const SPAN_MAX_MIN: f64 = 24.0 * 60.0;
const SIGMA_MAX: f64 = 3.0;
/// Kilobits a second, trucks an hour: what a line and a neighbour may be.
const RATE: std::ops::RangeInclusive<f64> = 0.01..=1e9;
const SERVERS_MAX: u32 = 1_000;
const TRUCKS_PER_LANE_MIN: f64 = 1.0;

/// Monday 2026-11-02, 0:00 in Astana.
pub const BEGIN: UtcMs = UtcMs(1_793_559_600_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    Electronic,
    Paper,
}

/// A log-normal span: what people and machines take, with its heavy tail.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub mean_min: f64,
    /// Standard deviation of the logarithm; 0 is always the mean.
    #[serde(default)]
    pub sigma: f64,
}

impl Span {
    fn wrong(&self, name: &str) -> Option<String> {
        let fits = (0.0..=SPAN_MAX_MIN).contains(&self.mean_min)
            && (0.0..=SIGMA_MAX).contains(&self.sigma);
        let told = format!("{name}: mean_min 0 to {SPAN_MAX_MIN}, sigma 0 to {SIGMA_MAX}");
        (!fits).then_some(told)
    }

    pub fn draw_ms(&self, chance: &mut Chance) -> i64 {
        let median = self.mean_min * (-self.sigma * self.sigma / 2.0).exp();
        (chance.around(median, self.sigma) * 60_000.0) as i64
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub scheme: Scheme,
    /// After the warm-up.
    pub hours: u32,
    pub warm_up_hours: u32,
    /// Over all posts, both directions.
    pub trucks_per_day: f64,
    /// Share of arrivals that hold to a booked slot, spread evenly over the day.
    #[serde(default)]
    pub slot_share: f64,
    /// Traffic of each day from Monday on, beside the mean.
    #[serde(default = "every_day")]
    pub weekday: [f64; 7],
    /// Every border as an external one, as the order saw it; otherwise as the register says.
    #[serde(default)]
    pub all_external: bool,
    /// Posts of their own traffic; the rest of the trucks is spread over the other road posts by their lanes.
    #[serde(default)]
    pub post: Vec<Post>,
    /// Only the posts above.
    #[serde(default)]
    pub only_these: bool,
    /// Lanes of a post by trucks a day and direction, where none are named.
    #[serde(default)]
    pub trucks_per_lane: Option<f64>,
    #[serde(default)]
    pub electronic: Option<Electronic>,
    #[serde(default)]
    pub paper: Option<Paper>,
    /// The same with something changed: what a planner asks.
    #[serde(default)]
    pub question: Vec<Question>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    pub code: String,
    pub trucks_per_day: f64,
    /// For each direction.
    #[serde(default)]
    pub lanes: Option<u32>,
    #[serde(default)]
    pub scanners: Option<u32>,
    #[serde(default)]
    pub line_kbps: Option<f64>,
    /// What the neighbour takes, trucks an hour; calls to the gate follow it.
    #[serde(default)]
    pub neighbour_per_hour: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Electronic {
    /// Seats at work from an hour of local time on, by body, until the next shift.
    pub shift: Vec<Shift>,
    /// Share of trucks that something is the matter with; the kinds are the demo's mix.
    pub matter_share: f64,
    /// In the place of the procedure's: of the releases by rule, so many are seen by a person.
    #[serde(default)]
    pub recheck_per_mille: Option<u32>,
    /// Machines and driving on, by stage.
    pub stage: BTreeMap<Stage, Span>,
    /// An officer's look at a case with nothing found, with a finding, with an alarm.
    pub look: Span,
    pub finding: Span,
    pub alarm: Span,
    /// People at the lane: an inspection, and how many may go on at a post.
    pub inspection: Span,
    pub crews_per_lane: f64,
    /// Trucks inside for each lane; beyond, the gate stays closed.
    pub yard_per_lane: u32,
    /// X-ray machines for each lane.
    pub scanners_per_lane: f64,
    /// Share of clean loads in which the scanner's own program marks something.
    pub false_region_share: f64,
    /// Of the vehicle with an alarm and nothing on board: an officer sends people all the same.
    pub inspect_clean_share: f64,
    pub line_kbps: f64,
    /// Share of the line that bulk gets (`docs/link.md`).
    pub line_share: f64,
    /// Kilobytes that must be there before an officer can say his word: image, page.
    pub image_kb: f64,
    pub page_kb: f64,
    /// Mean time between failures and to repair, of one machine.
    #[serde(default)]
    pub failure_every_h: Option<f64>,
    #[serde(default)]
    pub repair: Option<Span>,
    /// The centre or all lines are gone, hours from the end of the warm-up.
    #[serde(default)]
    pub outage_h: Option<[f64; 2]>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub from_hour: u32,
    pub seats: BTreeMap<Agency, u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// In this order, one after the other.
    pub step: Vec<Step>,
    /// To the next window, through the crowd before it, and its lunch: between two steps.
    pub between: Span,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `None`: the broker.
    pub agency: Option<Agency>,
    pub span: Span,
    /// Share of trucks that must go there.
    #[serde(default = "all")]
    pub share: f64,
    /// Windows for a hundred trucks a day; at least one.
    pub windows_per_100: f64,
}

fn every_day() -> [f64; 7] {
    [1.0; 7]
}

fn all() -> f64 {
    1.0
}

/// Each of its figures takes the place of the scenario's.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub name: String,
    #[serde(default)]
    pub trucks_per_day: Option<f64>,
    #[serde(default)]
    pub slot_share: Option<f64>,
    /// In every shift.
    #[serde(default)]
    pub seats: BTreeMap<Agency, u32>,
    #[serde(default)]
    pub matter_share: Option<f64>,
    #[serde(default)]
    pub recheck_per_mille: Option<u32>,
    #[serde(default)]
    pub scanners_per_lane: Option<f64>,
    #[serde(default)]
    pub trucks_per_lane: Option<f64>,
    #[serde(default)]
    pub line_kbps: Option<f64>,
    #[serde(default)]
    pub image_kb: Option<f64>,
    #[serde(default)]
    pub false_region_share: Option<f64>,
    #[serde(default)]
    pub failure_every_h: Option<f64>,
    #[serde(default)]
    pub outage_h: Option<[f64; 2]>,
}

/// One post as a run uses it.
#[derive(Debug, Clone)]
pub struct Site {
    pub at: Checkpoint,
    pub trucks_per_day: f64,
    pub lanes: u32,
    pub scanners: Option<u32>,
    pub line_kbps: Option<f64>,
    pub neighbour_per_hour: Option<f64>,
}

const REGISTER: &str = include_str!("../../../../procedures/checkpoints.toml");
const EXTERNAL: &str = include_str!("../../../../procedures/external-2026.toml");
const INTERNAL: &str = include_str!("../../../../procedures/internal-2026.toml");
const LANES_DEFAULT: f64 = 100.0;

impl Scenario {
    /// The error names what is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Scenario, String> {
        let it: Scenario = toml::from_str(text).map_err(|why| why.to_string())?;
        it.check()?;
        Ok(it)
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("scenario {:?}: {what}", self.name));
        if !(self.trucks_per_day >= 1.0 && self.trucks_per_day <= TRUCKS_MAX) {
            return wrong(&format!("trucks_per_day: 1 to {TRUCKS_MAX}"));
        }
        if self.hours == 0 || self.hours + self.warm_up_hours > HOURS_MAX {
            return wrong(&format!("hours with warm_up_hours: 1 to {HOURS_MAX}"));
        }
        if self.weekday.iter().any(|it| !(0.0..=10.0).contains(it)) || self.weekday == [0.0; 7] {
            return wrong("weekday: seven shares, 0 to 10, not all 0");
        }
        match (self.scheme, &self.electronic, &self.paper) {
            (Scheme::Electronic, None, _) => return wrong("[electronic] is missing"),
            (Scheme::Paper, _, None) => return wrong("[paper] is missing"),
            _ => (),
        }
        if let Some(it) = &self.electronic {
            if let Some(stage) = Stage::ALL.into_iter().find(|at| !it.stage.contains_key(at)) {
                return wrong(&format!("[electronic.stage.{stage}] is missing"));
            }
            if it.shift.is_empty() || it.shift.iter().any(|it| it.from_hour > 23) {
                return wrong("[[electronic.shift]]: at least one, from_hour 0 to 23");
            }
            if !(0.0..=1.0).contains(&it.matter_share) {
                return wrong("matter_share: 0 to 1");
            }
            if !RATE.contains(&(it.line_kbps * it.line_share)) {
                return wrong("line_kbps and line_share: above 0");
            }
            if it.failure_every_h.is_some() != it.repair.is_some() {
                return wrong("failure_every_h and repair go together");
            }
        }
        if let Some(why) = self.spans().find_map(|(name, it)| it.wrong(&name)) {
            return wrong(&why);
        }
        let posts = self.post.iter();
        let lanes = posts.filter_map(|it| it.lanes.max(it.scanners));
        if lanes.max().unwrap_or(0) > SERVERS_MAX {
            return wrong(&format!(
                "lanes and scanners of a post: up to {SERVERS_MAX}"
            ));
        }
        let each = self.trucks_per_lane.unwrap_or(LANES_DEFAULT);
        if !(TRUCKS_PER_LANE_MIN..=TRUCKS_MAX).contains(&each) {
            return wrong(&format!(
                "trucks_per_lane: {TRUCKS_PER_LANE_MIN} to {TRUCKS_MAX}"
            ));
        }
        let rates = self
            .post
            .iter()
            .flat_map(|it| [it.line_kbps, it.neighbour_per_hour]);
        if rates.flatten().any(|it| !RATE.contains(&it)) {
            return wrong("line_kbps and neighbour_per_hour of a post: above 0");
        }
        self.sites().map(|_| ())
    }

    fn spans(&self) -> impl Iterator<Item = (String, Span)> {
        let machines = self.electronic.iter().flat_map(|it| {
            let people = [
                ("look", it.look),
                ("finding", it.finding),
                ("alarm", it.alarm),
                ("inspection", it.inspection),
            ];
            let people = people.map(|(name, it)| (name.to_owned(), it));
            let stages = it.stage.iter().map(|(at, it)| (format!("stage.{at}"), *it));
            let repair = it.repair.map(|it| ("repair".to_owned(), it));
            people.into_iter().chain(stages).chain(repair)
        });
        let windows = self.paper.iter().flat_map(|it| {
            let between = std::iter::once(("between".to_owned(), it.between));
            let steps = it.step.iter().map(|it| ("step".to_owned(), it.span));
            between.chain(steps)
        });
        machines.chain(windows)
    }

    /// With a question's figures in the place of its own.
    pub fn asked(&self, question: &Question) -> Scenario {
        let mut it = self.clone();
        it.name = question.name.clone();
        it.trucks_per_day = question.trucks_per_day.unwrap_or(it.trucks_per_day);
        it.slot_share = question.slot_share.unwrap_or(it.slot_share);
        it.trucks_per_lane = question.trucks_per_lane.or(it.trucks_per_lane);
        if let Some(to) = &mut it.electronic {
            for it in &mut to.shift {
                it.seats.extend(&question.seats);
            }
            to.matter_share = question.matter_share.unwrap_or(to.matter_share);
            to.recheck_per_mille = question.recheck_per_mille.or(to.recheck_per_mille);
            to.scanners_per_lane = question.scanners_per_lane.unwrap_or(to.scanners_per_lane);
            to.line_kbps = question.line_kbps.unwrap_or(to.line_kbps);
            to.image_kb = question.image_kb.unwrap_or(to.image_kb);
            to.false_region_share = question.false_region_share.unwrap_or(to.false_region_share);
            to.failure_every_h = question.failure_every_h.or(to.failure_every_h);
            to.outage_h = question.outage_h.or(to.outage_h);
        }
        it.question.clear();
        it
    }

    pub fn measured_from(&self) -> UtcMs {
        BEGIN.plus_ms(i64::from(self.warm_up_hours) * 3_600_000)
    }

    pub fn ends_at(&self) -> UtcMs {
        self.measured_from()
            .plus_ms(i64::from(self.hours) * 3_600_000)
    }

    pub fn sites(&self) -> Result<Vec<Site>, String> {
        let register = centre::checkpoints::parse(REGISTER)?;
        if let Some(it) = self.post.iter().find(|it| {
            let known = |at: &&Checkpoint| at.code.as_str() == it.code;
            !register.iter().any(|at| known(&at))
        }) {
            return Err(format!("post {:?}: not in the register", it.code));
        }
        let named = |at: &Checkpoint| self.post.iter().find(|it| at.code.as_str() == it.code);
        let others: Vec<&Checkpoint> = register
            .iter()
            .filter(|it| it.way == Way::Road && named(it).is_none() && !self.only_these)
            .collect();
        let of_named: f64 = self.post.iter().map(|it| it.trucks_per_day).sum();
        let left = (self.trucks_per_day - of_named).max(0.0);
        let weights: f64 = others.iter().map(|it| f64::from(it.lanes)).sum();
        let lanes_for = |trucks: f64| {
            let each = self.trucks_per_lane.unwrap_or(LANES_DEFAULT);
            ((trucks / 2.0 / each).ceil() as u32).max(1)
        };
        let sites = register.iter().filter_map(|at| {
            let own = named(at);
            let trucks_per_day = match own {
                Some(it) => it.trucks_per_day,
                None if others.iter().any(|it| it.code == at.code) => {
                    left * f64::from(at.lanes) / weights
                }
                None => return None,
            };
            Some(Site {
                at: at.clone(),
                trucks_per_day,
                lanes: own
                    .and_then(|it| it.lanes)
                    .unwrap_or_else(|| lanes_for(trucks_per_day)),
                scanners: own.and_then(|it| it.scanners),
                line_kbps: own.and_then(|it| it.line_kbps),
                neighbour_per_hour: own.and_then(|it| it.neighbour_per_hour),
            })
        });
        Ok(sites.collect())
    }

    /// External and internal, as a post's regime asks for.
    pub fn procedure(&self, regime: Regime) -> Result<Procedure, String> {
        let mut it = match regime {
            Regime::Internal if !self.all_external => Procedure::parse(INTERNAL)?,
            _ => Procedure::parse(EXTERNAL)?,
        };
        if let Some(share) = self.electronic.as_ref().and_then(|it| it.recheck_per_mille) {
            for rule in &mut it.auto_release {
                rule.recheck_per_mille = share;
            }
        }
        Ok(it)
    }
}
