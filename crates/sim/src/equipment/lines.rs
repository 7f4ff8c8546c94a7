//! A device that is a TCP server and talks in text lines: a VM250 portal, a scale. Everybody who
//! is connected hears the same; who is not connected misses it, as with the real thing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, broadcast};
use tokio::task::JoinSet;

use served::clock::Clock;

/// A line and how long before it the device is silent, ms of the simulated clock.
pub type Timed = (i64, String);

pub struct LineServer {
    address: SocketAddr,
    said: broadcast::Sender<Arc<str>>,
    /// Held while a vehicle is in the device: background lines wait.
    speaking: Arc<Mutex<()>>,
    tasks: std::sync::Mutex<JoinSet<()>>,
}

impl LineServer {
    /// Each new connection first gets the greeting: the device's set-up lines.
    pub async fn start(greeting: Vec<String>) -> io::Result<LineServer> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (said, _) = broadcast::channel::<Arc<str>>(16_384);
        let mut tasks = JoinSet::new();
        let hear = said.clone();
        let greeting: String = greeting.iter().map(|it| format!("{it}\r\n")).collect();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((mut stream, _)) = listener.accept().await else {
                    continue;
                };
                let mut lines = hear.subscribe();
                let greeting = greeting.clone();
                let _ = stream.set_nodelay(true);
                connections.spawn(async move {
                    if stream.write_all(greeting.as_bytes()).await.is_err() {
                        return;
                    }
                    loop {
                        let line = match lines.recv().await {
                            Ok(line) => line,
                            Err(broadcast::error::RecvError::Lagged(_)) => continue,
                            Err(broadcast::error::RecvError::Closed) => return,
                        };
                        if stream.write_all(line.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        let speaking = Arc::new(Mutex::new(()));
        Ok(LineServer {
            address,
            said,
            speaking,
            tasks: std::sync::Mutex::new(tasks),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many are connected.
    pub fn listeners(&self) -> usize {
        self.said.receiver_count()
    }

    /// Waits until somebody is connected, at most `limit` of wall time; whether somebody is.
    pub async fn is_heard(&self, limit: Duration) -> bool {
        let until = tokio::time::Instant::now() + limit;
        while self.listeners() == 0 && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.listeners() > 0
    }

    /// One line now.
    pub fn say(&self, line: &str) {
        // Nobody connected: the line is lost, as on a real wire.
        let _ = self.said.send(format!("{line}\r\n").into());
    }

    /// Lines at their times; nothing else is said meanwhile.
    pub async fn play(&self, clock: &Clock, lines: &[Timed]) {
        let _speaking = self.speaking.lock().await;
        let mut due = clock.now();
        for (after_ms, line) in lines {
            due = due.plus_ms(*after_ms);
            clock.sleep_until(due).await;
            self.say(line);
        }
    }

    /// Between vehicles the device says `lines(round)` every five seconds of its time, but not
    /// more often than four times a second of the wall's.
    pub fn keep_talking(&self, clock: Clock, lines: fn(u64) -> Vec<String>) {
        let said = self.said.clone();
        let speaking = self.speaking.clone();
        let talk = async move {
            for round in 0.. {
                {
                    let _speaking = speaking.lock().await;
                    for line in lines(round) {
                        let _ = said.send(format!("{line}\r\n").into());
                    }
                }
                let pause = clock.on_wall(Duration::from_secs(5));
                tokio::time::sleep(pause.max(Duration::from_millis(250))).await;
            }
        };
        if let Ok(mut tasks) = self.tasks.lock() {
            tasks.spawn(talk);
        }
    }
}
