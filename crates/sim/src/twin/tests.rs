use super::report::report;
use super::scenario::Scenario;

fn scenario(name: &str) -> Scenario {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let text = std::fs::read_to_string(format!("{folder}/{name}.toml")).unwrap();
    Scenario::parse(&text).unwrap()
}

/// Few enough for a test, the same mix.
fn small(name: &str) -> Scenario {
    let mut it = scenario(name);
    it.trucks_per_day = 500.0;
    it.hours = 8;
    it.warm_up_hours = 2;
    it
}

#[test]
fn the_old_scheme_takes_what_the_order_says() {
    let it = scenario("paper-2009");
    let minutes = report(&it, 1, 1).unwrap().minutes;
    let near = |found: f64, told: f64| (found - told).abs() < 0.05 * told;
    assert!(near(minutes.clear_control.mean, 65.0), "{minutes:?}");
    assert!(near(minutes.documents.mean, 25.0), "{minutes:?}");
    assert!(near(minutes.technological.mean, 90.0), "{minutes:?}");
}

#[test]
fn trucks_go_through_the_real_core_and_leave() {
    let it = small("electronic");
    let found = report(&it, 1, 1).unwrap();
    assert!(found.measured > 100, "{found:?}");
    // A core out of step with its twin would say so.
    assert!(found.disregarded * 50 < found.trucks, "{found:?}");
    assert!(found.by_rule_share > 0.5 && found.by_rule_share < 1.0);
    let asked: u64 = found.seats.iter().map(|it| it.cases).sum();
    assert!(asked > 50, "{found:?}");
    let again = report(&it, 1, 1).unwrap();
    assert_eq!(again.minutes, found.minutes);
    assert_ne!(report(&it, 2, 1).unwrap().minutes, found.minutes);
}

#[test]
fn no_seats_and_a_dead_centre_are_felt() {
    let it = small("electronic");
    let whole = |it: &Scenario| report(it, 3, 1).unwrap();
    let usual = whole(&it);
    let mut starved = it.clone();
    for it in &mut starved.electronic.as_mut().unwrap().shift {
        it.seats.clear();
    }
    let starved = whole(&starved);
    assert!(starved.under_way > usual.under_way, "{starved:?}");
    let mut dead = it.clone();
    dead.electronic.as_mut().unwrap().outage_h = Some([0.0, 8.0]);
    let dead = whole(&dead);
    let mean = |it: &super::report::Report| it.minutes.whole.mean;
    assert!(
        mean(&dead) > mean(&usual),
        "{} {}",
        mean(&dead),
        mean(&usual)
    );
}

#[test]
fn a_wrong_scenario_is_named() {
    let text = "name='x'\nscheme='electronic'\nhours=1\nwarm_up_hours=0\ntrucks_per_day=10";
    let why = Scenario::parse(text).unwrap_err();
    assert!(why.contains("[electronic] is missing"), "{why}");
    let why = Scenario::parse(&format!("{text}\nlanes=1")).unwrap_err();
    assert!(why.contains("lanes"), "{why}");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let good = std::fs::read_to_string(format!("{folder}/electronic.toml")).unwrap();
    for (from, to, names) in [
        ("mean_min = 45", "mean_min = nan", "inspection: mean_min"),
        (
            "trucks_per_lane = 100",
            "trucks_per_lane = 0",
            "trucks_per_lane",
        ),
        ("matter_share = 0.10", "matter_share = 7", "matter_share"),
        ("line_kbps = 256", "line_kbps = 0", "line_kbps"),
        ("from_hour = 20", "from_hour = 24", "from_hour"),
        ("code = \"RU11\"", "code = \"RU99\"", "RU99"),
    ] {
        let wrong = good.replacen(from, to, 1);
        assert_ne!(wrong, good, "{from}");
        let why = Scenario::parse(&wrong).unwrap_err();
        assert!(why.contains(names), "{why}");
    }
}

#[test]
fn the_centre_reads_what_the_twin_keeps() {
    let it = small("electronic");
    let mut kept = serde_json::to_value(report(&it, 1, 2).unwrap()).unwrap();
    kept["questions"] = serde_json::json!([kept.clone()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.json");
    std::fs::write(&path, kept.to_string()).unwrap();
    let read = centre::time::plans(folder.path()).unwrap();
    assert_eq!((read.len(), read[0].plans.len()), (1, 2));
    let shown = serde_json::to_value(&read[0].plans[1]).unwrap();
    assert_eq!(
        shown["minutes"]["whole"]["p90"],
        kept["minutes"]["whole"]["p90"]
    );
    assert_eq!(shown["seats"], kept["seats"]);
    std::fs::write(&path, "{}").unwrap();
    let why = centre::time::plans(folder.path()).unwrap_err();
    assert!(why.starts_with("small: "), "{why}");
}

#[test]
fn a_promise_that_is_broken_asks_for_the_seat_that_lacks() {
    let mut it = small("electronic");
    it.trucks_per_day = 2_000.0;
    for shift in &mut it.electronic.as_mut().unwrap().shift {
        shift.seats.insert(domain::agency::Agency::Customs, 1);
    }
    let broken = report(&it, 1, 1).unwrap().minutes.whole.p90;
    let (enough, steps) = super::search::search(&it, 60.0, 1, |_| ()).unwrap();
    assert!(broken > 60.0, "{broken}");
    assert_eq!(steps[0].added.as_deref(), Some("seat:customs"));
    assert!(report(&enough, 1, 1).unwrap().minutes.whole.p90 <= 60.0);
}
