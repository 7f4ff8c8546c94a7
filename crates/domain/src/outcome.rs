//! The merged outcome: what each body says, what the truck waits for, and for whom. Data only:
//! the words are in the catalogues.

use serde::Serialize;

use crate::agency::Agency;
use crate::fact::{Direction, FindingId, LinkState, OrderKind};
use crate::passage::{EndedHow, Passage};
use crate::procedure::{OfflineUse, Procedure};
use crate::release::{self, Standing};
use crate::stage::Stage;
use crate::unit::{OrderId, UtcMs};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    pub merged: Merged,
    pub agencies: Vec<AgencyOutcome>,
    pub waiting_for: Vec<WaitingFor>,
}

/// The worst word of all bodies, or how the passage ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum Merged {
    NotArrived,
    InProgress,
    Held,
    Inspecting,
    Refused,
    /// All released; the barrier may open under this permit.
    Permitted {
        permit: u32,
        expires_at: UtcMs,
    },
    Departed {
        at: UtcMs,
        direction: Option<Direction>,
    },
    BackedOut {
        at: UtcMs,
    },
    ManualHandling {
        why: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgencyOutcome {
    pub agency: Agency,
    /// Whose officers decide for it here; `None`: nobody is competent.
    pub decided_by: Option<Agency>,
    pub standing: Standing,
}

/// One thing the truck waits for. Several at a time are usual: the bodies work in parallel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum WaitingFor {
    /// A body's officer; `findings` may be empty.
    Agency {
        agency: Agency,
        decided_by: Agency,
        findings: Vec<FindingId>,
        due_at: UtcMs,
    },
    /// A body holds it for somebody, until then.
    Hold {
        agency: Agency,
        until: UtcMs,
        for_whom: Agency,
    },
    /// A device to do its stage.
    Device {
        stage: Stage,
    },
    /// People to do a stage whose device is down.
    Hands {
        stage: Stage,
    },
    /// The driver to drive on or to present something.
    Driver {
        stage: Stage,
    },
    /// The lane to carry out an order.
    Lane {
        order: OrderId,
        kind: OrderKind,
        agency: Agency,
    },
    /// The link: nobody here may release without the centre.
    Link {
        agency: Agency,
        since: Option<UtcMs>,
    },
    Barrier {
        permit: u32,
    },
    /// To turn back, or to be led away.
    TurnBack,
    /// The vehicle to drive out under the open barrier.
    Leaving,
}

pub(crate) fn outcome(passage: &Passage, procedure: &Procedure, now: UtcMs) -> Outcome {
    let agencies: Vec<AgencyOutcome> = Agency::ALL
        .into_iter()
        .map(|agency| AgencyOutcome {
            agency,
            decided_by: procedure.decider(agency, &passage.id.checkpoint, now),
            standing: release::standing(passage, agency, procedure),
        })
        .collect();
    Outcome {
        merged: merged(passage, &agencies, now),
        waiting_for: waiting_for(passage, procedure, now),
        agencies,
    }
}

fn merged(passage: &Passage, agencies: &[AgencyOutcome], now: UtcMs) -> Merged {
    if let Some(ended) = &passage.ended {
        return match ended.how {
            EndedHow::Departed => Merged::Departed {
                at: ended.at,
                direction: passage.direction,
            },
            EndedHow::BackedOut => Merged::BackedOut { at: ended.at },
        };
    }
    let any = |wanted: fn(&Standing) -> bool| agencies.iter().any(|it| wanted(&it.standing));
    if passage.arrived_at.is_none() {
        Merged::NotArrived
    } else if any(|it| matches!(it, Standing::Refused { .. })) {
        Merged::Refused
    } else if let Some(why) = &passage.manual {
        Merged::ManualHandling { why: why.clone() }
    } else if let Some(permit) = passage.valid_permit(now) {
        Merged::Permitted {
            permit: permit.number,
            expires_at: permit.expires_at,
        }
    } else if any(|it| matches!(it, Standing::Held { .. })) {
        Merged::Held
    } else if any(|it| matches!(it, Standing::Inspecting { .. })) {
        Merged::Inspecting
    } else {
        Merged::InProgress
    }
}

pub(crate) fn waiting_for(passage: &Passage, procedure: &Procedure, now: UtcMs) -> Vec<WaitingFor> {
    let mut waits = Vec::new();
    if passage.arrived_at.is_none() || passage.ended.is_some() {
        return waits;
    }
    let standings = Agency::ALL.map(|it| (it, release::standing(passage, it, procedure)));
    if standings
        .iter()
        .any(|(_, it)| matches!(it, Standing::Refused { .. }))
    {
        return vec![WaitingFor::TurnBack];
    }
    for stage in passage.open_stages().filter(|it| procedure.applies(*it)) {
        let state = passage.stages.get(&stage);
        if state.is_none_or(|it| it.started_at.is_none()) {
            continue;
        }
        waits.push(match stage {
            _ if state.is_some_and(|it| it.unavailable.is_some()) => WaitingFor::Hands { stage },
            Stage::Documents => WaitingFor::Driver { stage },
            _ => WaitingFor::Device { stage },
        });
    }
    for (agency, standing) in standings {
        waits.extend(agency_wait(passage, procedure, now, agency, standing));
    }
    for it in passage.orders.iter().filter(|it| it.completed.is_none()) {
        waits.push(match it.order.kind {
            OrderKind::PresentDocument => WaitingFor::Driver {
                stage: Stage::Documents,
            },
            kind => WaitingFor::Lane {
                order: it.order.id.clone(),
                kind,
                agency: it.order.agency,
            },
        });
    }
    if passage.manual.is_some() {
        waits.push(WaitingFor::Hands { stage: Stage::Exit });
    }
    if let Some(permit) = passage.valid_permit(now) {
        let down = passage
            .stages
            .get(&Stage::Exit)
            .is_some_and(|it| it.unavailable.is_some());
        waits.push(match down {
            true => WaitingFor::Hands { stage: Stage::Exit },
            false => WaitingFor::Barrier {
                permit: permit.number,
            },
        });
    } else if passage
        .permit
        .as_ref()
        .is_some_and(|it| it.state == crate::passage::PermitState::Commanded)
    {
        waits.push(WaitingFor::Barrier {
            permit: passage.barrier.permits_given,
        });
    } else if passage.barrier.opened_at.is_some() {
        waits.push(WaitingFor::Leaving);
    }
    waits
}

fn agency_wait(
    passage: &Passage,
    procedure: &Procedure,
    now: UtcMs,
    agency: Agency,
    standing: Standing,
) -> Option<WaitingFor> {
    match standing {
        Standing::AwaitingDecision { .. } if passage.link == LinkState::Down => {
            Some(WaitingFor::Link {
                agency,
                since: passage.link_since,
            })
        }
        Standing::AwaitingDecision { findings, due_at } => {
            let decided_by = procedure
                .decider(agency, &passage.id.checkpoint, now)
                .unwrap_or(agency);
            Some(WaitingFor::Agency {
                agency,
                decided_by,
                findings,
                due_at,
            })
        }
        Standing::Held { until, for_whom } => Some(WaitingFor::Hold {
            agency,
            until,
            for_whom,
        }),
        // An inspection was decided and nothing ordered yet: the body still owes the order.
        Standing::Inspecting { orders } if orders.is_empty() => {
            let decided_by = procedure
                .decider(agency, &passage.id.checkpoint, now)
                .unwrap_or(agency);
            let due_at = passage
                .last_at
                .unwrap_or(now)
                .plus_ms(procedure.decision_ms(agency));
            Some(WaitingFor::Agency {
                agency,
                decided_by,
                findings: Vec::new(),
                due_at,
            })
        }
        _ => None,
    }
}

impl Procedure {
    /// Whether a rule of `agency` goes on releasing while the link is down.
    pub fn releases_offline(&self, agency: Agency) -> bool {
        self.auto_rules(agency)
            .any(|it| it.offline == OfflineUse::Allowed)
    }
}
