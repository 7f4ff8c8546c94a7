//! What the rules make of a reading, figure by figure, laid beside it: groups of axles, gross and sizes against
//! the table in force at arrival, what the scale's class allows to be claimed, a weight certificate; and what
//! the declared goods let one expect of a radiation portal. The arithmetic is the domain's; nothing is
//! decided here.

use domain::procedure::Claim;
use domain::reading::{DocumentKind, DocumentReading, RadiationReading, VehicleReading};
use domain::rule::View;
use domain::stage::dimensions::{self, Judged};
use domain::stage::radiation;
use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Eyes;
use crate::authority::Part;

/// A radiation reading and what the declared goods explain of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RadiationRow {
    #[schema(value_type = i64)]
    pub at: UtcMs,
    pub reading: Value,
    pub natural: NaturalRow,
    /// The second opinion is a finding from here on; `null`: it is shown only.
    #[schema(required)]
    pub opinion_sigma: Option<f64>,
    pub gamma_sigma: f64,
    pub neutron_counts: u32,
}

/// Naturally radioactive goods (NORM): what is declared, and the verdict with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NaturalRow {
    /// Row of the procedure's table; `null` when nothing declared is in it.
    #[schema(required)]
    pub hs: Option<String>,
    #[schema(required)]
    pub goods: Option<String>,
    /// Nuclides to be expected of those goods.
    pub nuclides: Vec<String>,
    /// `silent`, `not_declared`, `consistent`, `narrow`, `point`, `unclear`, `other_nuclide`, `neutrons`.
    pub verdict: String,
    /// Natural goods explain a profile from this width on, metres of the vehicle.
    pub width_min_m: f64,
    /// And only if a load explains it better than a point source by so many standard deviations.
    pub spread_margin_sigma: f64,
    /// And if a point source inside the load improves on the load alone by less than this.
    pub hidden_point_sigma: f64,
    /// And if a point source of this strength is ruled out wherever in the load.
    pub hidden_limit_sigma: f64,
}

/// A figure against its limit; masses in kilograms, sizes in metres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedRow {
    pub measured: f64,
    /// One standard deviation.
    pub sigma: f64,
    #[schema(required)]
    pub limit: Option<f64>,
    /// Standard deviations over the limit, negative below it.
    #[schema(required)]
    pub excess_sigma: Option<f64>,
    /// The rules hold it against somebody.
    pub over: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupRow {
    /// From 1.
    pub first_axle: u32,
    pub axles: u32,
    pub load: JudgedRow,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SizeRow {
    /// `length`, `width`, `height`.
    pub what: String,
    pub size: JudgedRow,
}

/// An International Vehicle Weight Certificate (Harmonization Convention 1982, Annex 8, Article 5): where it
/// is accepted, no further weighing but at random or on suspicion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CertificateRow {
    #[schema(required)]
    pub number: Option<String>,
    pub valid: bool,
    /// Gross mass that it states, kilograms.
    #[schema(required)]
    pub gross_kg: Option<f64>,
    /// Measured less certified, in standard deviations of the scale here.
    #[schema(required)]
    pub sigma: Option<f64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VehicleJudged {
    pub groups: Vec<GroupRow>,
    #[schema(required)]
    pub gross: Option<JudgedRow>,
    pub sizes: Vec<SizeRow>,
    /// `declared`: the scale's class lets weight be held against the declaration; `screening`: it only
    /// advises a re-weighing; `null`: the class is not known, which counts as screening.
    #[schema(required)]
    pub claim: Option<String>,
    /// One standard deviation of the gross mass by the class, as a share.
    #[schema(required)]
    pub class_sigma_share: Option<f64>,
    /// An excess counts from so many standard deviations.
    pub overload_sigma: f64,
    /// Declared and measured disagree from so many.
    pub declared_sigma: f64,
    #[schema(required)]
    pub certificate: Option<CertificateRow>,
}

fn view<'a>(eyes: &'a Eyes) -> View<'a> {
    View {
        passage: &eyes.dossier.passage,
        procedure: eyes.procedure,
        now: eyes.now,
    }
}

pub fn radiation(eyes: &Eyes, at: UtcMs, it: &RadiationReading) -> RadiationRow {
    let natural = radiation::natural(view(eyes), it);
    let rules = &eyes.procedure.radiation;
    // What is declared is part of the notification, which not every body may see.
    let goods = natural.goods.filter(|_| eyes.sees(Part::Notification));
    RadiationRow {
        at,
        reading: super::value(it),
        natural: NaturalRow {
            hs: goods.map(|it| it.hs.clone()),
            goods: goods.map(|it| it.name.clone()),
            nuclides: goods.map(|it| it.nuclides.clone()).unwrap_or_default(),
            verdict: natural.verdict.code().to_owned(),
            width_min_m: rules.norm_width_min_m,
            spread_margin_sigma: rules.norm_spread_margin_sigma,
            hidden_point_sigma: rules.norm_hidden_point_sigma,
            hidden_limit_sigma: rules.norm_hidden_limit_sigma,
        },
        opinion_sigma: rules.opinion_sigma,
        gamma_sigma: rules.gamma_sigma,
        neutron_counts: rules.neutron_counts,
    }
}

fn judged(it: &Judged) -> JudgedRow {
    JudgedRow {
        measured: it.measured,
        sigma: it.sigma,
        limit: it.limit,
        excess_sigma: it.excess_sigma,
        over: it.over,
    }
}

pub fn vehicle(eyes: &Eyes, it: &VehicleReading) -> VehicleJudged {
    let (passage, procedure) = (&eyes.dossier.passage, eyes.procedure);
    let rules = &procedure.dimensions;
    let class = procedure.accuracy(&it.accuracy_class);
    let mut all = VehicleJudged {
        claim: class.map(|it| {
            match it.claim {
                Claim::Declared => "declared",
                Claim::Screening => "screening",
            }
            .to_owned()
        }),
        class_sigma_share: class.map(|it| it.gross_sigma_share),
        overload_sigma: rules.overload_sigma,
        declared_sigma: rules.declared_sigma,
        ..VehicleJudged::default()
    };
    let arrived_at = passage.arrived_at.unwrap_or(eyes.now);
    let Some(table) = procedure.limit_table(arrived_at) else {
        return all;
    };
    let gross = dimensions::judged_gross(it, table, procedure);
    let groups = dimensions::judged_groups(it, table, procedure);
    all.groups = groups
        .iter()
        .map(|it| GroupRow {
            first_axle: it.first_axle as u32,
            axles: it.axles as u32,
            load: judged(&it.load),
        })
        .collect();
    let sizes = dimensions::judged_sizes(passage, it, table, procedure);
    all.sizes = sizes
        .iter()
        .map(|(what, size)| SizeRow {
            what: (*what).to_owned(),
            size: judged(size),
        })
        .collect();
    let owner = eyes.whose(procedure.owner(DocumentKind::WeightCertificate));
    let kind = DocumentKind::WeightCertificate;
    let mut latest_first = passage.documents.iter().rev();
    all.certificate = latest_first
        .find(|it| it.kind == kind)
        .filter(|_| eyes.sees(Part::Document { owner, kind }))
        .map(|it| certificate(it, eyes.now, &gross));
    all.gross = Some(judged(&gross));
    all
}

fn certificate(it: &DocumentReading, now: UtcMs, gross: &Judged) -> CertificateRow {
    let stated = it.fields.iter().find(|it| it.name == "gross_mass_kg");
    let gross_kg: Option<f64> = stated
        .and_then(|it| it.value.trim().parse().ok())
        .filter(|it: &f64| it.is_finite());
    CertificateRow {
        number: it.number.clone(),
        valid: it.expires_at.is_none_or(|it| now <= it) && it.faults.is_empty(),
        gross_kg,
        sigma: gross_kg.map(|it| (gross.measured - it) / gross.sigma.max(1.0)),
    }
}
