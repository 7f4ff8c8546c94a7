//! What an accuracy class lets a scale claim: one standard deviation of a gross mass and of an
//! axle load. It says nothing of a particular scale's verification; that is the procedure's
//! matter.
//!
//! **The factor is 2 for both families.** COST 323 states the width that holds 95 % of the
//! errors, which is 2 sigma of a normal error. OIML R 134 states the error no single weighing may
//! exceed in service; a maker designs to about 3 sigma of it, but the scale in the lane is dirty,
//! worn and late in its verification interval, so we claim no more than 2: the larger sigma makes
//! fewer wrong accusations. The weigh-in-motion corpus is made with the same factor.
//!
//! Sources: OIML R 134-1:2006, 2.1 and 2.2 (vehicle classes 0.2 to 10, figure in per cent = error
//! in service); GB/T 21296 adds 7 and 15; COST 323 European WIM Specification 3.0, table 1
//! (tolerances of class for gross, group, single axle, axle of a group).

use domain::reading::AxleReading;

/// Standard deviations in one stated tolerance.
pub const TOLERANCE_SIGMAS: f64 = 2.0;

/// Axles closer than this are one group (COST 323, 2.3).
const GROUP_M: f64 = 2.2;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AccuracyClass {
    /// R 134 vehicle mass class, per cent.
    R134(f64),
    /// Row of the COST 323 table.
    Cost323(&'static Cost323),
}

/// Tolerances in per cent, 95 %.
#[derive(Debug, PartialEq)]
pub struct Cost323 {
    pub name: &'static str,
    pub gross: f64,
    pub group: f64,
    pub single: f64,
    pub in_group: f64,
}

const R134: &[f64] = &[0.2, 0.5, 1.0, 2.0, 5.0, 7.0, 10.0, 15.0];

const COST323: &[Cost323] = &[
    row("A5", 5.0, 7.0, 8.0, 10.0),
    row("B+7", 7.0, 10.0, 11.0, 14.0),
    row("B10", 10.0, 13.0, 15.0, 20.0),
    row("C15", 15.0, 18.0, 20.0, 25.0),
    row("D+20", 20.0, 23.0, 25.0, 30.0),
    row("D25", 25.0, 28.0, 30.0, 35.0),
];

const fn row(name: &'static str, gross: f64, group: f64, single: f64, in_group: f64) -> Cost323 {
    Cost323 {
        name,
        gross,
        group,
        single,
        in_group,
    }
}

impl AccuracyClass {
    /// `R134/1`, `OIML_1`, `OIML R 134 class 0.5`; `COST323/B10`, `B(10)`, `B+(7)`, `A5`.
    pub fn parse(text: &str) -> Option<AccuracyClass> {
        let tight: String = text
            .to_ascii_uppercase()
            .chars()
            .filter(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '.'))
            .collect();
        let cost = tight.strip_prefix("COST323").unwrap_or(&tight);
        if let Some(row) = COST323.iter().find(|it| it.name == cost) {
            return Some(AccuracyClass::Cost323(row));
        }
        let rest = tight.strip_prefix("OIML").unwrap_or(&tight);
        let rest = if rest.len() == tight.len() {
            rest.strip_prefix("R134")?
        } else {
            rest
        };
        let rest = rest.strip_prefix("R134").unwrap_or(rest);
        let percent: f64 = rest.strip_prefix("CLASS").unwrap_or(rest).parse().ok()?;
        R134.iter()
            .find(|it| (**it - percent).abs() < 1e-9)
            .map(|it| AccuracyClass::R134(*it))
    }

    /// The form kept in readings: `R134/0.5`, `COST323/B10`.
    pub fn name(&self) -> String {
        match self {
            AccuracyClass::R134(percent) => format!("R134/{percent}"),
            AccuracyClass::Cost323(row) => format!("COST323/{}", row.name),
        }
    }

    /// One standard deviation of a gross mass, kg.
    pub fn gross_sigma_kg(&self, gross_kg: u32) -> f64 {
        let percent = match self {
            AccuracyClass::R134(percent) => *percent,
            AccuracyClass::Cost323(row) => row.gross,
        };
        share(percent) * f64::from(gross_kg)
    }

    /// Axle loads with their standard deviations. COST 323 tells single axles from axles of a
    /// group. R 134 states axle classes (A to F) apart from the vehicle class; where a message
    /// gives only the latter, the axles' errors are taken as independent, which makes each axle's
    /// relative sigma the vehicle's times the root of the number of axles.
    pub fn axles(&self, loads: &[(u32, Option<f64>)]) -> Vec<AxleReading> {
        let count = loads.len().max(1) as f64;
        loads
            .iter()
            .enumerate()
            .map(|(place, (load_kg, spacing_m))| {
                let near = |it: Option<f64>| it.is_some_and(|it| it <= GROUP_M);
                let after = loads.get(place + 1).and_then(|(_, it)| *it);
                let percent = match self {
                    AccuracyClass::R134(percent) => percent * count.sqrt(),
                    AccuracyClass::Cost323(row) if near(*spacing_m) || near(after) => row.in_group,
                    AccuracyClass::Cost323(row) => row.single,
                };
                let sigma_kg = share(percent) * f64::from(*load_kg);
                AxleReading {
                    load_kg: *load_kg,
                    sigma_kg,
                    spacing_m: *spacing_m,
                }
            })
            .collect()
    }
}

fn share(percent: f64) -> f64 {
    percent / 100.0 / TOLERANCE_SIGMAS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_class() {
        for (text, name) in [
            ("R134/1", "R134/1"),
            ("OIML_2", "R134/2"),
            ("OIML R 134 class 0.5", "R134/0.5"),
            ("r134/0.2", "R134/0.2"),
            ("COST323/B10", "COST323/B10"),
            ("B(10)", "COST323/B10"),
            ("B+(7)", "COST323/B+7"),
            ("a5", "COST323/A5"),
        ] {
            assert_eq!(
                AccuracyClass::parse(text).map(|it| it.name()).as_deref(),
                Some(name)
            );
        }
        for text in ["", "R134/3", "COST323/Z9", "10", "R134/NaN"] {
            assert_eq!(AccuracyClass::parse(text), None, "{text}");
        }
    }

    #[test]
    fn sigma_is_half_the_tolerance_and_groups_are_worse() {
        let class = AccuracyClass::parse("B10").unwrap();
        assert_eq!(class.gross_sigma_kg(40_000), 2_000.0);
        let axles = class.axles(&[(7_000, None), (10_000, Some(3.6)), (8_000, Some(1.3))]);
        let percents: Vec<f64> = axles
            .iter()
            .map(|it| 200.0 * it.sigma_kg / f64::from(it.load_kg))
            .collect();
        assert_eq!(
            percents.iter().map(|it| it.round()).collect::<Vec<_>>(),
            [15.0, 20.0, 20.0]
        );
        let axles = AccuracyClass::R134(1.0).axles(&[(5_000, None); 4]);
        assert_eq!(axles[0].sigma_kg, 50.0);
    }
}
