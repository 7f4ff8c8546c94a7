//! The six stages of the electronic checkpoint, in the order of the procedure.
//!
//! One file a stage. Each says which inputs are its own and what facts follow.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Entry,
    Radiation,
    Dimensions,
    Imaging,
    Documents,
    Exit,
}

impl Stage {
    pub const ALL: [Stage; 6] = [
        Stage::Entry,
        Stage::Radiation,
        Stage::Dimensions,
        Stage::Imaging,
        Stage::Documents,
        Stage::Exit,
    ];

    /// The stable code used in data, addresses and catalogues.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Entry => "entry",
            Stage::Radiation => "radiation",
            Stage::Dimensions => "dimensions",
            Stage::Imaging => "imaging",
            Stage::Documents => "documents",
            Stage::Exit => "exit",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
