//! A narrow line in real time for anything that speaks IP: two network namespaces, each with a
//! TUN device, and the line between them. Needs root and `/dev/net/tun` (`netem` is missing in many
//! kernels). Counts the bytes of IP packets.
//!
//! A program's end runs in a thread of its own ([`TunLine::spawn`]): sockets belong to the
//! namespace of the thread that opened them.

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tun_rs::{AsyncDevice, DeviceBuilder};

use super::{Carried, Line, Modem, Shared, lock};

const MTU: u16 = 1500;

/// The two ends; the checkpoint's is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Checkpoint,
    Centre,
}

impl End {
    pub fn address(self) -> IpAddr {
        match self {
            End::Checkpoint => Ipv4Addr::new(10, 99, 0, 1).into(),
            End::Centre => Ipv4Addr::new(10, 99, 0, 2).into(),
        }
    }
}

/// A running line; its namespaces go when it is dropped.
#[derive(Debug)]
pub struct TunLine {
    names: [String; 2],
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl TunLine {
    /// Fails without root, `ip` (iproute2) or `/dev/net/tun`.
    pub fn start(line: Line) -> io::Result<TunLine> {
        let id = std::process::id();
        let names = [format!("beket{id}a"), format!("beket{id}b")];
        let shared = Arc::new(Shared {
            line: std::sync::Mutex::new(line),
            modems: [Modem::new(), Modem::new()].map(std::sync::Mutex::new),
        });
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let mut it = TunLine {
            names: names.clone(),
            shared: shared.clone(),
            stop: Some(stop),
            thread: None,
        };
        for name in &names {
            ip(&["netns", "add", name])?;
        }
        it.thread = Some(std::thread::spawn(move || {
            carry(&names, &shared, &ready, stopped);
        }));
        is_ready
            .recv()
            .map_err(|_| io::Error::other("the line's thread ended"))??;
        Ok(it)
    }

    /// Runs `work` in a thread that lives at this end.
    pub fn spawn<T: Send + 'static>(
        &self,
        end: End,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<std::thread::JoinHandle<io::Result<T>>> {
        let [checkpoint, centre] = &self.names;
        let name = match end {
            End::Checkpoint => checkpoint.clone(),
            End::Centre => centre.clone(),
        };
        std::thread::Builder::new()
            .name(format!("{end:?}"))
            .spawn(move || {
                enter(&name)?;
                Ok(work())
            })
    }

    pub fn set(&self, line: Line) {
        *lock(&self.shared.line) = line;
    }

    pub fn line(&self) -> Line {
        lock(&self.shared.line).clone()
    }

    /// From the checkpoint to the centre, and back.
    pub fn directions(&self) -> [Carried; 2] {
        self.shared.modems.each_ref().map(|it| lock(it).carried)
    }
}

impl Drop for TunLine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for name in &self.names {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

fn ip(words: &[&str]) -> io::Result<()> {
    let done = Command::new("ip").args(words).output()?;
    if done.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(io::Error::other(format!("ip {}: {why}", words.join(" "))))
}

fn enter(name: &str) -> io::Result<()> {
    let there = File::open(format!("/run/netns/{name}"))?;
    move_into_link_name_space(there.as_fd(), Some(LinkNameSpaceType::Network))?;
    Ok(())
}

fn open(name: &str, end: End) -> io::Result<AsyncDevice> {
    enter(name)?;
    let device = DeviceBuilder::new()
        .name("wan0")
        .mtu(MTU)
        .with(|it| {
            it.packet_information(false);
        })
        .build_async()?;
    let address = format!("{}/30", end.address());
    let steps: [&[&str]; 3] = [
        &["addr", "add", &address, "dev", "wan0"],
        &["link", "set", "wan0", "up"],
        &["link", "set", "lo", "up"],
    ];
    for step in steps {
        ip(&[&["-n", name], step].concat())?;
    }
    // What most servers have; where the kernel does not know it, its own default stays.
    let _ = std::fs::write("/proc/sys/net/ipv4/tcp_congestion_control", "cubic");
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    Ok(device)
}

/// The line's thread.
fn carry(
    names: &[String; 2],
    shared: &Arc<Shared>,
    ready: &std::sync::mpsc::Sender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(it) => it,
        Err(why) => {
            let _ = ready.send(Err(why));
            return;
        }
    };
    runtime.block_on(async {
        let [checkpoint, centre] = names;
        let opened = open(checkpoint, End::Checkpoint)
            .and_then(|a| Ok([Arc::new(a), Arc::new(open(centre, End::Centre)?)]));
        let [a, b] = match opened {
            Ok(it) => it,
            Err(why) => {
                let _ = ready.send(Err(why));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        tokio::select! {
            () = forward(a.clone(), b.clone(), shared.clone(), 0) => {}
            () = forward(b, a, shared.clone(), 1) => {}
            _ = stopped => {}
        }
    });
}

async fn forward(from: Arc<AsyncDevice>, to: Arc<AsyncDevice>, shared: Arc<Shared>, way: usize) {
    let (flying, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let land = async move {
        while let Some((at, packet)) = arriving.recv().await {
            tokio::time::sleep_until(at).await;
            let _ = to.send(&packet).await;
        }
    };
    let fly = async move {
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let Ok(length) = from.recv(&mut buffer).await else {
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            };
            let Some(packet) = buffer.get(..length) else {
                continue;
            };
            let line = lock(&shared.line).clone();
            let Some(modem) = shared.modems.get(way) else {
                return;
            };
            let arrives = lock(modem).takes(length as u64, &line, Instant::now());
            if let Some(at) = arrives {
                let _ = flying.send((at, packet.to_vec()));
            }
        }
    };
    tokio::join!(land, fly);
}
