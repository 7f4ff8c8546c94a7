//! The whole check of a ledger folder from outside: no running program, no secret key.
//!
//! It changes nothing, reads a live ledger as of one moment, and goes on after a damage. What it
//! cannot see: records and their newest head removed together (an older backup put back). Whoever
//! holds a later head or a receipt of this ledger can: compare sizes, or ask `Ledger::confirm`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use domain::unit::BlobHash;
use sqlx::{Connection, Row, SqliteConnection};

use crate::blob;
use crate::check::{self, BlobNames, Damage, Damages};
use crate::closed;
use crate::error::{Error, Result};
use crate::head::{SignedHead, parse_origin_line};
use crate::limits::DAMAGES_LISTED;
use crate::note::{SignerKey, VerifierKey};
use crate::schema;
use crate::sqlite::read_head_file;

/// What a verification found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The ledger's own origin and newest epoch, where its public key says so.
    pub own: Option<(String, u32)>,
    /// The public key came from outside. If not, the ledger vouches only for itself.
    pub key_given: bool,
    pub streams: Vec<StreamReport>,
    /// Records that could be read, over all origins.
    pub records: u64,
    pub blobs: BlobReport,
    /// Up to `limits::DAMAGES_LISTED`; all of them are counted.
    pub damages: Vec<Damage>,
    pub damage_count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReport {
    pub origin: String,
    pub epoch: u32,
    pub size: u64,
    /// The root over the records as they are.
    pub root: crate::tree::Hash,
    /// Records that the origin's own signature covers.
    pub signed: u64,
    /// Records that the origin signed and that are not here yet.
    pub awaited: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlobReport {
    /// Whole blobs, each hashed.
    pub whole: u64,
    pub bytes: u64,
    pub partial: u64,
    /// Evicted here after the peer had said that it holds them, durably.
    pub evicted: u64,
    /// Named by a record and not here whole: not yet arrived, or removed by somebody.
    pub absent: u64,
    /// The first of them, each with a record that names it.
    pub absent_listed: Vec<(BlobHash, String)>,
}

impl Report {
    pub fn is_valid(&self) -> bool {
        self.damage_count == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in &self.streams {
            let StreamReport {
                origin,
                epoch,
                size,
                root,
                signed,
                awaited,
            } = it;
            write!(
                f,
                "{origin}/{epoch}: {size} records, {signed} under its signature"
            )?;
            if *awaited > 0 {
                write!(f, ", {awaited} more signed and not here yet")?;
            }
            writeln!(f, ", root {root}")?;
        }
        let BlobReport {
            whole,
            bytes,
            partial,
            evicted,
            absent,
            absent_listed,
        } = &self.blobs;
        writeln!(
            f,
            "blobs: {whole} whole ({bytes} bytes), {partial} partial, {evicted} evicted after \
             delivery, {absent} not here"
        )?;
        for (hash, record) in absent_listed {
            writeln!(f, "  blob {hash}, named by record {record}, is not here")?;
        }
        match (&self.own, self.key_given) {
            (_, true) => writeln!(f, "signatures: verified with the key given")?,
            (Some((origin, epoch)), false) => writeln!(
                f,
                "signatures: verified with the key in the folder ({origin}/{epoch}); give the key \
                 from elsewhere to know who signed"
            )?,
            (None, false) => writeln!(f, "signatures: the folder has no readable public key")?,
        }
        for damage in &self.damages {
            writeln!(f, "DAMAGED: {damage}")?;
        }
        let unlisted = self.damage_count - self.damages.len();
        if unlisted > 0 {
            writeln!(f, "DAMAGED: and {unlisted} more")?;
        }
        match self.damage_count {
            0 => write!(
                f,
                "valid: {} records, none changed or missing",
                self.records
            ),
            n => write!(
                f,
                "NOT VALID: {n} damages; {} records could be read",
                self.records
            ),
        }
    }
}

/// Verifies every record, head and blob in `folder`. `key` is the public key of the ledger's own
/// newest epoch, from outside; without it the one in the folder is used.
///
/// # Errors
/// Only when there is no ledger in the folder or its files cannot be opened at all; damage is in
/// the report.
pub async fn verify(folder: &Path, key: Option<&VerifierKey>) -> Result<Report> {
    if !folder.join(schema::DATABASE).is_file() {
        return Err(Error::Fatal(format!(
            "there is no ledger in {}",
            folder.display()
        )));
    }
    let mut damages = Damages::default();
    let mut report = Report {
        key_given: key.is_some(),
        ..Report::default()
    };
    let public = keys(folder, key, &mut damages)?;
    report.own = public.as_ref().and_then(|it| parse_origin_line(it.name()));

    // Before the database: a head file is written after its transaction, so this order never
    // meets one that is ahead, even in a ledger that grows meanwhile.
    let heads = head_files(folder, &mut damages)?;
    let mut names = BlobNames::default();
    let read = database(
        folder,
        public.as_ref(),
        &heads,
        &mut names,
        &mut report,
        &mut damages,
    );
    if let Err(error) = read.await {
        let why = format!("{error}; {} records could be read", report.records);
        damages.add(Damage::Database { why });
        for (origin, epoch) in heads.keys() {
            if report
                .streams
                .iter()
                .all(|it| (&it.origin, it.epoch) != (origin, *epoch))
            {
                let (origin, epoch) = (origin.clone(), *epoch);
                let why = "the database cannot be read".to_owned();
                damages.add(Damage::Unreadable {
                    origin,
                    epoch,
                    sequence: 0,
                    why,
                });
            }
        }
    }
    if damages.count == 0 {
        // Whatever a record or head shows, it showed. What is left are the bytes between them.
        let pages = closed::changed_pages(folder).map_err(|e| Error::file("ledger.db", e))?;
        for page in pages {
            let why = format!(
                "page {page} is not as it was when the ledger was closed; every record was read \
                 and none is affected"
            );
            damages.add(file_damage(schema::DATABASE, why));
        }
    }
    blobs(folder, &names, &mut report.blobs, &mut damages)?;
    report.damage_count = damages.count;
    report.damages = damages.listed;
    Ok(report)
}

fn file_damage(file: &str, why: impl ToString) -> Damage {
    Damage::File {
        file: file.to_owned(),
        why: why.to_string(),
    }
}

/// The public key to verify with; those in the folder are checked against it and each other.
fn keys(
    folder: &Path,
    given: Option<&VerifierKey>,
    damages: &mut Damages,
) -> Result<Option<VerifierKey>> {
    let mut public = given.cloned();
    match fs::read_to_string(folder.join("key.pub")) {
        Ok(text) => match text.trim_end().parse::<VerifierKey>() {
            Ok(key) => match &public {
                Some(given) if *given != key => {
                    damages.add(file_damage("key.pub", "it is not the key that was given"));
                }
                _ => public = Some(key),
            },
            Err(error) => damages.add(file_damage("key.pub", error)),
        },
        Err(error) => damages.add(file_damage("key.pub", error)),
    }
    // Whoever verifies from outside has no right to read the secret key, and needs none.
    if let Ok(bytes) = fs::read(folder.join("key")) {
        let text = String::from_utf8_lossy(&bytes);
        match (text.trim_end().parse::<SignerKey>(), &public) {
            (Ok(secret), Some(public)) if secret.verifier() != public => {
                damages.add(file_damage("key", "it does not belong to the public key"));
            }
            (Ok(_), _) => {}
            (Err(error), _) => damages.add(file_damage("key", error)),
        }
    }
    Ok(public)
}

/// The notes of the head files by origin and epoch.
fn head_files(folder: &Path, damages: &mut Damages) -> Result<BTreeMap<(String, u32), String>> {
    let mut heads = BTreeMap::new();
    let Ok(files) = fs::read_dir(folder.join("heads")) else {
        return Ok(heads);
    };
    for file in files {
        let file = file
            .map_err(|e| Error::file("the heads' folder", e))?
            .file_name();
        let name = file.to_string_lossy();
        let named = name
            .rsplit_once('.')
            .and_then(|(origin, epoch)| Some((origin.to_owned(), epoch.parse::<u32>().ok()?)));
        let Some((origin, epoch)) = named else {
            damages.add(file_damage(
                &format!("heads/{name}"),
                "no such name is ours",
            ));
            continue;
        };
        let Some(note) = read_head_file(folder, &origin, epoch)? else {
            continue;
        };
        if let Err(error) = note.parse::<SignedHead>() {
            let which = "file";
            let why = error.to_string();
            damages.add(Damage::Head {
                origin,
                epoch,
                which,
                why,
            });
            continue;
        }
        heads.insert((origin, epoch), note);
    }
    Ok(heads)
}

async fn database(
    folder: &Path,
    public: Option<&VerifierKey>,
    heads: &BTreeMap<(String, u32), String>,
    names: &mut BlobNames,
    report: &mut Report,
    damages: &mut Damages,
) -> Result<()> {
    let mut db = SqliteConnection::connect_with(&schema::reading(folder)).await?;
    // One moment of a ledger that may be growing.
    sqlx::query("BEGIN").execute(&mut db).await?;
    structure(&mut db, damages).await?;
    let rows = check::stream_rows(&mut db, damages).await?;
    let own = public.and_then(|it| parse_origin_line(it.name()));
    let is_own = |origin: &str| own.as_ref().is_none_or(|(own, _)| own == origin);
    let holders: Vec<VerifierKey> = rows
        .iter()
        .filter(|it| is_own(&it.origin))
        .filter_map(|it| it.key.parse().ok())
        .collect();
    if let (Some((origin, epoch)), Some(public)) = (&own, public) {
        let row = rows
            .iter()
            .find(|it| (&it.origin, it.epoch) == (origin, *epoch));
        if row.is_none_or(|it| it.key != public.to_string()) {
            let (origin, epoch) = (origin.clone(), *epoch);
            let why = "the ledger names another key than the one to verify with".to_owned();
            damages.add(Damage::Head {
                origin,
                epoch,
                which: "key",
                why,
            });
        }
    }
    for row in &rows {
        let beside = heads
            .get(&(row.origin.clone(), row.epoch))
            .map(String::as_str);
        let named = Some(&mut *names);
        let checked = check::check_stream(&mut db, row, &holders, beside, named, damages).await?;
        let size = checked.frontier.size();
        let own = own.as_ref().is_some_and(|(own, _)| *own == row.origin);
        let signed = if own { &checked.held } else { &checked.head };
        report.records += checked.records;
        report.streams.push(StreamReport {
            origin: row.origin.clone(),
            epoch: row.epoch,
            size,
            root: checked.frontier.root(),
            signed: signed.as_ref().map_or(0, |it| it.size),
            awaited: checked
                .announced
                .map_or(0, |it| it.size.saturating_sub(size)),
        });
    }
    for (origin, epoch) in heads.keys() {
        if rows
            .iter()
            .all(|it| (&it.origin, it.epoch) != (origin, *epoch))
        {
            let (origin, epoch) = (origin.clone(), *epoch);
            let why = "there is a head file, and no such ledger in the database".to_owned();
            damages.add(Damage::Head {
                origin,
                epoch,
                which: "file",
                why,
            });
        }
    }
    index(&mut db, damages).await?;
    db.close().await?;
    Ok(())
}

/// The database as SQLite sees it: its tables are ours, its pages fit together.
async fn structure(db: &mut SqliteConnection, damages: &mut Damages) -> Result<()> {
    // SQLite keeps the text of each statement as it was given.
    let mut ours: Vec<&str> = schema::SCHEMA.split(';').map(str::trim).collect();
    ours.retain(|it| !it.is_empty());
    ours.sort_unstable();
    let tables = "SELECT CAST(sql AS BLOB) FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql";
    let rows = sqlx::query(tables).fetch_all(&mut *db).await?;
    let theirs = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<Vec<u8>>, _>>()?;
    if !ours
        .iter()
        .map(|it| it.as_bytes())
        .eq(theirs.iter().map(Vec::as_slice))
    {
        let why = "its tables are not those of a ledger".to_owned();
        damages.add(Damage::Database { why });
    }
    let found = sqlx::query("PRAGMA integrity_check(100)")
        .fetch_all(db)
        .await;
    let lines: Result<Vec<String>, sqlx::Error> =
        found.and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect());
    match lines {
        Ok(lines) => {
            for line in lines.into_iter().filter(|line| line != "ok") {
                damages.add(Damage::Database { why: line });
            }
        }
        Err(error) => damages.add(Damage::Database {
            why: format!("integrity check: {error}"),
        }),
    }
    Ok(())
}

/// The index by passage holds just the records that have one; a damaged entry names its record.
async fn index(db: &mut SqliteConnection, damages: &mut Damages) -> Result<()> {
    let sql = "SELECT stream.origin, stream.epoch, record.sequence
         FROM record NOT INDEXED JOIN stream ON stream.id = record.stream
         WHERE record.passage IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM record AS indexed INDEXED BY record_passage
             WHERE indexed.passage = record.passage AND indexed.stream = record.stream
                 AND indexed.sequence = record.sequence)
         LIMIT $1";
    match sqlx::query(sql)
        .bind(DAMAGES_LISTED as i64)
        .fetch_all(db)
        .await
    {
        Ok(rows) => {
            for row in rows {
                let why = "its entry in the index of passages".to_owned();
                let (origin, epoch) = (row.try_get(0)?, row.try_get(1)?);
                let sequence = row.try_get::<i64, _>(2)? as u64;
                damages.add(Damage::Record {
                    origin,
                    epoch,
                    sequence,
                    why,
                });
            }
        }
        Err(error) => damages.add(Damage::Database {
            why: format!("index of passages: {error}"),
        }),
    }
    Ok(())
}

/// Hashes every whole blob, and finds those that records name and that are not here.
fn blobs(
    folder: &Path,
    names: &BlobNames,
    report: &mut BlobReport,
    damages: &mut Damages,
) -> Result<()> {
    let failed = |e| Error::file("the blobs' folder", e);
    let mut here = std::collections::BTreeSet::new();
    let mut delivered = std::collections::BTreeSet::new();
    let shelves = match fs::read_dir(folder.join("blobs")) {
        Ok(shelves) => shelves
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(failed)?,
        Err(_) => Vec::new(),
    };
    for shelf in shelves.into_iter().filter(|it| it.path().is_dir()) {
        for file in fs::read_dir(shelf.path()).map_err(failed)? {
            let file = file.map_err(failed)?;
            let name = file.file_name().to_string_lossy().into_owned();
            let Ok(hash) = name.parse::<BlobHash>() else {
                report.partial += u64::from(name.contains(".part-"));
                let mark = name.strip_suffix(".delivered");
                delivered.extend(mark.and_then(|it| it.parse::<BlobHash>().ok()));
                continue;
            };
            match blob::hash_file(&file.path()) {
                Ok(found) if found == hash => {
                    report.whole += 1;
                    report.bytes += file.metadata().map_err(failed)?.len();
                    here.insert(hash);
                }
                Ok(found) => {
                    let why = format!("its bytes hash to {found}");
                    damages.add(Damage::Blob { hash, why });
                    here.insert(hash);
                }
                Err(error) => damages.add(Damage::Blob {
                    hash,
                    why: error.to_string(),
                }),
            }
        }
    }
    for (hash, record) in names.named.iter().filter(|(hash, _)| !here.contains(hash)) {
        if delivered.contains(hash) {
            report.evicted += 1;
            continue;
        }
        report.absent += 1;
        if report.absent_listed.len() < DAMAGES_LISTED {
            report.absent_listed.push((*hash, record.clone()));
        }
    }
    Ok(())
}
