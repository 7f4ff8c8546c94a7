//! Road police: whether the vehicle is the one its plates say, and whether somebody looks for it.

use crate::agency::Agency;
use crate::reading::CameraPosition;
use crate::rule::{Raise, View};
use crate::stage::entry;

/// Reads contradict each other, the notification, or what an officer entered. A rear plate may
/// differ from the front one only when it is the announced trailer's.
pub(crate) fn plates_disagree(view: View) -> Vec<Raise> {
    let View {
        passage, procedure, ..
    } = view;
    let Some(identity) = &passage.identity else {
        return Vec::new();
    };
    let raise = |position: &str, read: &str, expected: String| {
        Raise::finding(Agency::RoadPolice)
            .value("position", position)
            .value("read", read)
            .value("expected", expected)
    };
    let mut raises = Vec::new();
    if let Some(expected) = identity.tractor_plate.as_deref() {
        let front = entry::good_reads(passage, CameraPosition::Front, procedure);
        let others = front
            .filter_map(|it| it.plate.as_deref())
            .filter(|it| *it != expected);
        raises.extend(others.map(|read| raise("front", read, expected.to_owned())));
    }
    let Some(notice) = passage.notification.as_deref() else {
        return raises;
    };
    let known = [Some(&notice.tractor_plate), notice.trailer_plate.as_ref()];
    let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
    let rear = entry::good_reads(passage, CameraPosition::Rear, procedure);
    let others = rear
        .filter_map(|it| it.plate.as_deref())
        .filter(|it| !known.contains(it));
    raises.extend(others.map(|read| raise("rear", read, known.join(" "))));
    raises
}

/// The vehicle stands on a body's wanted list; that body answers.
pub(crate) fn wanted(view: View) -> Vec<Raise> {
    view.passage
        .wanted
        .iter()
        .map(|it| {
            Raise::alarm(it.agency)
                .value("read", it.plate.as_str())
                .value("reason", it.reason.as_str())
        })
        .collect()
}
