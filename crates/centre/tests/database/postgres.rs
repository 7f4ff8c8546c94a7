//! A PostgreSQL server of this test's own: made in a temporary folder, reached by a socket in it,
//! gone afterwards. The server refuses to run as root, so root hands it to another user.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Postgres {
    server: Child,
    folder: tempfile::TempDir,
}

impl Postgres {
    /// `None` when it is not installed (and this is not CI).
    pub fn start() -> Option<Postgres> {
        let Some(bin) = programs() else {
            let why = "skipped: no PostgreSQL (initdb, postgres) in PATH or /usr/lib/postgresql";
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{why}, and CI=true"
            );
            eprintln!("{why}");
            return None;
        };
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let user = other_user();
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(folder.path()));
        }
        let data = folder.path().join("data");
        run(as_user(&user, &bin.join("initdb"))
            .args([
                "--auth=trust",
                "--username=beket",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "-D",
            ])
            .arg(&data));
        let server = as_user(&user, &bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Postgres { server, folder };
        // Its socket appears when it takes connections.
        let socket = server.folder.path().join(".s.PGSQL.5432");
        let began = Instant::now();
        while !socket.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "PostgreSQL did not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(server)
    }

    pub fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://beket@localhost/postgres?host={folder}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT: ends connections and stops; its own children go with it.
        let pid = self.server.id().to_string();
        let _ = Command::new("kill").args(["-INT", &pid]).status();
        let _ = self.server.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let debian = debian.map(|it| it.path().join("bin"));
    std::env::split_paths(&path)
        .chain(debian)
        .find(|it| it.join("initdb").exists() && it.join("postgres").exists())
        .map(|it| it.canonicalize().unwrap_or(it))
}

/// The user who runs the server when this is root.
fn other_user() -> Option<String> {
    let id = Command::new("id").arg("-u").output().unwrap();
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return None;
    }
    let known = |it: &&&str| {
        Command::new("id")
            .arg(it)
            .output()
            .is_ok_and(|it| it.status.success())
    };
    Some((*["postgres", "nobody"].iter().find(known).unwrap()).to_string())
}

fn as_user(user: &Option<String>, program: &Path) -> Command {
    let Some(user) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .args(["--clear-groups", "--"])
        .arg(program);
    command.current_dir("/tmp");
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
