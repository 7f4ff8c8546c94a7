//! What became of a passage, for those who look it up: its outcome and the gravest finding ever,
//! which no answer takes away. Not here: what is asked now (the row itself).

use domain::agency::Agency;
use domain::fact::{Decision, OrderOutcome};
use domain::passage::{EndedHow, Passage, PermitState};
use domain::unit::UtcMs;

use super::{Eyes, row_finding, row_for};
use crate::db::people::Person;
use crate::problem::Problem;
use crate::state::{Dossier, State};
use crate::wire::{PassageOutcome, SearchRow};

/// The row of a search.
///
/// # Errors
/// When no procedure knows the passage.
pub fn searched(
    state: &State,
    dossier: &Dossier,
    person: &Person,
    now: UtcMs,
) -> Result<SearchRow, Problem> {
    let eyes = Eyes::open(state, dossier, person, now)?;
    let passage = &dossier.passage;
    let (seen, hidden): (Vec<_>, Vec<_>) = passage
        .findings
        .iter()
        .partition(|it| eyes.sees_of(it.finding.agency));
    // Of two alike the first: the later one often repeats it.
    let worst = seen
        .iter()
        .rev()
        .max_by_key(|it| it.finding.severity)
        .map(|it| row_finding(&it.finding));
    let mut orders = passage
        .orders
        .iter()
        .filter(|it| eyes.sees_of(it.order.agency));
    let ended = passage.ended.as_ref().map(|it| it.at);
    let arrived = passage.arrived_at.or(passage.last_at).unwrap_or(now);
    Ok(SearchRow {
        row: row_for(state, dossier, person, now),
        outcome: outcome(passage, now),
        worst,
        worst_hidden: !hidden.is_empty(),
        found: orders.any(|it| {
            let done = it.completed.as_ref();
            done.is_some_and(|it| matches!(it.outcome, OrderOutcome::Found { .. }))
        }),
        minutes: ended.unwrap_or(now).since_ms(arrived).max(0) / 60_000,
        stages_done: passage.open_stages().all(|it| !eyes.procedure.applies(it)),
    })
}

fn outcome(passage: &Passage, now: UtcMs) -> PassageOutcome {
    let refused = Agency::ALL.into_iter().any(|agency| {
        let mut own = passage.decisions.iter().rev();
        let last = own.find(|it| it.made.agency == agency);
        last.is_some_and(|it| it.made.decision == Decision::Refuse)
    });
    let permit = passage.permit.as_ref();
    let permitted = permit.is_some_and(|it| match it.state {
        PermitState::Valid => now < it.permit.expires_at,
        PermitState::Commanded | PermitState::Failed => true,
        PermitState::Revoked { .. } | PermitState::Expired | PermitState::Used => false,
    });
    match passage.ended.as_ref().map(|it| it.how) {
        Some(EndedHow::Departed) => PassageOutcome::Departed,
        _ if refused => PassageOutcome::Refused,
        Some(EndedHow::BackedOut) => PassageOutcome::TurnedBack,
        None if permitted => PassageOutcome::Permitted,
        None if passage.aside_at.is_some() => PassageOutcome::Aside,
        None => PassageOutcome::InLane,
    }
}
