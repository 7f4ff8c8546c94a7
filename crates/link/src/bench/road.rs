//! The emulated line of a measurement: whole IP packets between two network namespaces where there
//! is root, else UDP datagrams over a relay on loopback, counted with their headers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::thread::JoinHandle;

use crate::emulator::tun::{End, TunLine};
use crate::emulator::{Carried, Emulator, Line};

const PORT: u16 = 8443;

pub enum Road {
    Tun(TunLine),
    Relay {
        line: Mutex<Line>,
        emulator: Mutex<Option<Emulator>>,
    },
}

impl Road {
    /// The better one that can be had, and why not the other.
    pub fn open(line: Line) -> (Road, Option<io::Error>) {
        match TunLine::start(line.clone()) {
            Ok(tun) => (Road::Tun(tun), None),
            Err(why) => (Road::relay(line), Some(why)),
        }
    }

    pub fn relay(line: Line) -> Road {
        Road::Relay {
            line: Mutex::new(line),
            emulator: Mutex::new(None),
        }
    }

    pub fn says(&self) -> &'static str {
        match self {
            Road::Tun(_) => "IP packets through TUN devices between two network namespaces",
            Road::Relay { .. } => "UDP relay on loopback, 28 bytes of headers added to a datagram",
        }
    }

    /// Where the centre listens.
    pub fn listen(&self) -> SocketAddr {
        match self {
            Road::Tun(_) => (End::Centre.address(), PORT).into(),
            Road::Relay { .. } => (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }

    /// Where the checkpoint dials, when the centre listens at `centre`.
    pub async fn dial(&self, centre: SocketAddr) -> io::Result<SocketAddr> {
        match self {
            Road::Tun(_) => Ok(centre),
            Road::Relay { line, emulator } => {
                let line = line.lock().map(|it| it.clone());
                let line = line.map_err(|_| io::Error::other("the line is gone"))?;
                let fresh = Emulator::start(centre, line).await?;
                let addr = fresh.addr();
                // Each stage has a centre of its own, and a relay of its own before it.
                let mut emulator = emulator
                    .lock()
                    .map_err(|_| io::Error::other("the line is gone"))?;
                *emulator = Some(fresh);
                Ok(addr)
            }
        }
    }

    pub fn set(&self, change: impl FnOnce(&mut Line)) {
        match self {
            Road::Tun(tun) => {
                let mut line = tun.line();
                change(&mut line);
                tun.set(line);
            }
            Road::Relay { line, emulator } => {
                let Ok(mut line) = line.lock() else { return };
                change(&mut line);
                if let Ok(emulator) = emulator.lock()
                    && let Some(emulator) = emulator.as_ref()
                {
                    emulator.set(line.clone());
                }
            }
        }
    }

    /// Up and down.
    pub fn carried(&self) -> [Carried; 2] {
        match self {
            Road::Tun(tun) => tun.directions(),
            Road::Relay { emulator, .. } => emulator
                .lock()
                .ok()
                .and_then(|it| it.as_ref().map(Emulator::directions))
                .unwrap_or_default(),
        }
    }

    /// Runs an end's program in a thread and a runtime of its own.
    pub fn spawn<F, T>(
        &self,
        end: End,
        work: impl FnOnce() -> F + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<T>>>
    where
        F: Future<Output = T>,
        T: Send + 'static,
    {
        let run = || -> io::Result<T> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(work()))
        };
        match self {
            Road::Tun(tun) => {
                let thread = tun.spawn(end, run)?;
                Ok(std::thread::spawn(move || match thread.join() {
                    Ok(done) => done?,
                    Err(_) => Err(io::Error::other("the end's thread panicked")),
                }))
            }
            Road::Relay { .. } => std::thread::Builder::new()
                .name(format!("{end:?}"))
                .spawn(run),
        }
    }
}
