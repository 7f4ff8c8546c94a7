//! The checkpoint's main loop without its shell: a ledger in memory that can be cut off at any
//! step, an arm's controller, and the questions a power cut asks.

use std::collections::BTreeMap;

use checkpoint::main_loop::{Action, Arm, Event, MainLoop, Occupancy, Sense, Space};
use devices::barrier::Nonce;
use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Direction, Fact, FindingId, LinkState, WantedEntry,
};
use domain::input::Input;
use domain::notification::{GoodsItem, Notification, Unfit};
use domain::procedure::Procedure;
use domain::reading::*;
use domain::stage::Stage;
use domain::unit::{BlobHash, CheckpointId, LaneId, NotificationId, OfficerId, PassageId, UtcMs};
use ledger::{Draft, Record};

const LANE: LaneId = LaneId(1);
const START: UtcMs = UtcMs(1_790_000_000_000);

/// A node: the loop, what is durable, and the acts it asked for.
struct Node {
    main_loop: MainLoop,
    durable: Vec<Record>,
    /// The copy of the centre's ledger: durable before the loop hears of it.
    centre: Vec<Record>,
    raised: Vec<Nonce>,
    now: UtcMs,
    /// The process dies instead of making this many-th commit durable.
    dies_at_commit: Option<usize>,
    /// ... or after the commit and before anything that follows from it.
    dies_after_commit: Option<usize>,
    commits: usize,
    dead: bool,
}

fn procedure() -> Procedure {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../procedures/external-2026.toml"
    );
    Procedure::parse(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn fresh() -> MainLoop {
    let lanes = BTreeMap::from([(LANE, Direction::Entry)]);
    let mut main_loop = MainLoop::new(CheckpointId::new("CN05"), lanes, vec![procedure()]);
    // A seed whose draws select nobody for a re-check.
    (0..8).for_each(|_| main_loop.add_seed(SEED));
    main_loop
}

const SEED: u64 = 7;

impl Node {
    fn new() -> Node {
        let mut node = Node {
            main_loop: fresh(),
            durable: Vec::new(),
            centre: Vec::new(),
            raised: Vec::new(),
            now: START,
            dies_at_commit: None,
            dies_after_commit: None,
            commits: 0,
            dead: false,
        };
        node.tell(Event::Link(LinkState::Up));
        node.tell(controller(0, None, Arm::Down));
        node
    }

    fn tell(&mut self, event: Event) {
        if self.dead {
            return;
        }
        self.now = self.now.plus_ms(1_000);
        if let Event::Centre(record) = &event
            && record.sequence as usize == self.centre.len()
        {
            self.centre.push((**record).clone());
        }
        let actions = self.main_loop.step(event, self.now);
        self.carry_out(actions);
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        let mut actions = std::collections::VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            match action {
                Action::Record(drafts) if drafts.is_empty() => (),
                Action::Record(drafts) => {
                    self.commits += 1;
                    if self.dies_at_commit == Some(self.commits) {
                        self.dead = true;
                        return;
                    }
                    let records = self.commit(drafts);
                    if self.dies_after_commit == Some(self.commits) {
                        self.dead = true;
                        return;
                    }
                    let more = self.main_loop.step(Event::Recorded(records), self.now);
                    more.into_iter().rev().for_each(|it| actions.push_front(it));
                }
                Action::RaiseArm { command, .. } => self.raised.push(command),
                Action::ShowLight { .. } => (),
            }
        }
    }

    fn commit(&mut self, drafts: Vec<Draft>) -> Vec<Record> {
        let first = self.durable.len() as u64;
        let records: Vec<Record> = drafts
            .into_iter()
            .enumerate()
            .map(|(at, draft)| Record {
                origin: "CN05".to_owned(),
                epoch: 1,
                sequence: first + at as u64,
                at: draft.at,
                passage: draft.passage,
                fact: draft.fact,
            })
            .collect();
        self.durable.extend(records.clone());
        records
    }

    fn plates_of(&self, number: u64) -> Vec<&str> {
        let of_passage = |it: &&Record| it.passage.as_ref().is_some_and(|it| it.number == number);
        let facts = self.durable.iter().filter(of_passage);
        let read = facts.filter_map(|it| match &it.fact {
            Fact::PlateRead(read) => read.plate.as_deref(),
            _ => None,
        });
        read.collect()
    }

    /// The process starts again from what is durable.
    fn restart(&mut self) {
        self.main_loop = fresh();
        self.durable
            .iter()
            .for_each(|it| self.main_loop.restore(it));
        let heard = self.main_loop.heard("centre/CN05", 1) as usize;
        self.centre[..heard]
            .iter()
            .for_each(|it| self.main_loop.restore_centre(it));
        self.dead = false;
        self.dies_at_commit = None;
        self.dies_after_commit = None;
        let actions = self.main_loop.resume(self.now);
        self.carry_out(actions);
    }

    fn facts(&self, of: impl Fn(&Fact) -> bool) -> usize {
        self.durable.iter().filter(|it| of(&it.fact)).count()
    }
}

fn reading(input: Input) -> Event {
    Event::Sensed {
        lane: LANE,
        sense: Sense::Reading(Box::new(input)),
    }
}

fn sense(sense: Sense) -> Event {
    Event::Sensed { lane: LANE, sense }
}

fn controller(openings: u32, opened_by: Option<Nonce>, arm: Arm) -> Event {
    sense(Sense::ControllerBack {
        openings,
        opened_by,
        arm,
    })
}

fn plate(position: CameraPosition, text: &str) -> Event {
    reading(Input::Plate(PlateReading {
        position,
        plate: Some(text.to_owned()),
        raw: None,
        country: Some("KZ".to_owned()),
        country_raw: None,
        confidence: Some(0.97),
        candidates: Vec::new(),
        taken_at_claimed: None,
        direction: None,
        vehicle_type: None,
        message_id: None,
        vendor: "test".to_owned(),
        pictures: Vec::new(),
    }))
}

fn portal(alarm: Alarm) -> Event {
    reading(Input::Radiation(RadiationReading {
        protocol: "vm250".to_owned(),
        occupancy: None,
        samples: 40,
        sample_ms: 200,
        background_cps: 1_250.0,
        gamma_max_cps: 1_300.0,
        gamma_max_sigma: if alarm == Alarm::Raised { 9.0 } else { 0.4 },
        gamma_max_sample: 20,
        neutron_max: 2,
        gamma_alarm: alarm,
        neutron_alarm: Alarm::Silent,
        suppression: 0.2,
        width_share: 0.1,
        width_m: None,
        speed_mps: Some(2.2),
        position_m: None,
        nuclides: Vec::new(),
        faults: Vec::new(),
        profile: None,
        second_opinion: None,
    }))
}

fn scale() -> Event {
    let axle = |load_kg, spacing_m| AxleReading {
        load_kg,
        sigma_kg: 60.0,
        spacing_m,
    };
    reading(Input::Vehicle(VehicleReading {
        axles: vec![
            axle(6_500, None),
            axle(8_000, Some(3.6)),
            axle(6_000, Some(5.6)),
            axle(6_000, Some(1.31)),
            axle(6_000, Some(1.31)),
        ],
        gross_kg: 32_500,
        gross_sigma_kg: 160.0,
        accuracy_class: "R134/1".to_owned(),
        length_m: Some(16.4),
        width_m: Some(2.55),
        height_m: Some(3.9),
        dimension_sigma_m: Some(0.03),
        speed_kmh: Some(5.0),
        vehicle_class: Some("tractor2_semi3".to_owned()),
    }))
}

fn image() -> Event {
    reading(Input::Image(ImageReading {
        message_id: None,
        scan: None,
        image: BlobHash([7; 32]),
        size_bytes: 3_000_000,
        width_px: 3_400,
        height_px: 1_056,
        bits: 12,
        pixel_mm: 5.0,
        energy_mv: 6.0,
        domain: "log12".to_owned(),
        layer_ends: vec![
            24_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 3_000_000,
        ],
        quality: ImageQuality::Usable,
        mass_kg: None,
        regions: Vec::new(),
    }))
}

fn document(kind: DocumentKind, number: &str) -> Event {
    let fields = Vec::new();
    reading(Input::Document(DocumentReading {
        message_id: None,
        kind,
        number: Some(number.to_owned()),
        expires_at: Some(START.plus_ms(365 * 24 * 3600 * 1000)),
        issuer: Some("KZ".to_owned()),
        fields,
        faults: Vec::new(),
        pages: Vec::new(),
    }))
}

fn notification(plate: &str) -> Event {
    let fact = Fact::NotificationLodged {
        notification: Box::new(Notification {
            id: NotificationId::new("N-1"),
            checkpoint: CheckpointId::new("CN05"),
            lodged_at: UtcMs(START.0 - 5 * 3600 * 1000),
            expected_at: Some(START),
            tractor_plate: plate.to_owned(),
            trailer_plate: Some("52VKC16".to_owned()),
            containers: Vec::new(),
            vehicle_country: "KZ".to_owned(),
            carrier: "Made-up Trans LLP".to_owned(),
            driver: "A. Driver".to_owned(),
            tare_kg: Some(14_500),
            from_country: "CN".to_owned(),
            to_country: "KZ".to_owned(),
            goods: vec![GoodsItem {
                hs: "610910".to_owned(),
                description: "T-shirts, cotton".to_owned(),
                gross_kg: 18_000,
                net_kg: 17_500,
                packages: 30,
                origin: "CN".to_owned(),
                un_number: None,
            }],
            documents: Vec::new(),
        }),
    };
    centre(0, fact)
}

fn centre(sequence: u64, fact: Fact) -> Event {
    Event::Centre(Box::new(Record {
        origin: "centre/CN05".to_owned(),
        epoch: 1,
        sequence,
        at: START,
        passage: None,
        fact,
    }))
}

/// A clear truck up to the word of the last stage before the exit.
fn clear_truck() -> Vec<Event> {
    let mut events = vec![
        notification("777KZA05"),
        sense(Sense::EntryLoop(Occupancy::Occupied)),
        plate(CameraPosition::Front, "777KZA05"),
        plate(CameraPosition::Rear, "52VKC16"),
        sense(Sense::EntryLoop(Occupancy::Free)),
        portal(Alarm::Silent),
        scale(),
        image(),
    ];
    for kind in [
        DocumentKind::Passport,
        DocumentKind::DriverLicence,
        DocumentKind::VehicleRegistration,
        DocumentKind::Insurance,
        DocumentKind::Cmr,
        DocumentKind::Invoice,
        DocumentKind::TransportPermit,
        DocumentKind::TransitDeclaration,
    ] {
        events.push(document(kind, "AB1234567"));
    }
    events.push(reading(Input::DocumentsPresented));
    events
}

fn first() -> PassageId {
    PassageId {
        checkpoint: CheckpointId::new("CN05"),
        number: 1,
    }
}

#[test]
fn a_clear_truck_leaves_without_anybodys_hand() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    let live = node.main_loop.passage(&first()).unwrap();
    let owed = node.main_loop.obligations(live, node.now);
    let command = Nonce::new(1, 1);
    assert_eq!(
        node.raised,
        [command],
        "owed {owed:?}, findings {:?}",
        live.passage.findings
    );
    node.tell(sense(Sense::ArmUp {
        by: Some(command),
        openings: 1,
    }));
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmLoop(Occupancy::Free)));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpened { permit: 1 })),
        1
    );
    assert_eq!(node.facts(|it| matches!(it, Fact::Departed)), 1);
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        0
    );
}

#[test]
fn killed_at_every_commit_the_truck_still_leaves_exactly_once() {
    let whole = {
        let mut node = Node::new();
        clear_truck().into_iter().for_each(|it| node.tell(it));
        node.commits
    };
    assert!(whole > 20, "the script must reach the barrier");
    for at in 3..=whole {
        for before in [true, false] {
            let mut node = Node::new();
            if before {
                node.dies_at_commit = Some(at);
            } else {
                node.dies_after_commit = Some(at);
            }
            for event in clear_truck() {
                node.tell(event.clone());
                if node.dead {
                    let lost = before;
                    node.restart();
                    node.tell(controller(0, None, Arm::Down));
                    // What was not answered is sent again, as devices do.
                    if lost {
                        node.tell(event);
                    }
                }
            }
            let command = Nonce::new(1, 1);
            assert!(
                node.raised.contains(&command),
                "commit {at}, before {before}: no pulse"
            );
            assert!(
                node.raised.iter().all(|it| *it == command),
                "commit {at}: two permits"
            );
            node.tell(sense(Sense::ArmUp {
                by: Some(command),
                openings: 1,
            }));
            node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
            node.tell(sense(Sense::ArmDown));
            assert_eq!(
                node.facts(|it| matches!(it, Fact::Departed)),
                1,
                "commit {at}"
            );
            let unpermitted = node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. }));
            assert_eq!(unpermitted, 0, "commit {at}");
        }
    }
}

#[test]
fn the_arm_moved_while_the_node_was_dead() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    node.restart();
    // Our command was obeyed, the truck is through, and then somebody turned the key.
    node.tell(controller(2, None, Arm::Down));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        2
    );
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    node.restart();
    node.tell(controller(1, Some(Nonce::new(1, 1)), Arm::Down));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        0
    );
    assert_eq!(node.facts(|it| matches!(it, Fact::Departed)), 1);
}

#[test]
fn an_arm_raised_by_hand_is_a_fact_and_an_alarm() {
    let mut node = Node::new();
    node.tell(sense(Sense::ArmUp {
        by: None,
        openings: 1,
    }));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        1
    );
    assert_eq!(node.facts(|it| matches!(it, Fact::Escalated { .. })), 1);
}

#[test]
fn another_permits_nonce_opens_for_nobody() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    node.tell(sense(Sense::ArmUp {
        by: Some(Nonce::new(99, 1)),
        openings: 1,
    }));
    assert_eq!(node.facts(|it| matches!(it, Fact::BarrierOpened { .. })), 0);
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        1
    );
}

#[test]
fn a_decision_of_the_centre_is_heard_once() {
    let mut node = Node::new();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(plate(CameraPosition::Front, "777KZA05"));
    node.tell(plate(CameraPosition::Rear, "52VKC16"));
    node.tell(portal(Alarm::Raised));
    let live = node.main_loop.passage(&first()).unwrap();
    let answers: Vec<FindingId> = live
        .passage
        .findings
        .iter()
        .filter(|it| it.finding.agency == Agency::Customs)
        .map(|it| it.finding.id)
        .collect();
    assert!(!answers.is_empty());
    let hold = Decision::Hold {
        until: node.now.plus_ms(60_000),
        for_whom: Agency::Customs,
    };
    let decision = DecisionMade {
        agency: Agency::Customs,
        decision: hold,
        answers,
        reason: "C-11".to_owned(),
        un9417: 7,
        by: DecidedBy::Officer {
            officer: OfficerId::new("o-1"),
            second: None,
        },
    };
    let given = Fact::DecisionGiven {
        passage: first(),
        decision,
    };
    node.tell(centre(0, given.clone()));
    let made = |node: &Node| node.facts(|it| matches!(it, Fact::DecisionMade(_)));
    assert_eq!(made(&node), 1, "{:?}", node.durable.last());
    node.tell(centre(0, given.clone()));
    assert_eq!(made(&node), 1, "sent twice by the link");
    node.restart();
    node.tell(centre(0, given));
    assert_eq!(made(&node), 1, "sent again after a restart");
    assert_eq!(node.main_loop.heard("centre/CN05", 1), 1);
}

#[test]
fn a_decision_for_a_truck_that_is_gone_is_kept() {
    let mut node = Node::new();
    let decision = DecisionMade {
        agency: Agency::Customs,
        decision: Decision::Release,
        answers: Vec::new(),
        reason: "C-01".to_owned(),
        un9417: 1,
        by: DecidedBy::Officer {
            officer: OfficerId::new("o-1"),
            second: None,
        },
    };
    node.tell(centre(
        0,
        Fact::DecisionGiven {
            passage: first(),
            decision,
        },
    ));
    let gone =
        |it: &Fact| matches!(it, Fact::Disregarded { reason, .. } if reason == "passage_gone");
    assert_eq!(node.facts(gone), 1);
}

#[test]
fn a_wanted_plate_is_found_by_the_nodes_own_fold() {
    let mut node = Node::new();
    let entry = WantedEntry {
        plate: "777KZA05".to_owned(),
        agency: Agency::RoadPolice,
        reason: "stolen".to_owned(),
    };
    node.tell(centre(0, Fact::WantedListed { entry }));
    node.tell(plate(CameraPosition::Front, "777KZA05"));
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(plate(CameraPosition::Rear, "52VKC16"));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::Arrived { .. })),
        1,
        "one truck, not two"
    );
    assert_eq!(node.facts(|it| matches!(it, Fact::WantedMatched { .. })), 1);
}

#[test]
fn a_full_disk_stops_the_intake_and_not_the_barrier() {
    let mut node = Node::new();
    clear_truck()
        .into_iter()
        .take(5)
        .for_each(|it| node.tell(it));
    node.tell(Event::Space {
        free_bytes: 1,
        space: Space::Low,
    });
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::Arrived { .. })),
        1,
        "no new vehicle"
    );
    let refused =
        |it: &Fact| matches!(it, Fact::Disregarded { reason, .. } if reason == "intake_stopped");
    assert_eq!(node.facts(refused), 1, "and it is said");
    node.tell(sense(Sense::ArmUp {
        by: None,
        openings: 1,
    }));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. })),
        1
    );
    node.tell(Event::Space {
        free_bytes: 1 << 40,
        space: Space::Ample,
    });
    assert_eq!(
        node.facts(|it| matches!(it, Fact::Arrived { .. })),
        2,
        "it stands there still"
    );
    node.tell(plate(CameraPosition::Front, "101AAA01"));
    assert_eq!(node.plates_of(2), ["101AAA01"]);
}

#[test]
fn who_drove_off_while_intake_was_stopped_does_not_arrive_later() {
    let mut node = Node::new();
    let (free_bytes, space) = (1, Space::Low);
    node.tell(Event::Space { free_bytes, space });
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::EntryLoop(Occupancy::Free)));
    let (free_bytes, space) = (1 << 40, Space::Ample);
    node.tell(Event::Space { free_bytes, space });
    assert_eq!(node.facts(|it| matches!(it, Fact::Arrived { .. })), 0);
}

/// One truck has been read at the entry and drives to the portal; the process dies.
fn killed_behind_the_first_truck() -> Node {
    let mut node = Node::new();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(plate(CameraPosition::Front, "777KZA05"));
    node.tell(plate(CameraPosition::Rear, "52VKC16"));
    node.tell(sense(Sense::EntryLoop(Occupancy::Free)));
    node.restart();
    node
}

#[test]
fn the_truck_on_the_loop_after_a_restart_is_whose_plate_is_read() {
    let loop_closed = || sense(Sense::EntryLoop(Occupancy::Occupied));
    let front = || plate(CameraPosition::Front, "101AAA01");
    for first_words in [[loop_closed(), front()], [front(), loop_closed()]] {
        let mut node = killed_behind_the_first_truck();
        first_words.into_iter().for_each(|it| node.tell(it));
        node.tell(plate(CameraPosition::Front, "101AAA01"));
        node.tell(plate(CameraPosition::Rear, "88XYZ02"));
        assert_eq!(node.plates_of(1), ["777KZA05", "52VKC16"]);
        assert_eq!(node.plates_of(2), ["101AAA01", "101AAA01", "88XYZ02"]);
        node.tell(sense(Sense::EntryLoop(Occupancy::Free)));
        assert_eq!(node.facts(|it| matches!(it, Fact::Arrived { .. })), 2);
        node.tell(plate(CameraPosition::Front, "202BBB02"));
        assert_eq!(node.plates_of(3), ["202BBB02"]);
    }
}

#[test]
fn after_a_restart_a_misread_or_a_read_said_again_is_no_new_truck() {
    let mut node = killed_behind_the_first_truck();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(plate(CameraPosition::Front, "777KZAO5"));
    assert_eq!(node.plates_of(1), ["777KZA05", "52VKC16", "777KZAO5"]);
    node.tell(sense(Sense::EntryLoop(Occupancy::Free)));
    node.tell(plate(CameraPosition::Front, "101AAA01"));
    node.restart();
    node.tell(plate(CameraPosition::Front, "777KZA05"));
    assert_eq!(node.plates_of(2), ["101AAA01"]);
    assert_eq!(node.plates_of(1).len(), 4);
    assert_eq!(node.facts(|it| matches!(it, Fact::Arrived { .. })), 2);
}

#[test]
fn a_truck_whose_front_plate_went_unread_while_we_were_away_is_known_by_its_rear() {
    let mut node = killed_behind_the_first_truck();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(plate(CameraPosition::Rear, "88XYZ02"));
    assert_eq!(node.plates_of(1), ["777KZA05", "52VKC16"]);
    assert_eq!(node.plates_of(2), ["88XYZ02"]);
}

#[test]
fn readings_without_a_vehicle_are_kept() {
    let mut node = Node::new();
    let before = node.durable.len();
    node.tell(scale());
    assert_eq!(node.durable.len(), before + 1);
}

#[test]
fn a_restart_shows_the_same_state() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    let before = format!("{:?}", node.main_loop.passage(&first()).unwrap().passage);
    node.restart();
    assert_eq!(
        format!("{:?}", node.main_loop.passage(&first()).unwrap().passage),
        before
    );
}

/// The same truck with another plate; the `sequence`-th record of the centre notifies it.
fn clear_truck_as(front: &str, sequence: u64, radiation: Alarm) -> Vec<Event> {
    let mut events = clear_truck();
    let Event::Centre(mut record) = notification(front) else {
        unreachable!()
    };
    record.sequence = sequence;
    if let Fact::NotificationLodged { notification } = &mut record.fact {
        notification.id = NotificationId::new(format!("N-{}", sequence + 1));
    }
    events[0] = Event::Centre(record);
    events[2] = plate(CameraPosition::Front, front);
    events[5] = portal(radiation);
    events
}

fn second() -> PassageId {
    PassageId {
        number: 2,
        ..first()
    }
}

fn screen(passage: PassageId, input: Input) -> Event {
    let input = Box::new(input);
    Event::Screen { passage, input }
}

fn release(answers: Vec<FindingId>) -> DecisionMade {
    DecisionMade {
        agency: Agency::Customs,
        decision: Decision::Release,
        answers,
        reason: "C-01".to_owned(),
        un9417: 1,
        by: DecidedBy::Officer {
            officer: OfficerId::new("o-1"),
            second: None,
        },
    }
}

fn unpermitted(node: &Node) -> usize {
    node.facts(|it| matches!(it, Fact::BarrierOpenedUnpermitted { .. }))
}

fn departed(node: &Node) -> usize {
    node.facts(|it| matches!(it, Fact::Departed))
}

#[test]
fn the_arm_rises_for_the_vehicle_that_stands_before_it() {
    let mut node = Node::new();
    let held = clear_truck_as("777KZA05", 0, Alarm::Raised);
    let clear = clear_truck_as("111KZA05", 1, Alarm::Silent);
    held.into_iter().chain(clear).for_each(|it| node.tell(it));
    let behind = node.main_loop.passage(&second()).unwrap();
    assert!(behind.passage.valid_permit(node.now).is_some());
    assert_eq!(node.raised, [], "the first truck would have left");
    node.tell(screen(first(), Input::MovedAside));
    node.tell(Event::TimePassed);
    assert_eq!(node.raised, [Nonce::new(2, 1)]);
}

#[test]
fn a_vehicle_aside_is_let_out_when_nobody_stands_before_the_arm() {
    let mut node = Node::new();
    let scale_at = 6;
    let mut aside = clear_truck();
    aside.push(screen(first(), Input::MovedAside));
    let held = clear_truck_as("111KZA05", 1, Alarm::Raised);
    let until_arm = aside.len() - 2;
    aside[..until_arm]
        .iter()
        .for_each(|it| node.tell(it.clone()));
    node.tell(aside[until_arm + 1].clone());
    held.iter()
        .take(scale_at + 2)
        .for_each(|it| node.tell(it.clone()));
    let presented = Input::EnteredByHand {
        by: OfficerId::new("l-1"),
        entry: domain::input::HandEntry::Stage {
            stage: domain::stage::Stage::Documents,
            means: "paper".to_owned(),
        },
    };
    node.tell(screen(
        first(),
        Input::DeviceUnavailable {
            stage: domain::stage::Stage::Documents,
            why: "silent".to_owned(),
        },
    ));
    node.tell(screen(first(), presented));
    node.tell(screen(second(), Input::BackedOut));
    let live = node.main_loop.passage(&first()).unwrap();
    let customs = live.passage.findings.iter();
    let answers = customs.map(|it| it.finding.id).collect();
    let decision = release(answers);
    let passage = first();
    node.tell(centre(2, Fact::DecisionGiven { passage, decision }));
    node.tell(Event::TimePassed);
    assert_eq!(node.raised, [Nonce::new(1, 1)], "{:?}", node.durable.last());
}

#[test]
fn a_command_of_an_hour_ago_is_not_sent_again() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    node.raised.clear();
    node.now = node.now.plus_ms(3_600_000);
    node.restart();
    assert_eq!(node.raised, [], "somebody else may stand there by now");
    node.tell(controller(0, None, Arm::Down));
    assert_eq!(node.raised, []);
    node.tell(Event::TimePassed);
    node.tell(Event::TimePassed);
    assert_eq!(node.raised, [Nonce::new(1, 2)], "under a new permit");
}

#[test]
fn a_pulse_is_not_sent_again_over_a_finding_that_came_meanwhile() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    assert_eq!(node.raised.len(), 1);
    // Without anything new the controller that lost its line hears the command again ...
    node.tell(controller(0, None, Arm::Down));
    assert_eq!(node.raised.len(), 2);
    // ... but another plate at the exit is a finding, and nobody has answered it.
    node.tell(plate(CameraPosition::Exit, "555CCC05"));
    node.tell(controller(0, None, Arm::Down));
    node.restart();
    assert_eq!(node.raised.len(), 2);
}

#[test]
fn the_second_opening_without_permit_is_an_alarm_too() {
    let mut node = Node::new();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    for openings in 1..=2 {
        let by = None;
        node.tell(sense(Sense::ArmUp { by, openings }));
        node.tell(sense(Sense::ArmDown));
    }
    assert_eq!(unpermitted(&node), 2);
    assert_eq!(departed(&node), 0);
}

#[test]
fn who_drives_out_without_permit_is_not_in_the_lane() {
    let mut node = Node::new();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmUp {
        by: None,
        openings: 1,
    }));
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(departed(&node), 1);
    assert!(node.main_loop.passage(&first()).unwrap().ended_at.is_some());
}

#[test]
fn a_passage_the_rules_failed_on_is_still_watched_and_leaves() {
    let mut node = Node::new();
    node.tell(sense(Sense::EntryLoop(Occupancy::Occupied)));
    let why = checkpoint::main_loop::RULES_FAILED.to_owned();
    let records = node.commit(vec![Draft {
        at: node.now,
        passage: Some(first()),
        fact: Fact::ManualHandlingRequired { why },
    }]);
    node.tell(Event::Recorded(records));
    node.tell(scale());
    node.tell(sense(Sense::ArmUp {
        by: None,
        openings: 1,
    }));
    assert_eq!(unpermitted(&node), 1);
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(departed(&node), 1);
}

#[test]
fn an_arm_that_answers_late_opens_under_the_permit_it_was_sent_for() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    let why = "no_answer".to_owned();
    let command = Nonce::new(1, 1);
    node.tell(sense(Sense::ArmFailed { command, why }));
    assert_eq!(node.raised, [command, Nonce::new(1, 2)]);
    node.tell(sense(Sense::ArmUp {
        by: Some(command),
        openings: 1,
    }));
    assert_eq!(unpermitted(&node), 0);
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpened { permit: 1 })),
        1
    );
}

fn health(device: &str, health: domain::fact::DeviceHealth) -> Event {
    Event::Health {
        device: domain::unit::DeviceId::new(device),
        health,
        why: "no_connection".to_owned(),
    }
}

#[test]
fn a_scale_that_is_down_is_told_to_the_truck_that_waits_for_it_once() {
    use domain::fact::DeviceHealth;
    let mut node = Node::new();
    clear_truck()
        .into_iter()
        .take(6)
        .for_each(|it| node.tell(it));
    node.tell(health("L1/scale", DeviceHealth::Down));
    node.tell(Event::TimePassed);
    let unavailable = |it: &Fact| matches!(it, Fact::StageUnavailable { .. });
    assert_eq!(node.facts(unavailable), 0, "it may come back by itself");
    node.now = node.now.plus_ms(180_000);
    (0..3).for_each(|_| node.tell(Event::TimePassed));
    assert_eq!(node.facts(unavailable), 1);
    let live = node.main_loop.passage(&first()).unwrap();
    assert!(live.passage.is_complete(domain::stage::Stage::Dimensions));
    assert!(
        live.passage
            .findings
            .iter()
            .any(|it| it.finding.rule == "dimensions.device_unavailable")
    );
    let length = node.durable.len();
    node.restart();
    (0..3).for_each(|_| node.tell(Event::TimePassed));
    assert_eq!(node.durable.len(), length, "nothing new after a restart");
}

#[test]
fn an_arm_that_is_down_is_raised_by_hand_and_not_by_command() {
    use domain::fact::DeviceHealth;
    let mut node = Node::new();
    node.tell(health("L1/arm", DeviceHealth::Down));
    node.now = node.now.plus_ms(180_000);
    clear_truck().into_iter().for_each(|it| node.tell(it));
    assert_eq!(node.raised, []);
    let by_hand = Input::EnteredByHand {
        by: OfficerId::new("l-1"),
        entry: domain::input::HandEntry::Stage {
            stage: domain::stage::Stage::Exit,
            means: "arm_raised_by_hand".to_owned(),
        },
    };
    let live = node.main_loop.passage(&first()).unwrap();
    let raised = live.passage.findings.iter();
    let rules: Vec<&str> = raised.clone().map(|it| it.finding.rule.as_str()).collect();
    assert_eq!(rules, ["exit.device_unavailable"]);
    let decision = release(raised.map(|it| it.finding.id).collect());
    let passage = first();
    node.tell(centre(1, Fact::DecisionGiven { passage, decision }));
    node.tell(screen(first(), by_hand));
    assert_eq!(
        node.facts(|it| matches!(it, Fact::BarrierOpened { .. })),
        1,
        "{:?}",
        node.durable.last()
    );
    assert_eq!(node.raised, [], "it would open once more when it returns");
}

#[test]
fn a_counter_that_lies_cannot_fill_the_ledger() {
    let mut node = Node::new();
    node.tell(sense(Sense::ArmMissed { times: u32::MAX }));
    assert!(unpermitted(&node) <= 100);
    let mut node = Node::new();
    node.tell(controller(5, None, Arm::Down));
    let before = unpermitted(&node);
    node.tell(controller(1, None, Arm::Down));
    assert_eq!(
        unpermitted(&node),
        before + 1,
        "one since it lost its memory"
    );
}

#[test]
fn started_again_while_the_arm_was_up_the_truck_still_leaves() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    let command = Nonce::new(1, 1);
    node.tell(sense(Sense::ArmUp {
        by: Some(command),
        openings: 1,
    }));
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.restart();
    node.tell(controller(1, Some(command), Arm::Up));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(departed(&node), 1);
}

#[test]
fn a_plate_listed_while_the_truck_is_in_the_lane_is_found() {
    let mut node = Node::new();
    clear_truck()
        .into_iter()
        .take(6)
        .for_each(|it| node.tell(it));
    let entry = WantedEntry {
        plate: "777KZA05".to_owned(),
        agency: Agency::RoadPolice,
        reason: "stolen".to_owned(),
    };
    node.tell(centre(1, Fact::WantedListed { entry }));
    let matched = |it: &Fact| matches!(it, Fact::WantedMatched { .. });
    assert_eq!(node.facts(matched), 1);
    node.restart();
    node.tell(Event::TimePassed);
    assert_eq!(node.facts(matched), 1);
}

#[test]
fn what_no_passage_takes_does_not_stop_the_loop() {
    let mut node = Node::new();
    let Event::Centre(mut record) = notification("777KZA05") else {
        unreachable!()
    };
    if let Fact::NotificationLodged { notification } = &mut record.fact {
        notification.carrier = "x".repeat(domain::limits::TEXT_BYTES + 1);
    }
    node.tell(Event::Centre(record));
    let said = |it: &Fact| matches!(it, Fact::Disregarded { reason, .. } if reason == "limit.text_too_long");
    assert_eq!(node.facts(said), 1);
    let truck = clear_truck();
    truck[1..].iter().for_each(|it| node.tell(it.clone()));
    assert!(node.facts(|it| matches!(it, Fact::NotificationMissing)) > 0);
    assert!(node.durable.len() < 100);
}

#[test]
fn a_scale_that_complains_at_length_does_not_stop_the_loop() {
    let mut node = Node::new();
    node.tell(Event::Health {
        device: domain::unit::DeviceId::new("L1/scale"),
        health: domain::fact::DeviceHealth::Down,
        why: "y".repeat(60_000),
    });
    node.now = node.now.plus_ms(180_000);
    let truck = clear_truck();
    truck.iter().take(6).for_each(|it| node.tell(it.clone()));
    node.tell(Event::TimePassed);
    let unavailable = |it: &Fact| matches!(it, Fact::StageUnavailable { .. });
    assert_eq!(node.facts(unavailable), 1);
    assert!(node.durable.len() < 100);
}

#[test]
fn a_paper_that_runs_out_before_the_arm_is_free_stops_the_pulse() {
    let mut node = Node::new();
    let held = clear_truck_as("777KZA05", 0, Alarm::Raised);
    let mut clear = clear_truck_as("111KZA05", 1, Alarm::Silent);
    let runs_out = START.plus_ms(100_000);
    for event in &mut clear {
        if let Event::Sensed {
            sense: Sense::Reading(input),
            ..
        } = event
            && let Input::Document(it) = &mut **input
        {
            it.expires_at = Some(runs_out);
        }
    }
    held.into_iter().chain(clear).for_each(|it| node.tell(it));
    let behind = node.main_loop.passage(&second()).unwrap();
    assert!(behind.passage.valid_permit(node.now).is_some());
    node.now = runs_out.plus_ms(60_000);
    node.tell(screen(first(), Input::MovedAside));
    node.tell(Event::TimePassed);
    assert_eq!(node.raised, []);
    let revoked = |it: &Fact| matches!(it, Fact::ExitPermitRevoked { permit: 1, .. });
    assert_eq!(node.facts(revoked), 1);
}

fn unfit(node: &Node) -> Vec<Unfit> {
    let told = node.durable.iter().filter_map(|it| match &it.fact {
        Fact::NotificationUnfit(it) => Some(it.why),
        _ => None,
    });
    // Each read of a plate looks the vehicle up anew.
    let mut told: Vec<Unfit> = told.collect();
    told.dedup();
    told
}

#[test]
fn one_notification_announces_one_crossing() {
    let mut node = Node::new();
    clear_truck().into_iter().for_each(|it| node.tell(it));
    let by = Some(Nonce::new(1, 1));
    node.tell(sense(Sense::ArmUp { by, openings: 1 }));
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmLoop(Occupancy::Free)));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(departed(&node), 1);
    // A restart forgets nothing of it.
    node.restart();
    node.tell(controller(1, by, Arm::Down));
    let again = &clear_truck()[1..4];
    again.iter().for_each(|it| node.tell(it.clone()));
    assert_eq!(unfit(&node), [Unfit::Used]);
    let second = node.main_loop.passage(&second()).unwrap();
    assert!(second.passage.notification.is_none());
    // A new one is taken, although the old one stands before it.
    let Event::Centre(mut record) = notification("777KZA05") else {
        unreachable!()
    };
    record.sequence = 1;
    if let Fact::NotificationLodged { notification } = &mut record.fact {
        notification.id = NotificationId::new("N-2");
    }
    node.tell(Event::Centre(record));
    let taken = |it: &Fact| matches!(it, Fact::NotificationMatched { notification } if notification.id.as_str() == "N-2");
    assert_eq!(node.facts(taken), 1);
}

#[test]
fn who_turned_back_may_come_again_under_the_same_notification() {
    let mut node = Node::new();
    let truck = clear_truck();
    truck[..4].iter().for_each(|it| node.tell(it.clone()));
    node.tell(screen(first(), Input::BackedOut));
    node.tell(sense(Sense::EntryLoop(Occupancy::Free)));
    truck[1..4].iter().for_each(|it| node.tell(it.clone()));
    assert_eq!(unfit(&node), []);
    let again = &node.main_loop.passage(&second()).unwrap().passage;
    assert!(again.notification.is_some());
}

#[test]
fn a_notification_of_january_is_none_in_june_and_none_the_other_way() {
    let mut node = Node::new();
    let truck = clear_truck();
    node.tell(truck[0].clone());
    node.now = START.plus_ms(150 * 24 * 3_600_000);
    truck[1..4].iter().for_each(|it| node.tell(it.clone()));
    assert_eq!(unfit(&node), [Unfit::OutOfTime]);

    let mut node = Node::new();
    let Event::Centre(mut record) = notification("777KZA05") else {
        unreachable!()
    };
    if let Fact::NotificationLodged { notification } = &mut record.fact {
        notification.from_country = "KZ".to_owned();
        notification.to_country = "CN".to_owned();
    }
    node.tell(Event::Centre(record));
    truck[1..4].iter().for_each(|it| node.tell(it.clone()));
    assert_eq!(unfit(&node), [Unfit::OtherDirection]);
}

/// The `at`-th truck of a row of trucks, up to its X-ray, each announced by its own notification.
fn row(node: &mut Node, plates: &[&str]) {
    for (at, front) in plates.iter().enumerate() {
        let events = clear_truck_as(front, at as u64, Alarm::Silent);
        events.into_iter().take(8).for_each(|it| node.tell(it));
    }
}

fn paper(id: &str, plate: Option<&str>) -> Event {
    let Event::Sensed {
        sense: Sense::Reading(input),
        ..
    } = document(DocumentKind::Cmr, id)
    else {
        unreachable!()
    };
    let Input::Document(mut it) = *input else {
        unreachable!()
    };
    it.message_id = Some(id.to_owned());
    it.fields = plate
        .into_iter()
        .map(|plate| DocumentField {
            name: "vehicle_reg_id".to_owned(),
            value: plate.to_owned(),
            confidence: None,
        })
        .collect();
    reading(Input::Document(it))
}

fn done(papers: &[&str]) -> Event {
    let papers = papers.iter().map(|it| (*it).to_owned()).collect();
    sense(Sense::Presented { papers })
}

/// Numbers of the papers of a passage, and whether all of them were presented.
fn papers_of(node: &Node, number: u64) -> (Vec<String>, bool) {
    let id = PassageId { number, ..first() };
    let passage = &node.main_loop.passage(&id).unwrap().passage;
    let papers = passage
        .documents
        .iter()
        .filter_map(|it| it.message_id.clone());
    (papers.collect(), passage.is_complete(Stage::Documents))
}

#[test]
fn a_reader_that_says_done_twice_says_nothing_of_the_truck_behind() {
    let mut node = Node::new();
    row(&mut node, &["777KZA05", "123ABC02"]);
    node.tell(paper("a-1", Some("777KZA05")));
    node.tell(paper("a-2", None));
    node.tell(done(&["a-1", "a-2"]));
    // Our answer came late: the reader says it again, before and after the next truck's first paper.
    node.tell(done(&["a-1", "a-2"]));
    node.tell(paper("b-1", None));
    node.tell(done(&["a-1", "a-2"]));
    assert_eq!(
        papers_of(&node, 1),
        (vec!["a-1".into(), "a-2".into()], true)
    );
    assert_eq!(papers_of(&node, 2), (vec!["b-1".into()], false));
    node.tell(done(&["b-1"]));
    assert!(papers_of(&node, 2).1);
}

#[test]
fn a_reader_without_numbers_ends_no_truck_that_has_shown_nothing() {
    let mut node = Node::new();
    row(&mut node, &["777KZA05", "123ABC02"]);
    node.tell(paper("a-1", Some("777KZA05")));
    node.tell(done(&[]));
    node.tell(done(&[]));
    assert!(papers_of(&node, 1).1);
    assert!(!papers_of(&node, 2).1);
    let kept = |it: &Fact| matches!(it, Fact::Disregarded { reason, .. } if reason == "documents.nothing_presented");
    assert_eq!(node.facts(kept), 1);
}

/// However papers, their repeats and the words "all presented" of three trucks come in between each
/// other: a paper that names a truck is in that truck's case, and no truck is done by another's word.
#[test]
fn no_paper_that_names_a_truck_is_in_another_trucks_case() {
    let plates = ["777KZA05", "123ABC02", "905XTR07"];
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = |of: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice % of as u64) as usize
    };
    for _ in 0..300 {
        let mut node = Node::new();
        row(&mut node, &plates);
        let mut said: [Vec<String>; 3] = Default::default();
        let mut ended = [false; 3];
        for step in 0..14 {
            let truck = roll(3);
            if roll(4) == 0 && !said[truck].is_empty() {
                let papers: Vec<&str> = said[truck].iter().map(String::as_str).collect();
                node.tell(done(&papers));
                ended[truck] = true;
            } else {
                let id = format!("{truck}-{step}");
                node.tell(paper(&id, Some(plates[truck])));
                said[truck].push(id);
            }
        }
        for truck in 0..3 {
            let (papers, complete) = papers_of(&node, truck as u64 + 1);
            assert_eq!(papers, said[truck]);
            assert_eq!(complete, ended[truck]);
        }
    }
}

#[test]
fn a_reader_that_begins_its_numbers_anew_ends_the_truck_that_shows_them_now() {
    let mut node = Node::new();
    row(&mut node, &["777KZA05", "123ABC02"]);
    for plate in ["777KZA05", "123ABC02"] {
        node.tell(paper("1", Some(plate)));
        node.tell(paper("2", Some(plate)));
        node.tell(done(&["1", "2"]));
    }
    assert!(papers_of(&node, 1).1 && papers_of(&node, 2).1);
}

#[test]
fn a_notification_that_was_corrected_announces_no_later_crossing() {
    let lodge = |node: &mut Node, number: u64| {
        let Event::Centre(mut record) = notification("777KZA05") else {
            unreachable!()
        };
        record.sequence = number - 1;
        if let Fact::NotificationLodged { notification } = &mut record.fact {
            notification.id = NotificationId::new(format!("N-{number}"));
        }
        node.tell(Event::Centre(record));
    };
    let mut node = Node::new();
    lodge(&mut node, 1);
    let truck = clear_truck();
    truck[1..5].iter().for_each(|it| node.tell(it.clone()));
    lodge(&mut node, 2);
    truck[5..].iter().for_each(|it| node.tell(it.clone()));
    let by = Some(Nonce::new(1, 1));
    node.tell(sense(Sense::ArmUp { by, openings: 1 }));
    node.tell(sense(Sense::ArmLoop(Occupancy::Occupied)));
    node.tell(sense(Sense::ArmLoop(Occupancy::Free)));
    node.tell(sense(Sense::ArmDown));
    assert_eq!(departed(&node), 1);
    truck[1..4].iter().for_each(|it| node.tell(it.clone()));
    assert_eq!(unfit(&node), [Unfit::Used]);
}
