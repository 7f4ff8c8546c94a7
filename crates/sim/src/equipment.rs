//! Simulated lane equipment that waits to be dialled: portal, scale, lane controller. Real wire
//! formats on real sockets, loopback, ports given by the system. Cameras, X-ray and document
//! reader call the checkpoint themselves: see `lane`.

pub mod arm;
pub mod aspect;
pub mod lines;
pub mod wire;

use std::io;
use std::net::SocketAddr;

use crate::physics::PortalPass;
use arm::ArmServer;
use aspect::AspectServer;
use lines::LineServer;
use served::clock::Clock;

/// Which portal stands at a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalKind {
    Vm250,
    Aspect,
}

/// A lane's radiation portal.
pub enum Portal {
    Vm250(LineServer),
    Aspect(AspectServer),
}

/// Everything of one lane that the checkpoint dials. Stops when dropped.
pub struct Equipment {
    pub clock: Clock,
    pub portal: Portal,
    pub scale: LineServer,
    pub arm: ArmServer,
}

impl Equipment {
    pub async fn start(kind: PortalKind, clock: Clock) -> io::Result<Equipment> {
        let portal = match kind {
            PortalKind::Vm250 => Portal::Vm250(LineServer::start(wire::vm250_greeting()).await?),
            PortalKind::Aspect => Portal::Aspect(AspectServer::start().await?),
        };
        if let Portal::Vm250(server) = &portal {
            server.keep_talking(clock.clone(), wire::vm250_background);
        }
        let scale = LineServer::start(wire::scale_alive(0)).await?;
        scale.keep_talking(clock.clone(), wire::scale_alive);
        let arm = ArmServer::start(clock.clone()).await?;
        Ok(Equipment {
            clock,
            portal,
            scale,
            arm,
        })
    }

    pub fn portal_kind(&self) -> PortalKind {
        match self.portal {
            Portal::Vm250(_) => PortalKind::Vm250,
            Portal::Aspect(_) => PortalKind::Aspect,
        }
    }

    pub fn portal_address(&self) -> SocketAddr {
        match &self.portal {
            Portal::Vm250(server) => server.address(),
            Portal::Aspect(server) => server.address(),
        }
    }

    /// A vehicle rolls through: the portal says all of it, in the time it takes. `number` is the
    /// monitor's running number of the occupancy.
    pub async fn roll(&self, pass: &PortalPass, number: u64) {
        match &self.portal {
            Portal::Vm250(server) => {
                server
                    .play(&self.clock, &wire::vm250_lines(pass, number))
                    .await;
            }
            Portal::Aspect(server) => {
                server.play(wire::aspect_polls(pass, number as u16)).await;
            }
        }
    }
}
