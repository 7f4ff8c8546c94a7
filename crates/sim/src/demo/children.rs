//! Centre and checkpoints as processes of their own, of the same executable, so that they can be
//! killed at any moment: they are started again. Each writes its pid and its log beside the
//! ledgers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use served::clock::Clock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::waits::{Wait, Waits};

/// A role of the executable and its configuration.
#[derive(Debug, Clone)]
pub struct Role {
    /// The file names of pid and log: `centre`, `CN05`.
    pub name: String,
    /// `centre` or `checkpoint`.
    pub subcommand: &'static str,
    pub config: PathBuf,
}

/// A process that is started again whenever it ends.
pub struct Supervised {
    name: String,
    ready: watch::Receiver<u64>,
    stop: CancellationToken,
    kill: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

const AGAIN: Duration = Duration::from_millis(300);
/// A process that is asked to stop gets this long.
const FAREWELL: Duration = Duration::from_secs(10);

impl Supervised {
    /// It goes by `clock`, and is waited for among `waits` until it listens.
    pub fn start(
        executable: &Path,
        folder: &Path,
        role: Role,
        clock: &Clock,
        waits: &Waits,
    ) -> Supervised {
        let (report, ready) = watch::channel(0);
        let stop = CancellationToken::new();
        let (kill, mut killing) = mpsc::channel(1);
        let name = role.name.clone();
        let keeper = Keeper {
            executable: executable.into(),
            folder: folder.into(),
            role,
            clock: clock.clone(),
            waits: waits.clone(),
        };
        let stopping = stop.clone();
        let task = tokio::spawn(async move {
            keeper.keep(report, stopping, &mut killing).await;
        });
        Supervised {
            name,
            ready,
            stop,
            kill,
            task,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Kills it without a word (SIGKILL), at once or as soon as it runs again; it is started again.
    /// Comes back when it is dead.
    pub async fn kill(&self) {
        let (done, dead) = oneshot::channel();
        if self.kill.send(done).await.is_ok() {
            let _ = dead.await;
        }
    }

    /// Waits until it has said once that it listens.
    pub async fn ready(&self, limit: Duration) -> Result<(), String> {
        let mut ready = self.ready.clone();
        let waited = tokio::time::timeout(limit, ready.wait_for(|it| *it > 0)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            _ => Err(format!(
                "{} does not come up within {} s",
                self.name,
                limit.as_secs()
            )),
        }
    }

    /// Asks it to stop, and ends it when it does not.
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

struct Keeper {
    executable: PathBuf,
    folder: PathBuf,
    role: Role,
    clock: Clock,
    waits: Waits,
}

impl Keeper {
    async fn keep(
        self,
        report: watch::Sender<u64>,
        stop: CancellationToken,
        kills: &mut mpsc::Receiver<oneshot::Sender<()>>,
    ) {
        let mut first = true;
        let mut wait = Some(self.waits.begin());
        while !stop.is_cancelled() {
            if !first {
                tokio::time::sleep(AGAIN).await;
            }
            let again = !std::mem::take(&mut first);
            match self.spawn() {
                Ok(child) => {
                    if again {
                        eprintln!("demo: {} is started again", self.role.name);
                    }
                    let starting = wait.take();
                    self.attend(child, starting, &report, &stop, kills).await;
                    wait = Some(self.waits.begin());
                }
                Err(why) => eprintln!("demo: {} does not start: {why}", self.role.name),
            }
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{}.log", self.role.name)))?;
        let child = Command::new(&self.executable)
            .arg(self.role.subcommand)
            .arg("--config")
            .arg(&self.role.config)
            // It ends when our end of this pipe does, however we end.
            .arg("--with-parent")
            .arg("--pace")
            .arg(self.clock.pace().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        if let Some(pid) = child.id() {
            fs::write(
                self.folder.join(format!("{}.pid", self.role.name)),
                pid.to_string(),
            )?;
        }
        Ok(child)
    }

    /// Until it ends or is to stop.
    async fn attend(
        &self,
        mut child: Child,
        mut starting: Option<Wait>,
        report: &watch::Sender<u64>,
        stop: &CancellationToken,
        kills: &mut mpsc::Receiver<oneshot::Sender<()>>,
    ) {
        let mut stdin = child.stdin.take();
        let mut pace = self.clock.changes();
        // It may have changed while the program was started.
        pace.mark_changed();
        let mut lines = child.stdout.take().map(|it| BufReader::new(it).lines());
        loop {
            let line = async {
                match &mut lines {
                    Some(lines) => lines.next_line().await.ok().flatten(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                line = line => match line {
                    Some(line) if line.starts_with("listening") => {
                        drop(starting.take());
                        report.send_modify(|it| *it += 1);
                    }
                    Some(_) => (),
                    None => lines = None,
                },
                Ok(()) = pace.changed() => {
                    let line = format!("{}\n", *pace.borrow_and_update());
                    if let Some(stdin) = &mut stdin {
                        // One that is dying is noticed by its end.
                        let _ = stdin.write_all(line.as_bytes()).await;
                    }
                }
                ended = child.wait() => {
                    if let Ok(status) = ended {
                        eprintln!("demo: {} ended ({status})", self.role.name);
                    }
                    return;
                }
                Some(dead) = kills.recv() => {
                    let _ = child.kill().await;
                    eprintln!("demo: {} is killed", self.role.name);
                    let _ = dead.send(());
                    return;
                }
                () = stop.cancelled() => {
                    self.end(child).await;
                    return;
                }
            }
        }
    }

    async fn end(&self, mut child: Child) {
        if let Some(pid) = child.id() {
            // There is no safe way to send a signal but by the program for it.
            let _ = Command::new("kill")
                .arg("-INT")
                .arg(pid.to_string())
                .status()
                .await;
        }
        if tokio::time::timeout(FAREWELL, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}
