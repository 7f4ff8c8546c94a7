//! Raw device bytes, kept before anybody parses them, so that a decoder's mistake can be repaired
//! and a dispute settled. One file a device and day; each entry is a line of JSON with the time,
//! the length, and the bytes (as text where they are text, else base64).
//!
//! Not the ledger: the journal proves nothing and may be pruned by age. A message that becomes a
//! fact with pictures is also a blob.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::unit::UtcMs;
use serde_json::json;

const DAY_MS: i64 = 24 * 3600 * 1000;

pub struct Journal {
    folder: PathBuf,
    open: HashMap<String, (i64, File)>,
}

impl Journal {
    pub fn open(folder: PathBuf) -> std::io::Result<Journal> {
        std::fs::create_dir_all(&folder)?;
        Ok(Journal {
            folder,
            open: HashMap::new(),
        })
    }

    /// Appends `bytes` as `device` (`L1/portal`) sent them.
    pub fn keep(&mut self, device: &str, bytes: &[u8], now: UtcMs) -> std::io::Result<()> {
        let day = now.0.div_euclid(DAY_MS);
        let stale = self.open.get(device).is_none_or(|(of, _)| *of != day);
        if stale {
            let name = format!("{}.{day}.jsonl", device.replace('/', "-"));
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(self.folder.join(name))?;
            self.open.insert(device.to_owned(), (day, file));
        }
        let Some((_, file)) = self.open.get_mut(device) else {
            return Ok(());
        };
        let entry = match std::str::from_utf8(bytes) {
            Ok(text) => json!({"t": now.0, "n": bytes.len(), "text": text}),
            Err(_) => json!({"t": now.0, "n": bytes.len(), "base64": STANDARD.encode(bytes)}),
        };
        let mut line = entry.to_string();
        line.push('\n');
        file.write_all(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_device_sent_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path().to_owned()).unwrap();
        journal
            .keep("L1/portal", b"GB,000312\r\n", UtcMs(5))
            .unwrap();
        journal.keep("L1/portal", &[0xff, 0x00], UtcMs(6)).unwrap();
        let text = std::fs::read_to_string(folder.path().join("L1-portal.0.jsonl")).unwrap();
        let entries: Vec<serde_json::Value> = text
            .lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect();
        assert_eq!(entries[0]["text"], "GB,000312\r\n");
        assert_eq!(entries[1]["base64"], "/wA=");
    }
}
