//! Whether a device says something again. A repeat is the same reading under the same number; another
//! reading under a number that is known is no repeat: it is recorded, and its device is at fault.
//!
//! Asked of the fold: a memory beside it would not survive a restart, and would call a repeat what
//! was never recorded.

use domain::reading::{DocumentReading, ImageReading, PlateReading, RadiationReading};
use domain::unit::LaneId;

use super::{Live, MainLoop};

pub use domain::disregard::NUMBER_REUSED;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Not heard before.
    New,
    /// The same again: our answer was lost.
    Repeat,
    /// Something else under a number that was given before.
    NumberReused,
}

impl Known {
    /// Among the readings under the same number.
    pub(crate) fn among<'a, T: PartialEq + 'a>(
        reading: &T,
        same_number: impl Iterator<Item = &'a T>,
    ) -> Known {
        let mut known = Known::New;
        for it in same_number {
            if it == reading {
                return Known::Repeat;
            }
            known = Known::NumberReused;
        }
        known
    }
}

impl MainLoop {
    fn of_lane(&self, lane: LaneId) -> impl Iterator<Item = &Live> {
        self.live.values().filter(move |it| it.lane == lane)
    }

    /// Cameras number their own messages: front and rear may give the same. Some send the same
    /// read again as it gets better; only another plate under the number is a fault.
    pub fn knows_plate(&self, lane: LaneId, reading: &PlateReading) -> Known {
        let same = |it: &&PlateReading| {
            it.message_id.is_some()
                && it.message_id == reading.message_id
                && it.vendor == reading.vendor
                && it.position == reading.position
        };
        let all = self.of_lane(lane).flat_map(|it| &it.passage.plates);
        let all: Vec<&PlateReading> = all.filter(same).collect();
        match Known::among(reading, all.iter().copied()) {
            Known::NumberReused if all.iter().any(|it| it.plate == reading.plate) => Known::New,
            known => known,
        }
    }

    pub fn knows_document(&self, lane: LaneId, reading: &DocumentReading) -> Known {
        let all = self.of_lane(lane).flat_map(|it| &it.passage.documents);
        let same =
            |it: &&DocumentReading| it.message_id.is_some() && it.message_id == reading.message_id;
        Known::among(reading, all.filter(same))
    }

    pub fn knows_image(&self, lane: LaneId, reading: &ImageReading) -> Known {
        let all = self.of_lane(lane).flat_map(|it| &it.passage.images);
        let same =
            |it: &&ImageReading| it.message_id.is_some() && it.message_id == reading.message_id;
        Known::among(reading, all.filter(same))
    }

    /// A document of a portal has no number: the whole count profile tells it from any other.
    pub fn knows_radiation(&self, lane: LaneId, reading: &RadiationReading) -> Known {
        let mut all = self.of_lane(lane).flat_map(|it| &it.passage.radiation);
        match reading.profile.is_some() && all.any(|it| it == reading) {
            true => Known::Repeat,
            false => Known::New,
        }
    }
}
