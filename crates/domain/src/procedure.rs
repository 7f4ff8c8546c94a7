//! A dated procedure: which stages apply, who is competent, thresholds, deadlines, lists.
//! Data (`procedures/*.toml`), never code. A passage is judged by the edition it arrived under.

use serde::{Deserialize, Serialize};

/// One edition. Fields are filled in by `procedures/*.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    pub edition: String,
}
