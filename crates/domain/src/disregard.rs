//! Inputs that change nothing, and why. Each reason is a catalogue key; the list is complete, so
//! that every one can have its text. Not here: when they apply.

use crate::fact::Fact;

/// Why a device is not trusted that gave one number to two readings.
pub const NUMBER_REUSED: &str = "number_reused";

/// Every reason of [`Fact::Disregarded`].
pub const REASONS: &[&str] = &[
    "barrier.already_open",
    "barrier.not_open",
    "decision.agency_not_competent",
    "decision.already_refused",
    "decision.already_released",
    "decision.finding_of_another_agency",
    "decision.finding_unknown",
    "decision.hold_in_the_past",
    "decision.hold_too_long",
    "decision.not_by_an_officer",
    "decision.order_open",
    "decision.reason_of_a_rule",
    "decision.reason_unknown",
    "decision.second_reader_is_the_first",
    "decision.second_reader_missing",
    "document.repeated",
    "entry.already_matched",
    "entry.identity_empty",
    "entry.not_identified",
    "lane.link_is_up",
    "lane.not_granted",
    "lane.outage_too_short",
    "lane.two_people_needed",
    "limit.containers",
    "limit.decisions",
    "limit.documents",
    "limit.list_too_long",
    "limit.orders",
    "limit.plates",
    "limit.readings",
    "limit.text_too_long",
    "link.unchanged",
    "nothing_due",
    "order.agency_not_competent",
    "order.already_completed",
    "order.already_out",
    "order.already_started",
    "order.finding_unknown",
    "order.other_passage",
    "order.repeated",
    "order.unknown",
    "passage.already_arrived",
    "passage.already_aside",
    "passage.ended",
    "passage.not_arrived",
    "permit.already_commanded",
    "permit.expired",
    "permit.none",
    "permit.not_commanded",
    "permit.other_number",
    "permit.revoked",
    "plate.repeated_message",
    "reading.not_a_number",
    "stage.already_complete",
    "stage.already_unavailable",
    "stage.device_not_down",
    "stage.means_not_allowed",
    "stage.not_required",
];

/// The one way to say that an input changes nothing.
pub(crate) fn disregarded(input: &str, reason: &str) -> Vec<Fact> {
    debug_assert!(REASONS.contains(&reason), "{reason} is not listed");
    vec![Fact::Disregarded {
        input: input.to_owned(),
        reason: reason.to_owned(),
    }]
}
