//! The lines a VM250 sends, for simulated portals and tests. Not a client: nothing is ever sent *to* a
//! VM250.

use super::line::{Line, Panels};

/// One line without its end, in the maker's fixed widths.
pub fn encode(line: &Line) -> String {
    match line {
        Line::GammaBackground(it) => counts("GB", it),
        Line::NeutronBackground(it) => counts("NB", it),
        Line::GammaHigh(it) => counts("GH", it),
        Line::GammaLow(it) => counts("GL", it),
        Line::NeutronHigh(it) => counts("NH", it),
        Line::GammaScan(it) => counts("GS", it),
        Line::GammaAlarm(it) => counts("GA", it),
        Line::NeutronScan(it) => counts("NS", it),
        Line::NeutronAlarm(it) => counts("NA", it),
        Line::Speed {
            between_s,
            speed_kmh,
        } => format!(
            "SP,{between_s:.4},{:06.3},{speed_kmh:06.2},000000",
            speed_kmh / 1.609_344
        ),
        Line::End {
            number,
            neutron_background_cps,
        } => format!(
            "GX,{:06},{:06},000000,000000",
            number.unwrap_or(0),
            (neutron_background_cps.unwrap_or(0.0) * 1000.0).round() as u64
        ),
        Line::TamperSet => "TT,,,,".to_owned(),
        Line::TamperCleared => "TC,,,,".to_owned(),
        Line::GammaSetup1 { intervals, n_sigma } => format!(
            "SG1,000900,000100,{:06},000010,{:08.1},000000",
            intervals.unwrap_or(5),
            n_sigma.unwrap_or(6.0)
        ),
        Line::Setup { name, fields } => format!("{name},{}", fields.join(",")),
    }
}

fn counts(name: &str, panels: &Panels) -> String {
    let [a, b, c, d] = panels;
    format!("{name},{a:06},{b:06},{c:06},{d:06}")
}
