//! Who may enter things at the lane: names with PINs, as the configuration's argon2 hashes.
//! Wrong PINs slow the name down. No session: every entry names its person.

use std::collections::HashMap;
use std::sync::Mutex;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use axum::http::StatusCode;
use domain::agency::Agency;
use domain::unit::{OfficerId, UtcMs};
use serde::Deserialize;

use super::problem::Problem;
use crate::config::Person;
use crate::limits::{PIN_FAILURES, PIN_WINDOW_MS};

/// How a request names the person behind it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Signed {
    pub name: String,
    pub pin: String,
}

pub(crate) struct People {
    known: Vec<Person>,
    /// Times of wrong PINs, by name.
    failures: Mutex<HashMap<String, Vec<UtcMs>>>,
}

impl People {
    pub fn new(known: Vec<Person>) -> People {
        People {
            known,
            failures: Mutex::default(),
        }
    }

    /// The officer, or a problem that does not tell a wrong name from a wrong PIN.
    pub async fn officer(
        &self,
        signed: &Signed,
        now: UtcMs,
    ) -> Result<(OfficerId, Agency), Problem> {
        let recent = self.recent_failures(&signed.name, now);
        if recent >= PIN_FAILURES {
            let why = "too many wrong PINs; wait a minute";
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "lane.pin_locked",
                why,
            ));
        }
        let person = self.known.iter().find(|it| it.name == signed.name).cloned();
        let pin = signed.pin.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let person = person?;
            let hash = PasswordHash::new(&person.pin).ok()?;
            Argon2::default()
                .verify_password(pin.as_bytes(), &hash)
                .ok()?;
            Some(person.agency)
        });
        match checked.await.ok().flatten() {
            Some(agency) => Ok((OfficerId::new(&signed.name), agency)),
            None => {
                self.failed(&signed.name, now);
                let why = "the name or the PIN is wrong";
                Err(Problem::new(StatusCode::FORBIDDEN, "lane.pin_wrong", why))
            }
        }
    }

    fn recent_failures(&self, name: &str, now: UtcMs) -> usize {
        let mut failures = self.failures.lock().unwrap_or_else(|it| it.into_inner());
        let Some(times) = failures.get_mut(name) else {
            return 0;
        };
        times.retain(|at| now.since_ms(*at) < PIN_WINDOW_MS);
        times.len()
    }

    fn failed(&self, name: &str, now: UtcMs) {
        // Only names we know are remembered, so that guesses cannot fill the memory.
        if self.known.iter().any(|it| it.name == name) {
            let mut failures = self.failures.lock().unwrap_or_else(|it| it.into_inner());
            failures.entry(name.to_owned()).or_default().push(now);
        }
    }
}
