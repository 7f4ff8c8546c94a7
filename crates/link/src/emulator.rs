//! A narrow line in real time, without root: relays UDP between loopback sockets with a rate, a
//! delay, loss, a modem's queue and outages that can be changed while it runs.
//!
//! For tests, the demo and benches only. [`tun`] carries whole IP packets, so TCP too, and needs
//! root. In virtual time there is [`crate::virtual_wire`].

pub mod tun;

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bytes of IP and UDP headers that a datagram costs on the line.
const HEADER_BYTES: u64 = 28;
/// Programs that may send through one emulator.
const CLIENTS: usize = 64;
const DATAGRAM_BYTES: usize = 65_535;

/// The same in both directions; each has its own queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub rate_bps: u64,
    pub delay_ms: u64,
    /// Share of datagrams that vanish, 0 to 1.
    pub loss: f64,
    pub queue_bytes: u64,
    /// Nothing passes while it is not.
    pub up: bool,
}

impl Line {
    /// The satellite's 300 ms one way and a modem of 32 KiB.
    pub fn satellite(rate_bps: u64) -> Line {
        Line {
            rate_bps,
            delay_ms: 300,
            loss: 0.0,
            queue_bytes: 32 * 1024,
            up: true,
        }
    }
}

/// What went over the line so far, both directions or one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    pub datagrams: u64,
    /// With IP headers.
    pub bytes: u64,
    /// By loss, a full queue or an outage.
    pub dropped: u64,
    /// Most that ever stood in a modem, bytes.
    pub longest_queue: u64,
}

impl Carried {
    fn and(self, other: Carried) -> Carried {
        Carried {
            datagrams: self.datagrams + other.datagrams,
            bytes: self.bytes + other.bytes,
            dropped: self.dropped + other.dropped,
            longest_queue: self.longest_queue.max(other.longest_queue),
        }
    }
}

/// The modem at one end: a queue before a slow line. Arithmetic only.
#[derive(Debug)]
struct Modem {
    free_at: Instant,
    carried: Carried,
}

impl Modem {
    fn new() -> Modem {
        Modem {
            free_at: Instant::now(),
            carried: Carried::default(),
        }
    }

    /// When a packet of `size` bytes that comes now arrives at the other end; `None`: never.
    fn takes(&mut self, size: u64, line: &Line, now: Instant) -> Option<Instant> {
        let start = self.free_at.max(now);
        let standing = (start - now).as_micros() as u64 * line.rate_bps / 8_000_000;
        let full = standing + size > line.queue_bytes.max(size);
        if !line.up || full {
            self.carried.dropped += 1;
            return None;
        }
        self.carried.datagrams += 1;
        self.carried.bytes += size;
        self.carried.longest_queue = self.carried.longest_queue.max(standing + size);
        self.free_at = start + Duration::from_micros(size * 8_000_000 / line.rate_bps.max(1));
        // What is lost on the way has taken its time of the line all the same.
        if rand::random_bool(line.loss.clamp(0.0, 1.0)) {
            self.carried.dropped += 1;
            return None;
        }
        Some(self.free_at + Duration::from_millis(line.delay_ms))
    }
}

#[derive(Debug)]
struct Shared {
    line: Mutex<Line>,
    /// Towards the target, and back.
    modems: [Mutex<Modem>; 2],
}

/// A running emulator; it stops when dropped.
#[derive(Debug)]
pub struct Emulator {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Emulator {
    /// Begins to relay between its own loopback address and `target`.
    pub async fn start(target: SocketAddr, line: Line) -> io::Result<Emulator> {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        let addr = socket.local_addr()?;
        let shared = Arc::new(Shared {
            line: Mutex::new(line),
            modems: [Modem::new(), Modem::new()].map(Mutex::new),
        });
        let task = tokio::spawn(relay(socket, target, shared.clone()));
        Ok(Emulator { addr, shared, task })
    }

    /// Where to dial instead of the target.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn line(&self) -> Line {
        lock(&self.shared.line).clone()
    }

    /// Changes the line from the next datagram on.
    pub fn set(&self, line: Line) {
        *lock(&self.shared.line) = line;
    }

    /// Changes some of the line from the next datagram on.
    pub fn change(&self, change: impl FnOnce(&mut Line)) {
        change(&mut lock(&self.shared.line));
    }

    pub fn cut(&self) {
        lock(&self.shared.line).up = false;
    }

    pub fn mend(&self) {
        lock(&self.shared.line).up = true;
    }

    pub fn carried(&self) -> Carried {
        let [there, back] = self.directions();
        there.and(back)
    }

    /// Towards the target, and back.
    pub fn directions(&self) -> [Carried; 2] {
        self.shared.modems.each_ref().map(|it| lock(it).carried)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(it) => it,
        Err(poisoned) => poisoned.into_inner(),
    }
}

struct Flying {
    arrives_at: Instant,
    from: Arc<UdpSocket>,
    to: SocketAddr,
    bytes: Vec<u8>,
}

/// One direction.
struct Direction {
    shared: Arc<Shared>,
    way: usize,
    flying: mpsc::UnboundedSender<Flying>,
}

impl Direction {
    fn start(shared: Arc<Shared>, way: usize, tasks: &mut tokio::task::JoinSet<()>) -> Direction {
        let (flying, mut arriving) = mpsc::unbounded_channel::<Flying>();
        tasks.spawn(async move {
            while let Some(it) = arriving.recv().await {
                tokio::time::sleep_until(it.arrives_at).await;
                // A closed port answers with an error; a line does not care.
                let _ = it.from.send_to(&it.bytes, it.to).await;
            }
        });
        Direction {
            shared,
            way,
            flying,
        }
    }

    fn send(&self, bytes: &[u8], from: &Arc<UdpSocket>, to: SocketAddr) {
        let line = lock(&self.shared.line).clone();
        let Some(modem) = self.shared.modems.get(self.way) else {
            return;
        };
        let size = bytes.len() as u64 + HEADER_BYTES;
        let arrives = lock(modem).takes(size, &line, Instant::now());
        if let Some(arrives_at) = arrives {
            let (from, bytes) = (from.clone(), bytes.to_vec());
            let _ = self.flying.send(Flying {
                arrives_at,
                from,
                to,
                bytes,
            });
        }
    }
}

async fn relay(socket: Arc<UdpSocket>, target: SocketAddr, shared: Arc<Shared>) {
    let mut tasks = tokio::task::JoinSet::new();
    let there = Direction::start(shared.clone(), 0, &mut tasks);
    let back = Arc::new(Direction::start(shared, 1, &mut tasks));
    let mut clients: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM_BYTES];
    loop {
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let outer = match clients.get(&client) {
            Some(it) => it.clone(),
            None if clients.len() >= CLIENTS => continue,
            None => {
                let Ok(fresh) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await else {
                    continue;
                };
                let fresh = Arc::new(fresh);
                clients.insert(client, fresh.clone());
                let (outer, socket, back) = (fresh.clone(), socket.clone(), back.clone());
                tasks.spawn(async move {
                    let mut buffer = vec![0; DATAGRAM_BYTES];
                    loop {
                        if let Ok((length, _)) = outer.recv_from(&mut buffer).await {
                            back.send(&buffer[..length], &socket, client);
                        }
                    }
                });
                fresh
            }
        };
        there.send(&buffer[..length], &outer, target);
    }
}
