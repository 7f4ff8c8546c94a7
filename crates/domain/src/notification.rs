//! Advance (pre-arrival) information from the carrier: one form for all six bodies. Names follow
//! PIAT, the EAEU's pre-arrival information by road (CA model 1.8.1).

use serde::{Deserialize, Serialize};

use crate::reading::DocumentKind;
use crate::unit::{CheckpointId, NotificationId, UtcMs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    pub id: NotificationId,
    pub checkpoint: CheckpointId,
    pub lodged_at: UtcMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<UtcMs>,
    /// Normalised as in [`crate::reading::PlateReading`].
    pub tractor_plate: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer_plate: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// ISO 3166-1 alpha-2 of registration.
    pub vehicle_country: String,
    pub carrier: String,
    pub driver: String,
    /// Tare of the whole train, kg, from the registration documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tare_kg: Option<u32>,
    pub from_country: String,
    pub to_country: String,
    pub goods: Vec<GoodsItem>,
    /// Documents the carrier says are on board.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DeclaredDocument>,
}

impl Notification {
    /// Gross mass of all goods, kg.
    pub fn goods_gross_kg(&self) -> u32 {
        self.goods
            .iter()
            .fold(0, |sum, it| sum.saturating_add(it.gross_kg))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoodsItem {
    /// Commodity code, 4 to 10 digits; the first four are the HS heading.
    pub hs: String,
    pub description: String,
    pub gross_kg: u32,
    pub net_kg: u32,
    pub packages: u32,
    /// ISO 3166-1 alpha-2.
    pub origin: String,
    /// UN number of dangerous goods, e.g. `UN1203`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub un_number: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeclaredDocument {
    pub kind: DocumentKind,
    pub number: String,
}
