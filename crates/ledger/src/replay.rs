//! Steps through a passage as its ledger tells it: each fact, what it changed, what the truck waits
//! for afterwards and what is owed. From any ledger folder, of production or of a test.
//!
//! The fold is the domain's own; nothing is decided here. Only facts of the passage's checkpoint
//! change its state: a copy of another ledger's record is shown where its time puts it, and what
//! the checkpoint concluded from it is a fact of its own.

use std::fmt;
use std::path::Path;

use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::unit::{PassageId, UtcMs};
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};

use crate::error::{Error, Refusal, Result};
use crate::ledger::{checked_row, in_time_order};
use crate::limits::PASSAGE_RECORDS;
use crate::record::{ParseError, RawRecord, Record};
use crate::schema;

/// A passage that a ledger tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub passage: PassageId,
    pub records: u64,
    pub first_at: UtcMs,
    pub last_at: UtcMs,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told {
            passage,
            records,
            first_at,
            last_at,
        } = self;
        write!(
            f,
            "{passage}  {records} records  {} to {}",
            time(*first_at),
            time(*last_at)
        )
    }
}

/// One record and what it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `<origin>/<epoch>/<sequence>`.
    pub record: String,
    pub at: UtcMs,
    pub kind: String,
    /// The fact's data as it is stored.
    pub data: Value,
    pub did: Did,
    /// What the truck waits for afterwards, one line of JSON each.
    pub waiting_for: Vec<String>,
    /// What the programs owe it afterwards.
    pub owed: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Did {
    /// Became part of the state; the fields that changed.
    Changed(Vec<Change>),
    /// Another ledger's record: what it means here, a later fact of the checkpoint says.
    Copied,
    /// A kind this software does not know.
    Unknown(String),
}

/// One field of the state, as JSON; `null` for none.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub field: String,
    pub before: Value,
    pub after: Value,
}

/// A passage from its first fact to its last.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    pub passage: PassageId,
    /// Why nothing is said of waiting and owing: the edition it arrived under is not at hand.
    pub without_procedure: Option<String>,
    pub steps: Vec<Step>,
    /// The state after the last step.
    pub end: Passage,
}

/// The passages in a ledger folder, by checkpoint and number.
pub async fn passages(folder: &Path) -> Result<Vec<Told>> {
    let mut db = open(folder).await?;
    let sql = "SELECT passage, count(*), min(at), max(at) FROM record
         WHERE passage IS NOT NULL GROUP BY passage";
    let rows = sqlx::query(sql).fetch_all(&mut db).await?;
    db.close().await?;
    let mut told = Vec::with_capacity(rows.len());
    for row in &rows {
        let passage: String = row.try_get(0)?;
        let passage = passage
            .parse()
            .map_err(|why| Refusal::Unknown(format!("passage: {why}")))?;
        told.push(Told {
            passage,
            records: row.try_get::<i64, _>(1)? as u64,
            first_at: UtcMs(row.try_get(2)?),
            last_at: UtcMs(row.try_get(3)?),
        });
    }
    told.sort_by(|a, b| a.passage.cmp(&b.passage));
    Ok(told)
}

/// Every record in a ledger folder, stream by stream, each checked against its hash. All in
/// memory: for benchmarks and exports of a folder that fits.
pub async fn records(folder: &Path) -> Result<Vec<RawRecord>> {
    let mut db = open(folder).await?;
    let sql = "SELECT record.sequence, record.leaf, record.bytes, stream.origin, stream.epoch
         FROM record JOIN stream ON stream.id = record.stream
         ORDER BY record.stream, record.sequence";
    let rows = sqlx::query(sql).fetch_all(&mut db).await?;
    db.close().await?;
    let checked = rows.iter().map(|row| {
        let (origin, epoch): (String, u32) = (row.try_get(3)?, row.try_get(4)?);
        checked_row(&origin, epoch, row)
    });
    checked.collect()
}

/// Replays one passage. `procedures` are the editions at hand; the one named by the arrival is
/// used, and without it the facts and the state are shown all the same.
///
/// # Errors
/// No ledger there, no record of this passage, or a record that was changed (it is named).
pub async fn replay(
    folder: &Path,
    passage: &PassageId,
    procedures: &[Procedure],
) -> Result<Replay> {
    let mut db = open(folder).await?;
    let sql = "SELECT record.sequence, record.leaf, record.bytes, record.at, stream.origin,
            stream.epoch
         FROM record JOIN stream ON stream.id = record.stream
         WHERE record.passage = $1
         ORDER BY record.stream, record.sequence LIMIT $2";
    let rows = sqlx::query(sql)
        .bind(passage.to_string())
        .bind(PASSAGE_RECORDS as i64)
        .fetch_all(&mut db)
        .await?;
    db.close().await?;
    if rows.is_empty() {
        return Err(Refusal::Unknown(format!("record of passage {passage}")).into());
    }
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (origin, epoch): (String, u32) = (row.try_get(4)?, row.try_get(5)?);
        found.push((row.try_get::<i64, _>(3)?, checked_row(&origin, epoch, row)?));
    }
    let mut state = Passage::new(passage.clone());
    let mut shown = to_json(&state);
    let mut steps = Vec::with_capacity(found.len());
    for raw in in_time_order(found) {
        let parsed = raw.parse();
        let did = match &parsed {
            Ok(Record {
                origin, fact, at, ..
            }) if origin == passage.checkpoint.as_str() => {
                state.apply(fact, *at);
                let after = to_json(&state);
                let changes = changes(&shown, &after);
                shown = after;
                Did::Changed(changes)
            }
            Ok(_) => Did::Copied,
            Err(ParseError::UnknownKind { why, .. }) => Did::Unknown(why.clone()),
            Err(error) => {
                let (name, why) = (raw.name(), error.to_string());
                return Err(Refusal::Record { name, why }.into());
            }
        };
        let envelope = raw.check().map_err(|error| Refusal::Record {
            name: raw.name(),
            why: error.to_string(),
        })?;
        let data = serde_json::from_slice::<Value>(&raw.bytes).ok();
        let data = data
            .and_then(|mut it| it.get_mut("d").map(Value::take))
            .unwrap_or_default();
        let (waiting_for, owed) = match procedure_of(&state, procedures) {
            Ok(procedure) => (
                lines(&state.waiting_for(procedure, envelope.at)),
                lines(&state.obligations(procedure, envelope.at)),
            ),
            Err(_) => (Vec::new(), Vec::new()),
        };
        steps.push(Step {
            record: raw.name(),
            at: envelope.at,
            kind: envelope.kind,
            data,
            did,
            waiting_for,
            owed,
        });
    }
    let without_procedure = procedure_of(&state, procedures).err();
    Ok(Replay {
        passage: passage.clone(),
        without_procedure,
        steps,
        end: state,
    })
}

async fn open(folder: &Path) -> Result<SqliteConnection> {
    if !folder.join(schema::DATABASE).is_file() {
        return Err(Error::Fatal(format!(
            "there is no ledger in {}",
            folder.display()
        )));
    }
    Ok(SqliteConnection::connect_with(&schema::reading(folder)).await?)
}

fn procedure_of<'a>(state: &Passage, procedures: &'a [Procedure]) -> Result<&'a Procedure, String> {
    let Some(edition) = &state.edition else {
        return Err("no arrival is recorded, so no edition is named".to_owned());
    };
    procedures
        .iter()
        .find(|it| it.edition == *edition)
        .ok_or_else(|| format!("the procedure's edition {edition} is not at hand"))
}

fn to_json(state: &Passage) -> Value {
    serde_json::to_value(state).unwrap_or_default()
}

fn lines<T: serde::Serialize>(items: &[T]) -> Vec<String> {
    items
        .iter()
        .filter_map(|it| serde_json::to_string(it).ok())
        .collect()
}

/// Fields that differ, named by their path; what was added to a list is named by its place.
fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(String::new(), before, after, &mut found);
    found.retain(|it| it.field != "last_at");
    found
}

fn compare(path: String, before: &Value, after: &Value, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let under = |key: &str| match path.is_empty() {
        true => key.to_owned(),
        false => format!("{path}.{key}"),
    };
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let (a, b) = (a.get(key), b.get(key));
                compare(
                    under(key),
                    a.unwrap_or(&Value::Null),
                    b.unwrap_or(&Value::Null),
                    found,
                );
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for at in 0..a.len().max(b.len()) {
                let (a, b) = (a.get(at), b.get(at));
                let field = format!("{path}[{at}]");
                compare(
                    field,
                    a.unwrap_or(&Value::Null),
                    b.unwrap_or(&Value::Null),
                    found,
                );
            }
        }
        _ => found.push(Change {
            field: path,
            before: before.clone(),
            after: after.clone(),
        }),
    }
}

/// An instant for people, in UTC; milliseconds when it is beyond the calendar.
fn time(at: UtcMs) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => format!("{time:.3}"),
        Err(_) => format!("{} ms", at.0),
    }
}

/// JSON on one line that a screen can hold; the whole is in the ledger.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}  {}", time(self.at), self.record, self.kind)?;
        if !self.data.is_null() {
            writeln!(f, "    fact: {}", brief(&self.data))?;
        }
        match &self.did {
            Did::Copied => writeln!(f, "    a copy of another ledger's record; no change here")?,
            Did::Unknown(why) => {
                writeln!(f, "    this software cannot read it ({why}); no change")?
            }
            Did::Changed(changes) if changes.is_empty() => writeln!(f, "    no change")?,
            Did::Changed(changes) => {
                for Change {
                    field,
                    before,
                    after,
                } in changes
                {
                    match before {
                        Value::Null => writeln!(f, "    {field} = {}", brief(after))?,
                        _ => writeln!(f, "    {field}: {} -> {}", brief(before), brief(after))?,
                    }
                }
            }
        }
        for waiting in &self.waiting_for {
            writeln!(f, "    waits for {waiting}")?;
        }
        for owed in &self.owed {
            writeln!(f, "    owed {owed}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "passage {}, {} records", self.passage, self.steps.len())?;
        if let Some(why) = &self.without_procedure {
            writeln!(f, "(without waiting and owing: {why})")?;
        }
        for step in &self.steps {
            writeln!(f)?;
            write!(f, "{step}")?;
        }
        writeln!(f)?;
        let state = serde_json::to_string_pretty(&self.end).unwrap_or_default();
        write!(f, "state after the last record:\n{state}")
    }
}
