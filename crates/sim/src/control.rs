//! The simulated lane's control port: recordings come in, the lane's equipment says them as its
//! own. One JSON object a line, one answer a line. Loopback only; exists in the demo alone.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::equipment::Portal;
use crate::equipment::lines::Timed;
use crate::lane::Lane;
use crate::recorded::RecordedTruck;
use crate::recording::Block;

/// Longest line that is read: a radiograph as text.
const LINE_BYTES: u64 = 64 << 20;

/// What may be asked of a lane.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
pub enum Ask {
    /// The VM250 says these lines, `speed` times as fast as it did.
    Lines { lines: Vec<Timed>, speed: f64 },
    /// The Aspect portal shows these blocks, one a poll.
    Blocks { blocks: Vec<Block> },
    /// The scale says a line.
    Scale { line: String },
    /// A truck made of recordings goes through the lane; answers come as it goes.
    Truck { truck: Box<RecordedTruck> },
}

/// Serves until `tasks` ends; where.
pub async fn serve(lane: Arc<Lane>, tasks: &mut JoinSet<()>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let lane = lane.clone();
            connections.spawn(async move {
                if let Err(why) = attend(&lane, stream).await {
                    tracing::debug!(%why, "a control connection ended");
                }
            });
            while connections.try_join_next().is_some() {}
        }
    });
    Ok(address)
}

async fn attend(lane: &Arc<Lane>, stream: TcpStream) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(tokio::io::AsyncReadExt::take(reading, LINE_BYTES)).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str::<Ask>(&line) {
            Ok(Ask::Truck { truck }) => {
                let (progress, mut said) = tokio::sync::mpsc::unbounded_channel::<String>();
                let lane = lane.clone();
                let driving =
                    tokio::spawn(async move { lane.drive_recorded(*truck, progress).await });
                while let Some(text) = said.recv().await {
                    say(&mut writing, &json!({"said": text})).await?;
                }
                match driving.await {
                    Ok(how) => json!({"done": how}),
                    Err(why) => json!({"error": why.to_string()}),
                }
            }
            Ok(ask) => play(lane, ask).await,
            Err(why) => json!({"error": why.to_string()}),
        };
        say(&mut writing, &answer).await?;
    }
    Ok(())
}

async fn say(writing: &mut (impl AsyncWriteExt + Unpin), answer: &Value) -> io::Result<()> {
    writing.write_all(format!("{answer}\n").as_bytes()).await
}

async fn play(lane: &Lane, ask: Ask) -> Value {
    let equipment = &lane.equipment;
    match (ask, &equipment.portal) {
        (Ask::Lines { lines, speed }, Portal::Vm250(portal)) => {
            if !portal.is_heard(Duration::from_secs(5)).await {
                return json!({"error": "the checkpoint does not listen to this portal"});
            }
            let speed = if speed.is_finite() && speed > 0.0 {
                speed
            } else {
                1.0
            };
            let faster = |(after_ms, line): &Timed| {
                ((*after_ms as f64 / speed).round() as i64, line.clone())
            };
            let lines: Vec<Timed> = lines.iter().map(faster).collect();
            portal.play(&equipment.clock, &lines).await;
            json!({"done": format!("{} lines", lines.len())})
        }
        (Ask::Lines { .. }, Portal::Aspect(_)) => {
            json!({"error": "this lane has an Aspect portal; a VM250's lines are for another lane"})
        }
        (Ask::Blocks { blocks }, Portal::Aspect(portal)) => {
            let count = blocks.len();
            portal.play(blocks).await;
            json!({"done": format!("{count} polls")})
        }
        (Ask::Blocks { .. }, Portal::Vm250(_)) => {
            json!({"error": "this lane has a VM250 portal; an Aspect's registers are for another lane"})
        }
        (Ask::Scale { line }, _) => {
            if !equipment.scale.is_heard(Duration::from_secs(5)).await {
                return json!({"error": "the checkpoint does not listen to this scale"});
            }
            equipment.scale.say(&line);
            json!({"done": "1 line"})
        }
        (Ask::Truck { .. }, _) => json!({"error": "a truck is driven elsewhere"}),
    }
}
