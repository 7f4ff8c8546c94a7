//! People who may log in, with the hash of their password. Names live here and nowhere else;
//! ledgers hold pseudonyms.

use domain::agency::Agency;
use domain::unit::{OfficerId, UtcMs};

use crate::authority::Role;
use crate::db::{Db, DbError, on_read, on_write};

/// One person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// What is typed at log in.
    pub name: String,
    /// The pseudonym that stands in ledgers.
    pub officer: OfficerId,
    pub display_name: String,
    pub role: Role,
    /// Set exactly for officers.
    pub agency: Option<Agency>,
    /// PHC string (argon2id).
    pub password_hash: String,
    pub created_at: UtcMs,
    pub disabled_at: Option<UtcMs>,
}

type Row = (
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    i64,
    Option<i64>,
);

fn person(
    (name, officer, display_name, role, agency, hash, created, disabled): Row,
) -> Result<Person, DbError> {
    let role = Role::from_code(&role).ok_or(DbError::Unknown {
        what: "a role",
        value: role,
    })?;
    let agency = match agency {
        None => None,
        Some(it) => Some(Agency::from_code(&it).ok_or(DbError::Unknown {
            what: "an agency",
            value: it,
        })?),
    };
    Ok(Person {
        name,
        officer: OfficerId::new(officer),
        display_name,
        role,
        agency,
        password_hash: hash,
        created_at: UtcMs(created),
        disabled_at: disabled.map(UtcMs),
    })
}

impl Db {
    /// Adds a person; `false` when the name or the pseudonym is taken.
    pub async fn add_person(&self, it: &Person) -> Result<bool, DbError> {
        let added = on_write!(self, conn => sqlx::query(
            "INSERT INTO people (name, officer, display_name, role, agency, password_hash, created_at, disabled_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(&it.name)
        .bind(it.officer.as_str())
        .bind(&it.display_name)
        .bind(it.role.code())
        .bind(it.agency.map(Agency::code))
        .bind(&it.password_hash)
        .bind(it.created_at.0)
        .bind(it.disabled_at.map(|at| at.0))
        .execute(conn)
        .await?
        .rows_affected());
        Ok(added == 1)
    }

    pub async fn person(&self, name: &str) -> Result<Option<Person>, DbError> {
        let row: Option<Row> = on_read!(self, conn => sqlx::query_as(
            "SELECT name, officer, display_name, role, agency, password_hash, created_at, disabled_at \
             FROM people WHERE name = $1",
        )
        .bind(name)
        .fetch_optional(conn)
        .await?);
        row.map(person).transpose()
    }

    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<Person>, DbError> {
        let rows: Vec<Row> = on_read!(self, conn => sqlx::query_as(
            "SELECT name, officer, display_name, role, agency, password_hash, created_at, disabled_at \
             FROM people ORDER BY name",
        )
        .fetch_all(conn)
        .await?);
        rows.into_iter().map(person).collect()
    }

    /// Replaces the password and ends every session of that person.
    pub async fn set_password(&self, name: &str, password_hash: &str) -> Result<bool, DbError> {
        let changed = on_write!(self, conn => {
            sqlx::query("DELETE FROM sessions WHERE name = $1").bind(name).execute(&mut *conn).await?;
            sqlx::query("UPDATE people SET password_hash = $2 WHERE name = $1")
                .bind(name)
                .bind(password_hash)
                .execute(conn)
                .await?
                .rows_affected()
        });
        Ok(changed == 1)
    }

    /// Shuts a person out and ends their sessions; what they did stays theirs.
    pub async fn disable_person(&self, name: &str, at: UtcMs) -> Result<bool, DbError> {
        let changed = on_write!(self, conn => {
            sqlx::query("DELETE FROM sessions WHERE name = $1").bind(name).execute(&mut *conn).await?;
            sqlx::query("UPDATE people SET disabled_at = $2 WHERE name = $1")
                .bind(name)
                .bind(at.0)
                .execute(conn)
                .await?
                .rows_affected()
        });
        Ok(changed == 1)
    }
}
