//! The six controlling bodies. One file an agency, one function a rule.

pub mod customs;
pub mod phytosanitary;
pub mod road_police;
pub mod sanitary_quarantine;
pub mod transport_control;
pub mod veterinary;

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agency {
    Customs,
    TransportControl,
    RoadPolice,
    Veterinary,
    Phytosanitary,
    SanitaryQuarantine,
}

impl Agency {
    pub const ALL: [Agency; 6] = [
        Agency::Customs,
        Agency::TransportControl,
        Agency::RoadPolice,
        Agency::Veterinary,
        Agency::Phytosanitary,
        Agency::SanitaryQuarantine,
    ];

    /// The stable code used in data, addresses and catalogues.
    pub fn code(self) -> &'static str {
        match self {
            Agency::Customs => "customs",
            Agency::TransportControl => "transport_control",
            Agency::RoadPolice => "road_police",
            Agency::Veterinary => "veterinary",
            Agency::Phytosanitary => "phytosanitary",
            Agency::SanitaryQuarantine => "sanitary_quarantine",
        }
    }

    pub fn from_code(code: &str) -> Option<Agency> {
        Agency::ALL.into_iter().find(|it| it.code() == code)
    }
}

impl fmt::Display for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
