//! Stage 2, radiation control: a portal monitor counts against its background.
//!
//! A neutron alarm is never explained by goods. A gamma alarm is, when the declared goods are
//! naturally radioactive (NORM), the profile is wide in metres, our own filter clearly prefers a load to
//! a point source, and the named nuclides fit. Where one of them is not known a person decides.
//! IAEA-TECDOC-1312 is the procedure behind it: detection, verification, localisation, evaluation.

use crate::agency::Agency;
use crate::fact::{Completion, Fact, OrderKind};
use crate::goods;
use crate::limits;
use crate::passage::Passage;
use crate::procedure::{NormGoods, Procedure, RadiationRules};
use crate::reading::{Alarm, RadiationReading, SourceShape};
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::{Stage, disregarded, measured};

pub(crate) fn conclude(
    passage: &Passage,
    reading: &RadiationReading,
    how: Completion,
) -> Vec<Fact> {
    if passage.radiation.len() >= limits::READINGS {
        return disregarded("radiation", "limit.readings");
    }
    let answers = match how {
        Completion::ByHand { .. } => [OrderKind::HandheldCheck],
        _ => [OrderKind::SecondPass],
    };
    measured(
        passage,
        Stage::Radiation,
        Fact::RadiationMeasured(reading.clone()),
        &answers,
        how,
    )
}

enum Gamma<'a> {
    Silent,
    Unexplained,
    Inconsistent(&'a NormGoods, NaturalVerdict),
    Consistent(&'a NormGoods),
}

fn is_gamma_alarm(reading: &RadiationReading, procedure: &Procedure) -> bool {
    reading.gamma_alarm == Alarm::Raised
        || reading.gamma_max_sigma >= procedure.radiation.gamma_sigma
}

fn is_neutron_alarm(reading: &RadiationReading, procedure: &Procedure) -> bool {
    reading.neutron_alarm == Alarm::Raised
        || reading.neutron_max >= procedure.radiation.neutron_counts
}

/// The declared goods that are naturally radioactive, if any are.
fn declared_norm(view: View<'_>) -> Option<&NormGoods> {
    let norm = &view.procedure.radiation.norm;
    goods::codes(view.passage).find_map(|hs| norm.iter().find(|it| hs.starts_with(it.hs.as_str())))
}

/// What the declared goods let one expect of a reading, and what the rules make of it; for screens,
/// beside the findings.
#[derive(Debug, Clone, PartialEq)]
pub struct Natural<'a> {
    /// The row of the procedure's table that the declared goods fall under; `None`: under none.
    pub goods: Option<&'a NormGoods>,
    pub verdict: NaturalVerdict,
}

/// Why a gamma profile is, or is not, that of natural goods. Alarms of the device and the procedure's
/// thresholds decide that there is one; the second opinion can only keep goods from explaining it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NaturalVerdict {
    /// No alarm: nothing to explain.
    Silent,
    /// Alarm, and no declared goods are naturally radioactive.
    NotDeclared,
    /// Wide, clearly spread, fitting nuclides, no neutrons.
    Consistent,
    /// The profile is narrower than the procedure's `norm_width_min_m`.
    Narrow,
    /// Wide, and the filter finds a point source: by itself, or inside the load.
    Point,
    /// Speed or second opinion are missing, the fit prefers neither, or the load is clear and yet a point as
    /// strong as the procedure's `norm_hidden_limit_sigma` could hide in it: the machine cannot tell.
    Unclear,
    /// The device named a nuclide that does not belong to the goods.
    OtherNuclide,
    /// Goods never explain neutrons.
    Neutrons,
}

impl NaturalVerdict {
    /// No person can put the alarm down to the goods: none are declared that could give it, or what
    /// was measured is not theirs.
    pub fn rules_out_goods(self) -> bool {
        use NaturalVerdict::{Neutrons, NotDeclared, OtherNuclide, Point};
        matches!(self, NotDeclared | Point | OtherNuclide | Neutrons)
    }
}

/// [`Natural`] of one reading of this passage.
pub fn natural<'a>(view: View<'a>, reading: &RadiationReading) -> Natural<'a> {
    let goods = declared_norm(view);
    let verdict = if is_neutron_alarm(reading, view.procedure) {
        NaturalVerdict::Neutrons
    } else {
        match judge(view, reading) {
            Gamma::Silent => NaturalVerdict::Silent,
            Gamma::Unexplained => NaturalVerdict::NotDeclared,
            Gamma::Consistent(_) => NaturalVerdict::Consistent,
            Gamma::Inconsistent(_, why) => why,
        }
    };
    Natural { goods, verdict }
}

/// The verdict were the declared goods naturally radioactive and named nuclides theirs: what a reading
/// by itself lets such goods explain.
pub fn if_declared(reading: &RadiationReading, procedure: &Procedure) -> NaturalVerdict {
    if is_neutron_alarm(reading, procedure) {
        NaturalVerdict::Neutrons
    } else if !is_gamma_alarm(reading, procedure) {
        NaturalVerdict::Silent
    } else {
        of_load(reading, &procedure.radiation)
    }
}

/// The one verdict on the gamma profile of the last reading.
fn judge<'a>(view: View<'a>, reading: &RadiationReading) -> Gamma<'a> {
    if !is_gamma_alarm(reading, view.procedure) {
        return Gamma::Silent;
    }
    let Some(declared) = declared_norm(view) else {
        return Gamma::Unexplained;
    };
    let fits = |it: &String| declared.nuclides.contains(it);
    let why = if is_neutron_alarm(reading, view.procedure) {
        NaturalVerdict::Neutrons
    } else if !reading.nuclides.iter().all(fits) {
        NaturalVerdict::OtherNuclide
    } else {
        of_load(reading, &view.procedure.radiation)
    };
    match why {
        NaturalVerdict::Consistent => Gamma::Consistent(declared),
        why => Gamma::Inconsistent(declared, why),
    }
}

/// Whether the profile is that of a load. Everything has to speak for it: what is not known does not.
fn of_load(reading: &RadiationReading, rules: &RadiationRules) -> NaturalVerdict {
    let (Some(width_m), Some(opinion)) = (reading.width_m, reading.second_opinion.as_ref()) else {
        return NaturalVerdict::Unclear;
    };
    if width_m < rules.norm_width_min_m {
        return NaturalVerdict::Narrow;
    }
    let (Some(margin), Some(hidden)) = (opinion.spread_margin_sigma, opinion.hidden_point_sigma)
    else {
        return NaturalVerdict::Unclear;
    };
    if opinion.shape == SourceShape::Point || hidden >= rules.norm_hidden_point_sigma {
        return NaturalVerdict::Point;
    }
    let clear = opinion.shape == SourceShape::Spread
        && margin >= rules.norm_spread_margin_sigma
        && opinion
            .hidden_limit_sigma
            .is_some_and(|it| it <= rules.norm_hidden_limit_sigma);
    match clear {
        true => NaturalVerdict::Consistent,
        false => NaturalVerdict::Unclear,
    }
}

impl NaturalVerdict {
    /// Code of the verdict, for values of findings and for screens.
    pub fn code(self) -> &'static str {
        match self {
            NaturalVerdict::Silent => "silent",
            NaturalVerdict::NotDeclared => "not_declared",
            NaturalVerdict::Consistent => "consistent",
            NaturalVerdict::Narrow => "narrow",
            NaturalVerdict::Point => "point",
            NaturalVerdict::Unclear => "unclear",
            NaturalVerdict::OtherNuclide => "other_nuclide",
            NaturalVerdict::Neutrons => "neutrons",
        }
    }
}

fn last(view: View<'_>) -> Option<(usize, &RadiationReading)> {
    view.passage
        .radiation
        .last()
        .map(|it| (view.passage.radiation.len(), it))
}

/// Goods declared later, in a document, do not turn an alarm into a lesser finding.
fn judged_before(view: View, number: usize) -> bool {
    let rules = ["radiation.gamma_alarm", "radiation.norm_inconsistent"];
    view.passage.findings.iter().any(|it| {
        rules.contains(&it.finding.rule.as_str())
            && it.finding.values.get("reading").and_then(|it| it.as_u64()) == Some(number as u64)
    })
}

fn with_profile(raise: Raise, number: usize, reading: &RadiationReading) -> Raise {
    let raise = raise
        .value("reading", number)
        .figure("sigma", reading.gamma_max_sigma, 1)
        .figure("max_cps", reading.gamma_max_cps, 0)
        .figure("background_cps", reading.background_cps, 0)
        .figure("width_share", reading.width_share, 2);
    let raise = match reading.width_m {
        Some(width_m) => raise.figure("width_m", width_m, 1),
        None => raise,
    };
    let raise = match reading.position_m {
        Some(position_m) => raise.figure("position_m", position_m, 1),
        None => raise,
    };
    match reading.nuclides.is_empty() {
        true => raise,
        false => raise.value("nuclides", reading.nuclides.join(" ")),
    }
}

/// Gamma counts over the alarm level, and nothing declared explains them.
pub(crate) fn gamma_alarm(view: View) -> Vec<Raise> {
    match last(view) {
        Some((number, reading))
            if matches!(judge(view, reading), Gamma::Unexplained)
                && !judged_before(view, number) =>
        {
            vec![with_profile(Raise::alarm(Agency::Customs), number, reading)]
        }
        _ => Vec::new(),
    }
}

/// The declared goods are naturally radioactive, and yet the profile is narrow or has a point source, a
/// nuclide does not belong to them, neutrons came with it, or the machine cannot tell (`why`).
pub(crate) fn norm_inconsistent(view: View) -> Vec<Raise> {
    match last(view) {
        Some((number, reading)) if !judged_before(view, number) => match judge(view, reading) {
            Gamma::Inconsistent(goods, why) => {
                let raise = with_profile(Raise::alarm(Agency::Customs), number, reading);
                let opinion = reading.second_opinion.as_ref();
                let raise = match opinion.and_then(|it| it.hidden_limit_sigma) {
                    Some(limit) => raise.figure("hidden_limit_sigma", limit, 0),
                    None => raise,
                };
                vec![
                    raise
                        .value("why", why.code())
                        .value("hs", goods.hs.as_str())
                        .value("goods", goods.name.as_str()),
                ]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The alarm is what the declared goods would give: wide, clearly spread, of natural nuclides. A person
/// confirms it.
pub(crate) fn norm_consistent(view: View) -> Vec<Raise> {
    match last(view) {
        Some((number, reading)) if !judged_before(view, number) => match judge(view, reading) {
            Gamma::Consistent(goods) => {
                let raise = with_profile(Raise::finding(Agency::Customs), number, reading);
                vec![
                    raise
                        .value("hs", goods.hs.as_str())
                        .value("goods", goods.name.as_str()),
                ]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Device and thresholds are silent, and our own filter finds a source (`second_opinion`). A person
/// looks; it is a finding and never an alarm. A spread source in goods that are naturally radioactive
/// is what they give.
pub(crate) fn second_opinion(view: View) -> Vec<Raise> {
    let Some(least_sigma) = view.procedure.radiation.opinion_sigma else {
        return Vec::new();
    };
    let Some((number, reading)) = last(view) else {
        return Vec::new();
    };
    let silent = matches!(judge(view, reading), Gamma::Silent);
    let Some(opinion) = reading.second_opinion.as_ref() else {
        return Vec::new();
    };
    let natural = opinion.shape == SourceShape::Spread && declared_norm(view).is_some();
    if !silent || opinion.sigma < least_sigma || natural {
        return Vec::new();
    }
    let raise = Raise::finding(Agency::Customs)
        .value("reading", number)
        .value("method", opinion.method.as_str())
        .value("shape", shape_code(opinion.shape))
        .figure("sigma", opinion.sigma, 1)
        .figure("excess_cps", opinion.excess_cps, 0)
        .figure("device_sigma", reading.gamma_max_sigma, 1);
    vec![match opinion.position_m {
        Some(position_m) => raise.figure("position_m", position_m, 1),
        None => raise,
    }]
}

fn shape_code(shape: SourceShape) -> &'static str {
    match shape {
        SourceShape::Point => "point",
        SourceShape::Spread => "spread",
        SourceShape::Unclear => "unclear",
    }
}

/// Neutrons: always an alarm, whatever is declared.
pub(crate) fn neutron_alarm(view: View) -> Vec<Raise> {
    neutrons(view, Agency::Customs)
}

pub(crate) fn neutrons(view: View, agency: Agency) -> Vec<Raise> {
    match last(view) {
        Some((number, reading)) if is_neutron_alarm(reading, view.procedure) => {
            vec![
                Raise::alarm(agency)
                    .value("reading", number)
                    .value("neutron_counts", reading.neutron_max),
            ]
        }
        _ => Vec::new(),
    }
}

/// The monitor reported a fault of its own while it was occupied.
pub(crate) fn monitor_fault(view: View) -> Vec<Raise> {
    match last(view) {
        Some((number, reading)) if !reading.faults.is_empty() => {
            let faults = reading.faults.join(" ");
            vec![
                Raise::finding(Agency::Customs)
                    .value("reading", number)
                    .value("faults", faults),
            ]
        }
        _ => Vec::new(),
    }
}

/// The monitor measured although its verification has run out.
pub(crate) fn monitor_verification_overdue(view: View) -> Vec<Raise> {
    match last(view) {
        Some(_) => verification_overdue(view, Stage::Radiation, Agency::Customs),
        None => Vec::new(),
    }
}

pub(crate) fn verification_overdue(view: View, stage: Stage, agency: Agency) -> Vec<Raise> {
    let View {
        passage,
        procedure,
        now,
    } = view;
    match procedure.verified_until(&passage.id.checkpoint, passage.lane, stage) {
        Some(due_at) if due_at < now => vec![Raise::finding(agency).value("due_at_ms", due_at.0)],
        _ => Vec::new(),
    }
}

/// The portal is down: people measure by hand, the body says whether that is enough.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Radiation)
}
