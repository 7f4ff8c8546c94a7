//! What must hold of any passage, judged from inputs and facts alone. It shares no line with the
//! code that decides: it reads the history and the procedure's data, nothing else.

// A check that changes the history does not belong into a match guard.
#![allow(clippy::collapsible_match)]

use std::collections::{BTreeMap, BTreeSet};

use domain::agency::Agency;
use domain::fact::{Decision, Fact, FindingId};
use domain::input::Input;
use domain::procedure::{Concern, Procedure};
use domain::stage::Stage;
use domain::unit::{OrderId, UtcMs};

use super::Walk;

#[derive(Default)]
struct History {
    completed: BTreeMap<Stage, usize>,
    goods: Vec<String>,
    findings: BTreeMap<FindingId, Agency>,
    /// Last decision that named the finding.
    answers: BTreeMap<FindingId, Decision>,
    /// Last decision of a body and when, in facts.
    words: BTreeMap<Agency, (Decision, usize)>,
    orders: BTreeSet<OrderId>,
    permits: BTreeMap<u32, UtcMs>,
    live: Option<u32>,
    commanded: BTreeSet<u32>,
    opened: BTreeSet<u32>,
    ended: bool,
}

/// Everything wrong with the history; empty when all holds.
pub fn violations(walk: &Walk) -> Vec<String> {
    let mut history = History::default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (at, input, facts) in &walk.batches {
        if facts.is_empty() {
            wrong.push(format!("input lost: {input:?}"));
        }
        let legal = history.may_open(input);
        let seen = facts.iter().any(|it| {
            matches!(
                it,
                Fact::BarrierOpened { .. } | Fact::BarrierOpenedUnpermitted { .. }
            )
        });
        let repeated = facts.iter().any(
            |it| matches!(it, Fact::Disregarded { reason, .. } if reason == "barrier.already_open"),
        );
        if matches!(input, Input::BarrierOpened { .. }) && !legal && !seen && !repeated {
            wrong.push("an opening without permit left no fact".into());
        }
        for fact in facts {
            count += 1;
            history.take(fact, count, *at, &walk.procedure, &mut wrong);
        }
        if let Some(number) = history.live
            && let Some(id) = history.unreleased()
        {
            wrong.push(format!("permit {number} stands over finding {}", id.0));
        }
    }
    wrong
}

impl History {
    fn may_open(&self, input: &Input) -> bool {
        match input {
            Input::BarrierOpened {
                permit: Some(number),
                ..
            } => self.commanded.contains(number) && !self.opened.contains(number),
            _ => false,
        }
    }

    fn unreleased(&self) -> Option<FindingId> {
        let open = |id: &&FindingId| self.answers.get(id) != Some(&Decision::Release);
        self.findings.keys().find(open).copied()
    }

    fn take(
        &mut self,
        fact: &Fact,
        count: usize,
        at: UtcMs,
        procedure: &Procedure,
        wrong: &mut Vec<String>,
    ) {
        let mut say = |text: String| wrong.push(text);
        match fact {
            _ if self.ended => match fact {
                Fact::Disregarded { .. }
                | Fact::BarrierClosed
                | Fact::BarrierOpenedUnpermitted { .. }
                | Fact::Escalated { .. }
                | Fact::FindingRaised(_)
                | Fact::ExitPermitRevoked { .. }
                | Fact::ExitPermitExpired { .. } => (),
                other => say(format!("after the end: {other:?}")),
            },
            Fact::Departed | Fact::BackedOut => self.ended = true,
            Fact::StageCompleted { stage, .. } => {
                if self.completed.insert(*stage, count).is_some() {
                    say(format!("{stage} completed twice"));
                }
            }
            Fact::NotificationMatched { notification } => {
                self.goods = notification.goods.iter().map(|it| it.hs.clone()).collect();
            }
            Fact::NotificationMissing => self.goods.clear(),
            Fact::FindingRaised(it) => {
                if self.findings.insert(it.id, it.agency).is_some() {
                    say(format!("finding {} raised twice", it.id.0));
                }
            }
            Fact::DecisionMade(it) => {
                for id in &it.answers {
                    match self.findings.get(id) {
                        Some(owner) if *owner == it.agency => {
                            self.answers.insert(*id, it.decision.clone());
                        }
                        _ => say(format!("{} answers {}", it.agency, id.0)),
                    }
                }
                self.words.insert(it.agency, (it.decision.clone(), count));
            }
            Fact::OrderAccepted(it) => _ = self.orders.insert(it.id.clone()),
            Fact::OrderCompleted { order, .. } => _ = self.orders.remove(order),
            Fact::ExitPermitted(permit) => {
                let number = permit.number;
                if self.permits.insert(number, permit.expires_at).is_some() {
                    say(format!("permit {number} given twice"));
                }
                self.live = Some(number);
                self.permitted(number, &permit.releases, procedure, wrong);
            }
            Fact::ExitPermitRevoked { permit, .. } | Fact::ExitPermitExpired { permit } => {
                if self.live != Some(*permit) {
                    say(format!("permit {permit} was not out"));
                }
                self.live = None;
            }
            Fact::BarrierCommanded { permit } => {
                let in_time = self
                    .permits
                    .get(permit)
                    .is_some_and(|expires_at| at < *expires_at);
                if self.live != Some(*permit) || !in_time || !self.commanded.insert(*permit) {
                    say(format!("barrier commanded on permit {permit}"));
                }
                self.live = None;
            }
            Fact::BarrierOpened { permit } => {
                if !self.commanded.contains(permit) || !self.opened.insert(*permit) {
                    say(format!("barrier opened on permit {permit}"));
                }
            }
            _ => (),
        }
    }

    /// Every required release is there when a permit is given.
    fn permitted(
        &self,
        number: u32,
        releases: &[Agency],
        procedure: &Procedure,
        wrong: &mut Vec<String>,
    ) {
        let mut say = |text: String| wrong.push(format!("permit {number}: {text}"));
        for stage in procedure.stages.iter().filter(|it| **it != Stage::Exit) {
            if !self.completed.contains_key(stage) {
                say(format!("{stage} is not complete"));
            }
        }
        if let Some(id) = self.unreleased() {
            say(format!("finding {} is not released", id.0));
        }
        if !self.orders.is_empty() {
            say("an order is out".into());
        }
        for agency in Agency::ALL {
            let listed = procedure.goods_list(agency);
            let goods = self
                .goods
                .iter()
                .any(|hs| listed.iter().any(|it| hs.starts_with(it.as_str())));
            let concern = procedure.agencies[&agency].concerned;
            let needed = concern == Concern::Always
                || (concern == Concern::Goods && goods)
                || self.findings.values().any(|it| *it == agency);
            let word = self.words.get(&agency);
            let refused = word.is_some_and(|(it, _)| *it != Decision::Release);
            let stages = procedure.agencies[&agency].stages.iter();
            let last = stages
                .filter_map(|it| self.completed.get(it))
                .max()
                .copied();
            let covered = word.is_some_and(|(_, count)| Some(*count) > last);
            if refused || (needed && !(covered && releases.contains(&agency))) {
                say(format!("{agency} has not released"));
            }
        }
    }
}
