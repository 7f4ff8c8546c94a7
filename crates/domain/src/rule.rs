//! The table of rules: everything that can be found, each a function of the passage and the
//! procedure with a doc comment beside its stage or its body. A rule that holds raises a finding
//! once for the same subject; a new reading is a new subject.
//!
//! Not here: texts (catalogues, under the rule's name), thresholds (procedure), answers
//! (`release`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::agency::{
    Agency, customs, phytosanitary, road_police, sanitary_quarantine, transport_control, veterinary,
};
use crate::fact::{Finding, FindingId, Severity};
use crate::limits;
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::stage::{self, Stage, dimensions, documents, entry, exit, imaging, radiation};
use crate::unit::UtcMs;

/// What a rule looks at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub passage: &'a Passage,
    pub procedure: &'a Procedure,
    pub now: UtcMs,
}

/// A finding without its number.
pub struct Raise {
    pub agency: Agency,
    pub severity: Severity,
    pub values: BTreeMap<String, Value>,
}

impl Raise {
    pub fn finding(agency: Agency) -> Raise {
        Raise {
            agency,
            severity: Severity::Finding,
            values: BTreeMap::new(),
        }
    }

    pub fn alarm(agency: Agency) -> Raise {
        Raise {
            agency,
            severity: Severity::Alarm,
            values: BTreeMap::new(),
        }
    }

    pub fn value(mut self, name: &str, value: impl Into<Value>) -> Raise {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// A figure rounded to `decimals`, so that ledgers hold no noise; whole numbers stay whole.
    pub fn figure(self, name: &str, value: f64, decimals: u8) -> Raise {
        let value = if value.is_finite() { value } else { 0.0 };
        if decimals == 0 {
            return self.value(name, value.round() as i64);
        }
        let scale = 10f64.powi(i32::from(decimals));
        self.value(name, (value * scale).round() / scale)
    }
}

type Check = fn(View) -> Vec<Raise>;

pub struct Rule {
    pub name: &'static str,
    pub stage: Stage,
    /// `None`: raised where its input is concluded, not by looking at the state.
    check: Option<Check>,
}

const fn rule(name: &'static str, stage: Stage, check: Check) -> Rule {
    Rule {
        name,
        stage,
        check: Some(check),
    }
}

const fn raised_elsewhere(name: &'static str, stage: Stage) -> Rule {
    Rule {
        name,
        stage,
        check: None,
    }
}

/// Values that say what a finding is about; the others say how it looks.
const SUBJECT: [&str; 9] = [
    "reading",
    "document",
    "number",
    "position",
    "read",
    "order",
    "stage",
    "opened_at_ms",
    "reason",
];

pub const RULES: &[Rule] = &[
    rule("entry.plate_unread", Stage::Entry, entry::plate_unread),
    rule(
        "entry.plates_disagree",
        Stage::Entry,
        road_police::plates_disagree,
    ),
    rule(
        "entry.container_disagrees",
        Stage::Entry,
        entry::container_disagrees,
    ),
    rule(
        "entry.notification_missing",
        Stage::Entry,
        customs::notification_missing,
    ),
    rule(
        "entry.notification_late",
        Stage::Entry,
        customs::notification_late,
    ),
    rule(
        "entry.notification_used",
        Stage::Entry,
        customs::notification_used,
    ),
    rule(
        "entry.notification_other_direction",
        Stage::Entry,
        customs::notification_other_direction,
    ),
    rule(
        "entry.notification_out_of_time",
        Stage::Entry,
        customs::notification_out_of_time,
    ),
    rule(
        "entry.notified_elsewhere",
        Stage::Entry,
        customs::notified_elsewhere,
    ),
    rule("entry.wanted", Stage::Entry, road_police::wanted),
    rule(
        "radiation.gamma_alarm",
        Stage::Radiation,
        radiation::gamma_alarm,
    ),
    rule(
        "radiation.norm_inconsistent",
        Stage::Radiation,
        radiation::norm_inconsistent,
    ),
    rule(
        "radiation.norm_consistent",
        Stage::Radiation,
        radiation::norm_consistent,
    ),
    rule(
        "radiation.second_opinion",
        Stage::Radiation,
        radiation::second_opinion,
    ),
    rule(
        "radiation.neutron_alarm",
        Stage::Radiation,
        radiation::neutron_alarm,
    ),
    rule(
        "radiation.monitor_fault",
        Stage::Radiation,
        radiation::monitor_fault,
    ),
    rule(
        "radiation.monitor_verification_overdue",
        Stage::Radiation,
        radiation::monitor_verification_overdue,
    ),
    rule(
        "sanitary_quarantine.neutron_alarm",
        Stage::Radiation,
        sanitary_quarantine::neutron_alarm,
    ),
    rule(
        "dimensions.axle_overload",
        Stage::Dimensions,
        dimensions::axle_overload,
    ),
    rule(
        "dimensions.gross_overload",
        Stage::Dimensions,
        dimensions::gross_overload,
    ),
    rule(
        "dimensions.oversize",
        Stage::Dimensions,
        dimensions::oversize,
    ),
    rule(
        "dimensions.declared_weight_disagrees",
        Stage::Dimensions,
        customs::declared_weight_disagrees,
    ),
    rule(
        "dimensions.reweigh_advised",
        Stage::Dimensions,
        customs::reweigh_advised,
    ),
    rule(
        "dimensions.scale_verification_overdue",
        Stage::Dimensions,
        dimensions::scale_verification_overdue,
    ),
    rule(
        "dimensions.oversize_permit_missing",
        Stage::Dimensions,
        transport_control::oversize_permit_missing,
    ),
    rule("imaging.unusable", Stage::Imaging, imaging::unusable),
    rule(
        "imaging.suspicious_region",
        Stage::Imaging,
        imaging::suspicious_region,
    ),
    rule(
        "imaging.mass_disagrees",
        Stage::Imaging,
        customs::mass_disagrees,
    ),
    rule(
        "imaging.empty_but_declared",
        Stage::Imaging,
        customs::empty_but_declared,
    ),
    rule(
        "imaging.loaded_but_declared_empty",
        Stage::Imaging,
        customs::loaded_but_declared_empty,
    ),
    rule("documents.missing", Stage::Documents, documents::missing),
    rule("documents.expired", Stage::Documents, documents::expired),
    rule("documents.disagree", Stage::Documents, documents::disagree),
    rule("documents.fault", Stage::Documents, documents::fault),
    rule(
        "documents.goods_unknown",
        Stage::Documents,
        customs::goods_unknown,
    ),
    rule(
        "transport_control.permit_unknown",
        Stage::Documents,
        transport_control::permit_unknown,
    ),
    rule(
        "veterinary.certificate_required",
        Stage::Documents,
        veterinary::certificate_required,
    ),
    rule(
        "phytosanitary.certificate_required",
        Stage::Documents,
        phytosanitary::certificate_required,
    ),
    rule(
        "sanitary_quarantine.certificate_required",
        Stage::Documents,
        sanitary_quarantine::certificate_required,
    ),
    rule("exit.plate_disagrees", Stage::Exit, exit::plate_disagrees),
    rule(
        "exit.barrier_unpermitted",
        Stage::Exit,
        exit::barrier_unpermitted,
    ),
    rule(
        "exit.departed_unpermitted",
        Stage::Exit,
        exit::departed_unpermitted,
    ),
    raised_elsewhere("exit.release_withdrawn", Stage::Exit),
    raised_elsewhere("exit.order_after_permit", Stage::Exit),
    rule(
        "entry.device_unavailable",
        Stage::Entry,
        stage::entry::device_unavailable,
    ),
    rule(
        "radiation.device_unavailable",
        Stage::Radiation,
        stage::radiation::device_unavailable,
    ),
    rule(
        "dimensions.device_unavailable",
        Stage::Dimensions,
        stage::dimensions::device_unavailable,
    ),
    rule(
        "imaging.device_unavailable",
        Stage::Imaging,
        stage::imaging::device_unavailable,
    ),
    rule(
        "documents.device_unavailable",
        Stage::Documents,
        stage::documents::device_unavailable,
    ),
    rule(
        "exit.device_unavailable",
        Stage::Exit,
        stage::exit::device_unavailable,
    ),
];

/// What the rules find that was not found before, numbered on.
pub(crate) fn findings(view: View) -> Vec<Finding> {
    let mut new: Vec<Finding> = Vec::new();
    for rule in RULES {
        let Some(check) = rule.check else { continue };
        for raise in check(view) {
            let count = view.passage.findings.len() + new.len();
            let known = view
                .passage
                .findings
                .iter()
                .map(|it| &it.finding)
                .chain(&new);
            if count >= limits::FINDINGS || is_known(known, rule.name, &raise) {
                continue;
            }
            new.push(number(rule.name, rule.stage, raise, count));
        }
    }
    new
}

/// A finding that is raised where its input is concluded; its number follows those of `passage`.
pub(crate) fn raise(passage: &Passage, name: &str, raise: Raise) -> Option<Finding> {
    let rule = RULES.iter().find(|it| it.name == name)?;
    let count = passage.findings.len();
    (count < limits::FINDINGS).then(|| number(rule.name, rule.stage, raise, count))
}

fn number(rule: &str, stage: Stage, raise: Raise, count: usize) -> Finding {
    Finding {
        id: FindingId(count as u32 + 1),
        agency: raise.agency,
        rule: rule.to_owned(),
        stage,
        severity: raise.severity,
        values: raise.values,
    }
}

fn is_known<'a>(mut known: impl Iterator<Item = &'a Finding>, rule: &str, raise: &Raise) -> bool {
    known.any(|it| {
        it.rule == rule
            && it.agency == raise.agency
            && SUBJECT
                .iter()
                .all(|name| it.values.get(*name) == raise.values.get(*name))
    })
}

/// Whether the procedure's fail-safe raises a finding for this stage.
pub(crate) fn device_unavailable(view: View, stage: Stage) -> Vec<Raise> {
    let why = view
        .passage
        .stages
        .get(&stage)
        .and_then(|it| it.unavailable.as_ref());
    let (Some(why), Some(fail_safe)) = (why, view.procedure.fail_safe(stage)) else {
        return Vec::new();
    };
    let raise = Raise {
        severity: fail_safe.severity,
        ..Raise::finding(fail_safe.agency)
    };
    vec![raise.value("why", why.as_str())]
}
