//! How many records a second become durable, beside what SQLite alone does on the same disk in
//! the same run. A library function; `beket bench ledger` prints it.
//!
//! The bound is honest only one way: raw SQLite writes the same row bytes in a table without
//! index, hash, tree or signature, and without an async caller. What the ledger adds is the
//! difference; what the group commit wins is the last row against the first.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use domain::fact::Fact;
use domain::unit::{CheckpointId, PassageId, UtcMs};
use sqlx::{Connection, SqliteConnection};

use crate::error::{Error, Result};
use crate::ledger::{Ledger, Options};
use crate::record::{Draft, Record};
use crate::schema;

/// When a way of writing has been measured long enough.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// For figures.
    Time(Duration),
    /// For a test, whatever the machine does meanwhile: each caller has written so many.
    Records(u64),
}

impl Until {
    /// `done` by one caller since `start`.
    fn is_reached(self, start: Instant, done: u64) -> bool {
        match self {
            Until::Time(span) => start.elapsed() >= span,
            Until::Records(each) => done >= each,
        }
    }
}

/// One measured way of writing.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub what: &'static str,
    pub records: u64,
    pub seconds: f64,
}

impl Measured {
    pub fn per_second(&self) -> f64 {
        self.records as f64 / self.seconds.max(1e-9)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct AppendReport {
    pub rows: Vec<Measured>,
    pub record_bytes: usize,
}

impl fmt::Display for AppendReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "records of {} bytes, each durable (fsync) before it counts",
            self.record_bytes
        )?;
        for row in &self.rows {
            writeln!(f, "{:>10.0} records/s  {}", row.per_second(), row.what)?;
        }
        Ok(())
    }
}

fn draft(n: u64) -> Draft {
    let passage = PassageId {
        checkpoint: CheckpointId::new("CN05"),
        number: n / 40,
    };
    let fact = Fact::Disregarded {
        input: format!("plate_reading L1/plate-front {n}"),
        reason: "duplicate".to_owned(),
    };
    Draft {
        at: UtcMs(1_767_225_600_000 + n as i64),
        passage: Some(passage),
        fact,
    }
}

/// Measures each way in fresh folders under `folder`.
pub async fn append(folder: &Path, until: Until) -> Result<AppendReport> {
    let fact = Record {
        origin: "CN05".to_owned(),
        epoch: 1,
        sequence: 10_000,
        at: draft(10_000).at,
        passage: draft(10_000).passage,
        fact: draft(10_000).fact,
    };
    let bytes = fact.bytes().map_err(|e| Error::Fatal(e.to_string()))?;
    let rows = vec![
        raw(
            &folder.join("raw-1"),
            "raw SQLite, one insert a transaction",
            1,
            &bytes,
            until,
        )
        .await?,
        raw(
            &folder.join("raw-64"),
            "raw SQLite, 64 inserts a transaction",
            64,
            &bytes,
            until,
        )
        .await?,
        appended(&folder.join("ledger-1"), "ledger, 1 caller", 1, until).await?,
        appended(
            &folder.join("ledger-64"),
            "ledger, 64 callers at once",
            64,
            until,
        )
        .await?,
    ];
    Ok(AppendReport {
        rows,
        record_bytes: bytes.len(),
    })
}

async fn raw(
    folder: &Path,
    what: &'static str,
    batch: u64,
    bytes: &[u8],
    until: Until,
) -> Result<Measured> {
    std::fs::create_dir_all(folder).map_err(|e| Error::file("the bench's folder", e))?;
    let mut db = SqliteConnection::connect_with(&schema::writing(folder)).await?;
    sqlx::query("CREATE TABLE raw (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        .execute(&mut db)
        .await?;
    let start = Instant::now();
    let mut records = 0_u64;
    while !until.is_reached(start, records) {
        let mut tx = db.begin_with("BEGIN IMMEDIATE").await?;
        for _ in 0..batch {
            sqlx::query("INSERT INTO raw (sequence, bytes) VALUES ($1, $2)")
                .bind(records as i64)
                .bind(bytes)
                .execute(&mut *tx)
                .await?;
            records += 1;
        }
        tx.commit().await?;
    }
    let seconds = start.elapsed().as_secs_f64();
    db.close().await?;
    Ok(Measured {
        what,
        records,
        seconds,
    })
}

async fn appended(
    folder: &Path,
    what: &'static str,
    callers: u64,
    until: Until,
) -> Result<Measured> {
    let (ledger, _) = Ledger::open(folder, "CN05", Options::default()).await?;
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let ledger = ledger.clone();
        tasks.spawn(async move {
            let mut n = 0_u64;
            while !until.is_reached(start, n) {
                ledger.append(vec![draft(n * callers + caller)]).await?;
                n += 1;
            }
            Ok::<u64, Error>(n)
        });
    }
    let mut records = 0;
    while let Some(task) = tasks.join_next().await {
        records += task.map_err(|e| Error::Fatal(e.to_string()))??;
    }
    let seconds = start.elapsed().as_secs_f64();
    ledger.close().await?;
    Ok(Measured {
        what,
        records,
        seconds,
    })
}
