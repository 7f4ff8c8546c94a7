//! The electronic checkpoint: trucks move through stations, the core says what follows of what
//! was measured, the centre's seats answer over the post's line. This module knows places and
//! times; it never decides whether a truck may go.

mod desk;
mod post;

use std::collections::BTreeMap;

use domain::agency::Agency;
use domain::fact::{
    DecidedBy, Decision, DecisionMade, Direction, Fact, FindingId, LinkState, OrderOutcome,
    Severity,
};
use domain::input::Input;
use domain::obligation::Obligation;
use domain::outcome::WaitingFor;
use domain::procedure::{DecisionKind, Procedure};
use domain::reading::CameraPosition;
use domain::stage::Stage;
use domain::unit::{OfficerId, OrderId, UtcMs};
use measure::crossing::Crossing;

use super::arrivals::{Merged, even, walk_in};
use super::clock::Clock;
use super::scenario::{BEGIN, Electronic, Scenario, Site, Span};
use super::seats::{Case, Seats};
use super::station::Station;
use super::truck::Live;
use super::{Day, Hour};
use crate::chance::Chance;
use crate::traffic::{self, Matter};

const HOUR_MS: i64 = 3_600_000;
/// A satellite hop each way and the frames of a request and its answer.
const ASK_MS: i64 = 1_000;
/// A refused truck turns and is led out.
const TURN_MS: i64 = 10 * 60_000;
/// Trucks under way may leave after the day's end so long; the rest count as under way.
const AFTERMATH_MS: i64 = 12 * HOUR_MS;
/// Two people at the lane look at what the procedure lets them release without the centre.
const LANE_LOOKS_MIN: [i64; 3] = [16, 61, 180];

#[derive(Debug)]
enum Event {
    /// The next truck of a post and direction joins the queue before the gate.
    Joins {
        side: usize,
    },
    Served {
        truck: usize,
        side: usize,
        stage: Stage,
    },
    /// What an officer needs is at the centre.
    Ready {
        case: Case,
        body: Agency,
        due_at: UtcMs,
    },
    Decided {
        case: Case,
        body: Agency,
    },
    OrderDone {
        truck: usize,
        side: usize,
        order: OrderId,
    },
    Turned {
        truck: usize,
    },
    /// An arm's answer, a paper's expiry: the core looks at the clock.
    Looks {
        truck: usize,
    },
    Admits {
        side: usize,
    },
    Breaks {
        side: usize,
        stage: Stage,
    },
    Mended {
        side: usize,
        stage: Stage,
    },
    LinksDown,
    LinksUp,
    /// The people of a shift sit down.
    Shift {
        number: usize,
    },
    Hour,
}

/// One direction of a post: its own row of stations.
struct Side {
    site: usize,
    direction: Direction,
    stations: BTreeMap<Stage, Station>,
    crew: Station,
    yard: u32,
    inside: u32,
    arrivals: Box<dyn Iterator<Item = UtcMs>>,
    number: u64,
    /// The neighbour takes one truck in so long.
    neighbour_ms: Option<i64>,
    admits_at: UtcMs,
}

struct World<'a> {
    scenario: &'a Scenario,
    set: &'a Electronic,
    seed: u64,
    clock: Clock<Event>,
    sites: Vec<Site>,
    procedures: Vec<Procedure>,
    sides: Vec<Side>,
    /// When the post's line has carried what was given to it.
    lines: Vec<UtcMs>,
    trucks: Vec<Option<Live>>,
    seats: Seats,
    links: LinkState,
    /// Cases whose word waits for the line.
    stalled: Vec<(Case, Agency)>,
    chance: Chance,
    day: Day,
}

pub fn run(scenario: &Scenario, seed: u64) -> Result<Day, String> {
    let set = scenario.electronic.as_ref();
    let set = set.ok_or("[electronic] is missing")?;
    let sites = scenario.sites()?;
    let mut world = World::new(scenario, set, sites, seed)?;
    world.begin();
    let end = scenario.ends_at().plus_ms(AFTERMATH_MS);
    while let Some(event) = world.clock.next() {
        if world.clock.now > end {
            break;
        }
        world.happens(event);
    }
    Ok(world.finish())
}
impl<'a> World<'a> {
    fn new(
        scenario: &'a Scenario,
        set: &'a Electronic,
        sites: Vec<Site>,
        seed: u64,
    ) -> Result<World<'a>, String> {
        let procedures: Result<Vec<_>, _> = sites
            .iter()
            .map(|it| scenario.procedure(it.at.regime))
            .collect();
        let mut sides = Vec::new();
        for (number, site) in sites.iter().enumerate() {
            for direction in [Direction::Entry, Direction::Exit] {
                sides.push(side(scenario, set, site, number, direction, seed));
            }
        }
        Ok(World {
            scenario,
            set,
            seed,
            clock: Clock::new(BEGIN),
            lines: vec![BEGIN; sites.len()],
            procedures: procedures?,
            sites,
            sides,
            trucks: Vec::new(),
            seats: Seats::new(BEGIN),
            links: LinkState::Up,
            stalled: Vec::new(),
            chance: Chance::of(seed, "twin", 0),
            day: Day::default(),
        })
    }

    fn begin(&mut self) {
        for side in 0..self.sides.len() {
            self.joins_next(side);
            if let Some(hours) = self.set.failure_every_h {
                for stage in [Stage::Radiation, Stage::Dimensions, Stage::Imaging] {
                    let ms = self.chance.waiting(hours) * HOUR_MS as f64;
                    self.clock.after(ms as i64, Event::Breaks { side, stage });
                }
            }
        }
        if let Some([from, to]) = self.set.outage_h {
            let at = |hours: f64| {
                let ms = (hours * HOUR_MS as f64) as i64;
                self.scenario.measured_from().plus_ms(ms)
            };
            let (from, to) = (at(from), at(to));
            self.clock.at(from, Event::LinksDown);
            self.clock.at(to, Event::LinksUp);
        }
        for (number, it) in self.set.shift.iter().enumerate() {
            let ms = i64::from(it.from_hour) * HOUR_MS;
            self.clock.after(ms, Event::Shift { number });
        }
        // The day begins in the shift that began last before midnight.
        if let Some(it) = self.set.shift.iter().max_by_key(|it| it.from_hour) {
            self.seats.shift(&it.seats, BEGIN);
        }
        self.clock.after(HOUR_MS, Event::Hour);
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Joins { side } => self.joins(side),
            Event::Served { truck, side, stage } => self.served(truck, side, stage),
            Event::Ready { case, body, due_at } => {
                self.seats.ask(body, due_at, case);
                self.seat(body);
            }
            Event::Decided { case, body } => {
                self.seats.free(body);
                match self.links {
                    LinkState::Up => self.decided(case, body),
                    LinkState::Down => self.stalled.push((case, body)),
                }
                self.seat(body);
            }
            Event::OrderDone { truck, side, order } => self.order_done(truck, side, &order),
            Event::Turned { truck } => {
                self.give(truck, &Input::BackedOut);
                self.day.turned_back += 1;
                self.settle(truck);
            }
            Event::Looks { truck } => {
                self.give(truck, &Input::TimePassed);
                self.settle(truck);
            }
            Event::Admits { side } => self.serve(side, Stage::Entry),
            Event::Breaks { side, stage } => self.breaks(side, stage),
            Event::Mended { side, stage } => {
                if let Some(it) = self.sides[side].stations.get_mut(&stage) {
                    it.mended();
                }
                let hours = self.set.failure_every_h.unwrap_or(f64::MAX);
                let ms = self.chance.waiting(hours) * HOUR_MS as f64;
                self.clock.after(ms as i64, Event::Breaks { side, stage });
                self.serve(side, stage);
            }
            Event::LinksDown => self.links_are(LinkState::Down),
            Event::LinksUp => {
                self.links_are(LinkState::Up);
                for (case, body) in std::mem::take(&mut self.stalled) {
                    self.decided(case, body);
                }
            }
            Event::Shift { number } => self.shift(number),
            Event::Hour => self.hour(),
        }
    }

    fn live(&mut self, truck: usize) -> Option<&mut Live> {
        self.trucks.get_mut(truck)?.as_mut()
    }

    fn give(&mut self, truck: usize, input: &Input) {
        let now = self.clock.now;
        if let Some(Some(live)) = self.trucks.get_mut(truck) {
            live.give(input, now, &self.procedures[live.site]);
        }
    }

    fn draw(&mut self, truck: usize, span: Span) -> i64 {
        self.live(truck)
            .map_or(0, |it| span.draw_ms(&mut it.chance))
    }

    fn side_of(&self, truck: usize) -> Option<usize> {
        let live = self.trucks.get(truck)?.as_ref()?;
        let exit = usize::from(live.truck.direction == Direction::Exit);
        Some(2 * live.site + exit)
    }

    /// Sees to everything the truck waits for now.
    fn settle(&mut self, truck: usize) {
        let now = self.clock.now;
        let Some(Some(live)) = self.trucks.get(truck) else {
            return;
        };
        if live.passage.ended.is_some() {
            return self.gone(truck);
        }
        let waits = live.passage.waiting_for(&self.procedures[live.site], now);
        let Some(side) = self.side_of(truck) else {
            return;
        };
        for wait in waits {
            match wait {
                WaitingFor::Agency {
                    agency,
                    decided_by,
                    due_at,
                    findings,
                } => self.asks(
                    Case { truck, agency },
                    decided_by,
                    due_at,
                    findings.is_empty(),
                ),
                WaitingFor::Barrier { .. } => self.goes_out(truck, side),
                WaitingFor::TurnBack => {
                    let leaving = self
                        .live(truck)
                        .map(|it| std::mem::replace(&mut it.leaving, true));
                    if leaving == Some(false) {
                        self.clock.after(TURN_MS, Event::Turned { truck });
                    }
                }
                _ => (),
            }
        }
    }

    fn shift(&mut self, number: usize) {
        let Some(it) = self.set.shift.get(number) else {
            return;
        };
        self.seats.shift(&it.seats, self.clock.now);
        for body in Agency::ALL {
            self.seat(body);
        }
        self.clock.after(24 * HOUR_MS, Event::Shift { number });
    }

    fn hour(&mut self) {
        if self.links == LinkState::Down {
            self.lane_looks();
        }
        if self.clock.now.since_ms(BEGIN) % HOUR_MS != 0 {
            return;
        }
        let before: usize = self
            .sides
            .iter()
            .filter_map(|it| it.stations.get(&Stage::Entry))
            .map(Station::len)
            .sum();
        self.day.hours.push(Hour {
            inside: self.sides.iter().map(|it| u64::from(it.inside)).sum(),
            before_gates: before as u64,
            seats_busy: self.seats.busy(),
            cases_waiting: self.seats.waiting(),
        });
        match self.clock.now < self.scenario.ends_at() {
            true => self.clock.after(HOUR_MS, Event::Hour),
            false => self.day.worked = self.seats.worked(self.clock.now),
        }
    }

    /// Who is still there counts as under way.
    fn finish(mut self) -> Day {
        let from = self.scenario.measured_from();
        let left = self.trucks.iter().flatten();
        self.day.disregarded += left.clone().map(|it| it.disregarded).sum::<u64>();
        self.day.survey.under_way += left.filter(|it| it.joined_at >= from).count() as u64;
        self.day
    }
}

fn officer(body: Agency) -> OfficerId {
    OfficerId::new(format!("o-{body}-1"))
}

fn side(
    scenario: &Scenario,
    set: &Electronic,
    site: &Site,
    number: usize,
    direction: Direction,
    seed: u64,
) -> Side {
    let lanes = site.lanes;
    let share = |of: f64| ((f64::from(lanes) * of).round() as u32).max(1);
    let scanners = site
        .scanners
        .unwrap_or_else(|| share(set.scanners_per_lane));
    let servers = |stage| match stage {
        Stage::Imaging => scanners,
        _ => lanes,
    };
    let stations = Stage::ALL
        .into_iter()
        .map(|it| (it, Station::new(servers(it))));
    let per_hour = site.trucks_per_day / 48.0;
    let purpose = format!("{} {direction:?}", site.at.code);
    let booked = scenario.slot_share.clamp(0.0, 1.0);
    let walk_in = walk_in(seed, &purpose, per_hour * (1.0 - booked), scenario.weekday);
    let slots = even(seed, &purpose, per_hour * booked);
    Side {
        site: number,
        direction,
        stations: stations.collect(),
        crew: Station::new(share(set.crews_per_lane)),
        yard: set.yard_per_lane.max(1) * lanes,
        inside: 0,
        arrivals: Box::new(Merged::new(walk_in, slots)),
        number: 0,
        neighbour_ms: site
            .neighbour_per_hour
            .filter(|_| direction == Direction::Exit)
            .map(|it| (HOUR_MS as f64 / it) as i64),
        admits_at: BEGIN,
    }
}
