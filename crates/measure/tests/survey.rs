//! Figures over passages whose times are plain to see.

mod made;

use domain::agency::Agency;
use domain::fact::Fact;
use domain::stage::Stage;
use ledger::{Draft, Ledger, Options};
use measure::ledgers::{self, Gathered};
use measure::{cpmm, trs};

#[test]
fn the_parts_are_the_minutes_that_were_put_in() {
    let survey = ledgers::survey(&made::passages());
    let figures = survey.figures(0);
    assert_eq!(
        (figures.passages, figures.departed, figures.under_way),
        (2, 2, 1)
    );
    let post = &figures.control_at_post;
    assert_eq!(
        (post.whole.p50_minutes, post.whole.p90_minutes),
        (16.0, 24.0)
    );
    let means: Vec<f64> = post
        .components
        .iter()
        .map(|it| it.spread.mean_minutes)
        .collect();
    // Clear control 3 + 2 + 5 and 3 + 9; papers 4 and 4; waiting 2 and 6 + 2.
    assert_eq!(means, [11.0, 4.0, 5.0]);
    let shares: f64 = post.components.iter().map(|it| it.share).sum();
    assert!((shares - 1.0).abs() < 1e-3);
    let customs = &post.agencies[0];
    assert_eq!(customs.agency, Agency::Customs);
    assert_eq!(
        (customs.seat.mean_minutes, customs.officer.mean_minutes),
        (6.0, 9.0)
    );
    let imaging = post
        .stages
        .iter()
        .find(|it| it.stage == Stage::Imaging)
        .unwrap();
    assert_eq!((imaging.spread.count, imaging.spread.p50_minutes), (1, 5.0));
    let hours: Vec<u8> = post.hours.iter().map(|it| it.hour).collect();
    assert_eq!(hours, [4, 5]);
    let waited: f64 = post.waited_for.iter().map(|it| it.share).sum();
    assert!((waited - 1.0).abs() < 1e-3);
}

#[test]
fn the_two_spans_are_not_mixed() {
    let survey = ledgers::survey(&made::passages());
    let figures = survey.figures(0);
    assert_eq!(
        (
            figures.gate_to_gate.claimed.count,
            figures.gate_to_gate.unknown
        ),
        (0, 2)
    );
}

#[test]
fn the_tables_of_others_hold_the_same_time() {
    let survey = ledgers::survey(&made::passages());
    let trs = trs::table(&survey.crossings);
    let last = trs.last().unwrap();
    assert_eq!(last.step, trs::Step::Left);
    assert_eq!(last.from_arrival.mean_minutes, 20.0);
    let steps: f64 = trs
        .iter()
        .map(|it| it.from_previous.mean_minutes * it.from_previous.count as f64)
        .sum();
    assert!(
        (steps - 40.0).abs() < 1e-6,
        "the steps sum to the whole: {steps}"
    );
    let cpmm = cpmm::table(&survey.crossings);
    let all: f64 = cpmm
        .iter()
        .map(|it| it.spread.mean_minutes * it.spread.count as f64)
        .sum();
    assert!((all - 40.0).abs() < 1e-6, "{all}");
}

/// A post's ledger and the centre's copy of it hold the same records: they count once.
#[tokio::test]
async fn a_record_that_is_met_twice_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let drafts: Vec<Draft> = made::clear()
        .into_iter()
        .map(|(at, fact)| Draft {
            at,
            passage: Some(made::id("CN05-1")),
            fact,
        })
        .collect();
    let (ledger, _) = Ledger::open(folder.path(), "CN05", Options::default())
        .await
        .unwrap();
    ledger.append(drafts).await.unwrap();
    ledger.close().await.unwrap();
    let mut gathered = Gathered::default();
    gathered.read(folder.path()).await.unwrap();
    gathered.read(folder.path()).await.unwrap();
    let passages = gathered.passages();
    assert_eq!(passages[&made::id("CN05-1")], made::clear());
    let arrivals = passages.values().flatten();
    let arrivals = arrivals.filter(|(_, it)| matches!(it, Fact::Arrived { .. }));
    assert_eq!(arrivals.count(), 1);
}
