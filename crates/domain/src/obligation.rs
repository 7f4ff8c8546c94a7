//! What the world must still do for a passage. Derived, never stored: computed from state after
//! every start, so a restart forgets nothing.

use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::fact::{Escalation, FindingId, OrderKind};
use crate::stage::Stage;
use crate::unit::{OrderId, UtcMs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", content = "d", rename_all = "snake_case")]
pub enum Obligation {
    Perform {
        stage: Stage,
    },
    /// Look the identity up among notifications and wanted lists; answer with `Input::Matched`.
    MatchIdentity,
    /// The agency must decide; empty `findings` means its release is required all the same.
    AskDecision {
        agency: Agency,
        findings: Vec<FindingId>,
        due_at: UtcMs,
    },
    /// Held: the agency must come back to it by then.
    AwaitRelease {
        agency: Agency,
        until: UtcMs,
        for_whom: Agency,
    },
    PerformOrder {
        order: OrderId,
        kind: OrderKind,
        due_at: UtcMs,
    },
    OpenBarrier {
        permit: u32,
    },
    /// Refused: the vehicle leaves the way it came, or is detained; people see to it.
    TurnBack,
    Escalate {
        what: Escalation,
    },
}
