//! An Aspect "Yantar" portal: a Modbus TCP server whose monitor block changes as vehicles pass.
//! Each poll of an occupied portal gets the next sample, so that no sample is lost however fast
//! the demo's clock runs; a real one changes every 200 ms whether polled or not.

use std::collections::VecDeque;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use devices::radiation::aspect::registers::{self, Channel, Monitor};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response};

#[derive(Default)]
struct Shown {
    /// Samples not polled yet.
    coming: VecDeque<[u16; registers::MONITOR_REGISTERS]>,
    vacant_polls: u32,
    time_ms: u32,
    polls: u64,
}

pub struct AspectServer {
    address: SocketAddr,
    shown: Arc<Mutex<Shown>>,
    task: JoinHandle<()>,
    playing: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Registers(Arc<Mutex<Shown>>);

impl Service for Registers {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Request<'static>) -> Self::Future {
        let answer = match request {
            Request::ReadHoldingRegisters(first, count) => {
                let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let block = shown.poll();
                let base = registers::MONITOR_BASE;
                let end = u32::from(first) + u32::from(count);
                if first >= base && end <= u32::from(base) + block.len() as u32 {
                    let from = usize::from(first - base);
                    let words = block[from..from + usize::from(count)].to_vec();
                    Ok(Response::ReadHoldingRegisters(words))
                } else {
                    Err(ExceptionCode::IllegalDataAddress)
                }
            }
            _ => Err(ExceptionCode::IllegalFunction),
        };
        future::ready(answer)
    }
}

impl Shown {
    fn poll(&mut self) -> [u16; registers::MONITOR_REGISTERS] {
        self.polls += 1;
        if let Some(next) = self.coming.pop_front() {
            self.time_ms = u32::from(next[0]) | u32::from(next[1]) << 16;
            return next;
        }
        self.vacant_polls = self.vacant_polls.wrapping_add(1);
        self.time_ms = self.time_ms.wrapping_add(5_000);
        let wobble = self.vacant_polls % 7;
        registers::encode(&Monitor {
            time_ms: self.time_ms,
            inputs: 0,
            gamma: Channel {
                status: registers::READY,
                count: 242 + wobble,
                background: 245.6,
                variance: 15.7,
            },
            neutron: Channel {
                status: registers::READY,
                count: wobble % 2,
                background: 0.3,
                variance: 0.5,
            },
            object_counter: 0,
            wheels: 0,
            speed_tenths_kmh: 0,
            outputs: 0,
        })
    }
}

impl AspectServer {
    pub async fn start() -> io::Result<AspectServer> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shown = Arc::new(Mutex::new(Shown::default()));
        let service = Registers(shown.clone());
        let task = tokio::spawn(async move {
            let connected = |stream, address| {
                let service = service.clone();
                async move { accept_tcp_connection(stream, address, move |_| Ok(Some(service.clone()))) }
            };
            let failed = |why| tracing::debug!(%why, "portal connection ended");
            if let Err(why) = Server::new(listener).serve(&connected, failed).await {
                tracing::warn!(%why, "simulated portal stopped");
            }
        });
        Ok(AspectServer {
            address,
            shown,
            task,
            playing: tokio::sync::Mutex::new(()),
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Polls so far, by whoever is connected.
    pub fn polls(&self) -> u64 {
        self.shown().polls
    }

    /// Shows these blocks, one a poll, until all were polled; gives up after ten seconds of wall
    /// time in which nobody polls (the rest is lost, as a vehicle that nobody watched).
    pub async fn play(&self, blocks: Vec<[u16; registers::MONITOR_REGISTERS]>) {
        let _playing = self.playing.lock().await;
        self.shown().coming.extend(blocks);
        let mut left = usize::MAX;
        let mut idle = 0;
        loop {
            let now = self.shown().coming.len();
            if now == 0 {
                return;
            }
            idle = if now == left { idle + 1 } else { 0 };
            left = now;
            if idle > 1_000 {
                self.shown().coming.clear();
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AspectServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
