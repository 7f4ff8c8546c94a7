//! `beket feed LANE FILE...`: recorded device messages go into a running lane as the device would
//! send them: cameras, readers, spectrometers and X-ray call the checkpoint, portal and scale say
//! the recording through the simulated lane's own sockets. `--truck` makes one truck of several
//! recordings and sees it through to the barrier.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devices::xray::delivery::Metadata;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::calls::{Checkpoint, LaneOfficer};
use crate::control::Ask;
use crate::demo::{DemoFile, LaneFile};
use crate::recorded::{Message, RecordedTruck};
use crate::recording::{self, Recording};

/// A running lane.
#[derive(Debug, Clone)]
pub struct FeedTarget {
    pub lane: LaneFile,
    /// How much faster than recorded a portal's stream is played.
    pub speed: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("{path}: {why}")]
    File { path: String, why: String },
    #[error("no lane {0} runs here; there are {1}")]
    Lane(String, String),
    #[error("the lane: {0}")]
    Answer(String),
}

impl FeedTarget {
    /// `lane` is `CN05/L1`, or `L1` for the first checkpoint that has one; `data` is the folder of
    /// a running demo.
    pub fn find(data: &Path, lane: &str) -> Result<FeedTarget, FeedError> {
        let path = data.join("demo.json");
        let failed = |why: String| FeedError::File {
            path: path.display().to_string(),
            why,
        };
        let text = std::fs::read_to_string(&path).map_err(|why| failed(why.to_string()))?;
        let file: DemoFile = serde_json::from_str(&text).map_err(|why| failed(why.to_string()))?;
        let (checkpoint, number) = match lane.split_once('/') {
            Some((checkpoint, number)) => (Some(checkpoint), number),
            None => (None, lane),
        };
        let number: Option<u8> = number.trim_start_matches(['L', 'l']).parse().ok();
        let found = file.lanes.iter().find(|it| {
            Some(it.lane) == number && checkpoint.is_none_or(|code| code == it.checkpoint)
        });
        let names = || {
            let name = |it: &LaneFile| format!("{}/L{}", it.checkpoint, it.lane);
            file.lanes.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        match found {
            Some(lane) => Ok(FeedTarget {
                lane: lane.clone(),
                speed: 1.0,
            }),
            None => Err(FeedError::Lane(lane.to_owned(), names())),
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        let nobody = LaneOfficer {
            name: String::new(),
            pin: String::new(),
        };
        Checkpoint::new(&self.lane.http, nobody)
    }
}

/// Sends every file; one line each: what was sent, what was answered. `false` when one failed.
pub async fn feed(target: &FeedTarget, files: &[PathBuf], mut print: impl FnMut(String)) -> bool {
    let mut well = true;
    for file in files {
        let line = match one(target, file).await {
            Ok(line) => line,
            Err(why) => {
                well = false;
                format!("not sent: {why}")
            }
        };
        print(format!("{}: {line}", file.display()));
    }
    well
}

async fn one(target: &FeedTarget, file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|why| why.to_string())?;
    let number = target.lane.lane;
    let checkpoint = target.checkpoint();
    let post = async |path: &str, message: &devices::plate::Encoded| {
        let sent = checkpoint
            .message(&format!("L{number}/{path}"), message)
            .await;
        sent.unwrap_or_else(|why| why.to_string())
    };
    let recording = recording::recognise(&file.to_string_lossy(), &bytes)?;
    Ok(match recording {
        Recording::Plate(message) => {
            format!(
                "camera message to plate-front: {}",
                post("plate-front", &message).await
            )
        }
        Recording::N42(message) => {
            format!("N42 document: {}", post("n42", &message).await)
        }
        Recording::Documents(messages) => {
            let mut answers = Vec::new();
            for message in &messages {
                answers.push(post("documents", message).await);
            }
            format!("{} documents: {}", messages.len(), summed(&answers))
        }
        Recording::Containers(messages) => {
            let mut answers = Vec::new();
            for message in &messages {
                answers.push(post("container", message).await);
            }
            format!("{} container numbers: {}", messages.len(), summed(&answers))
        }
        Recording::Vm250(lines) => {
            let count = lines.len();
            let ask = Ask::Lines {
                lines,
                speed: target.speed,
            };
            format!(
                "{count} lines through the portal's socket: {}",
                asked(target, &ask).await?
            )
        }
        Recording::Aspect(blocks) => {
            let count = blocks.len();
            let ask = Ask::Blocks { blocks };
            format!(
                "{count} polls through the portal's registers: {}",
                asked(target, &ask).await?
            )
        }
        Recording::Weighings(lines) => {
            let mut answers = Vec::new();
            for line in &lines {
                answers.push(asked(target, &Ask::Scale { line: line.clone() }).await?);
            }
            format!(
                "{} weighings through the scale's socket: {}",
                lines.len(),
                summed(&answers)
            )
        }
        Recording::Radiograph(j2k) => {
            let about = beside(file);
            let metadata = metadata(file, about.as_ref(), j2k.len());
            let scan = file.file_stem().unwrap_or_default().to_string_lossy();
            let sent = checkpoint.image(number, &scan, &metadata, &j2k).await;
            let answer = sent.unwrap_or_else(|why| why.to_string());
            format!("radiograph of {} bytes in parts: {answer}", j2k.len())
        }
    })
}

/// Equal answers once, with how many.
fn summed(answers: &[String]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for answer in answers {
        match counts.iter_mut().find(|(known, _)| known == answer) {
            Some((_, count)) => *count += 1,
            None => counts.push((answer, 1)),
        }
    }
    let shown = counts
        .iter()
        .take(5)
        .map(|(answer, count)| format!("{count} x {answer}"));
    shown.collect::<Vec<_>>().join("; ")
}

/// The JSON that stands beside `drums_he.j2k`: `drums.json`.
fn beside(file: &Path) -> Option<Value> {
    let stem = file.file_stem()?.to_string_lossy().into_owned();
    let bare = stem
        .strip_suffix("_he")
        .or_else(|| stem.strip_suffix("_le"))
        .unwrap_or(&stem);
    let text = std::fs::read(file.with_file_name(format!("{bare}.json"))).ok()?;
    serde_json::from_slice(&text).ok()
}

fn metadata(file: &Path, about: Option<&Value>, size: usize) -> Metadata {
    let of = |name: &str| about.and_then(|it| it.get(name));
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let low = stem.ends_with("_le");
    let scene = stem.strip_suffix(if low { "_le" } else { "_he" });
    Metadata {
        // Both energies of a recording are one inspection.
        inspection: scene.unwrap_or(&stem).to_owned(),
        scan: 1,
        view: "side".to_owned(),
        energy_mv: if low { 3.5 } else { 6.0 },
        pixel_mm: of("px_mm").and_then(Value::as_f64).unwrap_or(5.0),
        domain: "log12".to_owned(),
        open_level: of("open_level").and_then(Value::as_u64).map(|it| it as u32),
        size_bytes: Some(size as u64),
        taken_at_claimed: None,
        mass_kg: None,
        regions: vec![],
        fault: None,
    }
}

/// What the truck is made of.
#[derive(Debug, Clone, Default)]
pub struct TruckFiles {
    /// Camera message, radiograph, portal stream, weighings, documents: told by their bytes.
    pub files: Vec<PathBuf>,
    /// Which vehicle of the portal's stream, from 1.
    pub occupancy: usize,
    /// Which record of the weighings, from 0.
    pub weighing: usize,
    /// How many of the documents are presented.
    pub documents: usize,
}

/// One truck made of recordings, from the camera to the barrier. Prints as it goes.
pub async fn truck(
    target: &FeedTarget,
    files: &TruckFiles,
    mut print: impl FnMut(String),
) -> Result<String, FeedError> {
    let mut truck = RecordedTruck::default();
    for path in &files.files {
        let failed = |why: String| FeedError::File {
            path: path.display().to_string(),
            why,
        };
        let bytes = std::fs::read(path).map_err(|why| failed(why.to_string()))?;
        match recording::recognise(&path.to_string_lossy(), &bytes).map_err(failed)? {
            Recording::Plate(message) => truck.plate = Some(Message::new(&message)),
            Recording::Vm250(lines) => {
                let wanted = files.occupancy.max(1);
                let all = recording::occupancies(&lines);
                let one = all.get(wanted - 1).cloned();
                truck.occupancy = one.ok_or_else(|| {
                    failed(format!("no vehicle {wanted}; there are {}", all.len()))
                })?;
            }
            Recording::Radiograph(j2k) => {
                truck.radiograph = Some(STANDARD.encode(&j2k));
                truck.manifest = beside(path);
            }
            Recording::Weighings(lines) => {
                let line = lines.get(files.weighing).cloned();
                truck.weighing = Some(line.ok_or_else(|| {
                    failed(format!(
                        "no record {}; there are {}",
                        files.weighing,
                        lines.len()
                    ))
                })?);
            }
            Recording::Documents(messages) => {
                let some = messages.iter().take(files.documents.max(1));
                truck.documents.extend(some.map(Message::new));
            }
            other => {
                let kind = format!("{other:?}");
                let kind: String = kind.chars().take(12).collect();
                return Err(failed(format!("{kind}... does not make a truck")));
            }
        }
        print(format!("{}: taken", path.display()));
    }
    converse(
        target,
        &Ask::Truck {
            truck: Box::new(truck),
        },
        print,
    )
    .await
    .map_err(FeedError::Answer)
}

async fn asked(target: &FeedTarget, ask: &Ask) -> Result<String, String> {
    converse(target, ask, |_| ()).await
}

/// One question to the lane's control port; what it says on the way is printed.
async fn converse(
    target: &FeedTarget,
    ask: &Ask,
    mut print: impl FnMut(String),
) -> Result<String, String> {
    let failed = |why: std::io::Error| format!("the lane's control port: {why}");
    let stream = TcpStream::connect(target.lane.control)
        .await
        .map_err(failed)?;
    let (reading, mut writing) = stream.into_split();
    let line = serde_json::to_string(ask).map_err(|why| why.to_string())?;
    writing
        .write_all(format!("{line}\n").as_bytes())
        .await
        .map_err(failed)?;
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await.map_err(failed)? {
        let answer: Value = serde_json::from_str(&line).map_err(|why| why.to_string())?;
        let text = |name: &str| {
            answer.get(name).map(|it| match it {
                Value::String(it) => it.clone(),
                other => other.to_string(),
            })
        };
        if let Some(said) = text("said") {
            print(said);
        } else if let Some(error) = text("error") {
            return Err(error);
        } else if let Some(done) = text("done") {
            return Ok(done);
        }
    }
    Err("the lane hung up".to_owned())
}
