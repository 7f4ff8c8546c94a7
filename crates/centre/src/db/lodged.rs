//! Which person lodged which notification, so that a carrier sees their own and no other.

use crate::db::{Db, DbError, on_read, on_write};

impl Db {
    pub async fn note_lodged(&self, notification: &str, name: &str) -> Result<(), DbError> {
        on_write!(self, conn => sqlx::query(
            "INSERT INTO lodged (notification, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(notification)
        .bind(name)
        .execute(conn)
        .await?
        .rows_affected());
        Ok(())
    }

    pub async fn lodged_by(&self, notification: &str) -> Result<Option<String>, DbError> {
        let row: Option<(String,)> = on_read!(self, conn => sqlx::query_as(
            "SELECT name FROM lodged WHERE notification = $1",
        )
        .bind(notification)
        .fetch_optional(conn)
        .await?);
        Ok(row.map(|(name,)| name))
    }
}
