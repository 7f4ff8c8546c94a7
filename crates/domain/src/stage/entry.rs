//! Stage 1, entry registration: which vehicle this is, and what was said about it beforehand.
//!
//! Front and rear plates are different roles: a tractor and its semi-trailer carry different
//! plates. Not here: matching with notifications and wanted lists (the node's folds answer
//! `Obligation::MatchIdentity`), nor reading plates off pictures (`devices`).

use crate::agency::Agency;
use crate::fact::{Completion, Direction, Fact, Identity, WantedEntry};
use crate::limits;
use crate::notification::{Notification, UnfitNotice};
use crate::passage::Passage;
use crate::procedure::Procedure;
use crate::reading::{CameraPosition, CheckDigit, ContainerReading, PlateReading};
use crate::rule::{Raise, View, device_unavailable as unavailable};
use crate::stage::{Stage, disregarded};
use crate::unit::{LaneId, OfficerId, UtcMs};

pub(crate) fn arrival(
    passage: &Passage,
    lane: LaneId,
    direction: Direction,
    seed: u64,
    procedure: &Procedure,
) -> Vec<Fact> {
    if passage.arrived_at.is_some() {
        return disregarded("arrival", "passage.already_arrived");
    }
    let edition = procedure.edition.clone();
    let mut facts = vec![Fact::Arrived {
        lane,
        direction,
        edition,
        seed,
    }];
    let waived = Stage::ALL.into_iter().filter(|it| !procedure.applies(*it));
    facts.extend(waived.map(|stage| Fact::StageNotRequired { stage }));
    facts.push(Fact::StageStarted {
        stage: Stage::Entry,
    });
    facts
}

pub(crate) fn plate(passage: &Passage, reading: &PlateReading, procedure: &Procedure) -> Vec<Fact> {
    if is_repeat(passage, reading) {
        return disregarded("plate", "plate.repeated_message");
    }
    if passage.plates.len() >= limits::PLATES {
        return disregarded("plate", "limit.plates");
    }
    let mut facts = vec![Fact::PlateRead(reading.clone())];
    facts.extend(identified_anew(passage, &facts[0], procedure));
    facts
}

pub(crate) fn container(
    passage: &Passage,
    reading: &ContainerReading,
    procedure: &Procedure,
) -> Vec<Fact> {
    if passage.containers.len() >= limits::CONTAINERS {
        return disregarded("container", "limit.containers");
    }
    let mut facts = vec![Fact::ContainerRead(reading.clone())];
    facts.extend(identified_anew(passage, &facts[0], procedure));
    facts
}

/// A camera sends the same message again, e.g. after its own link was down.
fn is_repeat(passage: &Passage, reading: &PlateReading) -> bool {
    // The same number with something else in it is no repeat.
    reading.message_id.is_some() && passage.plates.contains(reading)
}

/// The identity after `fact`, when it changes. Once a person entered it, or the stage is
/// complete, reads no longer change it: a read that disagrees is a finding.
fn identified_anew(passage: &Passage, fact: &Fact, procedure: &Procedure) -> Option<Fact> {
    if passage.is_complete(Stage::Entry) || passage.identified_by.is_some() {
        return None;
    }
    let mut after = passage.clone();
    after.apply(fact, passage.last_at.unwrap_or_default());
    let identity = fuse(&after, procedure);
    let empty = identity.tractor_plate.is_none()
        && identity.trailer_plate.is_none()
        && identity.containers.is_empty();
    (!empty && passage.identity.as_ref() != Some(&identity)).then_some(Fact::Identified(identity))
}

/// Best front read names the tractor, best rear read the trailer when it differs, container
/// numbers count when their check digit is right.
fn fuse(passage: &Passage, procedure: &Procedure) -> Identity {
    let front = best(passage, CameraPosition::Front, procedure);
    let rear = best(passage, CameraPosition::Rear, procedure);
    let tractor_plate = front.and_then(|it| it.plate.clone());
    let rear_plate = rear.and_then(|it| it.plate.clone());
    let right = passage
        .containers
        .iter()
        .filter(|it| it.check_digit == CheckDigit::Right);
    let mut containers: Vec<String> = right.map(|it| it.code.clone()).collect();
    containers.sort();
    containers.dedup();
    Identity {
        trailer_plate: rear_plate.filter(|it| Some(it) != tractor_plate.as_ref()),
        country: front.and_then(|it| it.country.clone()),
        tractor_plate,
        containers,
    }
}

/// The most confident good read of one camera position.
pub(crate) fn best<'a>(
    passage: &'a Passage,
    position: CameraPosition,
    procedure: &Procedure,
) -> Option<&'a PlateReading> {
    let reads = good_reads(passage, position, procedure);
    reads.fold(None, |best: Option<&PlateReading>, it| match best {
        Some(other) if other.confidence.unwrap_or(1.0) >= it.confidence.unwrap_or(1.0) => best,
        _ => Some(it),
    })
}

/// Reads with a plate and enough confidence; a camera that gives no confidence is believed.
pub(crate) fn good_reads<'a>(
    passage: &'a Passage,
    position: CameraPosition,
    procedure: &Procedure,
) -> impl Iterator<Item = &'a PlateReading> {
    let least = procedure.entry.plate_confidence_min;
    passage.plates.iter().filter(move |it| {
        it.position == position
            && it.plate.as_ref().is_some_and(|plate| !plate.is_empty())
            && it.confidence.is_none_or(|confidence| confidence >= least)
    })
}

/// Whether the identity can be looked up at all.
pub(crate) fn can_match(passage: &Passage) -> bool {
    passage
        .identity
        .as_ref()
        .is_some_and(|it| it.tractor_plate.is_some() || !it.containers.is_empty())
}

pub(crate) fn matched(
    passage: &Passage,
    notification: Option<&Notification>,
    unfit: Option<&UnfitNotice>,
    wanted: &[WantedEntry],
) -> Vec<Fact> {
    const INPUT: &str = "matched";
    if !can_match(passage) {
        return disregarded(INPUT, "entry.not_identified");
    }
    let mut facts = Vec::new();
    match (notification, passage.matched_at, &passage.notification) {
        // Lodged while the truck waited, or changed: the newest word counts.
        (Some(it), _, known) if known.as_deref() != Some(it) => {
            facts.push(Fact::NotificationMatched {
                notification: Box::new(it.clone()),
            });
        }
        (Some(it), None, _) => {
            facts.push(Fact::NotificationMatched {
                notification: Box::new(it.clone()),
            });
        }
        (None, None, _) => {
            facts.extend(unfit.cloned().map(Fact::NotificationUnfit));
            facts.push(Fact::NotificationMissing);
        }
        _ => (),
    }
    let new = wanted.iter().filter(|it| !passage.wanted.contains(it));
    let room = limits::WANTED.saturating_sub(passage.wanted.len());
    facts.extend(
        new.take(room)
            .map(|it| Fact::WantedMatched { entry: it.clone() }),
    );
    if facts.is_empty() {
        return disregarded(INPUT, "entry.already_matched");
    }
    facts
}

pub(crate) fn by_hand(by: &OfficerId, identity: &Identity) -> Vec<Fact> {
    if identity.tractor_plate.is_none() && identity.containers.is_empty() {
        return disregarded("entered_by_hand", "entry.identity_empty");
    }
    vec![
        Fact::EnteredByHand {
            by: by.clone(),
            what: "identity".into(),
        },
        Fact::Identified(identity.clone()),
    ]
}

/// The stage ends when the vehicle is identified and looked up, and both cameras have spoken or
/// were waited for long enough.
pub(crate) fn completion(passage: &Passage, procedure: &Procedure, now: UtcMs) -> Option<Fact> {
    if passage.is_complete(Stage::Entry) || passage.matched_at.is_none() {
        return None;
    }
    let how = match &passage.identified_by {
        Some(by) => Completion::ByHand { by: by.clone() },
        None if cameras_done(passage, procedure, now) => Completion::ByDevice,
        None => return None,
    };
    Some(Fact::StageCompleted {
        stage: Stage::Entry,
        how,
    })
}

/// When the cameras need no longer be waited for.
pub(crate) fn cameras_due(passage: &Passage, procedure: &Procedure) -> Option<UtcMs> {
    let wait_ms = i64::from(procedure.entry.rear_wait_sec) * 1000;
    passage.first_plate_at.map(|it| it.plus_ms(wait_ms))
}

fn cameras_done(passage: &Passage, procedure: &Procedure, now: UtcMs) -> bool {
    let both = [CameraPosition::Front, CameraPosition::Rear]
        .into_iter()
        .all(|it| good_reads(passage, it, procedure).next().is_some());
    both || cameras_due(passage, procedure).is_none_or(|due| due <= now)
}

/// A camera saw the vehicle, or should have, and no plate could be read with confidence.
pub(crate) fn plate_unread(view: View) -> Vec<Raise> {
    let View {
        passage,
        procedure,
        now,
    } = view;
    let waited = cameras_due(passage, procedure).is_some_and(|due| due <= now);
    if !passage.is_complete(Stage::Entry) && !waited {
        return Vec::new();
    }
    if passage.plates.is_empty()
        && passage
            .stages
            .get(&Stage::Entry)
            .is_some_and(|it| it.unavailable.is_some())
    {
        return Vec::new();
    }
    [
        (CameraPosition::Front, "front"),
        (CameraPosition::Rear, "rear"),
    ]
    .into_iter()
    .filter(|(position, _)| good_reads(passage, *position, procedure).next().is_none())
    .map(|(position, name)| {
        let reads = passage
            .plates
            .iter()
            .filter(|it| it.position == position)
            .count();
        Raise::finding(Agency::RoadPolice)
            .value("position", name)
            .value("reads", reads)
    })
    .collect()
}

/// A container number on board is not one of those notified.
pub(crate) fn container_disagrees(view: View) -> Vec<Raise> {
    let (Some(identity), Some(notification)) = (&view.passage.identity, &view.passage.notification)
    else {
        return Vec::new();
    };
    let unknown = identity
        .containers
        .iter()
        .filter(|it| !notification.containers.contains(it));
    unknown
        .map(|it| {
            Raise::finding(Agency::Customs)
                .value("read", it.as_str())
                .value("notified", notification.containers.join(" "))
        })
        .collect()
}

/// The cameras are down: an officer reads the plates, the body says whether that is enough.
pub(crate) fn device_unavailable(view: View) -> Vec<Raise> {
    unavailable(view, Stage::Entry)
}
