//! Whether an edition makes sense. Not here: whether it is good law.

use std::collections::BTreeSet;

use super::{DecisionKind, Procedure};
use crate::agency::Agency;
use crate::limits;
use crate::stage::Stage;
use crate::unit::UtcMs;

pub(super) fn check(procedure: &Procedure) -> Result<(), String> {
    let rules = [
        dates, stages, agencies, deadlines, shares, dimensions, image, reasons, releases, goods,
        sizes, line,
    ];
    rules
        .iter()
        .try_for_each(|rule| rule(procedure))
        .map_err(|wrong| format!("procedure {:?}: {wrong}", procedure.edition))
}

fn ordered(what: &str, from: UtcMs, to: Option<UtcMs>) -> Result<(), String> {
    match to {
        Some(to) if to <= from => Err(format!("{what} ends before it begins")),
        _ => Ok(()),
    }
}

fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}

fn line(it: &Procedure) -> Result<(), String> {
    let faults = it.line.faults();
    ensure(faults.is_none(), || {
        format!("line: {}", faults.unwrap_or_default())
    })
}

fn dates(it: &Procedure) -> Result<(), String> {
    ensure(!it.edition.is_empty(), || "edition is empty".into())?;
    ordered("the edition", it.valid_from, it.valid_to)?;
    for entry in &it.competence {
        ordered(
            &format!("competence of {}", entry.agency),
            entry.from,
            entry.to,
        )?;
        ensure(!entry.act.is_empty(), || {
            format!("competence of {} names no act", entry.agency)
        })?;
        ensure(entry.delegated_to != Some(entry.agency), || {
            format!("competence of {} is delegated to itself", entry.agency)
        })?;
    }
    for table in &it.dimensions.tables {
        ordered(
            &format!("limit table {:?}", table.act),
            table.from,
            table.to,
        )?;
    }
    for (at, one) in it.dimensions.tables.iter().enumerate() {
        for other in &it.dimensions.tables[at + 1..] {
            let apart = one.to.is_some_and(|to| to <= other.from)
                || other.to.is_some_and(|to| to <= one.from);
            ensure(apart, || {
                format!(
                    "limit tables {:?} and {:?} overlap in time",
                    one.act, other.act
                )
            })?;
        }
    }
    Ok(())
}

fn stages(it: &Procedure) -> Result<(), String> {
    for stage in [Stage::Entry, Stage::Exit] {
        ensure(it.applies(stage), || format!("stages must name {stage}"))?;
    }
    let unique: BTreeSet<_> = it.stages.iter().collect();
    ensure(unique.len() == it.stages.len(), || {
        "stages names one twice".into()
    })?;
    for stage in it.stages.iter().filter(|it| **it != Stage::Exit) {
        ensure(it.fail_safe(*stage).is_some(), || {
            format!("fail_safe for {stage} is missing")
        })?;
    }
    let mut seen = BTreeSet::new();
    for entry in &it.fail_safe {
        ensure(seen.insert(entry.stage), || {
            format!("fail_safe for {} stands twice", entry.stage)
        })?;
        let by_hand = entry.action == super::FailSafeAction::ByHand;
        ensure(!by_hand || !entry.means.is_empty(), || {
            format!(
                "fail_safe for {} is by hand but names no means",
                entry.stage
            )
        })?;
    }
    Ok(())
}

fn agencies(it: &Procedure) -> Result<(), String> {
    for agency in Agency::ALL {
        ensure(it.agencies.contains_key(&agency), || {
            format!("agencies.{agency} is missing")
        })?;
    }
    ensure(!it.competence.is_empty(), || {
        "competence is empty: nobody could decide".into()
    })
}

fn deadlines(it: &Procedure) -> Result<(), String> {
    const YEAR_MIN: u32 = 525_600;
    let sane = |what: String, value: Option<u32>| match value {
        None => Err(format!("deadlines.{what} is missing")),
        Some(0) => Err(format!("deadlines.{what} is 0")),
        Some(value) if value > YEAR_MIN => Err(format!("deadlines.{what} is over a year")),
        Some(_) => Ok(()),
    };
    for agency in Agency::ALL {
        sane(
            format!("decision_min.{agency}"),
            it.deadlines.decision_min.get(&agency).copied(),
        )?;
    }
    for stage in &it.stages {
        sane(
            format!("stage_min.{stage}"),
            it.deadlines.stage_min.get(stage).copied(),
        )?;
    }
    use crate::fact::OrderKind::*;
    for kind in [
        SecondPass,
        HandheldCheck,
        Reweigh,
        Reimage,
        Sample,
        Inspect,
        PresentDocument,
    ] {
        sane(
            format!("order_min.{kind:?}"),
            it.deadlines.order_min.get(&kind).copied(),
        )?;
    }
    sane("hold_max_min".into(), Some(it.deadlines.hold_max_min))?;
    sane("permit_ttl_min".into(), Some(it.deadlines.permit_ttl_min))
}

fn shares(it: &Procedure) -> Result<(), String> {
    let shares = [
        ("entry.plate_confidence_min", it.entry.plate_confidence_min),
        (
            "dimensions.tare_sigma_share",
            it.dimensions.tare_sigma_share,
        ),
        ("image.region_score_min", it.image.region_score_min),
        ("image.mass_tolerance_share", it.image.mass_tolerance_share),
        (
            "documents.weight_tolerance_share",
            it.documents.weight_tolerance_share,
        ),
    ];
    for (name, value) in shares {
        ensure((0.0..=1.0).contains(&value), || {
            format!("{name} is a share, 0 to 1, not {value}")
        })?;
    }
    let sigmas = [
        ("radiation.gamma_sigma", it.radiation.gamma_sigma),
        (
            "radiation.norm_spread_margin_sigma",
            it.radiation.norm_spread_margin_sigma,
        ),
        (
            "radiation.norm_hidden_point_sigma",
            it.radiation.norm_hidden_point_sigma,
        ),
        (
            "radiation.norm_hidden_limit_sigma",
            it.radiation.norm_hidden_limit_sigma,
        ),
        ("dimensions.overload_sigma", it.dimensions.overload_sigma),
        ("dimensions.declared_sigma", it.dimensions.declared_sigma),
    ];
    let opinion = it.radiation.opinion_sigma;
    let opinion = opinion.map(|value| ("radiation.opinion_sigma", value));
    for (name, value) in sigmas.into_iter().chain(opinion) {
        ensure((0.5..=100.0).contains(&value), || {
            format!("{name} is 0.5 to 100, not {value}")
        })?;
    }
    // A point source is never narrower than the panels' own view: less would let every point pass.
    let width_m = it.radiation.norm_width_min_m;
    ensure((4.0..=20.0).contains(&width_m), || {
        format!("radiation.norm_width_min_m is 4 to 20 m, not {width_m}")
    })?;
    ensure(it.radiation.neutron_counts > 0, || {
        "radiation.neutron_counts is 0".into()
    })?;
    ensure(it.exit.barrier_failures_max > 0, || {
        "exit.barrier_failures_max is 0".into()
    })?;
    ensure(it.exit.barrier_answer_sec > 0, || {
        "exit.barrier_answer_sec is 0".into()
    })?;
    for rule in &it.auto_release {
        ensure(rule.recheck_per_mille <= 1000, || {
            format!(
                "auto_release {:?}: recheck_per_mille is 0 to 1000",
                rule.rule
            )
        })?;
    }
    Ok(())
}

fn dimensions(it: &Procedure) -> Result<(), String> {
    for class in &it.dimensions.accuracy {
        ensure(
            class.gross_sigma_share > 0.0 && class.gross_sigma_share < 1.0,
            || {
                format!(
                    "dimensions.accuracy {:?}: gross_sigma_share is a share",
                    class.class
                )
            },
        )?;
    }
    for table in &it.dimensions.tables {
        let name = &table.act;
        let rising = table
            .gross_by_axles
            .windows(2)
            .all(|w| w[0].axles < w[1].axles);
        ensure(rising && !table.gross_by_axles.is_empty(), || {
            format!("limit table {name:?}: gross_by_axles must rise and not be empty")
        })?;
        let loads = table.gross_by_axles.iter().map(|it| it.limit_kg);
        let loads = loads.chain(table.gross_by_class.iter().map(|it| it.limit_kg));
        let loads = loads
            .chain(table.groups.iter().map(|it| it.limit_kg))
            .chain([table.single_axle_kg]);
        for load in loads {
            ensure((1000..=200_000).contains(&load), || {
                format!("limit table {name:?}: a limit of {load} kg is not sane")
            })?;
        }
        let groups_rise = table
            .groups
            .windows(2)
            .all(|w| (w[0].axles, w[0].spacing_below_m) < (w[1].axles, w[1].spacing_below_m));
        ensure(groups_rise, || {
            format!("limit table {name:?}: groups must rise")
        })?;
        let sizes = [
            table.length_single_m,
            table.length_train_m,
            table.width_m,
            table.height_m,
            table.height_container_m,
            table.group_spacing_m,
        ];
        ensure(sizes.iter().all(|it| (0.5..=60.0).contains(it)), || {
            format!("limit table {name:?}: a size is not sane")
        })?;
    }
    Ok(())
}

fn image(it: &Procedure) -> Result<(), String> {
    ensure(it.image.clear_from_bytes > 0, || {
        "image.clear_from_bytes is 0".into()
    })?;
    let rising = it
        .image
        .layers
        .windows(2)
        .all(|w| w[0].from_bytes < w[1].from_bytes);
    ensure(rising, || "image.layers must rise".into())
}

fn reasons(it: &Procedure) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for reason in &it.reasons {
        ensure(seen.insert(&reason.id), || {
            format!("reason {:?} stands twice", reason.id)
        })?;
        ensure((1..=99).contains(&reason.un9417), || {
            format!("reason {:?}: un9417 is 1 to 99", reason.id)
        })?;
    }
    for agency in Agency::ALL {
        for kind in [
            DecisionKind::Release,
            DecisionKind::Hold,
            DecisionKind::Inspect,
            DecisionKind::Refuse,
        ] {
            let mut people = it.reasons_for_people(agency);
            ensure(people.any(|it| it.decision == kind), || {
                format!("{agency} has no reason code to {kind:?}")
            })?;
        }
    }
    Ok(())
}

fn releases(it: &Procedure) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for rule in &it.auto_release {
        ensure(seen.insert(&rule.rule), || {
            format!("auto_release {:?} stands twice", rule.rule)
        })?;
        let reason = it.reason(rule.agency, &rule.reason);
        ensure(
            reason.is_some_and(|it| it.decision == DecisionKind::Release),
            || {
                format!(
                    "auto_release {:?}: {:?} is no release reason of {}",
                    rule.rule, rule.reason, rule.agency
                )
            },
        )?;
        let needed = it.stages_of(rule.agency);
        ensure(
            needed.iter().all(|stage| rule.after.contains(stage)),
            || {
                format!(
                    "auto_release {:?} would release before the stages of {}",
                    rule.rule, rule.agency
                )
            },
        )?;
    }
    Ok(())
}

fn goods(it: &Procedure) -> Result<(), String> {
    let lists = [
        ("veterinary", &it.goods.veterinary),
        ("phytosanitary", &it.goods.phytosanitary),
        ("sanitary", &it.goods.sanitary),
        ("high_risk", &it.goods.high_risk),
    ];
    let digits =
        |hs: &str| (2..=10).contains(&hs.len()) && hs.bytes().all(|it| it.is_ascii_digit());
    for (name, list) in lists {
        for hs in list {
            ensure(digits(hs), || {
                format!("goods.{name}: {hs:?} is not 2 to 10 digits")
            })?;
        }
    }
    for goods in &it.radiation.norm {
        ensure(digits(&goods.hs), || {
            format!("radiation.norm: {:?} is not 2 to 10 digits", goods.hs)
        })?;
    }
    Ok(())
}

fn sizes(it: &Procedure) -> Result<(), String> {
    let lists = [
        ("competence", it.competence.len()),
        ("reasons", it.reasons.len()),
        ("verification", it.verification.len()),
        ("radiation.norm", it.radiation.norm.len()),
        ("goods.veterinary", it.goods.veterinary.len()),
        ("goods.phytosanitary", it.goods.phytosanitary.len()),
        ("goods.sanitary", it.goods.sanitary.len()),
        ("goods.high_risk", it.goods.high_risk.len()),
    ];
    for (name, len) in lists {
        ensure(len <= limits::PROCEDURE_LIST, || {
            format!(
                "{name} has {len} entries, at most {} are read",
                limits::PROCEDURE_LIST
            )
        })?;
    }
    Ok(())
}
