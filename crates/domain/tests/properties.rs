//! What holds for any interleaving of inputs. The generator's coverage is asserted, and spoiled
//! versions of the domain are found: a property that cannot fail proves nothing.

mod walk;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use domain::fact::{DecidedBy, Decision, Fact};
use domain::measure::Measure;
use domain::passage::{Passage, PermitState};
use walk::checker::violations;
use walk::{Move, Planted, Walk};

fn moves() -> impl Strategy<Value = Vec<Move>> {
    vec(any::<Move>(), 1..140)
}

/// The same walks every time.
fn fixed(count: usize) -> Vec<Vec<Move>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let strategy = vec(any::<Move>(), 100..140);
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_leaves_without_every_release(moves in moves()) {
        let walk = Walk::run(Planted::Nothing, &moves);
        prop_assert_eq!(violations(&walk), Vec::<String>::new());
    }

    #[test]
    fn replay_gives_the_same_state(moves in moves()) {
        let walk = Walk::run(Planted::Nothing, &moves);
        let mut again = Passage::new(walk.passage.id.clone());
        for (at, fact) in walk.facts() {
            let text = serde_json::to_string(&fact).unwrap();
            again.apply(&serde_json::from_str(&text).unwrap(), at);
        }
        prop_assert_eq!(&again, &walk.passage);
        let due = again.obligations(&walk.procedure, walk.now);
        prop_assert_eq!(due, walk.passage.obligations(&walk.procedure, walk.now));
    }

    #[test]
    fn times_sum_to_the_whole(moves in moves()) {
        let walk = Walk::run(Planted::Nothing, &moves);
        let facts = walk.facts();
        let measured = Measure::until(&facts, walk.now);
        let whole_ms = match (walk.passage.arrived_at, &walk.passage.ended) {
            (None, _) => 0,
            (Some(from), Some(ended)) => ended.at.since_ms(from),
            (Some(from), None) => walk.now.since_ms(from),
        };
        let totals = &measured.totals;
        prop_assert_eq!(totals.whole_ms, whole_ms);
        let parts = totals.clear_control_ms + totals.documents_ms + totals.technological_ms;
        prop_assert_eq!(parts, whole_ms);
        prop_assert_eq!(totals.waited_for.iter().map(|it| it.ms).sum::<i64>(), whole_ms);
        for pair in measured.segments.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
        }
    }

    #[test]
    fn no_vehicle_is_forgotten(moves in moves()) {
        let walk = Walk::run(Planted::Nothing, &moves);
        let passage = &walk.passage;
        let gone = passage.arrived_at.is_none() || passage.ended.is_some();
        let leaving = passage.barrier.opened_at.is_some();
        let pulsed = passage.permit.as_ref().is_some_and(|it| it.state == PermitState::Commanded);
        let owed = passage.obligations(&walk.procedure, walk.now);
        let waits = passage.waiting_for(&walk.procedure, walk.now);
        prop_assert!(gone || leaving || passage.manual.is_some() || !waits.is_empty());
        // After a pulse the barrier is waited for, and its time runs.
        let timed = passage.next_due(&walk.procedure).is_some();
        prop_assert!(gone || leaving || passage.manual.is_some() || !owed.is_empty() || (pulsed && timed));
    }

    #[test]
    fn facts_of_one_passage_never_break_another(one in moves(), other in moves()) {
        // `apply` is total: any fact can follow any other.
        let mut walk = Walk::run(Planted::Nothing, &one);
        for (at, fact) in Walk::run(Planted::Nothing, &other).facts() {
            walk.passage.apply(&fact, at);
        }
        walk.passage.obligations(&walk.procedure, walk.now);
        walk.passage.outcome(&walk.procedure, walk.now);
    }
}

/// The walks reach what the properties speak of.
#[test]
fn the_walks_go_everywhere() {
    let mut reached = std::collections::BTreeMap::<&str, u32>::new();
    for moves in fixed(400) {
        let walk = Walk::run(Planted::Nothing, &moves);
        let mut seen = std::collections::BTreeSet::new();
        for (_, fact) in walk.facts() {
            seen.insert(match fact {
                Fact::ExitPermitted(_) => "permit",
                Fact::ExitPermitRevoked { .. } => "revoked",
                Fact::ExitPermitExpired { .. } => "expired",
                Fact::BarrierOpened { .. } => "opened",
                Fact::BarrierOpenedUnpermitted { .. } => "unpermitted",
                Fact::BarrierFailed { .. } => "failed",
                Fact::OrderCompleted { .. } => "order done",
                Fact::RecheckSelected { .. } => "recheck",
                Fact::Escalated { .. } => "escalated",
                Fact::Departed => "departed",
                Fact::FindingRaised(it) if it.rule == "exit.release_withdrawn" => "withdrawn",
                Fact::DecisionMade(it) => match (it.decision, it.by) {
                    (_, DecidedBy::Lane { .. }) => "at the lane",
                    (_, DecidedBy::Rule { .. }) => "by rule",
                    (Decision::Hold { .. }, _) => "hold",
                    (Decision::Refuse, _) => "refuse",
                    (Decision::Inspect, _) => "inspect",
                    (Decision::Release, _) => "release",
                },
                _ => continue,
            });
        }
        seen.into_iter()
            .for_each(|it| *reached.entry(it).or_default() += 1);
    }
    println!("{reached:?}");
    let wanted = [
        ("permit", 60),
        ("revoked", 10),
        ("expired", 5),
        ("opened", 30),
        ("unpermitted", 60),
        ("failed", 5),
        ("order done", 40),
        ("recheck", 30),
        ("escalated", 100),
        ("departed", 30),
        ("withdrawn", 3),
        ("at the lane", 8),
        ("by rule", 100),
        ("hold", 60),
        ("refuse", 30),
        ("inspect", 40),
        ("release", 100),
    ];
    for (what, least) in wanted {
        let times = reached.get(what).copied().unwrap_or_default();
        assert!(
            times >= least,
            "{what}: {times} of 400 walks, {least} wanted"
        );
    }
}

/// Each planted bug is found, and by the property that should.
#[test]
fn planted_bugs_are_found() {
    let cases = [
        (Planted::ForgetsToRevoke, "stands over finding"),
        (Planted::PermitsTooEarly, "is not complete"),
        (Planted::HidesUnpermittedOpening, "left no fact"),
        (Planted::LosesInputs, "input lost"),
        (Planted::CommandsTwice, "barrier commanded"),
        (Planted::ReleasesForAnotherBody, "has not released"),
    ];
    let walks = fixed(150);
    for (planted, said) in cases {
        let found = walks.iter().any(|moves| {
            violations(&Walk::run(planted, moves))
                .iter()
                .any(|it| it.contains(said))
        });
        assert!(found, "{planted:?} went unnoticed");
    }
}
