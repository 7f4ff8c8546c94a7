//! A stage whose device is down: the procedure's fail-safe. It never passes silently.

use crate::fact::{Completion, Fact};
use crate::passage::Passage;
use crate::procedure::{FailSafeAction, Procedure};
use crate::stage::{Stage, StageState, disregarded, start};

pub(crate) fn unavailable(
    passage: &Passage,
    stage: Stage,
    why: &str,
    procedure: &Procedure,
) -> Vec<Fact> {
    const INPUT: &str = "device_unavailable";
    if !procedure.applies(stage) {
        return disregarded(INPUT, "stage.not_required");
    }
    if !passage.stages.get(&stage).is_none_or(StageState::is_open) {
        return disregarded(INPUT, "stage.already_complete");
    }
    if passage
        .stages
        .get(&stage)
        .is_some_and(|it| it.unavailable.is_some())
    {
        return disregarded(INPUT, "stage.already_unavailable");
    }
    let mut facts: Vec<Fact> = match stage {
        Stage::Exit => Vec::new(),
        _ => start(passage, stage).into_iter().collect(),
    };
    facts.push(Fact::StageUnavailable {
        stage,
        why: why.to_owned(),
    });
    let fail_safe = procedure.fail_safe(stage);
    if let Some(it) = fail_safe.filter(|it| it.action == FailSafeAction::Finding)
        && stage != Stage::Exit
    {
        let rule = format!("{}.device_unavailable", it.stage);
        facts.push(Fact::StageCompleted {
            stage,
            how: Completion::FailSafe { rule },
        });
    }
    facts
}
