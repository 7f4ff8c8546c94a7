//! Blobs as files named by their BLAKE3: `blobs/ab/<64 hexadecimal digits>`.
//!
//! A whole blob was written beside its place, synced, renamed, and its folder synced. One that is
//! still arriving stands as `<hash>.part-<total>`, grows at its end only, and becomes a blob when
//! its hash fits; its bytes are not synced before that, so a power cut may cost what had arrived.
//! An empty file `<hash>.delivered` beside a blob says that the peer holds it whole and durably: only
//! such a blob is ever evicted, and afterwards the file says that it was. Losing one only keeps a
//! blob here for longer.
//! Everything here is synchronous; the handle calls it off the async threads.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use domain::unit::BlobHash;

use crate::check::Damage;
use crate::disk;
use crate::error::{Error, Refusal, Result};
use crate::limits::{BLOB_BYTES, BLOB_CHUNK_BYTES};

/// How much of a blob is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobStatus {
    Absent,
    /// The first `have` bytes of `total`, not yet verified.
    Partial {
        have: u64,
        total: u64,
    },
    Complete {
        len: u64,
    },
}

/// What an eviction removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evicted {
    pub blobs: u64,
    pub bytes: u64,
}

/// A blob that the peer holds too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivered {
    pub kept_since: SystemTime,
    pub hash: BlobHash,
}

#[derive(Debug)]
pub(crate) struct Blobs {
    folder: PathBuf,
    /// One writer for each first byte of a hash.
    locks: Vec<Mutex<()>>,
    temporary: AtomicU64,
}

/// BLAKE3 of bytes, as blobs are named.
pub(crate) fn hash(bytes: &[u8]) -> BlobHash {
    BlobHash(*blake3::hash(bytes).as_bytes())
}

pub(crate) fn hash_file(path: &Path) -> std::io::Result<BlobHash> {
    let mut hasher = blake3::Hasher::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(BlobHash(*hasher.finalize().as_bytes())),
            n => hasher.update(&buffer[..n]),
        };
    }
}

/// `None` instead of the error when the file is not there.
fn if_there<T>(result: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match result {
        Ok(it) => Ok(Some(it)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

impl Blobs {
    /// Opens the folder and removes what an interrupted write left beside the blobs.
    pub(crate) fn open(folder: PathBuf) -> Result<Blobs> {
        let opened = || -> std::io::Result<()> {
            disk::make_folder(&folder)?;
            for shelf in fs::read_dir(&folder)? {
                let shelf = shelf?.path();
                if !shelf.is_dir() {
                    continue;
                }
                for file in fs::read_dir(&shelf)? {
                    let file = file?;
                    if file.file_name().to_string_lossy().contains(".tmp-") {
                        fs::remove_file(file.path())?;
                    }
                }
            }
            Ok(())
        };
        opened().map_err(|e| Error::file("the blobs' folder", e))?;
        Ok(Blobs::beside(folder))
    }

    /// For reading beside the program that writes them; touches nothing.
    pub(crate) fn beside(folder: PathBuf) -> Blobs {
        let locks = (0..=u8::MAX).map(|_| Mutex::new(())).collect();
        Blobs {
            folder,
            locks,
            temporary: AtomicU64::new(0),
        }
    }

    fn lock(&self, hash: &BlobHash) -> std::sync::MutexGuard<'_, ()> {
        // The lock guards files, not memory: after a panic elsewhere it is as good as before.
        match self.locks[usize::from(hash.0[0])].lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    fn shelf(&self, hash: &BlobHash) -> PathBuf {
        self.folder.join(format!("{:02x}", hash.0[0]))
    }

    pub(crate) fn path(&self, hash: &BlobHash) -> PathBuf {
        self.shelf(hash).join(hash.to_string())
    }

    /// The partial file of a blob, what it holds, and the total that its name says.
    fn partial(&self, hash: &BlobHash) -> std::io::Result<Option<(PathBuf, u64, u64)>> {
        let begins = format!("{hash}.part-");
        let Some(files) = if_there(fs::read_dir(self.shelf(hash)))? else {
            return Ok(None);
        };
        for file in files {
            let file = file?;
            let name = file.file_name();
            let total = name.to_str().and_then(|name| name.strip_prefix(&begins));
            if let Some(total) = total.and_then(|total| total.parse().ok()) {
                return Ok(Some((file.path(), file.metadata()?.len(), total)));
            }
        }
        Ok(None)
    }

    pub(crate) fn status(&self, hash: &BlobHash) -> Result<BlobStatus> {
        let status = || -> std::io::Result<BlobStatus> {
            if let Some(file) = if_there(fs::metadata(self.path(hash)))? {
                return Ok(BlobStatus::Complete { len: file.len() });
            }
            Ok(match self.partial(hash)? {
                Some((_, have, total)) => BlobStatus::Partial { have, total },
                None => BlobStatus::Absent,
            })
        };
        status().map_err(|e| Error::file(&format!("blob {hash}"), e))
    }

    pub(crate) fn put(&self, bytes: &[u8]) -> Result<BlobHash> {
        if bytes.len() as u64 > BLOB_BYTES {
            let what = format!("a blob of {} bytes", bytes.len());
            return Err(Refusal::TooMuch {
                what,
                limit: BLOB_BYTES,
            }
            .into());
        }
        let hash = hash(bytes);
        let _guard = self.lock(&hash);
        let put = || -> std::io::Result<()> {
            let path = self.path(&hash);
            // A file of the right length may have rotted; then the bytes at hand mend it.
            if path.exists() && hash_file(&path)? == hash {
                return Ok(());
            }
            disk::make_folder(&self.shelf(&hash))?;
            let number = self.temporary.fetch_add(1, Ordering::Relaxed);
            let temporary = path.with_extension(format!("tmp-{number}"));
            disk::write_whole(&path, &temporary, bytes, 0o644)?;
            if let Some((partial, ..)) = self.partial(&hash)? {
                fs::remove_file(partial)?;
            }
            Ok(())
        };
        put().map_err(|e| Error::file(&format!("blob {hash}"), e))?;
        Ok(hash)
    }

    /// The whole blob, verified; `None` when it is not whole or not here.
    pub(crate) fn whole(&self, hash: &BlobHash) -> Result<Option<Vec<u8>>> {
        let bytes = if_there(fs::read(self.path(hash)))
            .map_err(|e| Error::file(&format!("blob {hash}"), e))?;
        match bytes {
            Some(bytes) if self::hash(&bytes) != *hash => {
                let why = format!("its {} bytes hash to {}", bytes.len(), self::hash(&bytes));
                Err(Error::damaged(Damage::Blob { hash: *hash, why }))
            }
            other => Ok(other),
        }
    }

    /// Bytes from `offset`, at most `len` and [`BLOB_CHUNK_BYTES`], of a whole blob. Not verified:
    /// who takes them verifies the whole. Fewer or none at the end.
    pub(crate) fn range(
        &self,
        hash: &BlobHash,
        offset: u64,
        len: usize,
    ) -> Result<Option<Vec<u8>>> {
        let read = || -> std::io::Result<Option<Vec<u8>>> {
            let Some(mut file) = if_there(File::open(self.path(hash)))? else {
                return Ok(None);
            };
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(len.min(BLOB_CHUNK_BYTES) as u64)
                .read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        read().map_err(|e| Error::file(&format!("blob {hash}"), e))
    }

    pub(crate) fn prefix(&self, hash: &BlobHash) -> Result<Option<(Vec<u8>, u64)>> {
        let read = || -> std::io::Result<Option<(Vec<u8>, u64)>> {
            let Some((path, _, total)) = self.partial(hash)? else {
                return Ok(None);
            };
            // The blob may have become whole since: then it is no partial one.
            Ok(if_there(fs::read(path))?.map(|bytes| (bytes, total)))
        };
        read().map_err(|e| Error::file(&format!("blob {hash}"), e))
    }

    /// Adds bytes at the end of a partial blob; what was here before `offset` stays. Bytes that
    /// are here already are skipped, a hole is refused.
    pub(crate) fn write_at(
        &self,
        hash: &BlobHash,
        total: u64,
        offset: u64,
        bytes: &[u8],
    ) -> Result<BlobStatus> {
        if total > BLOB_BYTES {
            let what = format!("a blob of {total} bytes");
            return Err(Refusal::TooMuch {
                what,
                limit: BLOB_BYTES,
            }
            .into());
        }
        if bytes.len() > BLOB_CHUNK_BYTES {
            let what = format!("{} bytes of a blob", bytes.len());
            return Err(Refusal::TooMuch {
                what,
                limit: BLOB_CHUNK_BYTES as u64,
            }
            .into());
        }
        let file_error = |e| Error::file(&format!("blob {hash}"), e);
        let _guard = self.lock(hash);
        let have = match self.status(hash)? {
            BlobStatus::Complete { len } => return Ok(BlobStatus::Complete { len }),
            BlobStatus::Partial { total: said, .. } if said != total => {
                return Err(Refusal::BlobTotal {
                    hash: *hash,
                    said,
                    total,
                }
                .into());
            }
            BlobStatus::Partial { have, .. } => have,
            BlobStatus::Absent => 0,
        };
        let end = offset
            .checked_add(bytes.len() as u64)
            .filter(|end| *end <= total);
        let Some(end) = end else {
            let what = format!("bytes of blob {hash} from {offset}, beyond its end");
            return Err(Refusal::TooMuch { what, limit: total }.into());
        };
        if offset > have {
            return Err(Refusal::BlobGap {
                hash: *hash,
                have,
                total,
                offset,
            }
            .into());
        }
        if end <= have && have < total {
            return Ok(BlobStatus::Partial { have, total });
        }
        let partial = self.shelf(hash).join(format!("{hash}.part-{total}"));
        let fresh = bytes.get((have - offset) as usize..).unwrap_or_default();
        let grow = || -> std::io::Result<File> {
            disk::make_folder(&self.shelf(hash))?;
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(&partial)?;
            if let Err(error) = file.write_all(fresh) {
                // Half a chunk on a full disk would be no lie, but it would hold the room.
                let _ = file.set_len(have);
                return Err(error);
            }
            Ok(file)
        };
        let file = grow().map_err(file_error)?;
        let have = have.max(end);
        if have < total {
            return Ok(BlobStatus::Partial { have, total });
        }
        let found = hash_file(&partial).map_err(file_error)?;
        if found != *hash {
            fs::remove_file(&partial).map_err(file_error)?;
            return Err(Refusal::BlobMismatch { hash: *hash, found }.into());
        }
        file.sync_all()
            .and_then(|()| fs::rename(&partial, self.path(hash)))
            .and_then(|()| disk::sync_folder(&self.shelf(hash)))
            .map_err(file_error)?;
        Ok(BlobStatus::Complete { len: total })
    }

    fn marker(&self, hash: &BlobHash) -> PathBuf {
        self.shelf(hash).join(format!("{hash}.delivered"))
    }

    /// The peer holds this blob, whole and durably. Not synced: a lost mark keeps a blob longer.
    pub(crate) fn mark_delivered(&self, hash: &BlobHash) -> Result<()> {
        let _guard = self.lock(hash);
        if !self.path(hash).exists() {
            return Ok(());
        }
        let marked = File::create(self.marker(hash)).map(drop);
        marked.map_err(|e| Error::file(&format!("blob {hash}"), e))
    }

    /// Whether the peer is known to hold this blob.
    pub(crate) fn is_delivered(&self, hash: &BlobHash) -> bool {
        self.marker(hash).exists()
    }

    /// Blobs that are here and at the peer, the longest kept first.
    pub(crate) fn delivered(&self) -> Result<Vec<Delivered>> {
        let list = || -> std::io::Result<Vec<Delivered>> {
            let mut found = Vec::new();
            for shelf in fs::read_dir(&self.folder)? {
                let shelf = shelf?.path();
                if !shelf.is_dir() {
                    continue;
                }
                for file in fs::read_dir(&shelf)? {
                    let name = file?.file_name();
                    let hash = name.to_str().and_then(|it| it.strip_suffix(".delivered"));
                    let Some(Ok(hash)) = hash.map(str::parse::<BlobHash>) else {
                        continue;
                    };
                    if let Some(file) = if_there(fs::metadata(self.path(&hash)))? {
                        let kept_since = file.modified()?;
                        found.push(Delivered { kept_since, hash });
                    }
                }
            }
            found.sort_unstable();
            Ok(found)
        };
        list().map_err(|e| Error::file("the blobs' folder", e))
    }

    /// Removes a delivered blob and leaves the mark; its bytes. 0 for one that is not delivered.
    pub(crate) fn evict(&self, hash: &BlobHash) -> Result<u64> {
        let _guard = self.lock(hash);
        let evict = || -> std::io::Result<u64> {
            if !self.marker(hash).exists() {
                return Ok(0);
            }
            let Some(file) = if_there(fs::metadata(self.path(hash)))? else {
                return Ok(0);
            };
            fs::remove_file(self.path(hash))?;
            // When it went, for whoever asks for it later.
            File::create(self.marker(hash))?.set_modified(SystemTime::now())?;
            Ok(file.len())
        };
        evict().map_err(|e| Error::file(&format!("blob {hash}"), e))
    }

    /// When this blob was evicted; `None` when it is here or never was.
    pub(crate) fn evicted_at(&self, hash: &BlobHash) -> Option<SystemTime> {
        if self.path(hash).exists() {
            return None;
        }
        fs::metadata(self.marker(hash)).ok()?.modified().ok()
    }

    /// Removes whatever is here of a blob, e.g. a damaged one, so that it can come again.
    pub(crate) fn forget(&self, hash: &BlobHash) -> Result<()> {
        let _guard = self.lock(hash);
        let remove = || -> std::io::Result<()> {
            if_there(fs::remove_file(self.path(hash)))?;
            if_there(fs::remove_file(self.marker(hash)))?;
            if let Some((partial, ..)) = self.partial(hash)? {
                fs::remove_file(partial)?;
            }
            Ok(())
        };
        remove().map_err(|e| Error::file(&format!("blob {hash}"), e))
    }
}
