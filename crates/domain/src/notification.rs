//! Advance (pre-arrival) information from the carrier: one form for all six bodies. Names follow
//! PIAT, the EAEU's pre-arrival information by road (CA model 1.8.1).

use serde::{Deserialize, Serialize};

use crate::fact::Direction;
use crate::procedure::Procedure;
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

/// Why a notification of the same vehicle does not announce this passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// Another passage arrived under it: one notification announces one crossing.
    Used,
    /// It announces a crossing the other way.
    OtherDirection,
    /// The vehicle came too early or too late for it, or it was lodged too long ago.
    OutOfTime,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfitNotice {
    pub notification: NotificationId,
    pub why: Unfit,
}

impl Notification {
    /// Whether it announces a crossing in this direction that began at `arrived_at`. `None`: it
    /// does. Whether it was used before is the caller's to know.
    pub fn unfit_for(
        &self,
        direction: Direction,
        arrived_at: UtcMs,
        procedure: &Procedure,
    ) -> Option<Unfit> {
        let home = procedure.country.as_str();
        let other_way = match direction {
            Direction::Entry => self.from_country == home && self.to_country != home,
            Direction::Exit => self.to_country == home && self.from_country != home,
        };
        if other_way {
            return Some(Unfit::OtherDirection);
        }
        let rules = &procedure.entry;
        let hours = |it: u32| i64::from(it) * 3_600_000;
        let expected = self.expected_at.is_none_or(|it| {
            let late_ms = arrived_at.since_ms(it);
            (-hours(rules.notice_early_h)..=hours(rules.notice_late_h)).contains(&late_ms)
        });
        let valid_ms = hours(24 * rules.notice_valid_days);
        let fresh = arrived_at.since_ms(self.lodged_at) <= valid_ms;
        (!expected || !fresh).then_some(Unfit::OutOfTime)
    }

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
