//! A story's words to inputs.

use std::str::FromStr;

use serde::de::DeserializeOwned;

use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Direction, Draw, Fact, FindingId, Identity, LinkState,
    Order, OrderOutcome, WantedEntry,
};
use domain::input::{HandEntry, Input};
use domain::notification::{DeclaredDocument, GoodsItem, Notification, UnfitNotice};
use domain::procedure::DecisionKind;
use domain::reading::*;
use domain::stage::Stage;
use domain::unit::{
    BlobHash, CheckpointId, LaneId, NotificationId, OfficerId, OrderId, PassageId, UtcMs,
};

use super::{START, Story};

type Read<T> = Result<T, String>;

fn number<T: FromStr>(word: &str) -> Read<T> {
    word.parse().map_err(|_| format!("{word:?} is no number"))
}

/// A word as serde knows it, e.g. a stage or a kind of document.
fn known<T: DeserializeOwned>(word: &str) -> Read<T> {
    serde_json::from_value(word.into()).map_err(|it| it.to_string())
}

pub fn stage(word: &str) -> Read<Stage> {
    known(word)
}

pub fn agency(word: &str) -> Read<Agency> {
    Agency::from_code(word).ok_or_else(|| format!("no agency {word:?}"))
}

pub fn span_ms(count: &str, unit: &str) -> Read<i64> {
    let count: i64 = number(count)?;
    let ms = match unit {
        "ms" => 1,
        "sec" => 1_000,
        "min" => 60_000,
        "hours" => 3_600_000,
        "days" => 86_400_000,
        other => return Err(format!("no unit {other:?}")),
    };
    Ok(count * ms)
}

/// The words after `key`; `None` when it is absent.
fn after<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|it| *it == key)?;
    words.get(at + 1).copied()
}

fn figure<T: FromStr>(words: &[&str], key: &str) -> Read<Option<T>> {
    after(words, key).map(number).transpose()
}

/// Numbers that follow `key`.
fn figures(words: &[&str], key: &str) -> Vec<f64> {
    let at = words.iter().position(|it| *it == key);
    let rest = at.map_or(&[] as &[&str], |at| &words[at + 1..]);
    rest.iter().map_while(|it| it.parse().ok()).collect()
}

pub fn notice(words: &[&str]) -> Read<Notification> {
    let text = |key: &str, default: &str| after(words, key).unwrap_or(default).to_owned();
    let ahead_min: i64 = figure(words, "ahead")?.unwrap_or(180);
    let mut goods = Vec::new();
    let mut documents = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if *word == "goods" {
            let hs = words.get(at + 1).ok_or("goods need a code")?;
            let gross_kg = number(words.get(at + 2).ok_or("goods need a weight")?)?;
            goods.push(GoodsItem {
                hs: (*hs).to_owned(),
                description: String::new(),
                gross_kg,
                net_kg: gross_kg,
                packages: 10,
                origin: text("from", "CN"),
                un_number: after(words, "un").map(str::to_owned),
            });
        }
        if *word == "permit" {
            let number = words.get(at + 1).ok_or("permit needs a number")?;
            let number = (*number).to_owned();
            documents.push(DeclaredDocument {
                kind: DocumentKind::TransportPermit,
                number,
            });
        }
    }
    Ok(Notification {
        id: NotificationId::new(*words.first().ok_or("a notice has a reference")?),
        checkpoint: CheckpointId::new(text("at", "CN05")),
        lodged_at: START.plus_ms(-ahead_min * 60_000),
        expected_at: None,
        tractor_plate: text("tractor", "777KZ05"),
        trailer_plate: after(words, "trailer").map(str::to_owned),
        containers: after(words, "container")
            .map(str::to_owned)
            .into_iter()
            .collect(),
        vehicle_country: text("country", "KZ"),
        carrier: "Silk Road Haulage".into(),
        driver: "D. Driver".into(),
        tare_kg: figure(words, "tare")?.or(Some(14_400)),
        from_country: text("from", "CN"),
        to_country: "KZ".into(),
        goods,
        documents,
    })
}

pub fn case(passage: &PassageId, words: &[&str]) -> Read<Fact> {
    let [what, body, officer, ..] = words else {
        return Err("case WHAT AGENCY OFFICER".into());
    };
    let (agency, officer) = (agency(body)?, OfficerId::new(*officer));
    let passage = passage.clone();
    Ok(match *what {
        "drawn" => Fact::CaseDrawn(Draw {
            passage,
            agency,
            roster: vec![officer.clone()],
            officer,
            seed: String::new(),
            round: 0,
        }),
        "opened" => Fact::CaseOpened {
            passage,
            agency,
            officer,
        },
        "returned" => Fact::CaseReturned {
            passage,
            agency,
            officer,
            reason: String::new(),
        },
        other => return Err(format!("no case fact {other:?}")),
    })
}

/// The inputs of one line; several where the line says that something is clean.
pub fn inputs(story: &Story, words: &[&str]) -> Read<Vec<Input>> {
    let one = |input| Ok(vec![input]);
    match words {
        ["arrival", rest @ ..] => one(Input::Arrival {
            lane: LaneId(figure(rest, "lane")?.unwrap_or(1)),
            direction: if rest.contains(&"exit") {
                Direction::Exit
            } else {
                Direction::Entry
            },
            seed: figure(rest, "seed")?.unwrap_or(1),
        }),
        ["clean", "entry"] => {
            let notice = story
                .notice
                .as_ref()
                .ok_or("a clean entry needs a notice")?;
            let rear = notice
                .trailer_plate
                .as_ref()
                .unwrap_or(&notice.tractor_plate);
            Ok(vec![
                Input::Arrival {
                    lane: LaneId(1),
                    direction: Direction::Entry,
                    seed: 1,
                },
                Input::Plate(plate(&["front", &notice.tractor_plate, "0.97"])?),
                Input::Plate(plate(&["rear", rear, "0.95"])?),
                matched(story, &[])?,
            ])
        }
        ["clean", "documents"] => {
            let mut kinds = vec!["driver_licence", "vehicle_registration", "insurance"];
            let notice = story.notice.as_ref();
            if notice.is_some_and(|it| !it.goods.is_empty()) {
                kinds.extend(["cmr", "invoice"]);
            }
            if notice.is_some_and(|it| it.vehicle_country != "KZ") {
                kinds.push("transport_permit");
            }
            let kinds = kinds
                .into_iter()
                .map(|it| Ok(Input::Document(document(&[it])?)));
            kinds.chain([Ok(Input::DocumentsPresented)]).collect()
        }
        ["backed", "out"] => one(Input::BackedOut),
        ["plate", rest @ ..] => one(Input::Plate(plate(rest)?)),
        ["container", code, rest @ ..] => one(Input::Container(ContainerReading {
            code: (*code).to_owned(),
            check_digit: if rest.contains(&"wrong") {
                CheckDigit::Wrong
            } else {
                CheckDigit::Right
            },
            size_type: None,
            confidence: None,
            pictures: Vec::new(),
        })),
        ["matched", rest @ ..] => one(matched(story, rest)?),
        ["radiation", rest @ ..] => one(Input::Radiation(radiation(rest)?)),
        ["vehicle", rest @ ..] => one(Input::Vehicle(vehicle(story, rest)?)),
        ["image", rest @ ..] => one(Input::Image(image(story, rest)?)),
        ["document", rest @ ..] => one(Input::Document(document(rest)?)),
        ["documents", "presented"] => one(Input::DocumentsPresented),
        ["device", "down", at, why @ ..] => one(Input::DeviceUnavailable {
            stage: stage(at)?,
            why: why.join(" "),
        }),
        ["hand", by, rest @ ..] => one(Input::EnteredByHand {
            by: OfficerId::new(*by),
            entry: match rest {
                ["identity", plate, ..] => HandEntry::Identity(Identity {
                    tractor_plate: (*plate != "none").then(|| (*plate).to_owned()),
                    trailer_plate: after(rest, "trailer").map(str::to_owned),
                    country: None,
                    containers: Vec::new(),
                }),
                ["stage", at, means] => HandEntry::Stage {
                    stage: stage(at)?,
                    means: (*means).to_owned(),
                },
                ["radiation", rest @ ..] => HandEntry::Radiation(radiation(rest)?),
                ["vehicle", rest @ ..] => HandEntry::Vehicle(vehicle(story, rest)?),
                ["document", rest @ ..] => HandEntry::Document(document(rest)?),
                ["presented"] => HandEntry::Presented,
                _ => return Err("no such entry by hand".into()),
            },
        }),
        ["decision", rest @ ..] => one(Input::Decision(decision(story, rest)?)),
        ["lane", "decision", rest @ ..] => {
            let made = decision(story, rest)?;
            let person = |key, default: &str| OfficerId::new(after(rest, key).unwrap_or(default));
            one(Input::LaneDecision {
                agency: made.agency,
                decision: made.decision,
                answers: made.answers,
                reason: made.reason,
                first: person("by", "l-1"),
                second: person("and", "l-2"),
            })
        }
        ["order", "started", id] => one(Input::OrderStarted {
            order: OrderId::new(*id),
        }),
        ["order", "result", id, rest @ ..] => one(Input::OrderResult {
            order: OrderId::new(*id),
            outcome: match rest {
                ["nothing", "found"] => OrderOutcome::NothingFound {
                    by: OfficerId::new("l-1"),
                },
                ["found", code] => OrderOutcome::Found {
                    by: OfficerId::new("l-1"),
                    code: (*code).to_owned(),
                },
                ["failed", why @ ..] => OrderOutcome::Failed { why: why.join(" ") },
                _ => return Err("no such result".into()),
            },
        }),
        ["order", id, kind, "by", body, rest @ ..] => one(Input::Order(Order {
            id: OrderId::new(*id),
            passage: match after(rest, "passage") {
                Some(other) => other.parse()?,
                None => story.passage.id.clone(),
            },
            agency: agency(body)?,
            kind: known(kind)?,
            by: OfficerId::new("o-7"),
            about: figures(rest, "about")
                .into_iter()
                .map(|it| FindingId(it as u32))
                .collect(),
        })),
        ["aside"] => one(Input::MovedAside),
        ["link", "down"] => one(Input::Link(LinkState::Down)),
        ["link", "up"] => one(Input::Link(LinkState::Up)),
        ["barrier", "command", permit] => one(Input::BarrierCommand {
            permit: number(permit)?,
        }),
        ["barrier", "opened", "alone"] => one(Input::BarrierOpened {
            lane: LaneId(1),
            permit: None,
        }),
        ["barrier", "opened", permit] => one(Input::BarrierOpened {
            lane: LaneId(1),
            permit: Some(number(permit)?),
        }),
        ["barrier", "closed"] => one(Input::BarrierClosed),
        ["barrier", "failed", permit, why @ ..] => one(Input::BarrierFailed {
            permit: number(permit)?,
            why: why.join(" "),
        }),
        ["departed"] => one(Input::Departed),
        ["time", "passes"] => one(Input::TimePassed),
        _ => Err("no such input".into()),
    }
}

fn matched(story: &Story, words: &[&str]) -> Read<Input> {
    let mut wanted = Vec::new();
    if let Some(at) = words.iter().position(|it| *it == "wanted") {
        let [body, reason, plate] = words[at + 1..] else {
            return Err("wanted AGENCY REASON PLATE".into());
        };
        let agency = agency(body)?;
        wanted.push(WantedEntry {
            plate: plate.into(),
            agency,
            reason: reason.into(),
        });
    }
    let notice = story
        .notice
        .clone()
        .filter(|_| words.first() != Some(&"none"));
    // `matched unfit used N-7`
    let unfit = match words {
        ["unfit", why, id] => Some(UnfitNotice {
            notification: NotificationId::new(*id),
            why: serde_json::from_value((*why).into()).map_err(|it| it.to_string())?,
        }),
        _ => None,
    };
    Ok(Input::Matched {
        notification: notice.filter(|_| unfit.is_none()).map(Box::new),
        unfit,
        wanted,
    })
}

fn plate(words: &[&str]) -> Read<PlateReading> {
    let [position, plate, rest @ ..] = words else {
        return Err("plate WHERE PLATE".into());
    };
    Ok(PlateReading {
        position: known(position)?,
        plate: (*plate != "unread").then(|| (*plate).to_owned()),
        raw: None,
        country: after(rest, "country").map(str::to_owned),
        country_raw: None,
        confidence: rest.first().and_then(|it| it.parse().ok()),
        candidates: Vec::new(),
        taken_at_claimed: figure::<i64>(rest, "clock")?.map(|it| UtcMs(START.0 + it * 3_600_000)),
        direction: None,
        vehicle_type: None,
        message_id: after(rest, "message").map(str::to_owned),
        vendor: "hikvision".into(),
        pictures: Vec::new(),
    })
}

fn radiation(words: &[&str]) -> Read<RadiationReading> {
    let sigma: f64 = figure(words, "gamma")?.unwrap_or(0.4);
    let background: f64 = 1250.0;
    let (margin, hidden) = (figure(words, "margin")?, figure(words, "hidden")?);
    let limit = figure(words, "limit")?;
    Ok(RadiationReading {
        protocol: "vm250".into(),
        occupancy: None,
        samples: 40,
        sample_ms: 200,
        background_cps: background,
        gamma_max_cps: background + sigma * background.sqrt(),
        gamma_max_sigma: sigma,
        gamma_max_sample: 20,
        neutron_max: figure(words, "neutron")?.unwrap_or(3),
        gamma_alarm: if sigma >= 6.0 {
            Alarm::Raised
        } else {
            Alarm::Silent
        },
        neutron_alarm: Alarm::Silent,
        suppression: 0.15,
        width_share: figure(words, "width")?.unwrap_or(0.1),
        width_m: figure(words, "metres")?,
        speed_mps: None,
        position_m: figure(words, "position")?,
        nuclides: after(words, "nuclide")
            .map(str::to_owned)
            .into_iter()
            .collect(),
        faults: after(words, "fault")
            .map(str::to_owned)
            .into_iter()
            .collect(),
        profile: None,
        second_opinion: figure(words, "opinion")?.map(|sigma| SecondOpinion {
            method: "matched_filter/3".into(),
            sigma,
            shape: match after(words, "shape") {
                Some("spread") => SourceShape::Spread,
                Some("unclear") => SourceShape::Unclear,
                _ => SourceShape::Point,
            },
            position_m: Some(9.0),
            excess_cps: 210.0,
            spread_margin_sigma: margin,
            hidden_point_sigma: hidden,
            hidden_limit_sigma: limit,
        }),
    })
}

/// Clean is what the notice declares, on six axles.
fn vehicle(story: &Story, words: &[&str]) -> Read<VehicleReading> {
    let declared_kg = story.notice.as_ref().map_or(20_000, |it| {
        it.goods_gross_kg() + it.tare_kg.unwrap_or_default()
    });
    let gross_kg: u32 = figure(words, "gross")?.unwrap_or(declared_kg);
    let class = after(words, "class").unwrap_or("R134/1");
    let share = match class {
        "R134/1" => 0.005,
        "COST323/B10" => 0.05,
        _ => 0.01,
    };
    let mut loads = figures(words, "axles");
    if loads.is_empty() {
        let rest = f64::from(gross_kg) - 6_000.0;
        loads = [6_000.0].into_iter().chain([rest / 5.0; 5]).collect();
    }
    let spacings = match figures(words, "spacing") {
        given if given.is_empty() => vec![3.2, 1.35, 5.6, 1.3, 1.3],
        given => given,
    };
    let axles = loads.iter().enumerate().map(|(at, load)| AxleReading {
        load_kg: *load as u32,
        sigma_kg: load * share * 2.0,
        spacing_m: at.checked_sub(1).and_then(|it| spacings.get(it).copied()),
    });
    Ok(VehicleReading {
        axles: axles.collect(),
        gross_kg,
        gross_sigma_kg: f64::from(gross_kg) * share,
        accuracy_class: class.into(),
        length_m: figure(words, "length")?.or(Some(16.4)),
        width_m: figure(words, "width")?.or(Some(2.55)),
        height_m: figure(words, "height")?.or(Some(3.95)),
        dimension_sigma_m: Some(0.02),
        speed_kmh: Some(6.0),
        vehicle_class: after(words, "silhouette").map(str::to_owned),
    })
}

fn image(story: &Story, words: &[&str]) -> Read<ImageReading> {
    let declared_kg = story.notice.as_ref().map(|it| it.goods_gross_kg());
    let region = match after(words, "region") {
        Some(label) => Some(ImageRegion {
            left_px: 900,
            top_px: 300,
            width_px: 120,
            height_px: 60,
            label: label.into(),
            score: figure(words, "score")?.unwrap_or(0.9),
        }),
        None => None,
    };
    Ok(ImageReading {
        message_id: None,
        scan: after(words, "scan").map(|number| ImageScan {
            inspection: "S-1".into(),
            number: number.parse().unwrap_or(0),
            view: "side".into(),
        }),
        image: BlobHash([story.passage.images.len() as u8 + 1; 32]),
        size_bytes: 2_993_255,
        width_px: 3400,
        height_px: 1056,
        bits: 12,
        pixel_mm: 5.0,
        energy_mv: figure(words, "energy")?.unwrap_or(6.0),
        domain: "log12".into(),
        layer_ends: vec![23_967, 79_977, 639_894, 2_993_255],
        quality: match after(words, "unusable") {
            Some(why) => ImageQuality::Unusable { why: why.into() },
            None => ImageQuality::Usable,
        },
        mass_kg: figure(words, "mass")?.or(declared_kg),
        regions: region.into_iter().collect(),
    })
}

fn document(words: &[&str]) -> Read<DocumentReading> {
    let kind = words.first().ok_or("a document has a kind")?;
    let mut fields = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if let ("field", [name, value]) = (*word, words.get(at + 1..at + 3).unwrap_or_default()) {
            fields.push(DocumentField {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
                confidence: None,
            });
        }
    }
    let expires_days: Option<i64> = figure(words, "expires")?;
    Ok(DocumentReading {
        message_id: None,
        kind: known(kind)?,
        number: after(words, "number").map(str::to_owned),
        expires_at: expires_days.map(|it| START.plus_ms(it * 86_400_000)),
        issuer: None,
        fields,
        faults: after(words, "fault")
            .map(str::to_owned)
            .into_iter()
            .collect(),
        pages: Vec::new(),
    })
}

/// `customs release 1 2 [reason C-01] [by o-7] [second o-8]`, `customs hold 30 min for veterinary`.
fn decision(story: &Story, words: &[&str]) -> Read<DecisionMade> {
    let [body, what, rest @ ..] = words else {
        return Err("decision AGENCY WHAT".into());
    };
    let agency = agency(body)?;
    let (decision, kind) = match *what {
        "release" => (Decision::Release, DecisionKind::Release),
        "inspect" => (Decision::Inspect, DecisionKind::Inspect),
        "refuse" => (Decision::Refuse, DecisionKind::Refuse),
        "hold" => {
            let at = rest
                .iter()
                .position(|it| *it == "until")
                .ok_or("hold until +N UNIT")?;
            let [span, unit] = rest[at + 1..at + 3] else {
                return Err("hold until +N UNIT".into());
            };
            let until = story
                .now
                .plus_ms(span_ms(span.trim_start_matches('+'), unit)?);
            let for_whom = after(rest, "for")
                .map(self::agency)
                .transpose()?
                .unwrap_or(agency);
            (Decision::Hold { until, for_whom }, DecisionKind::Hold)
        }
        other => return Err(format!("no decision {other:?}")),
    };
    let answers = rest
        .iter()
        .map_while(|it| it.parse().ok())
        .map(FindingId)
        .collect();
    let mut usual = story.procedure.reasons_for(agency, kind);
    let usual = usual
        .find(|it| !it.id.ends_with("-00"))
        .map(|it| it.id.clone());
    let reason = after(rest, "reason")
        .map(str::to_owned)
        .or(usual)
        .unwrap_or_default();
    Ok(DecisionMade {
        agency,
        decision,
        answers,
        reason,
        un9417: 1,
        by: match after(rest, "rule") {
            Some(rule) => DecidedBy::Rule {
                rule: rule.into(),
                edition: story.procedure.edition.clone(),
            },
            None => DecidedBy::Officer {
                officer: OfficerId::new(after(rest, "by").unwrap_or("o-7")),
                second: after(rest, "second").map(OfficerId::new),
            },
        },
    })
}
