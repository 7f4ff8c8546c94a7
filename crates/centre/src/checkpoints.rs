//! The list of checkpoints this centre decides for (`checkpoints.toml`): names, places, lanes.
//! Not here: what is done there (the procedure) and whether it is reachable (`main_loop`).

use std::collections::BTreeSet;

use domain::procedure::Regime;
use domain::unit::CheckpointId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A name in the three languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub kk: String,
    pub ru: String,
    pub en: String,
}

impl Names {
    /// One word in every language: a code.
    pub fn same(word: &str) -> Names {
        let word = || word.to_owned();
        Names {
            kk: word(),
            ru: word(),
            en: word(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub code: CheckpointId,
    pub name: Names,
    /// WGS 84, degrees.
    pub lon: f64,
    pub lat: f64,
    /// How far the place may be off, kilometres; absent where it was surveyed.
    #[serde(default)]
    pub accuracy_km: Option<f64>,
    /// ISO 3166-1 alpha-2 of the country on the other side.
    pub neighbour: String,
    pub regime: Regime,
    pub lanes: u8,
    #[serde(default)]
    pub way: Way,
}

/// What comes through a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    #[default]
    Road,
    Rail,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    checkpoint: Vec<Checkpoint>,
}

/// Reads and checks the list. The error names the entry and what is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Checkpoint>, String> {
    let File { checkpoint: list } =
        toml::from_str(text).map_err(|e| format!("checkpoints: {e}"))?;
    let mut codes = BTreeSet::new();
    for it in &list {
        let code = it.code.as_str();
        let wrong = |what: &str| Err(format!("checkpoint {code:?}: {what}"));
        if code.is_empty() || code.len() > 16 || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return wrong("a code is 1 to 16 letters and digits");
        }
        if code.eq_ignore_ascii_case("centre") {
            return wrong("this code is the centre's own");
        }
        if !codes.insert(code) {
            return wrong("this code stands twice");
        }
        if !(-180.0..=180.0).contains(&it.lon) || !(-90.0..=90.0).contains(&it.lat) {
            return wrong("lon is -180..180 and lat -90..90");
        }
        if it.lanes == 0 {
            return wrong("a checkpoint has at least one lane");
        }
        if it.neighbour.len() != 2 || !it.neighbour.bytes().all(|b| b.is_ascii_uppercase()) {
            return wrong("the neighbour is two capital letters (ISO 3166-1)");
        }
        for (language, name) in [
            ("kk", &it.name.kk),
            ("ru", &it.name.ru),
            ("en", &it.name.en),
        ] {
            if name.trim().is_empty() {
                return wrong(&format!("the name in {language} is missing"));
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../procedures/checkpoints.toml");

    #[test]
    fn the_shipped_list_is_right() {
        let list = parse(SHIPPED).unwrap();
        assert_eq!(list.len(), 64);
        assert_eq!(list.iter().filter(|it| it.way == Way::Rail).count(), 12);
        // All lie in or at the edge of the country.
        assert!(
            list.iter()
                .all(|it| (46.0..88.0).contains(&it.lon) && (40.0..56.0).contains(&it.lat))
        );
    }

    #[test]
    fn mistakes_are_named() {
        let twice = format!(
            "{SHIPPED}\n{}",
            SHIPPED
                .split("[[checkpoint]]")
                .nth(1)
                .map(|it| format!("[[checkpoint]]{it}"))
                .unwrap()
        );
        assert!(
            parse(&twice)
                .unwrap_err()
                .contains("\"CN05\": this code stands twice")
        );
        let far = SHIPPED.replacen("lat = 47.506", "lat = 147.506", 1);
        assert!(parse(&far).unwrap_err().contains("lat"));
        assert!(
            parse(&SHIPPED.replacen("lanes = 2", "lanes = 0", 1))
                .unwrap_err()
                .contains("lane")
        );
        assert!(parse(&SHIPPED.replacen("lanes = 2", "lains = 2", 1)).is_err());
    }
}
