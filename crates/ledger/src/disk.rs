//! Files as the ledger needs them: replaced whole, made durable, and the room that is left.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// How much room the ledger's disk has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Ample {
        free_bytes: u64,
    },
    /// Below the low-water mark: take in no new vehicle; blobs are refused, records are not.
    Low {
        free_bytes: u64,
    },
    /// The disk was full and the reserve was released: only what must be written should be.
    Reserve {
        free_bytes: u64,
    },
}

impl Space {
    pub fn free_bytes(self) -> u64 {
        let (Space::Ample { free_bytes }
        | Space::Low { free_bytes }
        | Space::Reserve { free_bytes }) = self;
        free_bytes
    }
}

/// The disk of a ledger, as its watermarks see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

impl Room {
    /// 0 to 100, rounded down; what only the superuser may use counts as used.
    pub fn used_percent(self) -> u8 {
        let used = u128::from(self.total_bytes.saturating_sub(self.free_bytes));
        (used * 100 / u128::from(self.total_bytes.max(1))) as u8
    }
}

pub(crate) fn room(folder: &Path) -> Result<Room> {
    let disk = rustix::fs::statvfs(folder)
        .map_err(|e| Error::file(&format!("free space of {}", folder.display()), e.into()))?;
    Ok(Room {
        free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        total_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
    })
}

/// Bytes an unprivileged process may still write on the disk of `folder`.
pub(crate) fn free_bytes(folder: &Path) -> Result<u64> {
    Ok(room(folder)?.free_bytes)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder durable in its parent too, when it is new.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
    }
    Ok(())
}

/// Writes a file that is afterwards there whole or not at all, and durable.
/// `temporary` is a name in the same folder that nobody else uses.
pub(crate) fn write_whole(
    path: &Path,
    temporary: &Path,
    bytes: &[u8],
    mode: u32,
) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(temporary, path));
    if written.is_err() {
        // The caller is told of the first error; a leftover is removed at the next start.
        let _ = fs::remove_file(temporary);
        return written;
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// A file of zeros whose blocks are really allocated; deleting it makes room on a full disk.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Reserve {
    /// Allocates the reserve unless it is there. Without room there is none, and `held` says so.
    pub(crate) fn new(folder: &Path, bytes: u64) -> Reserve {
        let mut reserve = Reserve {
            path: folder.join("reserve"),
            bytes,
            held: false,
        };
        reserve.hold();
        reserve
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    pub(crate) fn hold(&mut self) {
        if self.bytes == 0 {
            let _ = fs::remove_file(&self.path);
            self.held = true;
            return;
        }
        let allocated = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
            .and_then(|file| {
                let flags = rustix::fs::FallocateFlags::empty();
                rustix::fs::fallocate(&file, flags, 0, self.bytes)?;
                file.set_len(self.bytes)?;
                file.sync_all()
            });
        self.held = allocated.is_ok();
        if let Err(error) = allocated {
            tracing::warn!(%error, bytes = self.bytes, "no room for the ledger's reserve");
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Gives the room back to the disk. `false` when that had been done before.
    pub(crate) fn release(&mut self) -> bool {
        if !self.held {
            return false;
        }
        self.held = false;
        fs::remove_file(&self.path).is_ok() || self.bytes == 0
    }
}
