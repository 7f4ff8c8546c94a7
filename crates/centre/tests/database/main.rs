//! Every repository method on both engines, by one text. PostgreSQL is started here in a temporary
//! folder; where it is not installed that half is skipped, loudly, and fails under CI=true.

mod postgres;

use centre::authority::Role;
use centre::db::Db;
use centre::db::marks::Change;
use centre::db::people::Person;
use centre::db::sessions::Session;
use domain::agency::Agency;
use domain::unit::{OfficerId, UtcMs};
use postgres::Postgres;

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(None, folder.path()).await.unwrap();
    assert_eq!(db.engine(), "sqlite");
    contract(&db).await;
    db.close().await;
    // Opening again finds the tables and what is in them.
    let address = format!("sqlite:{}", folder.path().join("centre.db").display());
    let db = Db::open(Some(&address), folder.path()).await.unwrap();
    assert_eq!(db.people().await.unwrap().len(), 2);
    db.close().await;
}

#[tokio::test]
async fn postgres_keeps_the_contract_and_its_tables_are_the_same() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(Some(&server.url()), folder.path()).await.unwrap();
    assert_eq!(db.engine(), "postgres");
    contract(&db).await;
    let sqlite = Db::open(None, folder.path()).await.unwrap();
    assert_eq!(columns(&db).await, columns(&sqlite).await);
    sqlite.close().await;
    db.close().await;
    let db = Db::open(Some(&server.url()), folder.path()).await.unwrap();
    assert_eq!(db.people().await.unwrap().len(), 2);
    db.close().await;
}

/// The whole program on PostgreSQL: demo accounts made, found again after a restart.
#[tokio::test]
async fn the_centre_runs_on_postgres() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let procedures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../procedures");
    let mut config = centre::Config::with(folder.path().to_owned(), procedures.as_ref()).unwrap();
    config.checkpoints.truncate(1);
    config.database = Some(server.url());
    config.demo = true;
    for _ in 0..2 {
        let running = centre::run(config.clone()).await.unwrap();
        let people = running.app.db.people().await.unwrap();
        assert_eq!(people.len(), centre::people::demo_accounts().len());
        running.shutdown().await;
    }
}

#[tokio::test]
async fn an_address_of_neither_engine_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = Db::open(Some("mysql://u:secret@h/d"), folder.path())
        .await
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(text.contains("mysql") && !text.contains("secret"), "{text}");
}

/// Tables and columns, in order.
async fn columns(db: &Db) -> Vec<(String, String)> {
    match db {
        Db::Sqlite { read, .. } => sqlx::query_as(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY 1, 2",
        )
        .fetch_all(read)
        .await
        .unwrap(),
        Db::Postgres(pool) => sqlx::query_as(
            "SELECT table_name::text, column_name::text FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' ORDER BY 1, 2",
        )
        .fetch_all(pool)
        .await
        .unwrap(),
    }
}

fn somebody(name: &str, role: Role, agency: Option<Agency>) -> Person {
    Person {
        name: name.to_owned(),
        officer: OfficerId::new(format!("o-{name}")),
        display_name: "Қазақ Ұлттық".to_owned(),
        role,
        agency,
        password_hash: "$argon2id$".to_owned(),
        created_at: UtcMs(1),
        disabled_at: None,
    }
}

async fn contract(db: &Db) {
    people(db).await;
    sessions(db).await;
    logins(db).await;
    notifications(db).await;
    views(db).await;
}

async fn people(db: &Db) {
    let officer = somebody("aigerim", Role::Officer, Some(Agency::SanitaryQuarantine));
    let auditor = somebody("marat", Role::Auditor, None);
    assert!(db.add_person(&officer).await.unwrap());
    assert!(db.add_person(&auditor).await.unwrap());
    assert!(!db.add_person(&officer).await.unwrap(), "the name is taken");
    let twin = Person {
        name: "twin".to_owned(),
        ..officer.clone()
    };
    assert!(
        !db.add_person(&twin).await.unwrap(),
        "the pseudonym is taken"
    );
    assert_eq!(db.person("aigerim").await.unwrap(), Some(officer.clone()));
    assert_eq!(db.person("nobody").await.unwrap(), None);
    assert_eq!(db.people().await.unwrap(), [officer, auditor]);
}

async fn sessions(db: &Db) {
    let session = |name: &str, at: i64| Session {
        name: name.to_owned(),
        created_at: UtcMs(at),
        seen_at: UtcMs(at),
        expires_at: UtcMs(at + 1_000),
    };
    let (one, two) = ([1; 32], [2; 32]);
    db.add_session(&one, &session("aigerim", 10)).await.unwrap();
    assert_eq!(
        db.session(&one).await.unwrap(),
        Some(session("aigerim", 10))
    );
    assert_eq!(db.session(&two).await.unwrap(), None);
    db.touch_session(&one, UtcMs(500)).await.unwrap();
    assert_eq!(db.session(&one).await.unwrap().unwrap().seen_at, UtcMs(500));
    db.end_session(&one).await.unwrap();
    assert_eq!(db.session(&one).await.unwrap(), None);
    // A new one sweeps out what has expired.
    db.add_session(&one, &session("aigerim", 10)).await.unwrap();
    db.add_session(&two, &session("marat", 5_000))
        .await
        .unwrap();
    assert_eq!(db.session(&one).await.unwrap(), None);
    assert!(db.set_password("marat", "$argon2id$new").await.unwrap());
    assert_eq!(
        db.session(&two).await.unwrap(),
        None,
        "a new password ends sessions"
    );
    assert_eq!(
        db.person("marat").await.unwrap().unwrap().password_hash,
        "$argon2id$new"
    );
    assert!(!db.set_password("nobody", "x").await.unwrap());
    db.add_session(&two, &session("marat", 5_000))
        .await
        .unwrap();
    assert!(db.disable_person("marat", UtcMs(7)).await.unwrap());
    assert_eq!(db.session(&two).await.unwrap(), None);
    assert_eq!(
        db.person("marat").await.unwrap().unwrap().disabled_at,
        Some(UtcMs(7))
    );
    // Nobody without an account has a session.
    assert!(db.add_session(&one, &session("nobody", 1)).await.is_err());
}

async fn logins(db: &Db) {
    for at in [100, 200, 300] {
        db.note_failed_login("name:x", UtcMs(at), UtcMs(150))
            .await
            .unwrap();
    }
    assert_eq!(
        db.failed_logins("name:x", UtcMs(0)).await.unwrap(),
        2,
        "the first is forgotten"
    );
    assert_eq!(db.failed_logins("name:x", UtcMs(300)).await.unwrap(), 1);
    assert_eq!(db.failed_logins("name:y", UtcMs(0)).await.unwrap(), 0);
    db.forget_failed_logins("name:x").await.unwrap();
    assert_eq!(db.failed_logins("name:x", UtcMs(0)).await.unwrap(), 0);
}

async fn notifications(db: &Db) {
    db.note_lodged("N-1", "carrier").await.unwrap();
    db.note_lodged("N-1", "another").await.unwrap();
    assert_eq!(
        db.lodged_by("N-1").await.unwrap().as_deref(),
        Some("carrier")
    );
    assert_eq!(db.lodged_by("N-2").await.unwrap(), None);
}

async fn views(db: &Db) {
    let arrived = |number: u32, at: i64| Change::Arrived {
        passage: format!("CN05-{number}"),
        checkpoint: "CN05".to_owned(),
        lane: 1,
        direction: "entry",
        at,
    };
    let mark = |number: u32, mark: &str| Change::Mark {
        passage: format!("CN05-{number}"),
        kind: "plate",
        mark: mark.to_owned(),
    };
    let batch = [
        arrived(1, 100),
        mark(1, "777ABC05"),
        mark(1, "777ABC05"),
        Change::Plate {
            passage: "CN05-1".to_owned(),
            plate: "777ABC05".to_owned(),
        },
        arrived(2, 200),
        mark(2, "A_B%C"),
        Change::Ended {
            passage: "CN05-2".to_owned(),
            how: "departed",
            at: 250,
        },
    ];
    assert_eq!(db.view_cursor("CN05").await.unwrap(), None);
    db.apply_view("CN05", 1, 6, &batch).await.unwrap();
    assert_eq!(db.view_cursor("CN05").await.unwrap(), Some((1, 6)));
    let before = db.view_rows().await.unwrap();
    assert_eq!((before.0.len(), before.1.len()), (2, 2));
    // The same batch again changes nothing: a crash between two steps does no harm.
    db.apply_view("CN05", 1, 6, &batch).await.unwrap();
    assert_eq!(db.view_rows().await.unwrap(), before);
    let found = async |text: &str, from, to| db.search(text, from, to, 10).await.unwrap();
    assert_eq!(found("", i64::MIN, i64::MAX).await, ["CN05-2", "CN05-1"]);
    assert_eq!(found("7ABC", 0, 1_000).await, ["CN05-1"]);
    assert_eq!(found("CN05-2", 0, 1_000).await, ["CN05-2"]);
    assert_eq!(found("", 150, 1_000).await, ["CN05-2"]);
    assert_eq!(found("A_B%C", 0, 1_000).await, ["CN05-2"]);
    assert!(found("A%C", 0, 1_000).await.is_empty(), "no wildcards");
    assert!(found("A_C", 0, 1_000).await.is_empty());
    assert_eq!(
        db.search("", 0, 1_000, 1).await.unwrap(),
        ["CN05-2"],
        "the latest first"
    );
    db.delete_views().await.unwrap();
    assert_eq!(db.view_rows().await.unwrap(), (Vec::new(), Vec::new()));
    assert_eq!(db.view_cursor("CN05").await.unwrap(), None);
    db.apply_view("CN05", 1, 6, &batch).await.unwrap();
    assert_eq!(db.view_rows().await.unwrap(), before, "rebuilt");
}
