//! Two sessions over a virtual wire, between two stores that forget what was not synced. An
//! independent checker looks at both stores at every step; the mistakes in [`Planted`] are made
//! on purpose, and it must find each.

use std::collections::{BTreeMap, VecDeque};

use domain::unit::BlobHash;
use proptest::prelude::*;

use crate::frame::{Chain, Class, Frame, Held, Hello};
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
        let held = |chain: &Chain, count: usize| Held {
            chain: chain.clone(),
            count: count as u64,
        };
        let beginning = Beginning {
            node: self.name.into(),
            software: "test".into(),
            peer: peer.into(),
            accepts: vec![self.theirs.origin.clone()],
            offers: vec![held(&self.own, self.written.len())],
            holds: vec![held(&self.theirs, self.copied.len())],
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
