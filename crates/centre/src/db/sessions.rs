//! Sessions (by the hash of their token, never the token) and failed logins. Times are wall
//! time: a demo's faster clock must not log people out.

use domain::unit::UtcMs;

use crate::db::{Db, DbError, on_read, on_write};

/// SHA-256 of a session token.
pub type TokenHash = [u8; 32];

#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub name: String,
    pub created_at: UtcMs,
    pub seen_at: UtcMs,
    pub expires_at: UtcMs,
}

impl Db {
    pub async fn add_session(&self, token: &TokenHash, it: &Session) -> Result<(), DbError> {
        on_write!(self, conn => {
            sqlx::query("DELETE FROM sessions WHERE expires_at < $1")
                .bind(it.created_at.0)
                .execute(&mut *conn)
                .await?;
            sqlx::query(
                "INSERT INTO sessions (token_hash, name, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(token.as_slice())
            .bind(&it.name)
            .bind(it.created_at.0)
            .bind(it.seen_at.0)
            .bind(it.expires_at.0)
            .execute(conn)
            .await?;
        });
        Ok(())
    }

    pub async fn session(&self, token: &TokenHash) -> Result<Option<Session>, DbError> {
        let row: Option<(String, i64, i64, i64)> = on_read!(self, conn => sqlx::query_as(
            "SELECT name, created_at, seen_at, expires_at FROM sessions WHERE token_hash = $1",
        )
        .bind(token.as_slice())
        .fetch_optional(conn)
        .await?);
        Ok(row.map(|(name, created, seen, expires)| Session {
            name,
            created_at: UtcMs(created),
            seen_at: UtcMs(seen),
            expires_at: UtcMs(expires),
        }))
    }

    pub async fn touch_session(&self, token: &TokenHash, seen_at: UtcMs) -> Result<(), DbError> {
        on_write!(self, conn => sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1")
            .bind(token.as_slice())
            .bind(seen_at.0)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }

    pub async fn end_session(&self, token: &TokenHash) -> Result<(), DbError> {
        on_write!(self, conn => sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token.as_slice())
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }

    /// Notes one failed login of `who` (a name or an address) and forgets those before `since`.
    pub async fn note_failed_login(
        &self,
        who: &str,
        at: UtcMs,
        since: UtcMs,
    ) -> Result<(), DbError> {
        on_write!(self, conn => {
            sqlx::query("DELETE FROM failed_logins WHERE at < $1")
                .bind(since.0)
                .execute(&mut *conn)
                .await?;
            sqlx::query("INSERT INTO failed_logins (who, at) VALUES ($1, $2)")
                .bind(who)
                .bind(at.0)
                .execute(conn)
                .await?;
        });
        Ok(())
    }

    /// How often `who` failed at or after `since`.
    pub async fn failed_logins(&self, who: &str, since: UtcMs) -> Result<i64, DbError> {
        let (count,): (i64,) = on_read!(self, conn => sqlx::query_as(
            "SELECT COUNT(*) FROM failed_logins WHERE who = $1 AND at >= $2",
        )
        .bind(who)
        .bind(since.0)
        .fetch_one(conn)
        .await?);
        Ok(count)
    }

    pub async fn forget_failed_logins(&self, who: &str) -> Result<(), DbError> {
        on_write!(self, conn => sqlx::query("DELETE FROM failed_logins WHERE who = $1")
            .bind(who)
            .execute(conn)
            .await?
            .rows_affected());
        Ok(())
    }
}
