//! Random walks through one passage. A move either does what is owed, well or badly, or throws
//! something at the passage that nobody asked for. Only tests use it.

pub mod checker;

use domain::agency::Agency;
use domain::fact::*;
use domain::input::{HandEntry, Input};
use domain::notification::{GoodsItem, Notification};
use domain::obligation::Obligation;
use domain::passage::Passage;
use domain::procedure::{DecisionKind, Procedure};
use domain::reading::*;
use domain::stage::Stage;
use domain::unit::*;

pub const START: UtcMs = UtcMs(1_795_406_400_000);

/// Four numbers that the walk interprets: what, two details, and how long before.
pub type Move = (u8, u8, u8, u16);

/// Ways to spoil `conclude`, to see that the checker finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    ForgetsToRevoke,
    PermitsTooEarly,
    HidesUnpermittedOpening,
    LosesInputs,
    CommandsTwice,
    ReleasesForAnotherBody,
}

pub struct Walk {
    pub procedure: Procedure,
    pub passage: Passage,
    pub now: UtcMs,
    /// The facts of one input each, with its instant.
    pub batches: Vec<(UtcMs, Input, Vec<Fact>)>,
    planted: Planted,
}

pub fn procedure() -> Procedure {
    let text = include_str!("../../../../procedures/external-2026.toml");
    let mut procedure = Procedure::parse(text).unwrap();
    procedure
        .auto_release
        .iter_mut()
        .for_each(|it| it.recheck_per_mille = 150);
    procedure
}

impl Walk {
    pub fn new(planted: Planted) -> Walk {
        let id = PassageId {
            checkpoint: CheckpointId::new("CN05"),
            number: 7,
        };
        Walk {
            procedure: procedure(),
            passage: Passage::new(id),
            now: START,
            batches: Vec::new(),
            planted,
        }
    }

    pub fn run(planted: Planted, moves: &[Move]) -> Walk {
        let mut walk = Walk::new(planted);
        for it in moves {
            walk.step(*it);
        }
        walk
    }

    fn step(&mut self, (what, a, b, wait): Move) {
        // Mostly seconds, sometimes an hour: deadlines and expiries must be reached.
        let wait_ms = if wait % 16 == 0 {
            i64::from(wait) * 100
        } else {
            i64::from(wait)
        };
        self.now = self.now.plus_ms(wait_ms);
        let owed = self.passage.obligations(&self.procedure, self.now);
        let input = match what {
            0..=175 if self.passage.arrived_at.is_none() => arrival(a),
            0..=150 if owed.is_empty() => match self.passage.barrier.opened_at {
                Some(_) => [Input::Departed, Input::BarrierClosed][usize::from(a % 2)].clone(),
                None => self.open(a),
            },
            0..=175 if !owed.is_empty() => {
                let it = owed[usize::from(a) % owed.len()].clone();
                self.answer(it, a, b)
            }
            _ => self.noise(what, a, b),
        };
        self.give(input);
    }

    fn give(&mut self, input: Input) {
        let mut facts = self.passage.conclude(&input, self.now, &self.procedure);
        self.spoil(&input, &mut facts);
        facts.iter().for_each(|it| self.passage.apply(it, self.now));
        self.batches.push((self.now, input, facts));
    }

    fn open(&self, a: u8) -> Input {
        let number = self.passage.permit.as_ref().map(|it| it.permit.number);
        match a % 8 {
            0 => Input::BarrierFailed {
                permit: number.unwrap_or(1),
                why: "stuck".into(),
            },
            _ => Input::BarrierOpened {
                lane: LaneId(1),
                permit: number,
            },
        }
    }

    /// Does what is owed; `b` says how well.
    fn answer(&self, owed: Obligation, a: u8, b: u8) -> Input {
        match owed {
            Obligation::Perform { stage } => self.perform(stage, b),
            Obligation::MatchIdentity => self.matched(b),
            Obligation::AskDecision {
                agency, findings, ..
            } => self.decide(agency, findings, a, b),
            Obligation::AwaitRelease { agency, .. } => {
                let own = self
                    .passage
                    .findings
                    .iter()
                    .filter(|it| it.finding.agency == agency);
                self.decide(agency, own.map(|it| it.finding.id).collect(), a, b)
            }
            Obligation::PerformOrder { order, kind, .. } => match (kind, b % 4) {
                (OrderKind::SecondPass, 0) => self.perform(Stage::Radiation, 255),
                (OrderKind::Reweigh, 0) => self.perform(Stage::Dimensions, 255),
                (OrderKind::Reimage, 0) => self.perform(Stage::Imaging, 255),
                (_, 1) => Input::OrderStarted { order },
                _ => {
                    let by = OfficerId::new("l-1");
                    Input::OrderResult {
                        order,
                        outcome: OrderOutcome::NothingFound { by },
                    }
                }
            },
            Obligation::OpenBarrier { permit } => Input::BarrierCommand { permit },
            Obligation::TurnBack if b < 200 => Input::TimePassed,
            Obligation::TurnBack => Input::BackedOut,
            Obligation::Escalate { .. } => Input::TimePassed,
        }
    }

    fn decide(&self, agency: Agency, answers: Vec<FindingId>, a: u8, b: u8) -> Input {
        let until = self.now.plus_ms(i64::from(a) * 20_000 + 1);
        let decision = match b {
            0..=15 => Decision::Hold {
                until,
                for_whom: agency,
            },
            16..=30 => Decision::Inspect,
            31..=33 => Decision::Refuse,
            _ => Decision::Release,
        };
        let kind = match decision {
            Decision::Hold { .. } => DecisionKind::Hold,
            Decision::Inspect => DecisionKind::Inspect,
            Decision::Refuse => DecisionKind::Refuse,
            Decision::Release => DecisionKind::Release,
        };
        let reason = self
            .procedure
            .reasons_for_people(agency)
            .find(|it| it.decision == kind)
            .unwrap()
            .id
            .clone();
        let (first, second) = (OfficerId::new("o-1"), OfficerId::new("o-2"));
        let cut = self.passage.link == LinkState::Down;
        if b % 16 == 7 || (cut && b % 2 == 1) {
            return Input::LaneDecision {
                agency,
                decision,
                answers,
                reason,
                first,
                second,
            };
        }
        let by = DecidedBy::Officer {
            officer: first,
            second: (!b.is_multiple_of(5)).then_some(second),
        };
        Input::Decision(DecisionMade {
            agency,
            decision,
            answers,
            reason,
            un9417: 1,
            by,
        })
    }

    /// Clean for most `b`.
    fn perform(&self, stage: Stage, b: u8) -> Input {
        if b < 4 {
            return Input::DeviceUnavailable {
                stage,
                why: "down".into(),
            };
        }
        let down = self
            .passage
            .stages
            .get(&stage)
            .is_some_and(|it| it.unavailable.is_some());
        let means = self
            .procedure
            .fail_safe(stage)
            .map(|it| it.means[0].clone());
        if let Some(means) = means.filter(|_| down && stage != Stage::Entry) {
            let by = OfficerId::new("l-1");
            return Input::EnteredByHand {
                by,
                entry: HandEntry::Stage { stage, means },
            };
        }
        match stage {
            Stage::Entry => match b % 3 {
                0 => plate(CameraPosition::Front, "777KZ05", 0.9),
                1 => plate(CameraPosition::Rear, "34ABC05", 0.9),
                _ if b < 200 => Input::TimePassed,
                _ => Input::EnteredByHand {
                    by: OfficerId::new("l-1"),
                    entry: HandEntry::Identity(Identity {
                        tractor_plate: Some("777KZ05".into()),
                        trailer_plate: None,
                        country: None,
                        containers: Vec::new(),
                    }),
                },
            },
            Stage::Radiation => radiation(
                if b < 30 { 20.0 } else { 0.5 },
                if b == 31 { 40 } else { 2 },
            ),
            Stage::Dimensions => vehicle(if b < 30 { 48_000 } else { 32_400 }),
            Stage::Imaging => image(b, self.passage.images.len()),
            Stage::Documents => {
                let kinds = [
                    DocumentKind::DriverLicence,
                    DocumentKind::VehicleRegistration,
                    DocumentKind::Insurance,
                    DocumentKind::Cmr,
                    DocumentKind::Invoice,
                ];
                let has = |kind| self.passage.documents.iter().any(|it| it.kind == kind);
                match kinds.into_iter().find(|it| !has(*it)) {
                    Some(kind) if b > 20 => document(kind, (b < 40).then_some(-1)),
                    _ => Input::DocumentsPresented,
                }
            }
            Stage::Exit => Input::TimePassed,
        }
    }

    fn matched(&self, b: u8) -> Input {
        let hs = ["732690", "020130", "690721", "240220", "100199"][usize::from(b) % 5];
        let notification = (b > 12).then(|| Box::new(notification(hs)));
        let wanted = (b == 200).then(|| WantedEntry {
            plate: "777KZ05".into(),
            agency: Agency::RoadPolice,
            reason: "stolen".into(),
        });
        Input::Matched {
            notification,
            unfit: None,
            wanted: wanted.into_iter().collect(),
        }
    }

    /// What nobody asked for.
    fn noise(&self, what: u8, a: u8, b: u8) -> Input {
        let agency = Agency::ALL[usize::from(a) % 6];
        let finding = FindingId(u32::from(b % 8));
        match what % 24 {
            0 => arrival(a),
            1 => radiation(f64::from(a), u32::from(b)),
            2 => vehicle(u32::from(a) * 300),
            3 => image(b, usize::from(a)),
            4 => plate(
                CameraPosition::Exit,
                if b < 128 { "777KZ05" } else { "999XX01" },
                0.9,
            ),
            5 => self.matched(b),
            6 => Input::DocumentsPresented,
            7 | 8 => self.decide(agency, vec![finding], a, b),
            9 => self.decide(agency, Vec::new(), a, b),
            10 => Input::Order(Order {
                id: OrderId::new(format!("CN00/{}", a % 4)),
                passage: self.passage.id.clone(),
                agency,
                kind: [OrderKind::Reweigh, OrderKind::SecondPass, OrderKind::Sample]
                    [usize::from(b) % 3],
                by: OfficerId::new("o-3"),
                about: Vec::new(),
            }),
            11 => Input::OrderResult {
                order: OrderId::new(format!("CN00/{}", a % 4)),
                outcome: OrderOutcome::Failed { why: "no".into() },
            },
            12 => Input::Link(if b < 128 {
                LinkState::Down
            } else {
                LinkState::Up
            }),
            13 => Input::BarrierCommand {
                permit: u32::from(b % 4),
            },
            14 => Input::BarrierOpened {
                lane: LaneId(1 + b / 200),
                permit: Some(u32::from(a % 4)),
            },
            15 if b < 60 => Input::BarrierOpened {
                lane: LaneId(1),
                permit: None,
            },
            16 => Input::BarrierClosed,
            17 => Input::BarrierFailed {
                permit: u32::from(b % 4),
                why: "stuck".into(),
            },
            18 if b < 10 => Input::Departed,
            19 if b < 10 => Input::BackedOut,
            20 => Input::MovedAside,
            21 => Input::DeviceUnavailable {
                stage: Stage::ALL[usize::from(a) % 6],
                why: "down".into(),
            },
            22 => document(
                DocumentKind::VeterinaryCertificate,
                Some(i64::from(b) - 100),
            ),
            _ => Input::TimePassed,
        }
    }

    fn spoil(&self, input: &Input, facts: &mut Vec<Fact>) {
        match self.planted {
            Planted::Nothing => (),
            Planted::ForgetsToRevoke => {
                facts.retain(|it| !matches!(it, Fact::ExitPermitRevoked { .. }));
            }
            Planted::PermitsTooEarly => {
                let open = self.passage.open_stages().count();
                if open == 1 && self.passage.permit.is_none() && self.passage.arrived_at.is_some() {
                    facts.push(Fact::ExitPermitted(ExitPermit {
                        number: 1,
                        expires_at: self.now.plus_ms(600_000),
                        releases: vec![Agency::Customs],
                    }));
                }
            }
            Planted::HidesUnpermittedOpening => {
                for it in facts {
                    if matches!(it, Fact::BarrierOpenedUnpermitted { .. }) {
                        *it = Fact::Disregarded {
                            input: "x".into(),
                            reason: "x".into(),
                        };
                    }
                }
            }
            Planted::LosesInputs => {
                facts.retain(|it| !matches!(it, Fact::Disregarded { .. }));
            }
            Planted::CommandsTwice => {
                if let Input::BarrierCommand { permit } = input {
                    *facts = vec![Fact::BarrierCommanded { permit: *permit }];
                }
            }
            Planted::ReleasesForAnotherBody => {
                for it in facts {
                    if let Fact::DecisionMade(made) = it {
                        made.agency = Agency::Customs;
                    }
                }
            }
        }
    }

    pub fn facts(&self) -> Vec<(UtcMs, Fact)> {
        let facts = self
            .batches
            .iter()
            .flat_map(|(at, _, facts)| facts.iter().map(|it| (*at, it)));
        facts.map(|(at, it)| (at, it.clone())).collect()
    }
}

fn arrival(a: u8) -> Input {
    Input::Arrival {
        lane: LaneId(1),
        direction: Direction::Entry,
        seed: u64::from(a),
    }
}

fn plate(position: CameraPosition, text: &str, confidence: f64) -> Input {
    Input::Plate(PlateReading {
        position,
        plate: Some(text.into()),
        raw: None,
        country: None,
        country_raw: None,
        confidence: Some(confidence),
        candidates: Vec::new(),
        taken_at_claimed: None,
        direction: None,
        vehicle_type: None,
        message_id: None,
        vendor: "test".into(),
        pictures: Vec::new(),
    })
}

fn radiation(sigma: f64, neutron_max: u32) -> Input {
    Input::Radiation(RadiationReading {
        protocol: "test".into(),
        occupancy: None,
        samples: 40,
        sample_ms: 200,
        background_cps: 1250.0,
        gamma_max_cps: 1300.0,
        gamma_max_sigma: sigma,
        gamma_max_sample: 4,
        neutron_max,
        gamma_alarm: Alarm::Silent,
        neutron_alarm: Alarm::Silent,
        suppression: 0.1,
        width_share: 0.5,
        width_m: None,
        speed_mps: None,
        position_m: None,
        nuclides: Vec::new(),
        faults: Vec::new(),
        profile: None,
        second_opinion: None,
    })
}

fn vehicle(gross_kg: u32) -> Input {
    Input::Vehicle(VehicleReading {
        axles: vec![
            AxleReading {
                load_kg: 6000,
                sigma_kg: 60.0,
                spacing_m: None
            };
            6
        ],
        gross_kg,
        gross_sigma_kg: f64::from(gross_kg) * 0.005,
        accuracy_class: "R134/1".into(),
        length_m: Some(16.0),
        width_m: Some(2.5),
        height_m: Some(3.9),
        dimension_sigma_m: Some(0.02),
        speed_kmh: None,
        vehicle_class: None,
    })
}

fn image(b: u8, number: usize) -> Input {
    let region = ImageRegion {
        left_px: 1,
        top_px: 1,
        width_px: 9,
        height_px: 9,
        label: "dense".into(),
        score: 0.9,
    };
    Input::Image(ImageReading {
        message_id: None,
        scan: None,
        image: BlobHash([number as u8; 32]),
        size_bytes: 3_000_000,
        width_px: 3400,
        height_px: 1056,
        bits: 12,
        pixel_mm: 5.0,
        energy_mv: 6.0,
        domain: "log12".into(),
        layer_ends: vec![24_000, 80_000, 640_000, 3_000_000],
        quality: match b {
            4..=20 => ImageQuality::Unusable {
                why: "too_fast".into(),
            },
            _ => ImageQuality::Usable,
        },
        mass_kg: Some(18_000),
        regions: if (21..40).contains(&b) {
            vec![region]
        } else {
            Vec::new()
        },
    })
}

fn document(kind: DocumentKind, expires_days: Option<i64>) -> Input {
    Input::Document(DocumentReading {
        message_id: None,
        kind,
        number: None,
        expires_at: expires_days.map(|it| START.plus_ms(it * 86_400_000)),
        issuer: None,
        fields: Vec::new(),
        faults: Vec::new(),
        pages: Vec::new(),
    })
}

fn notification(hs: &str) -> Notification {
    Notification {
        id: NotificationId::new("N-1"),
        checkpoint: CheckpointId::new("CN05"),
        lodged_at: START.plus_ms(-10_800_000),
        expected_at: None,
        tractor_plate: "777KZ05".into(),
        trailer_plate: Some("34ABC05".into()),
        containers: Vec::new(),
        vehicle_country: "KZ".into(),
        carrier: String::new(),
        driver: String::new(),
        tare_kg: Some(14_400),
        from_country: "CN".into(),
        to_country: "KZ".into(),
        goods: vec![GoodsItem {
            hs: hs.into(),
            description: String::new(),
            gross_kg: 18_000,
            net_kg: 18_000,
            packages: 1,
            origin: "CN".into(),
            un_number: None,
        }],
        documents: Vec::new(),
    }
}
