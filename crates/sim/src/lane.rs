//! A simulated lane: carries out the plans of trucks (`script`) one after another, with simulated
//! equipment on real sockets, and plays the lane officer at the checkpoint's local screen: moves
//! aside who waits long, carries out orders, turns back who was refused. A truck leaves when its
//! own permit raised the arm, never before.
//!
//! One vehicle at a time in each zone; the next enters when the entry is free.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use devices::barrier::Loop;
use devices::barrier::registers::{Arm, Presence};
use devices::xray::delivery::Metadata;
use domain::fact::{Direction, OrderKind};
use domain::reading::CameraPosition;
use domain::unit::{CheckpointId, UtcMs};
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio_util::sync::CancellationToken;

use crate::acknowledged::Deed;
use crate::board::{Board, OrderSeen, Seen};
use crate::calls::{CallError, Checkpoint};
use crate::chance::Chance;
use crate::equipment::wire::{self, Camera};
use crate::equipment::{Equipment, Portal};
use crate::physics::{self, CameraRead};
use crate::picture;
use crate::radiograph::{self, Library};
use crate::recorded::{self, RecordedTruck};
use crate::script::{self, Act, Result as OrderResult, Script, Zone};
use crate::traffic::papers::Paper;
use crate::traffic::{Truck, Truth};
use served::clock::Clock;

/// A lane of a checkpoint.
#[derive(Debug, Clone)]
pub struct LaneConfig {
    pub checkpoint: CheckpointId,
    pub number: u8,
    pub direction: Direction,
    pub seed: u64,
    pub camera: Camera,
}

/// A truck that is no longer at the checkpoint.
#[derive(Debug, Clone)]
pub struct Left {
    pub passage: String,
    pub lane: u8,
    pub plate: String,
    pub truth: Truth,
    pub arrived_at: UtcMs,
    pub left_at: UtcMs,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    ThroughTheBarrier,
    TurnedBack,
    /// The checkpoint no longer shows it, although nothing here made it leave.
    Gone,
}

pub struct Lane {
    config: LaneConfig,
    clock: Clock,
    pub equipment: Arc<Equipment>,
    checkpoint: Checkpoint,
    board: Arc<Board>,
    library: Arc<Library>,
    zones: [Mutex<()>; 6],
    /// The way under the arm: from the lane or from the inspection area, one at a time.
    way_out: Mutex<()>,
    /// Passages that are trucks of ours.
    ours: Mutex<BTreeSet<u64>>,
    occupancies: std::sync::atomic::AtomicU64,
    left: mpsc::UnboundedSender<Left>,
    inside: Inside,
}

/// Trucks of ours that are in any lane, and whether more may come. Shared by all lanes.
#[derive(Debug, Clone, Default)]
pub struct Inside {
    closed: CancellationToken,
    count: Arc<AtomicUsize>,
}

impl Inside {
    /// No truck enters any more.
    pub fn close(&self) {
        self.closed.cancel();
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// Slower than any poll of the controller, so that no change of a loop is missed, ms of wall time.
const SEEN_BY_EVERY_POLL: Duration = Duration::from_millis(60);
/// Waits longer than this at the arm are spent in the inspection area.
const PATIENCE_MS: i64 = 6 * 60_000;
/// A device's reading that is not on the board after this long is measured again.
const UNHEARD: Duration = Duration::from_secs(6);

impl Lane {
    pub fn new(
        config: LaneConfig,
        equipment: Arc<Equipment>,
        checkpoint: Checkpoint,
        board: Arc<Board>,
        library: Arc<Library>,
        left: mpsc::UnboundedSender<Left>,
    ) -> Lane {
        Lane {
            clock: equipment.clock.clone(),
            config,
            equipment,
            checkpoint,
            board,
            library,
            zones: Default::default(),
            way_out: Mutex::new(()),
            ours: Mutex::default(),
            occupancies: 1.into(),
            left,
            inside: Inside::default(),
        }
    }

    /// Counts its trucks in `inside` and obeys its closing.
    pub fn counted(self, inside: Inside) -> Lane {
        Lane { inside, ..self }
    }

    fn zone(&self, zone: Zone) -> &Mutex<()> {
        &self.zones[zone as usize]
    }

    /// The lane is held: no truck enters while the guard lives. For recorded messages.
    pub async fn hold(&self) -> MutexGuard<'_, ()> {
        self.zone(Zone::Entry).lock().await
    }

    /// Trucks enter in the order they are sent, each not before its time.
    pub async fn run(self: Arc<Self>, mut trucks: mpsc::Receiver<Truck>) {
        let mut driving = tokio::task::JoinSet::new();
        let (entered, mut entering) = mpsc::channel::<()>(1);
        while let Some(truck) = trucks.recv().await {
            tokio::select! {
                () = self.clock.sleep_until(truck.arrives_at) => (),
                () = self.inside.closed.cancelled() => break,
            }
            self.inside.count.fetch_add(1, Ordering::SeqCst);
            let lane = self.clone();
            let entered = entered.clone();
            driving.spawn(async move { lane.drive(truck, entered).await });
            // The next one comes when this one has left the entry.
            let _ = entering.recv().await;
            while driving.try_join_next().is_some() {}
        }
        while driving.join_next().await.is_some() {}
    }

    /// Clears passages that no truck of ours belongs to: what a restart in the wrong moment can
    /// leave behind. The lane officer sees an empty place and says so.
    pub async fn sweep(&self) {
        let mut suspects: BTreeSet<String> = BTreeSet::new();
        loop {
            self.clock.sleep(10 * 60_000).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            let Ok(_entry) = self.zone(Zone::Entry).try_lock() else {
                continue;
            };
            let ours = self.ours.lock().await.clone();
            let sight = self.board.now();
            let here = sight.passages.iter().filter(|(_, it)| {
                it.lane == u64::from(self.config.number) && !ours.contains(&it.number)
            });
            let here: BTreeSet<String> = here.map(|(name, _)| name.clone()).collect();
            for phantom in here.intersection(&suspects) {
                tracing::info!(phantom, "nobody stands there");
                let _ = self
                    .checkpoint
                    .officer(phantom, "backed-out", json!({}))
                    .await;
            }
            suspects = here;
        }
    }

    async fn drive(&self, truck: Truck, entered: mpsc::Sender<()>) {
        let script = script::script(self.config.seed, &truck, self.config.number);
        self.carry_out(truck, script, entered, &|_| ()).await;
        self.inside.count.fetch_sub(1, Ordering::SeqCst);
    }

    /// A truck made of recordings; how it ended. It takes its turn among the others.
    pub async fn drive_recorded(
        &self,
        recorded: RecordedTruck,
        progress: mpsc::UnboundedSender<String>,
    ) -> String {
        let number = 900_000_000 + self.next_occupancy();
        let (truck, script) = recorded::plan(
            &recorded,
            &self.config.checkpoint,
            self.config.direction,
            self.config.number,
            number,
            self.clock.now(),
        );
        let (entered, mut entering) = mpsc::channel(1);
        let say = |text: String| {
            let _ = progress.send(text);
        };
        let carried = self.carry_out(truck, script, entered, &say);
        let (how, _) = tokio::join!(carried, entering.recv());
        match how {
            Some(How::ThroughTheBarrier) => "the barrier opened and it left".to_owned(),
            Some(How::TurnedBack) => "it was refused and turned back".to_owned(),
            Some(How::Gone) => "it is gone".to_owned(),
            None => "the checkpoint never saw it".to_owned(),
        }
    }

    async fn carry_out(
        &self,
        truck: Truck,
        mut script: Script,
        entered: mpsc::Sender<()>,
        say: &(dyn Fn(String) + Sync),
    ) -> Option<How> {
        let entry = self.zone(Zone::Entry).lock().await;
        let arrived_at = self.clock.now();
        self.set(Loop::Entry, Presence::Occupied).await;
        let Some(passage) = self.enter(&truck, &mut script).await else {
            self.set(Loop::Entry, Presence::Clear).await;
            let _ = entered.send(()).await;
            tracing::warn!(
                plate = truck.tractor_plate,
                "the checkpoint never saw this truck"
            );
            return None;
        };
        say(format!("{passage}: in lane {}", self.config.number));
        let visit = Visit {
            lane: self,
            truck: &truck,
            passage: &passage,
            say,
        };
        let how = match visit.through(script, entry, entered).await {
            Ok(how) => how,
            Err(why) => {
                tracing::warn!(passage, %why, "a truck is stuck");
                How::Gone
            }
        };
        if let Some(number) = number(&passage) {
            self.ours.lock().await.remove(&number);
        }
        let _ = self.left.send(Left {
            passage,
            lane: self.config.number,
            plate: truck.tractor_plate.clone(),
            truth: truck.truth.clone(),
            arrived_at,
            left_at: self.clock.now(),
            how,
        });
        Some(how)
    }

    /// The front camera sees it, the checkpoint opens a passage: which one.
    async fn enter(&self, truck: &Truck, script: &mut Script) -> Option<String> {
        if script.steps.is_empty() {
            return None;
        }
        let first = script.steps.remove(0);
        self.clock.sleep(first.after_ms).await;
        let mut newcomer = None;
        for attempt in 0..10 {
            let seen = match &first.act {
                Act::Plate { position, read } => self.plate(truck, *position, read, attempt).await,
                Act::Sent { path, message } => {
                    let path = format!("L{}/{path}", self.config.number);
                    self.checkpoint.message(&path, message).await
                }
                _ => Ok(String::new()),
            };
            // Its loop may have announced the truck already: the camera still says what it saw.
            if let (Ok(_), Some(name)) = (&seen, &newcomer) {
                return Some(String::clone(name));
            }
            if let Err(why) = &seen {
                tracing::debug!(%why, "the front camera was not heard");
            }
            let _wait = self.checkpoint.waits().begin();
            let mut changes = self.board.changes();
            let until = tokio::time::Instant::now() + UNHEARD;
            loop {
                if newcomer.is_none() {
                    newcomer = self.newcomer().await;
                }
                if seen.is_ok() && newcomer.is_some() {
                    return newcomer;
                }
                if tokio::time::timeout_at(until, changes.changed())
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
        newcomer
    }

    /// A passage in this lane that is no truck of ours yet.
    async fn newcomer(&self) -> Option<String> {
        let sight = self.board.now();
        let mut ours = self.ours.lock().await;
        let (name, seen) = sight
            .passages
            .iter()
            .filter(|(_, it)| it.lane == u64::from(self.config.number))
            .filter(|(_, it)| !ours.contains(&it.number))
            .max_by_key(|(_, it)| it.number)?;
        ours.insert(seen.number);
        Some(name.clone())
    }

    async fn plate(
        &self,
        truck: &Truck,
        position: CameraPosition,
        read: &CameraRead,
        attempt: u32,
    ) -> Result<String, CallError> {
        let name = match position {
            CameraPosition::Front => "plate-front",
            CameraPosition::Rear => "plate-rear",
            CameraPosition::Exit => "plate-exit",
        };
        let at = self.clock.now();
        let id = format!(
            "{}-L{}-{name}-{}-{attempt}-{}",
            truck.checkpoint, self.config.number, truck.number, at.0
        );
        let shown = read.plate.as_deref().unwrap_or(&truck.tractor_plate);
        let picture = picture::plate(shown, truck.muddy);
        let message = wire::plate(self.config.camera, read, &id, at, picture);
        let path = format!("L{}/{name}", self.config.number);
        let deed = Deed::Plate { message: id };
        self.checkpoint.device(&path, &message, Some(deed)).await
    }

    async fn set(&self, which: Loop, presence: Presence) {
        self.equipment.arm.set(which, presence);
        tokio::time::sleep(SEEN_BY_EVERY_POLL).await;
    }

    fn next_occupancy(&self) -> u64 {
        self.occupancies
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

/// One truck at one checkpoint.
struct Visit<'a> {
    lane: &'a Lane,
    truck: &'a Truck,
    passage: &'a str,
    say: &'a (dyn Fn(String) + Sync),
}

impl<'a> Visit<'a> {
    async fn through(
        &self,
        script: Script,
        entry: MutexGuard<'a, ()>,
        entered: mpsc::Sender<()>,
    ) -> Result<How, CallError> {
        let lane = self.lane;
        let mut here = Zone::Entry;
        let mut guard = entry;
        for step in &script.steps {
            if step.zone != here {
                guard = self.drive_on(here, step.zone, guard, &entered).await;
                here = step.zone;
            }
            lane.clock.sleep(step.after_ms).await;
            if !self.is_here() {
                return Ok(How::Gone);
            }
            self.perform(&step.act, 0).await?;
        }
        guard = self.drive_on(here, Zone::Exit, guard, &entered).await;
        lane.clock.sleep(script.to_exit_ms).await;
        lane.set(Loop::Exit, Presence::Occupied).await;
        let read = &script.exit_plate;
        lane.plate(self.truck, CameraPosition::Exit, read, 0)
            .await?;
        self.await_exit(guard).await
    }

    /// Waits until the next zone is free, then leaves this one.
    async fn drive_on(
        &self,
        from: Zone,
        to: Zone,
        guard: MutexGuard<'a, ()>,
        entered: &mpsc::Sender<()>,
    ) -> MutexGuard<'a, ()> {
        let lane = self.lane;
        let next = lane.zone(to).lock().await;
        if from == Zone::Entry {
            lane.set(Loop::Entry, Presence::Clear).await;
        }
        drop(guard);
        if from == Zone::Entry {
            let _ = entered.send(()).await;
        }
        next
    }

    /// Until the barrier lets it out, or it is turned back.
    async fn await_exit(&self, at_arm: MutexGuard<'a, ()>) -> Result<How, CallError> {
        let lane = self.lane;
        let mut changes = lane.board.changes();
        let mut opens = lane.equipment.arm.opens();
        let since = lane.clock.now();
        let mut at_arm = Some(at_arm);
        let mut answered: BTreeSet<String> = BTreeSet::new();
        let mut nth = 0;
        let mut opens_used = BTreeSet::new();
        loop {
            let mine = {
                let opens = opens.borrow_and_update();
                let mine = |it: &&devices::barrier::Nonce| {
                    Some(it.passage_number()) == number(self.passage) && !opens_used.contains(*it)
                };
                opens.iter().find(mine).copied()
            };
            if let Some(nonce) = mine {
                opens_used.insert(nonce);
                (self.say)(format!(
                    "{}: exit permit {}, the arm rises",
                    self.passage,
                    nonce.permit()
                ));
                if self.drive_out(at_arm.is_some()).await {
                    drop(at_arm.take());
                    return Ok(self.until_gone().await);
                }
            }
            changes.borrow_and_update();
            let Some(seen) = self.seen() else {
                return Ok(How::Gone);
            };
            let order = seen
                .orders
                .iter()
                .find(|it| !answered.contains(&it.id))
                .cloned();
            if seen.turn_back || order.is_some() || self.is_patience_over(since) {
                if !seen.aside && at_arm.is_some() {
                    lane.checkpoint
                        .officer(self.passage, "aside", json!({}))
                        .await?;
                }
                if at_arm.take().is_some() {
                    lane.set(Loop::Exit, Presence::Clear).await;
                }
            }
            if seen.turn_back {
                (self.say)(format!("{}: refused", self.passage));
                lane.clock.sleep(4 * 60_000).await;
                lane.checkpoint
                    .officer(self.passage, "backed-out", json!({}))
                    .await?;
                self.until_gone().await;
                return Ok(How::TurnedBack);
            }
            if let Some(order) = order {
                answered.insert(order.id.clone());
                (self.say)(format!("{}: ordered: {}", self.passage, order.kind));
                if let Err(why) = self.obey(&order, nth).await {
                    tracing::warn!(passage = self.passage, order = order.id, %why, "an order failed");
                }
                nth += 1;
                continue;
            }
            let pause = lane
                .clock
                .on_wall(Duration::from_secs(30))
                .clamp(Duration::from_millis(300), Duration::from_secs(10));
            tokio::select! {
                _ = changes.changed() => (),
                _ = opens.changed() => (),
                () = tokio::time::sleep(pause) => (),
            }
        }
    }

    fn is_patience_over(&self, since: UtcMs) -> bool {
        self.lane.clock.now().since_ms(since) > PATIENCE_MS
    }

    /// Under the arm and out, when it is up.
    async fn drive_out(&self, from_lane: bool) -> bool {
        let lane = self.lane;
        let _way = lane.way_out.lock().await;
        let wait = lane.checkpoint.waits().begin();
        let arm = &lane.equipment.arm;
        let until = tokio::time::Instant::now() + Duration::from_secs(10);
        while arm.state().arm != Arm::Open {
            if tokio::time::Instant::now() > until {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(wait);
        lane.clock.sleep(8_000).await;
        lane.set(Loop::Arm, Presence::Occupied).await;
        if from_lane {
            lane.set(Loop::Exit, Presence::Clear).await;
        }
        lane.clock.sleep(6_000).await;
        lane.set(Loop::Arm, Presence::Clear).await;
        let until = tokio::time::Instant::now() + Duration::from_secs(10);
        while arm.state().arm != Arm::Closed && tokio::time::Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The checkpoint sees it closed before anything else moves.
        tokio::time::sleep(SEEN_BY_EVERY_POLL).await;
        true
    }

    /// Through the barrier: until the checkpoint has recorded it.
    async fn until_gone(&self) -> How {
        let mut changes = self.lane.board.changes();
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.is_here() {
            if tokio::time::timeout_at(until, changes.changed())
                .await
                .is_err()
            {
                tracing::warn!(
                    passage = self.passage,
                    "left, and the checkpoint still shows it"
                );
                break;
            }
        }
        How::ThroughTheBarrier
    }

    async fn obey(&self, order: &OrderSeen, nth: u64) -> Result<(), CallError> {
        let lane = self.lane;
        let kind = serde_json::from_value::<OrderKind>(json!(order.kind));
        let Ok(kind) = kind else {
            let outcome = json!({"outcome": {"failed": {"why": "order_not_understood"}}});
            return lane
                .checkpoint
                .officer(self.passage, &order_path(order), outcome)
                .await;
        };
        let plan = script::obey(lane.config.seed, self.truck, kind, nth);
        lane.clock.sleep(plan.before_ms).await;
        let start = format!("{}/start", order_path(order));
        match plan.result {
            OrderResult::Again { zone, act } => {
                let _zone = lane.zone(zone).lock().await;
                lane.checkpoint
                    .officer(self.passage, &start, json!({}))
                    .await?;
                lane.clock.sleep(plan.takes_ms).await;
                for attempt in 0..3 {
                    self.send(&act, nth + 1 + attempt * 100).await?;
                    if self.order_is_done(&order.id).await {
                        break;
                    }
                }
                Ok(())
            }
            result => {
                lane.checkpoint
                    .officer(self.passage, &start, json!({}))
                    .await?;
                lane.clock.sleep(plan.takes_ms).await;
                let outcome = match result {
                    OrderResult::Found { code } => json!({"found": {"code": code}}),
                    OrderResult::Failed { why } => json!({"failed": {"why": why}}),
                    _ => json!("nothing_found"),
                };
                let body = json!({"outcome": outcome});
                lane.checkpoint
                    .officer(self.passage, &order_path(order), body)
                    .await
            }
        }
    }

    async fn order_is_done(&self, order: &str) -> bool {
        self.shows(|seen| !seen.orders.iter().any(|it| it.id == order))
            .await
    }

    /// What a device sees, again and again until the checkpoint's board shows the stage done or the
    /// truck gone: one that went on unmeasured would wait for ever.
    async fn perform(&self, act: &Act, pass: u64) -> Result<(), CallError> {
        let stage = match act {
            Act::Roll(_) | Act::Played(_) => "radiation",
            Act::Weigh(_) | Act::Said(_) => "dimensions",
            Act::Image { .. } | Act::Delivered { .. } => "imaging",
            Act::DocumentsDone => "documents",
            _ => {
                return match self.send(act, pass).await {
                    // A message that is refused is not sent again: its device is what it is.
                    Err(CallError::Refused { status, answer }) => {
                        tracing::warn!(passage = self.passage, status, answer, "refused");
                        Ok(())
                    }
                    other => other,
                };
            }
        };
        for attempt in 0.. {
            match self.send(act, pass + attempt).await {
                Err(CallError::Refused { status, answer }) => {
                    tracing::warn!(passage = self.passage, status, answer, stage, "refused");
                }
                other => other?,
            }
            if self
                .shows(|seen| seen.done.iter().any(|it| it == stage))
                .await
            {
                return Ok(());
            }
            tracing::debug!(
                passage = self.passage,
                stage,
                attempt,
                "not heard; once more"
            );
        }
        Ok(())
    }

    async fn send(&self, act: &Act, pass: u64) -> Result<(), CallError> {
        let lane = self.lane;
        let number = lane.config.number;
        let at = lane.clock.now();
        match act {
            Act::Plate { position, read } => {
                lane.plate(self.truck, *position, read, 0).await?;
            }
            Act::Container { code } => {
                let message = wire::container(code);
                let path = format!("L{number}/container");
                let deed = Deed::Container { code: code.clone() };
                lane.checkpoint.device(&path, &message, Some(deed)).await?;
            }
            Act::EnterByHand {
                plate,
                trailer,
                country,
            } => {
                let entry = json!({"entry": {"identity": {
                    "tractor_plate": plate,
                    "trailer_plate": trailer,
                    "country": country,
                    "containers": self.truck.containers,
                }}});
                lane.checkpoint
                    .officer(self.passage, "entry", entry)
                    .await?;
            }
            Act::Roll(pass) => {
                lane.set(Loop::Portal, Presence::Occupied).await;
                lane.equipment.roll(pass, lane.next_occupancy()).await;
                lane.set(Loop::Portal, Presence::Clear).await;
            }
            Act::Weigh(weighing) => {
                lane.set(Loop::Scale, Presence::Occupied).await;
                let id = format!("{}-{pass}-{}", self.passage, at.0);
                let line = wire::weigh_line(&id, at, weighing, self.truck);
                lane.equipment.scale.is_heard(Duration::from_secs(20)).await;
                lane.equipment.scale.say(&line);
                lane.set(Loop::Scale, Presence::Clear).await;
            }
            Act::Image {
                scene,
                seed,
                mass_kg,
                marks_truth,
            } => {
                let image = lane.library.get(scene, *seed).await;
                let scan = pass as u32 + 1;
                let id = format!("{}-{scan}", self.passage);
                let metadata =
                    radiograph::metadata(&image, self.passage, scan, *mass_kg, *marks_truth, at);
                lane.checkpoint
                    .image(number, &id, &metadata, &image.j2k)
                    .await?;
            }
            Act::Present(paper) => {
                let purpose = format!("pages {}", self.truck.checkpoint);
                let mut chance = Chance::of(lane.config.seed, &purpose, self.truck.number);
                let fields = physics::page_fields(&mut chance, paper);
                let id = self.paper_id(paper, pass);
                let message = wire::document(paper, &fields, &id, at);
                let path = format!("L{number}/documents");
                let deed = Deed::Document { message: id };
                lane.checkpoint.device(&path, &message, Some(deed)).await?;
            }
            Act::DocumentsDone => {
                let papers = self.truck.papers.iter();
                let papers: Vec<String> = papers.map(|it| self.paper_id(it, 0)).collect();
                lane.checkpoint.documents_done(number, &papers).await?;
            }
            Act::Sent { path, message } => {
                lane.checkpoint
                    .message(&format!("L{number}/{path}"), message)
                    .await?;
            }
            Act::Played(lines) => {
                lane.set(Loop::Portal, Presence::Occupied).await;
                match &lane.equipment.portal {
                    Portal::Vm250(portal) => portal.play(&lane.clock, lines).await,
                    // Recorded from another make: this lane's own portal says what it sees.
                    Portal::Aspect(_) => {
                        let seen = physics::portal(lane.config.seed, self.truck, pass);
                        lane.equipment.roll(&seen, lane.next_occupancy()).await;
                    }
                }
                lane.set(Loop::Portal, Presence::Clear).await;
            }
            Act::Said(line) => {
                lane.equipment.scale.is_heard(Duration::from_secs(20)).await;
                lane.equipment.scale.say(line);
            }
            Act::Delivered {
                j2k,
                mass_kg,
                pixel_mm,
            } => {
                let scan = pass as u32 + 1;
                let id = format!("{}-{scan}", self.passage);
                let metadata = Metadata {
                    inspection: self.passage.to_owned(),
                    scan,
                    view: "side".to_owned(),
                    energy_mv: 6.0,
                    pixel_mm: *pixel_mm,
                    domain: "log12".to_owned(),
                    open_level: None,
                    size_bytes: Some(j2k.len() as u64),
                    taken_at_claimed: Some(at),
                    mass_kg: Some(*mass_kg),
                    regions: vec![],
                    fault: None,
                };
                lane.checkpoint.image(number, &id, &metadata, j2k).await?;
            }
        }
        Ok(())
    }

    /// The page reader's number of a paper.
    fn paper_id(&self, paper: &Paper, pass: u64) -> String {
        format!("{}-{}-{pass}", self.passage, paper.number)
    }

    fn seen(&self) -> Option<Seen> {
        self.lane.board.now().passages.get(self.passage).cloned()
    }

    fn is_here(&self) -> bool {
        self.seen().is_some()
    }

    /// Whether the board comes to show it, within a time in which a checkpoint that lives would.
    /// A passage that is gone shows everything.
    async fn shows(&self, test: impl Fn(&Seen) -> bool) -> bool {
        let _wait = self.lane.checkpoint.waits().begin();
        let mut changes = self.lane.board.changes();
        let until = tokio::time::Instant::now() + UNHEARD;
        loop {
            match self.seen() {
                Some(seen) if !test(&seen) => (),
                _ => return true,
            }
            if tokio::time::timeout_at(until, changes.changed())
                .await
                .is_err()
            {
                return false;
            }
        }
    }
}

fn order_path(order: &OrderSeen) -> String {
    format!("order/{}", order.id)
}

/// Number of a passage from its name.
fn number(passage: &str) -> Option<u64> {
    passage.rsplit('-').next()?.parse().ok()
}
