//! Server-sent events as a stream of names: enough to know that something changed. The data is
//! not kept; whoever listens asks again for what it shows.

use futures::StreamExt;
use tokio::sync::watch;

/// Listens at `url` until the response ends or fails, and counts each event in `count`.
pub async fn listen(
    client: &reqwest::Client,
    url: &str,
    count: &watch::Sender<u64>,
) -> Result<(), reqwest::Error> {
    let response = client.get(url).send().await?.error_for_status()?;
    let mut chunks = response.bytes_stream();
    let mut line: Vec<u8> = Vec::new();
    while let Some(chunk) = chunks.next().await {
        for &byte in chunk?.iter() {
            match byte {
                b'\n' => {
                    if line.starts_with(b"event:") || line.starts_with(b"data:") {
                        count.send_modify(|it| *it += 1);
                    }
                    line.clear();
                }
                // Longer lines are data nobody reads here.
                _ if line.len() < 64 => line.push(byte),
                _ => (),
            }
        }
    }
    Ok(())
}
