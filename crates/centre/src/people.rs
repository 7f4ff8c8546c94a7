//! Adding people, and the accounts of a demo. Outside a demo nobody exists until somebody was
//! added on the machine itself (`beket people add`): no default password anywhere.

use domain::agency::Agency;
use domain::unit::OfficerId;

use crate::authority::Role;
use crate::db::people::Person;
use crate::db::{Db, DbError};
use crate::limits;
use crate::password::{self, PasswordError};
use served::clock::wall_now;

/// The password of every demo account. The demo prints it; it exists in demos only.
pub const DEMO_PASSWORD: &str = "beket-demo-2026";

/// Somebody to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPerson {
    pub name: String,
    /// The pseudonym in ledgers; drawn at random when absent.
    pub officer: Option<String>,
    pub display_name: String,
    pub role: Role,
    pub agency: Option<Agency>,
    /// Generated when absent.
    pub password: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("a name has 1 to {max} of a-z 0-9 . _ -, not {0:?}", max = limits::NAME_BYTES)]
    Name(String),
    #[error("officers have a body and nobody else has one")]
    Agency,
    #[error("the name {0:?} or its pseudonym is taken")]
    Taken(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Adds a person and returns their password, to be told to them once.
pub async fn add(db: &Db, it: NewPerson) -> Result<String, PeopleError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    if it.name.is_empty() || it.name.len() > limits::NAME_BYTES || !it.name.bytes().all(allowed) {
        return Err(PeopleError::Name(it.name));
    }
    if (it.role == Role::Officer) != it.agency.is_some() {
        return Err(PeopleError::Agency);
    }
    let password = it.password.unwrap_or_else(password::generate);
    let password_hash = password::hash(&password).await?;
    let officer = it
        .officer
        .unwrap_or_else(|| format!("o-{:08x}", rand::random::<u32>()));
    let person = Person {
        name: it.name,
        officer: OfficerId::new(officer),
        display_name: it.display_name,
        role: it.role,
        agency: it.agency,
        password_hash,
        created_at: wall_now(),
        disabled_at: None,
    };
    if db.add_person(&person).await? {
        Ok(password)
    } else {
        Err(PeopleError::Taken(person.name))
    }
}

/// The accounts of a demo: three officers of customs, two of every other body, a supervisor, an
/// auditor, a carrier and an administrator. The name is the pseudonym.
pub fn demo_accounts() -> Vec<NewPerson> {
    let mut accounts = Vec::new();
    let mut add = |name: String, display_name: &str, role, agency| {
        accounts.push(NewPerson {
            officer: Some(name.clone()),
            name,
            display_name: display_name.to_owned(),
            role,
            agency,
            password: Some(DEMO_PASSWORD.to_owned()),
        });
    };
    const NAMES: [&str; 14] = [
        "Aigerim S.",
        "Daniyar K.",
        "Marat O.",
        "Saule T.",
        "Yerlan B.",
        "Gulnara A.",
        "Timur Zh.",
        "Asel N.",
        "Ruslan I.",
        "Dinara M.",
        "Bolat E.",
        "Zhanna P.",
        "Arman D.",
        "Kamila R.",
    ];
    let mut names = NAMES.iter();
    for agency in Agency::ALL {
        let count = if agency == Agency::Customs { 3 } else { 2 };
        for number in 1..=count {
            let word = agency.code().replace('_', "-");
            let shown = names.next().unwrap_or(&"Officer");
            add(
                format!("o-{word}-{number}"),
                shown,
                Role::Officer,
                Some(agency),
            );
        }
    }
    add(
        "supervisor".to_owned(),
        "Nurlan Supervisor",
        Role::Supervisor,
        None,
    );
    add("auditor".to_owned(), "Madina Auditor", Role::Auditor, None);
    add("carrier".to_owned(), "Silk Way Trans", Role::Carrier, None);
    add(
        "administrator".to_owned(),
        "Oleg Administrator",
        Role::Administrator,
        None,
    );
    accounts
}

/// Makes the demo accounts that are missing.
pub async fn ensure_demo(db: &Db) -> Result<(), PeopleError> {
    let accounts = demo_accounts();
    // One hash serves all: the password is no secret, and seventeen would take a second.
    let password_hash = password::hash(DEMO_PASSWORD).await?;
    for it in accounts {
        if db.person(&it.name).await?.is_some() {
            continue;
        }
        let person = Person {
            officer: OfficerId::new(it.officer.unwrap_or_else(|| it.name.clone())),
            name: it.name,
            display_name: it.display_name,
            role: it.role,
            agency: it.agency,
            password_hash: password_hash.clone(),
            created_at: wall_now(),
            disabled_at: None,
        };
        db.add_person(&person).await?;
    }
    Ok(())
}
