//! At every limit an input is disregarded with a reason, and the passage goes on.

mod tell;

use domain::fact::Fact;
use domain::limits;
use tell::Story;

/// Plays `line` `times` times; `{}` is the turn's number.
fn repeated(before: &str, line: &str, times: usize) -> Story {
    let lines = (0..times).map(|it| line.replace("{}", &it.to_string()));
    let story = format!("{before}{}", lines.collect::<Vec<_>>().join("\n"));
    tell::play("limits", &story)
}

fn disregarded(story: &Story, wanted: &str) -> usize {
    let facts = story.facts.iter();
    facts
        .filter(|(_, it)| matches!(it, Fact::Disregarded { reason, .. } if reason == wanted))
        .count()
}

const ENTERED: &str = "notice N-1 goods 732690 18000\nclean entry\n";

#[test]
fn lists_stop_growing() {
    let cases = [
        (
            "plate exit 777KZ05 0.9 message m{}",
            limits::PLATES - 2,
            "limit.plates",
        ),
        (
            "container TCLU426533{} ",
            limits::CONTAINERS,
            "limit.containers",
        ),
        ("radiation clean", limits::READINGS, "limit.readings"),
        ("vehicle clean", limits::READINGS, "limit.readings"),
        ("image clean", limits::READINGS, "limit.readings"),
        (
            "document other number D-{}",
            limits::DOCUMENTS,
            "limit.documents",
        ),
        (
            "order CN00/{} sample by customs\norder result CN00/{} nothing found",
            limits::ORDERS,
            "limit.orders",
        ),
        (
            "decision customs hold until +5 min",
            limits::DECISIONS,
            "limit.decisions",
        ),
    ];
    for (line, most, reason) in cases {
        let story = repeated(ENTERED, line, most + 3);
        assert_eq!(disregarded(&story, reason), 3, "{line}");
    }
}

#[test]
fn texts_and_lists_of_one_input_are_bounded() {
    let long = "x".repeat(limits::TEXT_BYTES + 1);
    let story = tell::play(
        "limits",
        &format!("{ENTERED}plate exit {long} 0.9\ndevice down imaging {long}"),
    );
    assert_eq!(disregarded(&story, "limit.text_too_long"), 2);
    let axles = "7000 ".repeat(limits::AXLES + 1);
    let story = tell::play("limits", &format!("{ENTERED}vehicle axles {axles}"));
    assert_eq!(disregarded(&story, "limit.list_too_long"), 1);
    let goods = "goods 732690 1 ".repeat(limits::GOODS_ITEMS + 1);
    let story = tell::play(
        "limits",
        &format!("notice N-1 {goods}\narrival lane 1\nplate front 777KZ05\nmatched"),
    );
    assert_eq!(disregarded(&story, "limit.list_too_long"), 1);
}

/// A finding that cannot be recorded any more must not let the vehicle go.
#[test]
fn too_many_findings_end_in_peoples_hands() {
    let before = format!("{ENTERED}radiation clean\nvehicle clean\nimage clean\nclean documents\n");
    let before = before + "order CN00/x sample by customs\norder result CN00/x nothing found\n";
    let line = "barrier opened alone\nbarrier closed\n+1 sec";
    let story = repeated(&before, line, limits::FINDINGS + 2);
    assert_eq!(story.passage.findings.len(), limits::FINDINGS);
    assert_eq!(story.passage.manual.as_deref(), Some("limit.findings"));
    assert!(story.passage.valid_permit(story.now).is_none());
}
