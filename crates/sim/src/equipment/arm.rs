//! The lane's controller: arm, light and loops, served over Modbus TCP. Its behaviour is
//! `devices::barrier::controller`; here are its socket and its clock.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use devices::barrier::controller::Controller;
use devices::barrier::registers::{self, Command, Presence};
use devices::barrier::{Loop, Nonce, State};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response};

use served::clock::Clock;

/// Commands to open that were obeyed, oldest first.
pub type Opens = Vec<Nonce>;

pub struct ArmServer {
    address: SocketAddr,
    controller: Arc<Mutex<Controller>>,
    opens: watch::Receiver<Opens>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Clone)]
struct Registers {
    controller: Arc<Mutex<Controller>>,
    opens: watch::Sender<Opens>,
}

impl Service for Registers {
    type Request = Request<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = future::Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Request<'static>) -> Self::Future {
        let mut controller = self
            .controller
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let answer = match request {
            Request::ReadInputRegisters(first, count) => {
                let block = controller.input_registers();
                let from = usize::from(first);
                match block.get(from..from + usize::from(count)) {
                    Some(words) => Ok(Response::ReadInputRegisters(words.to_vec())),
                    None => Err(ExceptionCode::IllegalDataAddress),
                }
            }
            Request::WriteMultipleRegisters(0, words) => {
                let openings = controller.state().openings;
                controller.write(&words);
                // The arm leaves its stop at once: no poll sees a counted opening of a closed arm.
                controller.tick(1);
                // Counted when obeyed: a repeat moves nothing.
                if controller.state().openings != openings
                    && let Ok(Command::Open { nonce, .. }) = registers::command(&words)
                {
                    self.opens.send_modify(|it| it.push(nonce));
                }
                Ok(Response::WriteMultipleRegisters(0, words.len() as u16))
            }
            Request::WriteMultipleRegisters(..) => Err(ExceptionCode::IllegalDataAddress),
            _ => Err(ExceptionCode::IllegalFunction),
        };
        future::ready(answer)
    }
}

impl ArmServer {
    pub async fn start(clock: Clock) -> io::Result<ArmServer> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let controller = Arc::new(Mutex::new(Controller::new()));
        let (sender, opens) = watch::channel(Opens::new());
        let service = Registers {
            controller: controller.clone(),
            opens: sender,
        };
        let serving = tokio::spawn(async move {
            let connected = |stream, address| {
                let service = service.clone();
                async move { accept_tcp_connection(stream, address, move |_| Ok(Some(service.clone()))) }
            };
            let failed = |why| tracing::debug!(%why, "controller connection ended");
            if let Err(why) = Server::new(listener).serve(&connected, failed).await {
                tracing::warn!(%why, "simulated lane controller stopped");
            }
        });
        let moved = controller.clone();
        let ticking = tokio::spawn(async move {
            const TICK: Duration = Duration::from_millis(10);
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let span_ms = (TICK.as_millis() as f64 * clock.rate()).max(1.0) as u32;
                moved
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .tick(span_ms);
            }
        });
        Ok(ArmServer {
            address,
            controller,
            opens,
            tasks: [serving, ticking],
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn state(&self) -> State {
        self.controller().state().clone()
    }

    pub fn set(&self, which: Loop, presence: Presence) {
        self.controller().set_loop(which, presence);
    }

    /// Commands obeyed so far, for waiting on.
    pub fn opens(&self) -> watch::Receiver<Opens> {
        self.opens.clone()
    }

    /// The controller itself, for hands at the crank and faults.
    pub fn controller(&self) -> MutexGuard<'_, Controller> {
        self.controller
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ArmServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
