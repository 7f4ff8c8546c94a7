//! Two sessions over a virtual wire, between two stores that forget what was not synced. An
//! independent checker looks at both stores at every step; the mistakes in [`Planted`] are made
//! on purpose, and it must find each.

use std::collections::{BTreeMap, VecDeque};

use domain::unit::BlobHash;
use proptest::prelude::*;

use crate::frame::{Chain, Class, Frame, Held, Hello, Offer};
use crate::session::{
    At, Beginning, BlobPlan, Closing, Event, Input, Outgoing, Planted, Rules, Segment, Session,
};
use crate::virtual_wire::VirtualWire;

const SYNC_MS: u64 = 4;
const RETRY_MS: u64 = 3_000;

/// What the checker found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    AcknowledgedNotDurable {
        upto: u64,
        durable: u64,
    },
    AppliedTwice {
        from: u64,
        handed: u64,
    },
    Gap {
        from: u64,
        handed: u64,
    },
    /// Gone at the sender because it was acknowledged, and not at the receiver.
    Lost {
        from: u64,
    },
    BlobDiffers,
    Closed(Closing),
    Unfinished(String),
}

enum Sync {
    Copied { upto: u64, records: Vec<Vec<u8>> },
    Blob { hash: BlobHash },
}

/// A node's disk and what runs on it.
struct Node {
    name: &'static str,
    own: Chain,
    theirs: Chain,
    written: Vec<Outgoing>,
    /// Records below this were removed, since the other side acknowledged them.
    collected: u64,
    copied: Vec<Vec<u8>>,
    copying: u64,
    blobs: BTreeMap<BlobHash, Vec<u8>>,
    plans: Vec<BlobPlan>,
    delivered: Vec<BlobHash>,
    arriving: BTreeMap<BlobHash, (u64, Vec<u8>)>,
    syncs: VecDeque<(At, Sync)>,
    session: Option<Session>,
    planted: Option<Planted>,
    /// When each record became durable here.
    copied_at: Vec<At>,
}

impl Node {
    fn new(name: &'static str, own: &str, theirs: &str) -> Node {
        Node {
            name,
            own: Chain::new(own, 1),
            theirs: Chain::new(theirs, 1),
            written: Vec::new(),
            collected: 0,
            copied: Vec::new(),
            copying: 0,
            blobs: BTreeMap::new(),
            plans: Vec::new(),
            delivered: Vec::new(),
            arriving: BTreeMap::new(),
            syncs: VecDeque::new(),
            session: None,
            planted: None,
            copied_at: Vec::new(),
        }
    }

    fn start(&mut self, peer: &'static str, rules: &Rules, now: At) {
        self.syncs.clear();
        self.copying = self.copied.len() as u64;
        let beginning = Beginning {
            node: self.name.into(),
            software: "test".into(),
            peer: peer.into(),
            accepts: vec![self.theirs.origin.clone()],
            offers: vec![Offer {
                chain: self.own.clone(),
                count: self.written.len() as u64,
                key: "key".into(),
            }],
            holds: vec![Held {
                chain: self.theirs.clone(),
                count: self.copied.len() as u64,
            }],
        };
        let mut session = Session::new(rules.clone(), beginning, now);
        session.planted = self.planted;
        for plan in self
            .plans
            .iter()
            .filter(|it| !self.delivered.contains(&it.hash))
        {
            session.handle(Input::Offer(plan.clone()), now);
        }
        self.session = Some(session);
    }

    fn write(&mut self, text: String, class: Class, now: At) {
        self.written.push(Outgoing {
            bytes: text.into_bytes(),
            class,
        });
        let (chain, size) = (self.own.clone(), self.written.len() as u64);
        if let Some(session) = &mut self.session {
            session.handle(Input::Grew { chain, size }, now);
        }
    }

    fn offer(&mut self, bytes: Vec<u8>, segments: &[(u64, Class)], now: At) -> BlobHash {
        let hash = BlobHash(*blake3::hash(&bytes).as_bytes());
        let segments = segments.iter().map(|(upto, class)| Segment {
            upto: *upto,
            class: *class,
        });
        let plan = BlobPlan {
            hash,
            total: bytes.len() as u64,
            segments: segments.collect(),
        };
        self.blobs.insert(hash, bytes);
        self.plans.push(plan.clone());
        if let Some(session) = &mut self.session {
            session.handle(Input::Offer(plan), now);
        }
        hash
    }

    /// What reached the disk by now.
    fn sync(&mut self, now: At) {
        while self.syncs.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, sync)) = self.syncs.pop_front() else {
                break;
            };
            let input = match sync {
                Sync::Copied { upto, records } => {
                    self.copied_at.extend(records.iter().map(|_| now));
                    self.copied.extend(records);
                    Input::Copied {
                        chain: self.theirs.clone(),
                        upto,
                    }
                }
                Sync::Blob { hash } => {
                    let have = self.arriving.get(&hash).map_or(0, |it| it.1.len() as u64);
                    Input::BlobStored { hash, have }
                }
            };
            if let Some(session) = &mut self.session {
                session.handle(input, now);
            }
        }
    }
}

struct World {
    now: At,
    rules: Rules,
    nodes: [Node; 2],
    /// From the node of the same index to the other.
    wires: [VirtualWire; 2],
    restart_at: Option<At>,
    steps: u64,
    /// Kill this node at these steps.
    kills: Vec<(u64, usize)>,
    restarts: u64,
}

impl World {
    fn new(rate_bps: u64, seed: u64) -> World {
        let rules = Rules {
            resend_after_ms: Some(3_000),
            ..Rules::default()
        };
        let mut nodes = [
            Node::new("CN05", "CN05", "centre.CN05"),
            Node::new("centre", "centre.CN05", "CN05"),
        ];
        nodes[0].start("centre", &rules, At(0));
        nodes[1].start("CN05", &rules, At(0));
        let wires = [
            VirtualWire::new(rate_bps, seed),
            VirtualWire::new(rate_bps, !seed),
        ];
        World {
            now: At(0),
            rules,
            nodes,
            wires,
            restart_at: None,
            steps: 0,
            kills: Vec::new(),
            restarts: 0,
        }
    }

    /// Everything that can happen at this instant.
    fn settle(&mut self) -> Result<(), Wrong> {
        loop {
            self.steps += 1;
            if let Some((_, victim)) = self.kills.iter().find(|it| it.0 == self.steps).copied() {
                self.kill(victim);
            }
            let mut busy = false;
            for me in 0..2 {
                let now = self.now;
                self.nodes[me].sync(now);
                while let Some(frame) = self.wires[1 - me].receive(now) {
                    busy = true;
                    if let Some(session) = &mut self.nodes[me].session {
                        session.handle(Input::Frame(frame), now);
                    }
                }
                while let Some(event) = self.nodes[me].session.as_mut().and_then(Session::poll) {
                    busy = true;
                    self.perform(me, event)?;
                }
                let Some(session) = &mut self.nodes[me].session else {
                    continue;
                };
                if session.poll_timeout().is_some_and(|at| at <= now) {
                    session.handle_timeout(now);
                }
                while let Some(transmit) = session.poll_transmit(now) {
                    busy = true;
                    self.wires[me].send(transmit.frame, now);
                }
            }
            if !busy {
                return Ok(());
            }
        }
    }

    fn kill(&mut self, victim: usize) {
        self.nodes[victim].session = None;
        self.nodes[victim].syncs.clear();
        // A power cut may cost what arrived of a blob, and never more.
        let half = |it: &mut (u64, Vec<u8>)| it.1.truncate(it.1.len() / 2);
        self.nodes[victim]
            .arriving
            .values_mut()
            .filter(|it| it.0 > it.1.len() as u64)
            .for_each(half);
        self.restart_at.get_or_insert(self.now.plus_ms(RETRY_MS));
    }

    fn perform(&mut self, me: usize, event: Event) -> Result<(), Wrong> {
        let now = self.now;
        let (mine, other) = match (me, &mut self.nodes) {
            (0, [mine, other]) => (mine, other),
            (_, [other, mine]) => (mine, other),
        };
        let Some(session) = &mut mine.session else {
            return Ok(());
        };
        match event {
            Event::ReadRecords { chain, from, limit } => {
                if from < mine.collected {
                    return Err(Wrong::Lost { from });
                }
                let records = mine.written.iter().skip(from as usize).take(limit).cloned();
                let records = records.collect();
                session.handle(
                    Input::RecordsRead {
                        chain,
                        from,
                        records,
                    },
                    now,
                );
            }
            Event::Copy { from, records, .. } => {
                let handed = mine.copying;
                if from < handed {
                    return Err(Wrong::AppliedTwice { from, handed });
                }
                if from > handed {
                    return Err(Wrong::Gap { from, handed });
                }
                mine.copying += records.len() as u64;
                let upto = mine.copying;
                mine.syncs
                    .push_back((now.plus_ms(SYNC_MS), Sync::Copied { upto, records }));
            }
            Event::Acknowledged { upto, .. } => {
                let durable = other.copied.len() as u64;
                if upto > durable {
                    return Err(Wrong::AcknowledgedNotDurable { upto, durable });
                }
                mine.collected = mine.collected.max(upto);
            }
            Event::FindBlob { hash, .. } => {
                let have = mine.arriving.get(&hash).map_or(0, |it| it.1.len() as u64);
                session.handle(Input::BlobStored { hash, have }, now);
            }
            Event::ReadBlob {
                hash,
                offset,
                length,
            } => {
                let bytes = mine.blobs.get(&hash).map(Vec::as_slice).unwrap_or_default();
                let bytes = bytes
                    .iter()
                    .skip(offset as usize)
                    .take(length)
                    .copied()
                    .collect();
                session.handle(
                    Input::BlobRead {
                        hash,
                        offset,
                        bytes,
                    },
                    now,
                );
            }
            Event::WriteBlob {
                hash,
                total,
                offset,
                bytes,
            } => {
                let (_, blob) = mine.arriving.entry(hash).or_insert((total, Vec::new()));
                let skip = (blob.len() as u64).saturating_sub(offset) as usize;
                if offset > blob.len() as u64 {
                    return Err(Wrong::BlobDiffers);
                }
                blob.extend(bytes.iter().skip(skip));
                if blob.len() as u64 == total && *blake3::hash(blob).as_bytes() != hash.0 {
                    return Err(Wrong::BlobDiffers);
                }
                mine.syncs
                    .push_back((now.plus_ms(SYNC_MS), Sync::Blob { hash }));
            }
            Event::BlobDelivered { hash } => {
                let arrived = other.arriving.get(&hash).map(|it| &it.1);
                if arrived != mine.blobs.get(&hash) {
                    return Err(Wrong::BlobDiffers);
                }
                mine.delivered.push(hash);
                mine.blobs.remove(&hash);
            }
            Event::Closed { why } => {
                mine.session = None;
                self.restart_at.get_or_insert(now.plus_ms(RETRY_MS));
                if !matches!(why, Closing::Silent(_) | Closing::ByPeer(_)) {
                    return Err(Wrong::Closed(why));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Runs until `until`, or until nothing is left to happen before it.
    fn run(&mut self, until: At) -> Result<(), Wrong> {
        loop {
            self.settle()?;
            let timeouts = self
                .nodes
                .iter()
                .filter_map(|it| it.session.as_ref()?.poll_timeout());
            let syncs = self.nodes.iter().filter_map(|it| Some(it.syncs.front()?.0));
            let wires = self.wires.iter().filter_map(VirtualWire::next_at);
            let next = timeouts
                .chain(syncs)
                .chain(wires)
                .chain(self.restart_at)
                .min();
            let next = next.unwrap_or(until).max(self.now.plus_ms(1));
            if next > until {
                self.now = until;
                return Ok(());
            }
            self.now = next;
            if self.restart_at.is_some_and(|at| at <= next) {
                self.restart_at = None;
                self.restarts += 1;
                self.wires.iter_mut().for_each(VirtualWire::clear);
                self.nodes[0].start("centre", &self.rules, next);
                self.nodes[1].start("CN05", &self.rules, next);
            }
        }
    }

    fn is_done(&self) -> bool {
        let [checkpoint, centre] = &self.nodes;
        checkpoint.written.len() == centre.copied.len()
            && centre.written.len() == checkpoint.copied.len()
            && checkpoint.delivered.len() == checkpoint.plans.len()
    }

    /// Runs until all is through, at most to `until`; then compares the stores.
    fn finish(&mut self, until: At) -> Result<(), Wrong> {
        while !self.is_done() {
            if self.now >= until {
                let plan = self.nodes[0].session.as_ref().map(Session::plan);
                return Err(Wrong::Unfinished(format!("{plan:?}")));
            }
            self.run(self.now.plus_ms(1_000).min(until))?;
        }
        for (me, other) in [(0, 1), (1, 0)] {
            let written = self.nodes[me].written.iter().map(|it| &it.bytes);
            if !written.eq(self.nodes[other].copied.iter()) {
                return Err(Wrong::Gap { from: 0, handed: 0 });
            }
        }
        Ok(())
    }
}

fn fact(number: usize) -> String {
    let at = 1_767_225_600_000u64 + number as u64 * 3_456;
    let passage = number / 25;
    format!(
        r#"{{"o":"CN05","e":1,"n":{number},"t":{at},"p":"CN05-{passage}","k":"stage_started","d":{{"stage":"imaging","x":{}}}}}"#,
        number * 7919 % 10_007
    )
}

/// Bytes that do not compress, the same for the same number.
fn noise(number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&number.to_be_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

/// A backlog of passages: 25 facts, three pages of 60 KB and a preview of 30 KB each.
fn backlog(world: &mut World, passages: usize) {
    let now = world.now;
    for passage in 0..passages {
        for number in 0..25 {
            world.nodes[0].write(fact(passage * 25 + number), Class::Facts, now);
        }
        for page in 0..3 {
            let bytes = noise((passage * 4 + page) as u64, 60_000);
            world.nodes[0].offer(bytes, &[(60_000, Class::Pages)], now);
        }
        let bytes = noise((passage * 4 + 3) as u64, 30_000);
        world.nodes[0].offer(bytes, &[(30_000, Class::Awaited)], now);
    }
}

/// Seconds from request to decision, while bulk flows; and the share of the line bulk got.
struct Latency {
    up: Vec<f64>,
    there_and_back: Vec<f64>,
    drain_ratio: f64,
}

impl Latency {
    fn at(values: &[f64], percent: usize) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let index = (sorted.len().saturating_sub(1) * percent).div_ceil(100);
        sorted.get(index).copied().unwrap_or(f64::NAN)
    }
}

fn decisions_under_bulk(
    rate_bps: u64,
    passages: usize,
    change: impl Fn(&mut World),
) -> Result<Latency, Wrong> {
    let mut world = World::new(rate_bps, 7);
    change(&mut world);
    backlog(&mut world, passages);
    let bulk = passages as u64 * 210_000;
    let (mut up, mut there_and_back, mut request) = (Vec::new(), Vec::new(), 0);
    let mut drained_at = None;
    // Facts first; then a request every twelve seconds or so.
    while drained_at.is_none() {
        request += 1;
        let asked_at = world.now;
        let index = world.nodes[0].written.len();
        world.nodes[0].write(fact(index), Class::Urgent, asked_at);
        while world.nodes[1].copied.len() <= index {
            world.run(world.now.plus_ms(10))?;
        }
        let heard_at = world.nodes[1].copied_at[index];
        let answer = world.nodes[1].written.len();
        world.nodes[1].write(format!("decision {request}"), Class::Urgent, world.now);
        while world.nodes[0].copied.len() <= answer {
            world.run(world.now.plus_ms(10))?;
        }
        let answered_at = world.nodes[0].copied_at[answer];
        if world.nodes[0].delivered.len() < world.nodes[0].plans.len() {
            up.push(heard_at.since_ms(asked_at) as f64 / 1e3);
            there_and_back.push(answered_at.since_ms(asked_at) as f64 / 1e3);
        } else {
            drained_at = Some(world.now);
        }
        world.run(world.now.plus_ms(10_000 + 137 * (request % 30)))?;
        if world.now.0 > bulk * 8_000 / rate_bps * 3 + 600_000 {
            return Err(Wrong::Unfinished("bulk starves".into()));
        }
    }
    let drained_ms = drained_at.map_or(1, |at| at.0);
    // The first request stands behind the backlog of facts, as it must: one ledger, one order.
    up.remove(0);
    there_and_back.remove(0);
    let drain_ratio = bulk as f64 * 8_000.0 / rate_bps as f64 / drained_ms as f64;
    Ok(Latency {
        up,
        there_and_back,
        drain_ratio,
    })
}

#[test]
fn a_decision_does_not_wait_behind_bulk() {
    for (rate_bps, passages, bound_s) in [(19_200, 8, 3.5), (64_000, 20, 2.0), (256_000, 40, 1.2)] {
        let it = decisions_under_bulk(rate_bps, passages, |_| {}).unwrap();
        let [up50, up99] = [50, 99].map(|percent| Latency::at(&it.up, percent));
        let [p50, p99] = [50, 99].map(|percent| Latency::at(&it.there_and_back, percent));
        eprintln!(
            "{rate_bps} bit/s: request up {up50:.2}/{up99:.2} s, request to decision {p50:.2}/{p99:.2} s \
             (p50/p99 of {}), bulk drained at {:.3} of the line",
            it.up.len(),
            it.drain_ratio
        );
        assert!(p50 <= bound_s, "{rate_bps}: p50 {p50}");
        assert!(p99 <= 2.0 * bound_s, "{rate_bps}: p99 {p99}");
        assert!(
            it.drain_ratio > 0.75,
            "{rate_bps}: drained at {}",
            it.drain_ratio
        );
    }
}

#[test]
fn bulk_starves_nobody_on_a_lossy_line() {
    let lossy = |world: &mut World| world.wires.iter_mut().for_each(|it| it.loss = 0.02);
    let it = decisions_under_bulk(64_000, 10, lossy).unwrap();
    let [p50, p99] = [50, 99].map(|percent| Latency::at(&it.there_and_back, percent));
    eprintln!("64000 bit/s, 2 % lost: request to decision {p50:.2}/{p99:.2} s (p50/p99)");
    assert!(p50 <= 2.0, "p50 {p50}");
}

/// Mixed work in both directions, small enough to run many times.
fn small_work(world: &mut World) {
    for number in 0..120 {
        let class = if number % 30 == 29 {
            Class::Urgent
        } else {
            Class::Facts
        };
        world.nodes[0].write(fact(number), class, At(0));
        if number % 10 == 0 {
            world.nodes[1].write(format!("order {number}"), Class::Urgent, At(0));
        }
    }
    for number in 0..4 {
        let bytes = noise(number, 9_000 + number as usize);
        world.nodes[0].offer(
            bytes,
            &[(2_000, Class::Awaited), (20_000, Class::Bulk)],
            At(0),
        );
    }
}

#[test]
fn an_hour_without_the_line_loses_nothing_and_repeats_nothing() {
    let mut world = World::new(64_000, 3);
    let hour = (At(20_000), At(20_000 + 3_600_000));
    world
        .wires
        .iter_mut()
        .for_each(|it| it.outages = vec![hour]);
    backlog(&mut world, 3);
    // Life goes on while the line is dead.
    for minute in 0..70 {
        world.run(At(minute * 60_000)).unwrap();
        let number = world.nodes[0].written.len();
        world.nodes[0].write(fact(number), Class::Urgent, world.now);
        world.nodes[1].write(format!("order {minute}"), Class::Urgent, world.now);
    }
    let before = world.restarts;
    world.finish(At(5_000_000)).unwrap();
    assert!(
        before > 30,
        "the sessions gave up {before} times in an hour"
    );
    let first_after = world.nodes[1].copied_at.iter().find(|at| **at > hour.1);
    let seconds = first_after.map_or(u64::MAX, |at| at.since_ms(hour.1)) as f64 / 1e3;
    eprintln!("first record {seconds:.1} s after the line came back");
}

#[test]
fn loss_repetition_and_overtaking_change_nothing() {
    for seed in 0..25 {
        let mut world = World::new(64_000, seed);
        for wire in &mut world.wires {
            wire.loss = 0.05;
            wire.duplicates = 0.05;
            wire.jitter_ms = 900;
        }
        small_work(&mut world);
        let done = world.finish(At(3_600_000));
        assert_eq!(done, Ok(()), "seed {seed}");
    }
}

/// Kills one side at one step of the work, for every step that there is.
fn killed_at_every_step(planted: Option<Planted>) -> Result<u64, (u64, Wrong)> {
    let mut step = 1;
    loop {
        let mut world = World::new(256_000, step);
        world.nodes.iter_mut().for_each(|it| {
            it.planted = planted;
            if let Some(session) = &mut it.session {
                session.planted = planted;
            }
        });
        let victim = (step % 2) as usize;
        world.kills = vec![(step, victim), (step + 40, 1 - victim)];
        small_work(&mut world);
        world.finish(At(3_600_000)).map_err(|wrong| (step, wrong))?;
        if world.restarts == 0 {
            return Ok(step);
        }
        step += 1;
    }
}

#[test]
fn either_side_may_die_at_any_step() {
    let steps = killed_at_every_step(None).unwrap();
    eprintln!("killed at each of {steps} steps");
    assert!(steps > 50);
}

/// A harness that never saw a bug proves nothing.
#[test]
fn planted_mistakes_are_found() {
    let found = |planted| killed_at_every_step(Some(planted)).unwrap_err().1;
    let early = found(Planted::AcknowledgeBeforeDurable);
    assert!(
        matches!(early, Wrong::AcknowledgedNotDurable { .. }),
        "{early:?}"
    );

    let noisy = |planted| {
        let run = |seed| {
            let mut world = World::new(64_000, seed);
            for (node, wire) in world.nodes.iter_mut().zip(&mut world.wires) {
                (wire.loss, wire.duplicates) = (0.1, 0.1);
                if let Some(session) = &mut node.session {
                    session.planted = Some(planted);
                }
                node.planted = Some(planted);
            }
            small_work(&mut world);
            world.finish(At(3_600_000)).err()
        };
        (0..40).find_map(run)
    };
    let twice = noisy(Planted::TakeDuplicates);
    assert!(
        matches!(twice, Some(Wrong::AppliedTwice { .. } | Wrong::Gap { .. })),
        "{twice:?}"
    );
    let gap = noisy(Planted::ForgetTheGap);
    assert!(matches!(gap, Some(Wrong::Gap { .. })), "{gap:?}");

    // A modem that holds everything, as most do: nothing but the credit keeps bulk back.
    let median = |planted: Option<Planted>| {
        let latency = decisions_under_bulk(64_000, 10, |world| {
            world
                .wires
                .iter_mut()
                .for_each(|it| it.queue_bytes = u64::MAX);
            for node in &mut world.nodes {
                node.planted = planted;
                node.session.iter_mut().for_each(|it| it.planted = planted);
            }
        });
        latency.map(|it| Latency::at(&it.there_and_back, 50))
    };
    let sound = median(None).unwrap();
    assert!(sound < 1.0, "{sound}");
    let flooded = median(Some(Planted::IgnoreCredit));
    assert!(
        flooded.as_ref().map_or(true, |it| *it > 10.0),
        "{flooded:?}"
    );
}

#[test]
fn what_an_officer_waits_for_overtakes() {
    let mut world = World::new(64_000, 9);
    for number in 0..10 {
        world.nodes[0].offer(noise(number, 60_000), &[(60_000, Class::Bulk)], At(0));
    }
    let last = world.nodes[0].offer(noise(99, 60_000), &[(60_000, Class::Bulk)], At(0));
    world.run(At(10_000)).unwrap();
    let promote = Input::Promote {
        hash: last,
        upto: 24_000,
        class: Class::Awaited,
    };
    world.nodes[1]
        .session
        .as_mut()
        .unwrap()
        .handle(promote, world.now);
    let arrived = |world: &World| {
        world.nodes[1]
            .arriving
            .get(&last)
            .map_or(0, |it| it.1.len())
    };
    while arrived(&world) < 24_000 {
        world.run(world.now.plus_ms(100)).unwrap();
    }
    let seconds = world.now.since_ms(At(10_000)) as f64 / 1e3;
    // 24 KB take 3 s of this line, two ways of 0.3 s, and what stood in the queue.
    assert!(seconds < 5.0, "{seconds}");
    world.run(world.now.plus_ms(5_000)).unwrap();
    assert!(
        arrived(&world) < 30_000,
        "the rest waits for its turn again"
    );
    let plan = world.nodes[0].session.as_ref().unwrap().plan();
    let bulk = plan.lines[Class::Bulk as usize];
    assert!(
        bulk.count >= 9 && bulk.seconds_to_drain.unwrap_or(0) > 50,
        "{plan:?}"
    );
    world.finish(At(1_000_000)).unwrap();
}

#[test]
fn part_of_a_blob_is_sent_and_the_rest_on_demand() {
    let mut world = World::new(64_000, 9);
    let hash = world.nodes[0].offer(noise(1, 60_000), &[(24_000, Class::Awaited)], At(0));
    world.run(At(60_000)).unwrap();
    assert_eq!(world.nodes[1].arriving[&hash].1.len(), 24_000);
}

// ---- a hostile peer -----------------------------------------------------------------------------

/// The centre's session, open, with CN05 at the other end.
fn centre() -> Session {
    let beginning = Beginning {
        node: "centre".into(),
        software: "test".into(),
        peer: "CN05".into(),
        accepts: vec!["CN05".into()],
        offers: vec![Offer {
            chain: Chain::new("centre.CN05", 1),
            count: 3,
            key: "k".into(),
        }],
        holds: vec![],
    };
    let mut session = Session::new(Rules::default(), beginning, At(0));
    session.handle(Input::Frame(Frame::Hello(hello()).encode()), At(1));
    assert!(session.is_open());
    session
}

fn hello() -> Hello {
    Hello {
        node: "CN05".into(),
        software: "test".into(),
        answer_wanted: true,
        offers: vec![Offer {
            chain: Chain::new("CN05", 1),
            count: 0,
            key: "k".into(),
        }],
        holds: vec![],
        dictionaries: vec![],
    }
}

fn closing(session: &mut Session) -> Option<Closing> {
    std::iter::from_fn(|| session.poll()).find_map(|it| match it {
        Event::Closed { why } => Some(why),
        _ => None,
    })
}

#[test]
fn a_violation_ends_the_session_by_its_name() {
    let own = Chain::new("CN05", 1);
    let other = Chain::new("CN06", 1);
    let packed = || zstd::bulk::compress(&crate::frame::join_records([&b"{}"[..]].into_iter()), 1);
    let bomb = zstd::bulk::compress(&vec![0; 10_000_000], 1).unwrap();
    let records = |chain: &Chain, from, dictionary, packed| Frame::Records {
        chain: chain.clone(),
        from,
        dictionary,
        packed,
    };
    let hash = BlobHash([1; 32]);
    let cases = [
        (
            records(&other, 0, 0, packed().unwrap()),
            "CN05 may not send records of CN06/1",
        ),
        (
            records(&own, 7, 0, packed().unwrap()),
            "gap: CN05/1 goes on at 7, 0 were received",
        ),
        (
            records(&own, 0, 99, packed().unwrap()),
            "dictionary 00000063 is not known",
        ),
        (records(&own, 0, 0, bomb), "cannot be unpacked"),
        (records(&own, 0, 0, b"junk".to_vec()), "cannot be unpacked"),
        (
            Frame::Ack {
                chain: Chain::new("centre.CN05", 1),
                upto: 4,
            },
            "only 3 were ever written",
        ),
        (
            Frame::Ack {
                chain: own.clone(),
                upto: 1,
            },
            "is not sent here",
        ),
        (
            Frame::Head {
                chain: other,
                size: 1,
                signed: vec![],
            },
            "may not send records of CN06/1",
        ),
        (
            Frame::BlobPart {
                handle: 9,
                offset: 0,
                bytes: vec![1],
            },
            "never offered",
        ),
        (
            Frame::BlobWant {
                handle: 9,
                offset: 0,
            },
            "never offered",
        ),
        (Frame::Close { why: "bye".into() }, "the peer closed: bye"),
    ];
    for (frame, expected) in cases {
        let mut session = centre();
        session.handle(Input::Frame(frame.encode()), At(2));
        let why = closing(&mut session)
            .map(|it| it.to_string())
            .unwrap_or_default();
        assert!(
            why.contains(expected),
            "{frame:?}: {why:?}, not {expected:?}"
        );
        assert_eq!(session.poll_timeout(), None);
    }
    let mut session = centre();
    let offer = |handle, total| {
        Frame::BlobOffer {
            handle,
            hash,
            total,
        }
        .encode()
    };
    session.handle(Input::Frame(offer(1, 10)), At(2));
    session.handle(Input::Frame(offer(1, 11)), At(2));
    let why = closing(&mut session).unwrap().to_string();
    assert!(why.contains("as two different blobs"), "{why}");
}

#[test]
fn a_false_hello_is_refused() {
    let refused = |change: fn(&mut Hello)| {
        let mut hello = hello();
        change(&mut hello);
        let beginning = Beginning {
            node: "centre".into(),
            software: "test".into(),
            peer: "CN05".into(),
            accepts: vec!["CN05".into()],
            offers: vec![Offer {
                chain: Chain::new("centre.CN05", 1),
                count: 3,
                key: "k".into(),
            }],
            holds: vec![],
        };
        let mut session = Session::new(Rules::default(), beginning, At(0));
        session.handle(Input::Frame(Frame::Hello(hello).encode()), At(1));
        closing(&mut session)
            .map(|it| it.to_string())
            .unwrap_or_default()
    };
    let why = refused(|it| it.node = "CN06".into());
    assert_eq!(
        why,
        r#"the peer says it is "CN06", its certificate says "CN05""#
    );
    let why = refused(|it| it.offers[0].chain.origin = "CN06".into());
    assert_eq!(why, "CN05 may not send records of CN06/1");
    let why = refused(|it| {
        it.holds = vec![Held {
            chain: Chain::new("centre.CN05", 1),
            count: 4,
        }];
    });
    assert_eq!(
        why,
        "the peer holds 4 records of centre.CN05/1, this side wrote 3: set back?"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever comes, in whatever order: no panic, and no record twice or out of turn.
    #[test]
    fn any_frames_are_survived(
        frames in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..80),
                (0u64..6, 0u64..4).prop_map(|(from, upto)| {
                    let chain = Chain::new("CN05", 1);
                    let joined = crate::frame::join_records([&b"{}"[..], b"[]"].into_iter());
                    let packed = zstd::bulk::compress(&joined, 1).unwrap();
                    match upto {
                        0 => Frame::Records { chain, from, dictionary: 0, packed },
                        1 => Frame::BlobOffer { handle: from as u32, hash: BlobHash([from as u8; 32]), total: 9 },
                        2 => Frame::BlobPart { handle: from as u32, offset: from, bytes: vec![1, 2] },
                        _ => Frame::Head { chain, size: from, signed: vec![1] },
                    }.encode()
                }),
            ],
            1..40,
        )
    ) {
        let mut session = centre();
        let mut next = 0;
        for (at, frame) in frames.into_iter().enumerate() {
            session.handle(Input::Frame(frame), At(at as u64));
            while let Some(event) = session.poll() {
                match event {
                    Event::Copy { from, records, .. } => {
                        prop_assert_eq!(from, next);
                        next += records.len() as u64;
                    }
                    Event::FindBlob { hash, .. } => {
                        session.handle(Input::BlobStored { hash, have: 0 }, At(at as u64));
                    }
                    _ => {}
                }
            }
            while session.poll_transmit(At(at as u64)).is_some() {}
        }
    }
}

/// A step of the procedure: what may not go unasked neither goes nor holds a place, what is asked
/// for goes all the same, and everything is there once it may go again.
#[test]
fn what_may_not_go_unasked_stays_and_holds_up_nothing() {
    let mut world = World::new(256_000, 5);
    let unasked = |world: &mut World, upto| {
        let now = world.now;
        let session = world.nodes[0].session.as_mut().unwrap();
        session.handle(Input::Unasked { upto }, now);
    };
    unasked(&mut world, Class::Awaited);
    // More than may be announced at a time.
    let segments = [
        (400, Class::Awaited),
        (900, Class::Pages),
        (1_200, Class::Bulk),
    ];
    let mut hashes = Vec::new();
    for number in 0..100u8 {
        let now = world.now;
        hashes.push(world.nodes[0].offer(vec![number; 1_200], &segments, now));
    }
    world.run(At(60_000)).unwrap();
    let arrived = |it: &World, bytes: usize| {
        let all = it.nodes[1].arriving.values();
        all.filter(|it| it.1.len() >= bytes).count()
    };
    assert_eq!(arrived(&world, 400), 100);
    let more = |it: &World| {
        it.nodes[1]
            .arriving
            .values()
            .filter(|it| it.1.len() > 400)
            .count()
    };
    assert_eq!(more(&world), 0, "nothing beyond the step went");
    let plan = world.nodes[0].session.as_ref().unwrap().plan();
    assert_eq!(plan.unasked, Some(Class::Awaited));
    let bytes: Vec<u64> = plan.lines.iter().map(|it| it.bytes).collect();
    assert_eq!(bytes, [0, 0, 0, 50_000, 30_000]);
    assert_eq!(plan.lines[3].seconds_to_drain, None, "it does not drain");

    // An officer asks for one.
    let (asked, now) = (hashes[70], world.now);
    let promote = Input::Promote {
        hash: asked,
        upto: 900,
        class: Class::Awaited,
    };
    world.nodes[1]
        .session
        .as_mut()
        .unwrap()
        .handle(promote, now);
    world.run(now.plus_ms(10_000)).unwrap();
    assert_eq!(world.nodes[1].arriving[&asked].1.len(), 900);
    assert_eq!(more(&world), 1);

    unasked(&mut world, Class::Bulk);
    world.run(world.now.plus_ms(60_000)).unwrap();
    assert_eq!(arrived(&world, 1_200), 100);
}
