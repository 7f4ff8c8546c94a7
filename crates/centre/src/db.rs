//! The centre's tables on SQLite and on PostgreSQL, one code base: concrete pools, every SQL text
//! written once and run by both.
//!
//! What it is not: the truth about passages. That is in the ledgers; the `view_*` tables are
//! folds of them ([`crate::views`]) and may be deleted. Only people, sessions, failed logins and
//! who lodged a notification live here alone.

pub mod lodged;
pub mod marks;
pub mod people;
pub mod sessions;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// SQLite has one write connection (so that `BEGIN IMMEDIATE` never meets a rival in this
/// process) and a pool that can only read.
#[derive(Clone)]
pub enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
}

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("database migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("a database address starts with sqlite: or postgres:, not {0:?}")]
    Address(String),
    #[error("the database holds {what} that this software does not know: {value:?}")]
    Unknown { what: &'static str, value: String },
}

/// Runs `body` with a connection that only reads, on either engine.
macro_rules! on_read {
    ($db:expr, $conn:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { read, .. } => {
                let mut held = read.acquire().await?;
                let $conn = &mut *held;
                $body
            }
            $crate::db::Db::Postgres(pool) => {
                let mut held = pool.acquire().await?;
                let $conn = &mut *held;
                $body
            }
        }
    };
}

/// Runs `body` within one transaction and commits it. Never await the network inside.
macro_rules! on_write {
    ($db:expr, $conn:ident => $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { write, .. } => {
                let mut held = write.begin_with("BEGIN IMMEDIATE").await?;
                let $conn = &mut *held;
                let out = $body;
                held.commit().await?;
                out
            }
            $crate::db::Db::Postgres(pool) => {
                let mut held = pool.begin().await?;
                let $conn = &mut *held;
                let out = $body;
                held.commit().await?;
                out
            }
        }
    };
}

pub(crate) use {on_read, on_write};

impl Db {
    /// Opens and migrates. `sqlite:PATH` makes the file when it is missing; `postgres:` addresses
    /// are those of libpq. `None` is SQLite in `folder`.
    pub async fn open(address: Option<&str>, folder: &Path) -> Result<Db, DbError> {
        match address {
            None => {
                Db::sqlite(SqliteConnectOptions::new().filename(folder.join("centre.db"))).await
            }
            Some(it) if it.starts_with("sqlite:") => {
                Db::sqlite(SqliteConnectOptions::from_str(it)?).await
            }
            Some(it) if it.starts_with("postgres:") || it.starts_with("postgresql:") => {
                let pool = PgPoolOptions::new()
                    .max_connections(crate::limits::DB_CONNECTIONS)
                    .acquire_timeout(Duration::from_secs(10))
                    .connect(it)
                    .await?;
                sqlx::migrate!("migrations/postgres").run(&pool).await?;
                Ok(Db::Postgres(pool))
            }
            Some(other) => {
                // An address may hold a password: only its scheme is shown.
                let scheme = other.split(':').next().unwrap_or_default();
                Err(DbError::Address(scheme.to_owned()))
            }
        }
    }

    async fn sqlite(options: SqliteConnectOptions) -> Result<Db, DbError> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("migrations/sqlite").run(&write).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(crate::limits::DB_CONNECTIONS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Db::Sqlite { read, write })
    }

    /// For `/api/health` and reports.
    pub fn engine(&self) -> &'static str {
        match self {
            Db::Sqlite { .. } => "sqlite",
            Db::Postgres(_) => "postgres",
        }
    }

    pub async fn close(&self) {
        match self {
            Db::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}
