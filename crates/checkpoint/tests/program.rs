//! The checkpoint's program over real sockets and a real ledger: devices that call, the lane's
//! screen, and a restart in between.

use checkpoint::config::{Config, LaneConfig, Names, Person};
use checkpoint::program::{self, Running};
use devices::plate::hikvision;
use domain::agency::Agency;
use domain::fact::{Completion, DeviceHealth, Direction, Fact};
use domain::reading::{CameraPosition, PlateReading};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

struct Post {
    folder: TempDir,
    running: Running,
    client: reqwest::Client,
}

fn config(folder: &TempDir) -> Config {
    let procedures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures");
    let person = |name: &str, agency| Person {
        name: name.to_owned(),
        agency,
        pin: checkpoint::pin_hash("2468").unwrap(),
    };
    Config {
        checkpoint: "CN05".to_owned(),
        name: Names::default(),
        data: folder.path().to_owned(),
        http: ([127, 0, 0, 1], 0).into(),
        procedures: procedures.into(),
        regime: domain::procedure::Regime::External,
        clock: Default::default(),
        link: None,
        lanes: vec![LaneConfig {
            number: 1,
            direction: Direction::Entry,
            portal: None,
            scale: None,
            barrier: None,
        }],
        people: vec![
            person("aigul", Agency::Customs),
            person("bolat", Agency::TransportControl),
            person("daria", Agency::Customs),
        ],
    }
}

impl Post {
    async fn open() -> Post {
        // A second start in the same process finds the provider in place.
        _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let running = program::run(config(&folder)).await.unwrap();
        Post {
            folder,
            running,
            client: reqwest::Client::new(),
        }
    }

    async fn reopen(self) -> Post {
        let Post {
            folder,
            running,
            client,
        } = self;
        // An idle connection of ours would hold the old program's ledger.
        drop(client);
        running.stop().await;
        let client = reqwest::Client::new();
        let running = program::run(config(&folder)).await.unwrap();
        Post {
            folder,
            running,
            client,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.http)
    }

    async fn camera(&self, plate: &str, id: &str) -> StatusCode {
        let reading = PlateReading {
            position: CameraPosition::Front,
            plate: Some(plate.to_owned()),
            raw: Some(plate.to_owned()),
            country: Some("KZ".to_owned()),
            country_raw: None,
            confidence: Some(0.97),
            candidates: Vec::new(),
            taken_at_claimed: None,
            direction: None,
            vehicle_type: None,
            message_id: Some(id.to_owned()),
            vendor: "hikvision".to_owned(),
            pictures: Vec::new(),
        };
        let sent = hikvision::encode(&reading, &[]);
        let post = self.client.post(self.url("/devices/1/plate-front"));
        let post = post
            .header("content-type", sent.content_type)
            .body(sent.body);
        post.send().await.unwrap().status()
    }

    async fn lane(&self) -> Value {
        let got = self.client.get(self.url("/api/lane")).send().await.unwrap();
        got.json::<Value>().await.unwrap()["lanes"][0].clone()
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let got = self
            .client
            .post(self.url(path))
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = got.status();
        (status, got.json().await.unwrap_or(Value::Null))
    }

    async fn facts(&self) -> Vec<Fact> {
        let records = self
            .running
            .ledger
            .read("CN05", self.running.ledger.epoch(), 0, 500)
            .await;
        records
            .unwrap()
            .iter()
            .map(|it| it.parse().unwrap().fact)
            .collect()
    }
}

#[tokio::test]
async fn a_cameras_message_is_a_passage_before_it_is_answered() {
    let post = Post::open().await;
    assert_eq!(post.camera("777KZA05", "m-1").await, StatusCode::OK);
    let lane = post.lane().await;
    assert_eq!(lane["passages"][0]["passage"], "CN05-1", "{lane}");
    // The camera did not hear our answer and sends it again; so does a restart in between.
    assert_eq!(post.camera("777KZA05", "m-1").await, StatusCode::OK);
    let post = post.reopen().await;
    assert_eq!(post.camera("777KZA05", "m-1").await, StatusCode::OK);
    let lane = post.lane().await;
    assert_eq!(lane["passages"].as_array().unwrap().len(), 1, "{lane}");
    let repeats =
        |it: &&Fact| matches!(it, Fact::Disregarded { reason, .. } if reason == "repeated_message");
    assert_eq!(
        post.facts().await.iter().filter(repeats).count(),
        2,
        "each repeat is kept"
    );
}

#[tokio::test]
async fn garbage_is_refused_by_name_and_kept() {
    let post = Post::open().await;
    let rubbish = "<EventNotificationAlert><ANPR><licensePlate>";
    let send = post
        .client
        .post(post.url("/devices/1/plate-front"))
        .body(rubbish);
    let got = send
        .header("content-type", "application/xml")
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = got.json().await.unwrap();
    assert_eq!(problem["code"], "device.garbled", "{problem}");
    let raw = post.facts().await.into_iter().find_map(|it| match it {
        Fact::Garbled { raw, .. } => raw,
        _ => None,
    });
    let kept = post
        .running
        .ledger
        .blob(raw.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept, rubbish.as_bytes());
    let got = post
        .client
        .post(post.url("/devices/9/plate-front"))
        .send()
        .await
        .unwrap();
    assert_eq!(got.status(), StatusCode::NOT_FOUND, "no such lane");
}

#[tokio::test]
async fn a_radiograph_goes_on_where_it_broke_off() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    let pixels = (0..64 * 48).map(|it| (it * 7 % 4096) as u16).collect();
    let raster = devices::xray::codec::Raster {
        width_px: 64,
        height_px: 48,
        bits: 12,
        pixels,
    };
    let layers = devices::xray::codec::layer_bytes(64, 48);
    let image = devices::xray::codec::encode(&raster, &layers).unwrap();
    let path = post.url("/devices/1/xray/s-1");
    let metadata = json!({"inspection": "s-1", "energy_mv": 6.0, "pixel_mm": 5.0});
    let put = post.client.put(format!("{path}/metadata")).json(&metadata);
    assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);
    let part = |first: usize, last: usize| {
        let range = format!("bytes {first}-{}/{}", last - 1, image.len());
        let put = post.client.put(&path).header("content-range", range);
        put.body(image[first..last].to_vec()).send()
    };
    assert_eq!(part(0, 100).await.unwrap().status(), StatusCode::ACCEPTED);
    let gap = part(200, 300).await.unwrap();
    assert_eq!(gap.status(), StatusCode::CONFLICT);
    assert_eq!(gap.headers()["upload-offset"], "100");
    let head = post.client.head(&path).send().await.unwrap();
    assert_eq!(head.headers()["upload-offset"], "100");
    assert_eq!(
        part(100, image.len()).await.unwrap().status(),
        StatusCode::CREATED
    );
    assert_eq!(
        part(100, image.len()).await.unwrap().status(),
        StatusCode::CREATED,
        "a repeat"
    );
    let images: Vec<_> = post
        .facts()
        .await
        .into_iter()
        .filter_map(|it| match it {
            Fact::ImageTaken(it) => Some(it),
            _ => None,
        })
        .collect();
    assert_eq!(images.len(), 1);
    let kept = post
        .running
        .ledger
        .blob(images[0].image)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept, image);
}

fn radiograph(seed: usize) -> Vec<u8> {
    let pixels = (0..64 * 48).map(|it| ((it * 7 + seed * 131) % 4096) as u16);
    let raster = devices::xray::codec::Raster {
        width_px: 64,
        height_px: 48,
        bits: 12,
        pixels: pixels.collect(),
    };
    let layers = devices::xray::codec::layer_bytes(64, 48);
    devices::xray::codec::encode(&raster, &layers).unwrap()
}

/// What the scanner is answered for one picture, sent whole under the number `s-1`.
async fn scanned(post: &Post, image: &[u8], taken_at: &str) -> StatusCode {
    let path = post.url("/devices/1/xray/s-1");
    let metadata = json!({
        "inspection": "s-1", "energy_mv": 6.0, "pixel_mm": 5.0, "taken_at": taken_at,
    });
    let put = post.client.put(format!("{path}/metadata")).json(&metadata);
    assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);
    let range = format!("bytes 0-{}/{}", image.len() - 1, image.len());
    let put = post.client.put(&path).header("content-range", range);
    put.body(image.to_vec()).send().await.unwrap().status()
}

/// Blobs that the ledger names: of pictures, and of bytes that a device should not have sent.
async fn named(post: &Post) -> Vec<domain::unit::BlobHash> {
    let facts = post.facts().await.into_iter();
    let named = facts.filter_map(|it| match it {
        Fact::ImageTaken(it) => Some(it.image),
        Fact::Garbled { raw, .. } => raw,
        _ => None,
    });
    named.collect()
}

fn hash(bytes: &[u8]) -> domain::unit::BlobHash {
    domain::unit::BlobHash(*blake3::hash(bytes).as_bytes())
}

#[tokio::test]
async fn another_picture_under_a_known_number_is_recorded_and_the_scanner_at_fault() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    let (first, second) = (radiograph(1), radiograph(2));
    let morning = "2026-10-01T03:00:00Z";
    assert_eq!(scanned(&post, &first, morning).await, StatusCode::CREATED);
    assert_eq!(scanned(&post, &first, morning).await, StatusCode::CREATED);
    assert_eq!(named(&post).await, [hash(&first)], "a repeat is no picture");
    let noon = "2026-10-01T07:00:00Z";
    assert_eq!(scanned(&post, &second, noon).await, StatusCode::CREATED);
    assert!(named(&post).await.contains(&hash(&second)), "acknowledged");
    let at_fault = |it: &Fact| {
        matches!(it, Fact::DeviceChanged { health: DeviceHealth::Degraded, why, .. }
            if why == "number_reused")
    };
    assert!(post.facts().await.iter().any(at_fault));
    // A restart in between makes no difference.
    let post = post.reopen().await;
    let third = radiograph(3);
    assert_eq!(scanned(&post, &third, noon).await, StatusCode::CREATED);
    assert!(named(&post).await.contains(&hash(&third)));
}

#[tokio::test]
async fn the_last_part_of_another_picture_is_no_repeat() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    let morning = "2026-10-01T03:00:00Z";
    scanned(&post, &radiograph(1), morning).await;
    let other = radiograph(2);
    let path = post.url("/devices/1/xray/s-1");
    let range = format!("bytes 100-{}/{}", other.len() - 1, other.len());
    let put = post.client.put(&path).header("content-range", range);
    let got = put.body(other[100..].to_vec()).send().await.unwrap();
    assert_eq!(got.status(), StatusCode::CONFLICT);
    assert_eq!(got.headers()["upload-offset"], "0");
}

#[tokio::test]
async fn another_plate_under_a_known_number_is_recorded() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    assert_eq!(post.camera("123ABC02", "m-1").await, StatusCode::OK);
    let reads = post.facts().await.into_iter().filter_map(|it| match it {
        Fact::PlateRead(it) => it.plate,
        _ => None,
    });
    assert_eq!(reads.collect::<Vec<_>>(), ["777KZA05", "123ABC02"]);
    let device = post.lane().await["devices"][0].clone();
    assert_eq!(device["why"], "number_reused", "{device}");
}

#[tokio::test]
async fn the_lane_asks_who_enters_something() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    let path = "/api/lane/passages/CN05-1/aside";
    let by = |name: &str, pin: &str| json!({"by": {"name": name, "pin": pin}});
    let (status, problem) = post.post(path, by("aigul", "0000")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("lane.pin_wrong"))
    );
    let (status, _) = post.post(path, by("nobody", "2468")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, _) = post.post(path, by("aigul", "2468")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(post.facts().await.contains(&Fact::MovedAside));
    let entry = "/api/lane/passages/CN05-1/entry";
    let mut all = by("aigul", "2468");
    all["entry"] = json!("presented");
    let (status, _) = post.post(entry, all).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let presented = |it: &Fact| {
        let documents = domain::stage::Stage::Documents;
        matches!(it, Fact::StageCompleted { stage, how: Completion::ByHand { .. } } if *stage == documents)
    };
    assert!(post.facts().await.iter().any(presented));
    for _ in 0..5 {
        post.post(path, by("bolat", "1111")).await;
    }
    let (status, problem) = post.post(path, by("bolat", "2468")).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{problem}");
}

#[tokio::test]
async fn a_release_at_the_lane_takes_two_people_of_two_bodies() {
    let post = Post::open().await;
    post.camera("777KZA05", "m-1").await;
    let path = "/api/lane/passages/CN05-1/decision";
    let signed = |name: &str| json!({"name": name, "pin": "2468"});
    let body = |first: &str, second: &str| {
        json!({
            "agency": "customs", "decision": "release", "answers": [], "reason": "C-01",
            "first": signed(first), "second": signed(second),
        })
    };
    for (first, second) in [("aigul", "aigul"), ("aigul", "daria")] {
        let (status, problem) = post.post(path, body(first, second)).await;
        let two = json!("lane.two_people");
        assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &two));
    }
    let (status, _) = post.post(path, body("aigul", "bolat")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    // The stages are not done: whether it counts is the procedure's to say, and it is kept.
    let kept = post.facts().await;
    let said = |it: &Fact| matches!(it, Fact::DecisionMade(_) | Fact::Disregarded { .. });
    assert!(
        said(kept.last().unwrap()) || kept.iter().any(said),
        "{kept:?}"
    );
}
