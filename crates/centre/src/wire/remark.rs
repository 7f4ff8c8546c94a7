//! What an officer says about a case beside the decision.

use domain::agency::Agency;
use domain::fact::FindingId;
use domain::remark::{self, Said, Secondary};
use domain::unit::UtcMs;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::mirror;

#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "k", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewRemark {
    /// What kind of alarm it was. The centre adds how far the second look has come.
    Adjudicated {
        /// Findings of the portal.
        #[schema(value_type = Vec<u32>)]
        answers: Vec<FindingId>,
        /// 1 to 11.
        #[schema(value_type = u8)]
        code: remark::Code,
        /// As `Cs-137`, `Tc-99m`.
        #[serde(default)]
        isotopes: Vec<String>,
    },
    /// A place on a radiograph and a word for it.
    Marked {
        image: String,
        area: Area,
        #[schema(value_type = mirror::Word)]
        word: remark::Word,
    },
    /// Takes back the mark of this number.
    Withdrawn { mark: u32 },
}

/// A rectangle in pixels of the image, from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Area {
    pub left_px: u32,
    pub top_px: u32,
    pub width_px: u32,
    pub height_px: u32,
}

impl NewRemark {
    /// `None`: the image is no hash.
    pub fn said(self) -> Option<Said> {
        Some(match self {
            NewRemark::Adjudicated {
                answers,
                code,
                isotopes,
            } => Said::Adjudicated {
                answers,
                code,
                isotopes,
                secondary: Secondary::None,
                passes: 0,
            },
            NewRemark::Marked { image, area, word } => Said::Marked {
                image: image.parse().ok()?,
                area: remark::Area {
                    left_px: area.left_px,
                    top_px: area.top_px,
                    width_px: area.width_px,
                    height_px: area.height_px,
                },
                word,
            },
            NewRemark::Withdrawn { mark } => Said::Withdrawn { mark },
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemarkRow {
    /// Among the remarks about this passage, from 1.
    pub number: u32,
    #[schema(value_type = i64)]
    pub at: UtcMs,
    #[schema(value_type = mirror::Agency)]
    pub agency: Agency,
    pub by: String,
    /// As the domain has it.
    pub said: Value,
}
