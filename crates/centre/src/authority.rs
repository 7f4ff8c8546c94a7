//! Who may do and see what: the one table, role by act and body by part of a case. Routes ask
//! it; nothing else decides access. Not here: whether a decision is right (`main_loop`), which
//! depends on the case, and who somebody is (`routes/session.rs`).

use domain::agency::Agency;
use domain::fact::{Fact, FindingId};
use domain::procedure::Procedure;
use domain::reading::DocumentKind;
use domain::remark::Said;
use domain::unit::{CheckpointId, UtcMs};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides for one body.
    Officer,
    Supervisor,
    /// Lodges notifications; sees their own and nothing else.
    Carrier,
    /// Sees everything, changes nothing.
    Auditor,
    /// Runs the machines; sees no case.
    Administrator,
}

impl Role {
    pub const ALL: [Role; 5] = [
        Role::Officer,
        Role::Supervisor,
        Role::Carrier,
        Role::Auditor,
        Role::Administrator,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::Supervisor => "supervisor",
            Role::Carrier => "carrier",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    SitDown,
    SeeQueue,
    SeeCase,
    SeeDraw,
    SeeReasons,
    /// Open, return, decide, order.
    WorkOnCase,
    PromoteBlob,
    Search,
    SeeWall,
    SeeLinks,
    /// Where the time goes, by measurement and by plan.
    SeeTime,
    /// Silence an alarm, with a reason.
    SilenceAlarm,
    /// See who has which case, and have an overdue one drawn again.
    SeeSeats,
    Redraw,
    LodgeNotification,
    SeeNotification,
}

impl Act {
    pub const ALL: [Act; 16] = [
        Act::SitDown,
        Act::SeeQueue,
        Act::SeeCase,
        Act::SeeDraw,
        Act::SeeReasons,
        Act::WorkOnCase,
        Act::PromoteBlob,
        Act::Search,
        Act::SeeWall,
        Act::SeeLinks,
        Act::SeeTime,
        Act::SilenceAlarm,
        Act::SeeSeats,
        Act::Redraw,
        Act::LodgeNotification,
        Act::SeeNotification,
    ];
}

/// The table of acts.
pub fn may(role: Role, act: Act) -> bool {
    use Role::{Administrator, Auditor, Carrier, Officer, Supervisor};
    let roles: &[Role] = match act {
        Act::SitDown | Act::WorkOnCase => &[Officer],
        Act::SeeQueue | Act::SeeCase | Act::SeeDraw | Act::SeeReasons | Act::Search => {
            &[Officer, Supervisor, Auditor]
        }
        Act::PromoteBlob | Act::SilenceAlarm => &[Officer, Supervisor],
        Act::SeeSeats | Act::SeeTime => &[Supervisor, Auditor],
        Act::Redraw => &[Supervisor],
        Act::SeeWall | Act::SeeLinks => &[Supervisor, Auditor, Administrator],
        Act::LodgeNotification => &[Carrier],
        Act::SeeNotification => &[Carrier, Supervisor, Auditor],
    };
    roles.contains(&role)
}

/// Through whose eyes a case is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Body(Agency),
    /// Supervisors and auditors.
    Everything,
    /// No case at all.
    Nothing,
}

pub fn sight(role: Role, agency: Option<Agency>) -> Sight {
    match (role, agency) {
        (Role::Officer, Some(agency)) => Sight::Body(agency),
        (Role::Supervisor | Role::Auditor, _) => Sight::Everything,
        _ => Sight::Nothing,
    }
}

/// A part of a case that not every body may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Plates, containers, stages, standing of the bodies, permit, timeline.
    Frame,
    /// The notification without the people in it.
    Notification,
    /// Names of the carrier and the driver.
    People,
    Radiation,
    /// Axle loads, masses, dimensions.
    Vehicle,
    /// "All may see by right".
    Image,
    /// A document, by the body that answers for it.
    Document {
        owner: Whose,
        kind: DocumentKind,
    },
    /// A finding, a decision, an order, a draw of this body.
    Of(Whose),
}

/// Whose business something is: a body, and the body whose officers exercise its competence
/// where the procedure delegates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whose {
    pub agency: Agency,
    pub decider: Agency,
}

/// The table of parts: Radiation is for customs and sanitary-quarantine; masses for customs,
/// transport control and road police; a document for the body that answers for it and for
/// customs, the consignment note for all; what concerns one body for that body alone.
pub fn sees(sight: Sight, part: Part) -> bool {
    use Agency::{Customs, RoadPolice, SanitaryQuarantine, TransportControl};
    let body = match sight {
        Sight::Everything => return true,
        Sight::Nothing => return false,
        Sight::Body(body) => body,
    };
    match part {
        Part::Frame | Part::Notification | Part::Image => true,
        Part::People | Part::Vehicle => matches!(body, Customs | TransportControl | RoadPolice),
        Part::Radiation => matches!(body, Customs | SanitaryQuarantine),
        Part::Document {
            kind: DocumentKind::Cmr,
            ..
        } => true,
        Part::Document { owner, .. } => is_of(body, owner) || body == Customs,
        Part::Of(whose) => is_of(body, whose),
    }
}

fn is_of(body: Agency, whose: Whose) -> bool {
    body == whose.agency || body == whose.decider
}

/// Whose business a body's affairs are at `checkpoint`.
pub fn whose(procedure: &Procedure, checkpoint: &CheckpointId, at: UtcMs, agency: Agency) -> Whose {
    let decider = procedure.decider(agency, checkpoint, at).unwrap_or(agency);
    Whose { agency, decider }
}

/// Whether `fact` is shown as it stands. A fact is shown when every part it holds is.
pub fn sees_fact(
    sight: Sight,
    fact: &Fact,
    procedure: &Procedure,
    whose: &dyn Fn(Agency) -> Whose,
    agency_of: &dyn Fn(FindingId) -> Option<Agency>,
) -> bool {
    let of = |agency: Agency| sees(sight, Part::Of(whose(agency)));
    match fact {
        Fact::Arrived { .. }
        | Fact::StageStarted { .. }
        | Fact::StageCompleted { .. }
        | Fact::StageNotRequired { .. }
        | Fact::StageUnavailable { .. }
        | Fact::PlateRead(_)
        | Fact::ContainerRead(_)
        | Fact::Identified(_)
        | Fact::NotificationMissing
        | Fact::NotificationUnfit(_)
        | Fact::ExitPermitted(_)
        | Fact::ExitPermitExpired { .. }
        | Fact::BarrierCommanded { .. }
        | Fact::BarrierOpened { .. }
        | Fact::BarrierOpenedUnpermitted { .. }
        | Fact::BarrierClosed
        | Fact::BarrierFailed { .. }
        | Fact::Departed
        | Fact::BackedOut
        | Fact::MovedAside
        | Fact::LineStepChanged { .. }
        | Fact::KeepingChanged { .. }
        | Fact::BlobsEvicted { .. }
        | Fact::ParcelImported { .. }
        | Fact::Heard { .. } => sees(sight, Part::Frame),
        Fact::NotificationMatched { .. } | Fact::NotificationLodged { .. } => {
            sees(sight, Part::Notification) && sees(sight, Part::People)
        }
        Fact::WantedMatched { entry } | Fact::WantedListed { entry } => of(entry.agency),
        Fact::WantedUnlisted { agency, .. } => of(*agency),
        Fact::RadiationMeasured(_) => sees(sight, Part::Radiation),
        Fact::VehicleMeasured(_) => sees(sight, Part::Vehicle),
        Fact::ImageTaken(_) => sees(sight, Part::Image),
        Fact::DocumentRead(it) => sees(
            sight,
            Part::Document {
                owner: whose(procedure.owner(it.kind)),
                kind: it.kind,
            },
        ),
        Fact::FindingRaised(it) => of(it.agency),
        Fact::DecisionMade(it) => of(it.agency),
        Fact::DecisionGiven { decision, .. } => of(decision.agency),
        Fact::OrderAccepted(it) | Fact::OrderGiven(it) => of(it.agency),
        Fact::RecheckSelected { agency, .. } => of(*agency),
        Fact::ExitPermitRevoked { because, .. } => match agency_of(*because) {
            Some(agency) => of(agency),
            None => sight == Sight::Everything,
        },
        Fact::CaseRemarked(it) => of(it.agency) && sees(sight, remarked(&it.said)),
        Fact::CaseDrawn(it) => of(it.agency),
        Fact::CaseOpened { agency, .. }
        | Fact::CaseReturned { agency, .. }
        | Fact::CaseRecalled { agency, .. } => of(*agency),
        // Every other kind, those to come included: what it holds depends on what it speaks of, and
        // a body does without until it is named above.
        _ => sight == Sight::Everything,
    }
}

/// What a remark speaks of.
pub fn remarked(said: &Said) -> Part {
    match said {
        Said::Adjudicated { .. } => Part::Radiation,
        Said::Marked { .. } | Said::Withdrawn { .. } | Said::Searched { .. } => Part::Image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table once more, written the other way round: what each role may do.
    #[test]
    fn each_role_does_its_own_and_nothing_else() {
        let of = |role| {
            Act::ALL
                .into_iter()
                .filter(|it| may(role, *it))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(Role::Officer),
            [
                Act::SitDown,
                Act::SeeQueue,
                Act::SeeCase,
                Act::SeeDraw,
                Act::SeeReasons,
                Act::WorkOnCase,
                Act::PromoteBlob,
                Act::Search,
                Act::SilenceAlarm
            ]
        );
        assert_eq!(
            of(Role::Supervisor),
            [
                Act::SeeQueue,
                Act::SeeCase,
                Act::SeeDraw,
                Act::SeeReasons,
                Act::PromoteBlob,
                Act::Search,
                Act::SeeWall,
                Act::SeeLinks,
                Act::SeeTime,
                Act::SilenceAlarm,
                Act::SeeSeats,
                Act::Redraw,
                Act::SeeNotification
            ]
        );
        assert_eq!(
            of(Role::Carrier),
            [Act::LodgeNotification, Act::SeeNotification]
        );
        assert_eq!(
            of(Role::Auditor),
            [
                Act::SeeQueue,
                Act::SeeCase,
                Act::SeeDraw,
                Act::SeeReasons,
                Act::Search,
                Act::SeeWall,
                Act::SeeLinks,
                Act::SeeTime,
                Act::SeeSeats,
                Act::SeeNotification
            ]
        );
        assert_eq!(of(Role::Administrator), [Act::SeeWall, Act::SeeLinks]);
    }

    #[test]
    fn only_officers_change_a_case() {
        for role in Role::ALL {
            assert_eq!(may(role, Act::WorkOnCase), role == Role::Officer);
        }
    }

    #[test]
    fn what_concerns_one_body_is_hidden_from_the_five_others() {
        for viewer in Agency::ALL {
            for owner in Agency::ALL {
                let whose = Whose {
                    agency: owner,
                    decider: owner,
                };
                assert_eq!(sees(Sight::Body(viewer), Part::Of(whose)), viewer == owner);
                let delegated = Whose {
                    agency: owner,
                    decider: Agency::Customs,
                };
                let seen = viewer == owner || viewer == Agency::Customs;
                assert_eq!(sees(Sight::Body(viewer), Part::Of(delegated)), seen);
            }
        }
    }

    #[test]
    fn an_officer_without_a_body_sees_nothing() {
        assert_eq!(sight(Role::Officer, None), Sight::Nothing);
        assert_eq!(sight(Role::Carrier, None), Sight::Nothing);
        assert_eq!(sight(Role::Administrator, None), Sight::Nothing);
        assert!(!sees(Sight::Nothing, Part::Frame));
    }
}
