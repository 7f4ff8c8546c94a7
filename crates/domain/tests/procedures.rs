//! The shipped procedures are read, and a wrong one is refused by name.

use domain::procedure::{Procedure, Regime};
use domain::unit::UtcMs;

const EXTERNAL: &str = include_str!("../../../procedures/external-2026.toml");
const INTERNAL: &str = include_str!("../../../procedures/internal-2026.toml");

#[test]
fn shipped_editions_are_sound() {
    let external = Procedure::parse(EXTERNAL).unwrap();
    assert_eq!(external.regime, Regime::External);
    let internal = Procedure::parse(INTERNAL).unwrap();
    assert_eq!(internal.regime, Regime::Internal);
    let json = serde_json::to_string(&external).unwrap();
    assert_eq!(serde_json::from_str::<Procedure>(&json).unwrap(), external);
}

#[test]
fn the_latest_edition_in_force_is_taken() {
    let old = Procedure::parse(EXTERNAL).unwrap();
    let mut new = old.clone();
    new.edition = "external-2027".into();
    new.valid_from = old.valid_from.plus_ms(1_000);
    let both = [old.clone(), new];
    let at =
        |ms| Procedure::in_force(&both, old.valid_from.plus_ms(ms)).map(|it| it.edition.as_str());
    assert_eq!(at(-1), None);
    assert_eq!(at(0), Some("external-2026"));
    assert_eq!(at(1_000), Some("external-2027"));
    assert_eq!(Procedure::in_force(&[], UtcMs(0)), None);
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        (
            "permit_ttl_min = 10",
            "permit_ttl_min = 0",
            "permit_ttl_min is 0",
        ),
        (
            "edition = \"external-2026\"",
            "editon = \"external-2026\"",
            "editon",
        ),
        (
            "recheck_per_mille = 50",
            "recheck_per_mille = 5000",
            "recheck_per_mille",
        ),
        ("limit_kg = 18000", "limit_kg = 18", "18 kg"),
        ("gamma_sigma = 6.0", "gamma_sigma = 0.0", "gamma_sigma"),
        (
            "norm_width_min_m = 6.0",
            "norm_width_min_m = 0.35",
            "norm_width_min_m",
        ),
        (
            "norm_spread_margin_sigma = 4.0",
            "norm_spread_margin_sigma = 0.0",
            "norm_spread_margin_sigma",
        ),
        (
            "norm_hidden_point_sigma = 3.0",
            "",
            "norm_hidden_point_sigma",
        ),
        (
            "norm_hidden_limit_sigma = 6.0",
            "norm_hidden_limit_sigma = inf",
            "norm_hidden_limit_sigma",
        ),
        (
            "norm_hidden_limit_sigma = 6.0",
            "",
            "norm_hidden_limit_sigma",
        ),
        (
            "to = \"2024-10-03",
            "to = \"2021-10-03",
            "ends before it begins",
        ),
        (
            "from = \"2024-10-03",
            "from = \"2024-09-03",
            "overlap in time",
        ),
        (
            "valid_from = \"2026-01-01T00:00:00+05:00\"",
            "valid_from = \"2026-01-01\"",
            "2026-01-01",
        ),
        ("hs = \"3104\"", "hs = \"potash\"", "potash"),
        (
            "reason = \"C-00\"",
            "reason = \"C-31\"",
            "no release reason",
        ),
    ];
    for (from, to, named) in cases {
        assert!(EXTERNAL.contains(from), "{from} is no longer in the file");
        let error = Procedure::parse(&EXTERNAL.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{to}: {error}");
    }
}
