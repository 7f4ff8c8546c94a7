//! What `ledger.db` looked like when it was closed: eight bytes of BLAKE3 for each of its pages.
//!
//! The signed tree guards the records. This guards the bytes between them (free space, counters),
//! so that `verify` sees any byte changed in a closed ledger. It is not signed and proves nothing
//! against somebody who writes it anew; it is gone while a ledger is open or after a crash.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::disk;
use crate::schema::DATABASE;

const FILE: &str = "closed";
const PAGE: usize = 4096;
const PRINT: usize = 8;

/// One print for each page of the database; the last page may be short.
fn prints(folder: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(folder.join(DATABASE))?;
    let mut prints = Vec::new();
    let mut page = Vec::with_capacity(PAGE);
    loop {
        page.clear();
        file.by_ref().take(PAGE as u64).read_to_end(&mut page)?;
        if page.is_empty() {
            return Ok(prints);
        }
        prints.extend_from_slice(&blake3::hash(&page).as_bytes()[..PRINT]);
    }
}

/// Whether transactions wait beside the database: then its bytes alone say nothing.
fn has_log(folder: &Path) -> bool {
    fs::metadata(folder.join(format!("{DATABASE}-wal"))).is_ok_and(|it| it.len() > 0)
}

/// Before the first write to an opened ledger.
pub(crate) fn forget(folder: &Path) -> std::io::Result<()> {
    match fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => disk::sync_folder(folder),
    }
}

/// After the last connection of this process was closed.
pub(crate) fn note(folder: &Path) -> std::io::Result<()> {
    if has_log(folder) {
        return Ok(());
    }
    let prints = prints(folder)?;
    disk::write_whole(
        &folder.join(FILE),
        &folder.join("closed.new"),
        &prints,
        0o644,
    )
}

/// Pages, numbered from 1 as SQLite does, that are not as they were; empty when that is not known.
pub(crate) fn changed_pages(folder: &Path) -> std::io::Result<Vec<u64>> {
    let Ok(then) = fs::read(folder.join(FILE)) else {
        return Ok(Vec::new());
    };
    if has_log(folder) {
        return Ok(Vec::new());
    }
    let now = prints(folder)?;
    let (then, now): (Vec<_>, Vec<_>) = (then.chunks(PRINT).collect(), now.chunks(PRINT).collect());
    let pages = then.len().max(now.len());
    Ok((0..pages)
        .filter(|at| then.get(*at) != now.get(*at))
        .map(|at| at as u64 + 1)
        .collect())
}
