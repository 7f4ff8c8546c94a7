//! What goes up the line unasked, and what is kept on the disk, when there is less room than the
//! traffic needs. Steps of the procedure, chosen by figures, each change a fact. Whatever an
//! officer asks for goes all the same. Not here: sending (`link`), storing (`ledger`).

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::limits::{FACT_LINE_BYTES, PREVIEW_LINE_BYTES};
use crate::unit::UtcMs;
use crate::urgency::BlobUrgency;

const HOUR_MS: i64 = 3_600_000;

/// What goes up without being asked for. The later, the less.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Sends {
    #[default]
    Everything,
    /// Pages as bilevel previews only, images to where "clear" may be given.
    DecisionLayers,
    /// Pages as bilevel previews only, images to their triage layer.
    TriageLayers,
}

/// What is kept of what devices deliver, as the disk fills. Facts are always kept.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Keeps {
    #[default]
    Everything,
    /// No raw bytes of garbled messages, images to where "clear" may be given.
    NoRest,
    /// And pages as bilevel previews only.
    PreviewsOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepCause {
    /// An hour of traffic needs more than the line carries in an hour.
    LineTooSlow,
    /// It fits again.
    LineKeepsUp,
}

/// The `[line]` table of a procedure. Without it everything is sent and kept, always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRules {
    /// The next step from here: share of the line that the last hour's traffic needs.
    pub step_from_percent: u32,
    /// Back from here; lower, so that the step does not flutter.
    pub back_below_percent: u32,
    /// Used share of the disk from which delivered blobs are evicted, and down to which.
    pub evict_from_percent: u8,
    pub evict_to_percent: u8,
    /// Used share of the disk from which less is kept.
    pub no_rest_from_percent: u8,
    pub previews_only_from_percent: u8,
}

impl Default for LineRules {
    fn default() -> LineRules {
        LineRules {
            step_from_percent: u32::MAX,
            back_below_percent: u32::MAX,
            evict_from_percent: 101,
            evict_to_percent: 101,
            no_rest_from_percent: 101,
            previews_only_from_percent: 101,
        }
    }
}

/// Below its mark by so much before more is kept again.
const DISK_BACK_PERCENT: u8 = 3;

impl LineRules {
    /// What is wrong with the figures, in words for whoever wrote them.
    pub fn faults(&self) -> Option<&'static str> {
        if self.back_below_percent > self.step_from_percent {
            return Some("back_below_percent is above step_from_percent");
        }
        if self.evict_to_percent > self.evict_from_percent {
            return Some("evict_to_percent is above evict_from_percent");
        }
        (self.previews_only_from_percent < self.no_rest_from_percent)
            .then_some("previews_only_from_percent is below no_rest_from_percent")
    }

    /// The step for these needs. `rate_bps` is what the line was measured to carry; without a
    /// measurement the step stays.
    pub fn sends(&self, now: Sends, needs: &Needs, rate_bps: Option<u64>) -> Sends {
        let Some(rate_bps) = rate_bps.filter(|it| *it > 0) else {
            return now;
        };
        [Sends::Everything, Sends::DecisionLayers]
            .into_iter()
            .find(|step| {
                let percent = needs.percent_of(*step, rate_bps);
                match *step < now {
                    true => percent < u64::from(self.back_below_percent),
                    false => percent < u64::from(self.step_from_percent),
                }
            })
            .unwrap_or(Sends::TriageLayers)
    }

    pub fn keeps(&self, now: Keeps, used_percent: u8) -> Keeps {
        let from = |keeps: Keeps| match keeps {
            Keeps::Everything => 0,
            Keeps::NoRest => self.no_rest_from_percent,
            Keeps::PreviewsOnly => self.previews_only_from_percent,
        };
        [Keeps::PreviewsOnly, Keeps::NoRest]
            .into_iter()
            .find(|it| {
                // One that holds already is left only well below its mark.
                let margin = if *it <= now { DISK_BACK_PERCENT } else { 0 };
                used_percent >= from(*it).saturating_sub(margin)
            })
            .unwrap_or(Keeps::Everything)
    }
}

/// Bytes that the facts of the last hour ask of the line: of each step, what it adds to the next
/// smaller one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    facts: std::collections::VecDeque<(UtcMs, [u64; 3])>,
}

impl Needs {
    /// Takes a fact of this checkpoint in; facts come in the order of the ledger.
    pub fn fact(&mut self, at: UtcMs, fact: &Fact) {
        let mut bytes = [0, 0, FACT_LINE_BYTES];
        let mut until = 0;
        for (_, urgency) in fact.blobs() {
            let (step, size) = match urgency {
                BlobUrgency::Preview => (2, PREVIEW_LINE_BYTES),
                BlobUrgency::ImageTriage { until_bytes } => (2, until_bytes),
                BlobUrgency::ImageDecision { until_bytes } => (1, until_bytes - until),
                BlobUrgency::ImageRest { until_bytes } => (0, until_bytes - until),
                // Pages have their sizes in the reading; raw bytes are rare and small.
                BlobUrgency::Page | BlobUrgency::Original | BlobUrgency::Raw => (0, 0),
            };
            until = urgency.until_bytes().unwrap_or(until);
            bytes[step] += size;
        }
        if let Fact::DocumentRead(it) = fact {
            for page in &it.pages {
                let step = if page.preview.is_some() { 0 } else { 1 };
                bytes[step] += page.size_bytes;
            }
        }
        self.facts.push_back((at, bytes));
        while self
            .facts
            .front()
            .is_some_and(|(then, _)| at.since_ms(*then) > HOUR_MS)
        {
            self.facts.pop_front();
        }
    }

    /// Bytes that a step asks of the line in an hour.
    pub fn bytes_of(&self, step: Sends) -> u64 {
        let from = step as usize;
        self.facts
            .iter()
            .map(|(_, bytes)| bytes[from..].iter().sum::<u64>())
            .sum()
    }

    /// Share of the line that a step needs; may be far above 100.
    pub fn percent_of(&self, step: Sends, rate_bps: u64) -> u64 {
        let hour = rate_bps.saturating_mul(3_600) / 8;
        self.bytes_of(step).saturating_mul(100) / hour.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{DocumentKind, DocumentReading, PageBlob};
    use crate::unit::BlobHash;

    fn rules() -> LineRules {
        LineRules {
            step_from_percent: 95,
            back_below_percent: 80,
            evict_from_percent: 85,
            evict_to_percent: 75,
            no_rest_from_percent: 90,
            previews_only_from_percent: 95,
        }
    }

    fn document(pages: usize, preview: Option<BlobHash>) -> Fact {
        let page = PageBlob {
            page: BlobHash([1; 32]),
            size_bytes: 60_000,
            preview,
            media_type: "image/png".into(),
        };
        Fact::DocumentRead(DocumentReading {
            message_id: None,
            kind: DocumentKind::Cmr,
            number: None,
            expires_at: None,
            issuer: None,
            fields: Vec::new(),
            faults: Vec::new(),
            pages: vec![page; pages],
        })
    }

    #[test]
    fn an_hour_that_does_not_fit_goes_down_a_step_and_back_only_with_room() {
        let (rules, mut needs) = (rules(), Needs::default());
        // Sixty pages with previews in the hour: 3.6 MB of originals, 1.8 MB of previews.
        for minute in 0..60 {
            let fact = document(1, Some(BlobHash([2; 32])));
            needs.fact(UtcMs(minute * 60_000), &fact);
        }
        let step = |now, rate_bps| rules.sends(now, &needs, Some(rate_bps));
        assert_eq!(step(Sends::Everything, 64_000), Sends::Everything);
        assert_eq!(step(Sends::Everything, 9_600), Sends::DecisionLayers);
        assert_eq!(step(Sends::Everything, 2_400), Sends::TriageLayers);
        // 88 % of 13.7 kbit/s: no reason to go down, and none to go back up.
        assert_eq!(step(Sends::Everything, 13_700), Sends::Everything);
        assert_eq!(step(Sends::DecisionLayers, 13_700), Sends::DecisionLayers);
        assert_eq!(step(Sends::DecisionLayers, 19_200), Sends::Everything);
        assert_eq!(
            rules.sends(Sends::TriageLayers, &needs, None),
            Sends::TriageLayers
        );
        // An hour later nothing is needed.
        needs.fact(UtcMs(3 * HOUR_MS), &Fact::Departed);
        assert_eq!(needs.bytes_of(Sends::Everything), FACT_LINE_BYTES);
    }

    #[test]
    fn a_page_without_a_preview_is_needed_one_step_longer() {
        let mut needs = Needs::default();
        needs.fact(UtcMs(0), &document(1, None));
        assert_eq!(
            needs.bytes_of(Sends::DecisionLayers),
            60_000 + FACT_LINE_BYTES
        );
        assert_eq!(needs.bytes_of(Sends::TriageLayers), FACT_LINE_BYTES);
    }

    #[test]
    fn a_filling_disk_keeps_less_and_does_not_flutter() {
        let rules = rules();
        assert_eq!(rules.keeps(Keeps::Everything, 89), Keeps::Everything);
        assert_eq!(rules.keeps(Keeps::Everything, 90), Keeps::NoRest);
        assert_eq!(rules.keeps(Keeps::Everything, 95), Keeps::PreviewsOnly);
        assert_eq!(rules.keeps(Keeps::PreviewsOnly, 93), Keeps::PreviewsOnly);
        assert_eq!(rules.keeps(Keeps::PreviewsOnly, 91), Keeps::NoRest);
        assert_eq!(rules.keeps(Keeps::NoRest, 88), Keeps::NoRest);
        assert_eq!(rules.keeps(Keeps::NoRest, 86), Keeps::Everything);
        let none = LineRules::default();
        assert_eq!(none.keeps(Keeps::Everything, 100), Keeps::Everything);
        assert!(rules.faults().is_none() && none.faults().is_none());
    }
}
