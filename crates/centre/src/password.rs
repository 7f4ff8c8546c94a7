//! Password hashing (argon2id, PHC strings) and session tokens. Not here: who may log in.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::limits;

static HASHING: Semaphore = Semaphore::const_new(limits::HASHES_AT_ONCE);

#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has {min} to {max} bytes", min = limits::PASSWORD_BYTES_MIN, max = limits::PASSWORD_BYTES)]
    Length,
    #[error("hashing failed: {0}")]
    Hash(String),
}

/// The PHC string of a password that is long enough to be one.
pub async fn hash(password: &str) -> Result<String, PasswordError> {
    if !(limits::PASSWORD_BYTES_MIN..=limits::PASSWORD_BYTES).contains(&password.len()) {
        return Err(PasswordError::Length);
    }
    let password = password.to_owned();
    let _turn = HASHING.acquire().await;
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|it| it.to_string())
            .map_err(|e| PasswordError::Hash(e.to_string()))
    })
    .await
    .map_err(|e| PasswordError::Hash(e.to_string()))?
}

/// Whether `password` is the one behind `hash`. With `None` (nobody of that name) it works as
/// long and answers no, so that the time of the answer names nobody.
pub async fn verify(password: &str, hash: Option<&str>) -> bool {
    // Argon2id of a random password with the default cost.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                          7Lx5vWmqdqhbKTrwBXsBPoZ1jKFbAmzcLgNHbW4rOpM";
    if password.len() > limits::PASSWORD_BYTES {
        return false;
    }
    let known = hash.is_some();
    let hash = hash.unwrap_or(NOBODY).to_owned();
    let password = password.to_owned();
    let _turn = HASHING.acquire().await;
    let right = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|it| {
            Argon2::default()
                .verify_password(password.as_bytes(), &it)
                .is_ok()
        })
    })
    .await
    .unwrap_or(false);
    known && right
}

/// A fresh session token (256 bits, base64url) and the hash under which it is kept.
pub fn new_token() -> (String, [u8; 32]) {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let hash = token_hash(&token);
    (token, hash)
}

pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A password nobody chose: 120 bits, in groups that can be read out.
pub fn generate() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
    let bytes = rand::random::<[u8; 24]>();
    let mut text = String::with_capacity(30);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 6 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_no_other() {
        let it = hash("correct horse battery").await.unwrap();
        assert!(it.starts_with("$argon2id$"));
        assert!(verify("correct horse battery", Some(&it)).await);
        assert!(!verify("correct horse batterz", Some(&it)).await);
        assert!(!verify("correct horse battery", None).await);
        assert!(matches!(hash("short").await, Err(PasswordError::Length)));
    }

    #[tokio::test]
    async fn nobody_costs_as_much_as_somebody() {
        // The stand-in must be a hash that parses, or an unknown name would answer at once.
        let it = hash("correct horse battery").await.unwrap();
        let cost = |it: &str| it.split('$').nth(3).map(str::to_owned);
        assert_eq!(cost(&it).as_deref(), Some("m=19456,t=2,p=1"));
    }

    #[test]
    fn made_passwords_differ_and_are_long_enough() {
        let (a, b) = (generate(), generate());
        assert_ne!(a, b);
        assert!(a.len() >= limits::PASSWORD_BYTES_MIN);
    }
}
