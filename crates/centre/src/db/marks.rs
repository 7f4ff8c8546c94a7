//! The search view: passages and the marks (plates, container numbers) seen on them. A fold of
//! the checkpoints' ledgers; [`crate::views`] says which fact changes which row.

use crate::db::{Db, DbError, on_read, on_write};

/// One change to the view. `Arrived` makes the row; the others wait for nothing: a mark of a
/// passage without a row is kept and found once the row is there.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Arrived {
        passage: String,
        checkpoint: String,
        lane: i64,
        direction: &'static str,
        at: i64,
    },
    Mark {
        passage: String,
        kind: &'static str,
        mark: String,
    },
    Plate {
        passage: String,
        plate: String,
    },
    Ended {
        passage: String,
        how: &'static str,
        at: i64,
    },
}

/// A row of the view, for the test that deletes and rebuilds it.
pub type PassageRow = (
    String,
    String,
    i64,
    String,
    Option<String>,
    i64,
    Option<i64>,
    Option<String>,
);

impl Db {
    /// Applies what one batch of records of `origin` changes, and moves the cursor with it.
    pub async fn apply_view(
        &self,
        origin: &str,
        epoch: i64,
        sequence: i64,
        changes: &[Change],
    ) -> Result<(), DbError> {
        on_write!(self, conn => {
            for change in changes {
                match change {
                    Change::Arrived { passage, checkpoint, lane, direction, at } => {
                        sqlx::query(
                            "INSERT INTO view_passages (passage, checkpoint, lane, direction, arrived_at) \
                             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                        )
                        .bind(passage).bind(checkpoint).bind(*lane).bind(*direction).bind(*at)
                        .execute(&mut *conn).await?;
                    }
                    Change::Mark { passage, kind, mark } => {
                        sqlx::query(
                            "INSERT INTO view_marks (passage, kind, mark) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        )
                        .bind(passage).bind(*kind).bind(mark)
                        .execute(&mut *conn).await?;
                    }
                    Change::Plate { passage, plate } => {
                        sqlx::query("UPDATE view_passages SET plate = $2 WHERE passage = $1")
                            .bind(passage).bind(plate)
                            .execute(&mut *conn).await?;
                    }
                    Change::Ended { passage, how, at } => {
                        sqlx::query("UPDATE view_passages SET ended_at = $2, ended_how = $3 WHERE passage = $1")
                            .bind(passage).bind(*at).bind(*how)
                            .execute(&mut *conn).await?;
                    }
                }
            }
            sqlx::query(
                "INSERT INTO view_cursors (origin, epoch, sequence) VALUES ($1, $2, $3) \
                 ON CONFLICT (origin) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence",
            )
            .bind(origin).bind(epoch).bind(sequence)
            .execute(conn).await?;
        });
        Ok(())
    }

    /// The last record of `origin` in the view: its epoch and sequence.
    pub async fn view_cursor(&self, origin: &str) -> Result<Option<(i64, i64)>, DbError> {
        Ok(on_read!(self, conn => sqlx::query_as(
            "SELECT epoch, sequence FROM view_cursors WHERE origin = $1",
        )
        .bind(origin)
        .fetch_optional(conn)
        .await?))
    }

    /// Passages whose name or one of whose marks holds `text` (upper case, no blanks; empty finds
    /// all), arrived within `from..=to`, the latest first.
    pub async fn search(
        &self,
        text: &str,
        from: i64,
        to: i64,
        limit: i64,
    ) -> Result<Vec<String>, DbError> {
        let pattern = format!(
            "%{}%",
            text.replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_")
        );
        let rows: Vec<(String,)> = on_read!(self, conn => sqlx::query_as(
            "SELECT p.passage FROM view_passages p \
             WHERE p.arrived_at >= $2 AND p.arrived_at <= $3 \
               AND (p.passage LIKE $1 ESCAPE '\\' OR EXISTS \
                 (SELECT 1 FROM view_marks m WHERE m.passage = p.passage AND m.mark LIKE $1 ESCAPE '\\')) \
             ORDER BY p.arrived_at DESC, p.passage LIMIT $4",
        )
        .bind(&pattern).bind(from).bind(to).bind(limit)
        .fetch_all(conn)
        .await?);
        Ok(rows.into_iter().map(|(passage,)| passage).collect())
    }

    pub async fn view_rows(
        &self,
    ) -> Result<(Vec<PassageRow>, Vec<(String, String, String)>), DbError> {
        let passages = on_read!(self, conn => sqlx::query_as(
            "SELECT passage, checkpoint, lane, direction, plate, arrived_at, ended_at, ended_how \
             FROM view_passages ORDER BY passage",
        )
        .fetch_all(conn)
        .await?);
        let marks = on_read!(self, conn => sqlx::query_as(
            "SELECT passage, kind, mark FROM view_marks ORDER BY passage, kind, mark",
        )
        .fetch_all(conn)
        .await?);
        Ok((passages, marks))
    }

    /// Deletes every view; the next fold fills them again from the first record.
    pub async fn delete_views(&self) -> Result<(), DbError> {
        on_write!(self, conn => {
            sqlx::query("DELETE FROM view_cursors").execute(&mut *conn).await?;
            sqlx::query("DELETE FROM view_passages").execute(&mut *conn).await?;
            sqlx::query("DELETE FROM view_marks").execute(conn).await?;
        });
        Ok(())
    }
}
