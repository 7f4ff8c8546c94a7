//! From an input to what is to be recorded: the rules are asked, nothing is changed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::fact::{Escalation, Fact, WantedEntry};
use domain::input::Input;
use domain::unit::{PassageId, UtcMs};
use ledger::Draft;

use super::arm::unpermitted;
use super::{Action, Live, MainLoop, RULES_FAILED};

impl MainLoop {
    pub(super) fn conclude(&self, id: &PassageId, input: &Input, now: UtcMs) -> Vec<Action> {
        self.conclude_all(id, std::slice::from_ref(input), now)
    }

    /// Several inputs in one commit, each seeing what the ones before it made true.
    pub(super) fn conclude_all(&self, id: &PassageId, inputs: &[Input], now: UtcMs) -> Vec<Action> {
        vec![Action::Record(self.drafts_of(id, inputs, now))]
    }

    pub(super) fn drafts_of(&self, id: &PassageId, inputs: &[Input], now: UtcMs) -> Vec<Draft> {
        let Some(live) = self.live.get(id) else {
            let input = inputs.first().map(input_kind).unwrap_or_default();
            let reason = "passage_gone".to_owned();
            return vec![draft(now, Some(id), Fact::Disregarded { input, reason })];
        };
        let mut live = live.clone();
        let mut drafts = Vec::new();
        for input in inputs {
            let concluded = self.drafts(&live, input, now);
            concluded
                .iter()
                .for_each(|it| live.passage.apply(&it.fact, now));
            drafts.extend(concluded);
        }
        drafts
    }

    pub(super) fn drafts(&self, live: &Live, input: &Input, now: UtcMs) -> Vec<Draft> {
        let id = &live.passage.id;
        let facts = match self.procedure_of(live, now) {
            _ if live.broken => by_people_alone(live, input),
            // One record that the rules cannot bear must not stop the lane, nor bring the process
            // down again at every resend: people take this passage over.
            Some(procedure) => {
                let concluded = catch_unwind(AssertUnwindSafe(|| {
                    live.passage.conclude(input, now, procedure)
                }));
                let why = RULES_FAILED.to_owned();
                concluded.unwrap_or_else(|_| vec![Fact::ManualHandlingRequired { why }])
            }
            None => vec![Fact::Disregarded {
                input: input_kind(input),
                reason: "no_procedure_in_force".to_owned(),
            }],
        };
        facts
            .into_iter()
            .map(|fact| draft(now, Some(id), fact))
            .collect()
    }

    pub(super) fn record(
        &self,
        now: UtcMs,
        passage: Option<&PassageId>,
        facts: Vec<Fact>,
    ) -> Vec<Action> {
        vec![Action::Record(
            facts
                .into_iter()
                .map(|it| draft(now, passage, it))
                .collect(),
        )]
    }

    /// An input that belongs to no passage is kept at the checkpoint's own account.
    pub(super) fn nobody(&self, now: UtcMs, input: &str, reason: &str) -> Vec<Action> {
        let fact = Fact::Disregarded {
            input: input.to_owned(),
            reason: reason.to_owned(),
        };
        self.record(now, None, vec![fact])
    }
}

pub(super) fn is_too_long(entry: &WantedEntry) -> bool {
    entry.plate.len().max(entry.reason.len()) > domain::limits::TEXT_BYTES
}

pub(super) fn draft(at: UtcMs, passage: Option<&PassageId>, fact: Fact) -> Draft {
    Draft {
        at,
        passage: passage.cloned(),
        fact,
    }
}

/// A passage on which the rules failed is not shown to them again. What the arm does and where the
/// vehicle goes is recorded all the same, or it would stand in its lane for ever.
fn by_people_alone(live: &Live, input: &Input) -> Vec<Fact> {
    match input {
        Input::BarrierOpened {
            permit: Some(permit),
            ..
        } if live.commanded == Some(*permit) => vec![Fact::BarrierOpened { permit: *permit }],
        Input::BarrierOpened { lane, .. } => unpermitted(*lane).to_vec(),
        Input::BarrierClosed => vec![Fact::BarrierClosed],
        Input::BackedOut => vec![Fact::BackedOut],
        Input::MovedAside if !live.aside => vec![Fact::MovedAside],
        Input::Departed if live.passage.barrier.opened_at.is_some() => vec![Fact::Departed],
        Input::Departed => {
            let what = Escalation::DepartedUnpermitted;
            vec![Fact::Departed, Fact::Escalated { what }]
        }
        _ => vec![Fact::Disregarded {
            input: input_kind(input),
            reason: "manual_handling".to_owned(),
        }],
    }
}

/// The `k` of an input: its variant in snake case.
pub fn input_kind(input: &Input) -> String {
    match serde_json::to_value(input) {
        Ok(serde_json::Value::Object(it)) => it
            .get("k")
            .and_then(|k| k.as_str())
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    }
}
