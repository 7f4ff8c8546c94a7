//! The scheme of before: paper, a broker, one control after the other. There is no core to ask:
//! a row of windows with the means of the order, queues that come of themselves, and what lies
//! between two windows. Minutes go into the same survey as those of the real thing.

use std::collections::BTreeMap;

use domain::agency::Agency;
use domain::fact::Direction;
use domain::measure::{Totals, WaitedFor, WaitedTotal};
use domain::passage::EndedHow;
use domain::unit::{PassageId, UtcMs};
use measure::crossing::{Crossing, Milestones};

use super::clock::Clock;
use super::scenario::{BEGIN, Paper, Scenario, Site};
use super::station::Station;
use super::{Day, Hour};
use crate::chance::Chance;
use crate::traffic;

const HOUR_MS: i64 = 3_600_000;

#[derive(Debug)]
enum Event {
    Comes {
        post: usize,
    },
    /// Before the next window.
    Stands {
        truck: usize,
    },
    Served {
        truck: usize,
    },
    Hour,
}

struct Post {
    site: Site,
    windows: Vec<Station>,
    arrivals: Box<dyn Iterator<Item = UtcMs>>,
    number: u64,
    inside: u64,
}

#[derive(Debug)]
struct Truck {
    post: usize,
    number: u64,
    came_at: UtcMs,
    step: usize,
    clear_ms: i64,
    papers_ms: i64,
    by_body: BTreeMap<Agency, i64>,
    chance: Chance,
}

pub fn run(scenario: &Scenario, seed: u64) -> Result<Day, String> {
    let set = scenario.paper.as_ref().ok_or("[paper] is missing")?;
    let mut world = World {
        scenario,
        set,
        seed,
        clock: Clock::new(BEGIN),
        posts: scenario
            .sites()?
            .into_iter()
            .map(|it| post(set, it, seed))
            .collect(),
        trucks: Vec::new(),
        day: Day::default(),
    };
    for at in 0..world.posts.len() {
        world.comes_next(at);
    }
    world.clock.after(HOUR_MS, Event::Hour);
    while let Some(event) = world.clock.next() {
        world.happens(event);
    }
    Ok(world.day)
}

fn post(set: &Paper, site: Site, seed: u64) -> Post {
    let windows = set.step.iter().map(|it| {
        let wanted = it.windows_per_100 * site.trucks_per_day / 100.0;
        Station::new(wanted.ceil() as u32)
    });
    let per_hour = site.trucks_per_day / 24.0;
    let arrivals = traffic::arrivals(seed, &format!("paper {}", site.at.code), BEGIN, per_hour);
    Post {
        windows: windows.collect(),
        arrivals: Box::new(arrivals),
        number: 0,
        inside: 0,
        site,
    }
}

struct World<'a> {
    scenario: &'a Scenario,
    set: &'a Paper,
    seed: u64,
    clock: Clock<Event>,
    posts: Vec<Post>,
    trucks: Vec<Option<Truck>>,
    day: Day,
}

impl World<'_> {
    fn comes_next(&mut self, at: usize) {
        if let Some(when) = self.posts[at].arrivals.next()
            && when < self.scenario.ends_at()
        {
            self.clock.at(when, Event::Comes { post: at });
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Comes { post } => {
                let it = &mut self.posts[post];
                it.number += 1;
                it.inside += 1;
                let purpose = format!("paper {}", it.site.at.code);
                self.trucks.push(Some(Truck {
                    post,
                    number: it.number,
                    came_at: self.clock.now,
                    step: 0,
                    clear_ms: 0,
                    papers_ms: 0,
                    by_body: BTreeMap::new(),
                    chance: Chance::of(self.seed, &purpose, it.number),
                }));
                self.day.arrived += 1;
                self.goes_on(self.trucks.len() - 1);
                self.comes_next(post);
            }
            Event::Stands { truck } => {
                if let Some(Some(it)) = self.trucks.get(truck) {
                    let (post, step) = (it.post, it.step);
                    self.posts[post].windows[step].join(truck);
                    self.serve(post, step);
                }
            }
            Event::Served { truck } => {
                let Some(Some(it)) = self.trucks.get_mut(truck) else {
                    return;
                };
                let (post, step) = (it.post, it.step);
                it.step += 1;
                self.posts[post].windows[step].free();
                self.goes_on(truck);
                self.serve(post, step);
            }
            Event::Hour => {
                self.day.hours.push(Hour {
                    inside: self.posts.iter().map(|it| it.inside).sum(),
                    ..Hour::default()
                });
                if self.clock.now < self.scenario.ends_at() {
                    self.clock.after(HOUR_MS, Event::Hour);
                }
            }
        }
    }

    /// To the next window that wants this truck, or out.
    fn goes_on(&mut self, truck: usize) {
        let Some(Some(it)) = self.trucks.get_mut(truck) else {
            return;
        };
        while let Some(step) = self.set.step.get(it.step) {
            if it.chance.happens(step.share) {
                let ms = self.set.between.draw_ms(&mut it.chance);
                return self.clock.after(ms, Event::Stands { truck });
            }
            it.step += 1;
        }
        self.leaves(truck);
    }

    fn serve(&mut self, post: usize, step: usize) {
        while let Some(truck) = self.posts[post].windows[step].take() {
            let Some(Some(it)) = self.trucks.get_mut(truck) else {
                continue;
            };
            let at = &self.set.step[step];
            let ms = at.span.draw_ms(&mut it.chance);
            match at.agency {
                Some(agency) => {
                    it.clear_ms += ms;
                    *it.by_body.entry(agency).or_default() += ms;
                }
                None => it.papers_ms += ms,
            }
            self.clock.after(ms, Event::Served { truck });
        }
    }

    fn leaves(&mut self, truck: usize) {
        let Some(it) = self.trucks.get_mut(truck).and_then(Option::take) else {
            return;
        };
        let post = &mut self.posts[it.post];
        post.inside -= 1;
        if it.came_at < self.scenario.measured_from() {
            return;
        }
        let whole_ms = self.clock.now.since_ms(it.came_at);
        let between_ms = whole_ms - it.clear_ms - it.papers_ms;
        let bodies = it.by_body.iter().map(|(agency, ms)| WaitedTotal {
            waited_for: WaitedFor::Officer { agency: *agency },
            ms: *ms,
        });
        let driver = WaitedTotal {
            waited_for: WaitedFor::Driver,
            ms: it.papers_ms + between_ms,
        };
        self.day.survey.add(Some(Crossing {
            passage: PassageId {
                checkpoint: post.site.at.code.clone(),
                number: it.number,
            },
            direction: Some(Direction::Entry),
            arrived_at: it.came_at,
            ended_at: self.clock.now,
            how: EndedHow::Departed,
            totals: Totals {
                whole_ms,
                clear_control_ms: it.clear_ms,
                documents_ms: it.papers_ms,
                technological_ms: between_ms,
                waited_for: bodies.chain([driver]).collect(),
            },
            stage_ms: BTreeMap::new(),
            milestones: Milestones::default(),
            queue_claimed_ms: None,
        }));
    }
}
