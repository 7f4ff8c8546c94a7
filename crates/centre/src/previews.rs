//! X-ray previews as PNG, decoded from the layers that have arrived; the last few are kept. Not
//! here: how JPEG 2000 is decoded (`devices::xray::codec`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use devices::xray::j2k::{code_stream, prefix};
use domain::unit::BlobHash;
use tokio::sync::Semaphore;

use crate::limits;
use crate::problem::{Code, Problem};

/// One entry an image, width and number of bytes it was decoded from (those of whole layers).
type Key = (BlobHash, u32, usize);
type Kept = VecDeque<(Key, Arc<Vec<u8>>)>;

#[derive(Clone)]
pub struct Previews {
    kept: Arc<Mutex<Kept>>,
    turns: Arc<Semaphore>,
}

impl Previews {
    pub fn new() -> Previews {
        Previews {
            kept: Arc::default(),
            turns: Arc::new(Semaphore::new(limits::PREVIEWS_AT_ONCE)),
        }
    }

    /// PNG of the image, at most `width_px` wide, as good as `bytes` allow.
    pub async fn png(
        &self,
        hash: BlobHash,
        bytes: Vec<u8>,
        width_px: u32,
    ) -> Result<Arc<Vec<u8>>, Problem> {
        let bytes = whole_layers(bytes)?;
        let key = (hash, width_px, bytes.len());
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let _turn = self.turns.acquire().await.map_err(|_| Code::Busy)?;
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let png = tokio::task::spawn_blocking(move || decode(&bytes, width_px))
            .await
            .map_err(|e| Problem::new(Code::Internal, e.to_string()))?
            .map_err(|why| Problem::new(Code::ImageUnreadable, why))?;
        let png = Arc::new(png);
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        // A better decoding of the same image takes the place of the earlier one.
        kept.retain(|((h, w, _), _)| (h, w) != (&key.0, &key.1));
        kept.push_back((key, png.clone()));
        if kept.len() > limits::PREVIEWS_KEPT {
            kept.pop_front();
        }
        Ok(png)
    }

    fn find(&self, key: &Key) -> Option<Arc<Vec<u8>>> {
        let kept = self
            .kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.iter()
            .find(|(it, _)| it == key)
            .map(|(_, png)| png.clone())
    }
}

impl Default for Previews {
    fn default() -> Previews {
        Previews::new()
    }
}

/// The code stream up to its last whole quality layer: one cut within a layer cannot be decoded.
fn whole_layers(bytes: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let unreadable =
        |e: devices::garbled::Garbled| Problem::new(Code::ImageUnreadable, e.to_string());
    let stream = code_stream(&bytes).map_err(unreadable)?;
    if stream.is_whole() {
        return Ok(bytes);
    }
    let last = stream
        .layer_ends
        .len()
        .checked_sub(1)
        .ok_or(Code::ImageNotReady)?;
    let cut = prefix(&bytes, last).map_err(unreadable)?;
    cut.ok_or_else(|| Code::ImageNotReady.into())
}

fn decode(bytes: &[u8], width_px: u32) -> Result<Vec<u8>, String> {
    devices::xray::codec::preview_png(bytes, width_px).map_err(|e| e.to_string())
}
