//! A folder in which a parcel is handed to the running program, which alone may write its ledgers:
//! `<name>.parcel` is put in whole, `<name>.json` is the answer. Both sides look; nobody listens.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::import::Imported;
use super::{ParcelError, file};
use crate::enrol::{read_json, write_json};

/// How far the program has come with a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Working { bytes: u64, of: u64 },
    Imported(Imported),
    Refused { code: String, why: String },
}

impl From<Result<Imported, ParcelError>> for Answer {
    fn from(taken: Result<Imported, ParcelError>) -> Answer {
        match taken {
            Ok(imported) => Answer::Imported(imported),
            Err(error) => Answer::Refused {
                code: error.code().to_owned(),
                why: error.to_string(),
            },
        }
    }
}

#[derive(Debug, Clone)]
pub struct Inbox {
    folder: PathBuf,
}

impl Inbox {
    /// In a node's data folder.
    pub fn new(data: &Path) -> Inbox {
        Inbox {
            folder: data.join("parcels"),
        }
    }

    /// Copies a file in, under the name of its bytes; that name.
    pub fn put(&self, parcel: &Path) -> Result<String, ParcelError> {
        fs::create_dir_all(&self.folder).map_err(file(&self.folder))?;
        let arriving = self.folder.join(format!("{}.arriving", std::process::id()));
        fs::copy(parcel, &arriving).map_err(file(parcel))?;
        let mut hasher = blake3::Hasher::new();
        let mut copied = fs::File::open(&arriving).map_err(file(&arriving))?;
        std::io::copy(&mut copied, &mut hasher).map_err(file(&arriving))?;
        let name: String = hasher.finalize().to_hex().chars().take(16).collect();
        let _ = fs::remove_file(self.answer_path(&name));
        let place = self.folder.join(format!("{name}.parcel"));
        copied
            .sync_all()
            .and_then(|()| fs::rename(&arriving, &place))
            .map_err(file(&place))?;
        Ok(name)
    }

    /// What waits, with its name.
    pub fn next(&self) -> Option<(String, PathBuf)> {
        let files = fs::read_dir(&self.folder).ok()?.flatten();
        let mut waiting: Vec<PathBuf> = files
            .map(|it| it.path())
            .filter(|it| it.extension().is_some_and(|it| it == "parcel"))
            .collect();
        waiting.sort();
        let path = waiting.into_iter().next()?;
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((name, path))
    }

    pub fn answer(&self, name: &str, answer: &Answer) -> Result<(), ParcelError> {
        write_json(&self.answer_path(name), answer)?;
        if !matches!(answer, Answer::Working { .. }) {
            let place = self.folder.join(format!("{name}.parcel"));
            fs::remove_file(&place).map_err(file(&place))?;
        }
        Ok(())
    }

    pub fn answered(&self, name: &str) -> Option<Answer> {
        read_json(&self.answer_path(name)).ok()
    }

    fn answer_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}
