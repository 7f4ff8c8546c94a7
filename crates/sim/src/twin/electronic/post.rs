//! Places of a post: gates, stations, crews, arms, and what breaks there.

use domain::unit::CheckpointId;

use super::*;

impl World<'_> {
    pub(super) fn joins_next(&mut self, side: usize) {
        if let Some(at) = self.sides[side].arrivals.next()
            && at < self.scenario.ends_at()
        {
            self.clock.at(at, Event::Joins { side });
        }
    }

    pub(super) fn joins(&mut self, at: usize) {
        let now = self.clock.now;
        let side = &mut self.sides[at];
        side.number += 1;
        // Numbers of both directions are one row, as at a checkpoint.
        let number = 2 * side.number + u64::from(side.direction == Direction::Exit);
        let code = &self.sites[side.site].at.code;
        let matter = matter(self.seed, code, number, self.set.matter_share);
        let truck = traffic::truck_with(self.seed, code, side.direction, number, now, matter);
        let live = Live::new(truck, side.site, now, self.seed);
        self.trucks.push(Some(live));
        self.day.arrived += 1;
        if let Some(entry) = side.stations.get_mut(&Stage::Entry) {
            entry.join(self.trucks.len() - 1);
        }
        self.serve(at, Stage::Entry);
        self.joins_next(at);
    }

    /// Lets trucks go to a stage's free servers.
    pub(super) fn serve(&mut self, at: usize, stage: Stage) {
        loop {
            let now = self.clock.now;
            let side = &mut self.sides[at];
            if stage == Stage::Entry {
                if side.inside >= side.yard {
                    return;
                }
                if side.neighbour_ms.is_some() && now < side.admits_at {
                    let at_ms = side.admits_at;
                    self.clock.at(at_ms, Event::Admits { side: at });
                    return;
                }
            }
            let Some(truck) = side.stations.get_mut(&stage).and_then(Station::take) else {
                return;
            };
            if stage == Stage::Entry {
                side.inside += 1;
                if let Some(ms) = side.neighbour_ms {
                    side.admits_at = now.plus_ms(ms);
                }
                let direction = side.direction;
                self.arrives(truck, direction);
            }
            let Some(span) = self.set.stage.get(&stage).copied() else {
                return;
            };
            let ms = self.draw(truck, span);
            self.clock.after(
                ms,
                Event::Served {
                    truck,
                    side: at,
                    stage,
                },
            );
        }
    }

    pub(super) fn arrives(&mut self, truck: usize, direction: Direction) {
        let seed = self.chance.whole();
        let arrival = Input::Arrival {
            lane: domain::unit::LaneId(1),
            direction,
            seed,
        };
        self.give(truck, &arrival);
        if self.links == LinkState::Down {
            self.give(truck, &Input::Link(LinkState::Down));
        }
    }

    /// A station is done with a truck: what its device says goes to the core.
    pub(super) fn served(&mut self, truck: usize, side: usize, stage: Stage) {
        // The machine is free even where its truck was turned back meanwhile.
        if let Some(it) = self.sides[side].stations.get_mut(&stage) {
            it.free();
        }
        if stage == Stage::Exit {
            self.leaves(truck, side);
        } else {
            for input in self.readings(truck, stage) {
                self.give(truck, &input);
            }
            if stage == Stage::Entry {
                self.matches(truck);
            }
            self.drives_on(truck, side);
            self.settle(truck);
        }
        self.serve(side, stage);
    }

    pub(super) fn readings(&mut self, truck: usize, stage: Stage) -> Vec<Input> {
        let set = self.set;
        let span = set.stage.get(&stage).map_or(0.0, |it| it.mean_min);
        let Some(live) = self.live(truck) else {
            return Vec::new();
        };
        match stage {
            Stage::Entry => {
                let front = Input::Plate(live.plate(CameraPosition::Front));
                let rear = Input::Plate(live.plate(CameraPosition::Rear));
                let containers = live.containers().into_iter().map(Input::Container);
                [front, rear].into_iter().chain(containers).collect()
            }
            Stage::Radiation => vec![Input::Radiation(live.radiation((span * 6e4) as i64))],
            Stage::Dimensions => vec![Input::Vehicle(live.weights())],
            Stage::Imaging => {
                let bytes = (set.image_kb * 1_000.0) as u64;
                vec![Input::Image(live.image(bytes, set.false_region_share))]
            }
            Stage::Documents => {
                let pages = live.documents().into_iter().map(Input::Document);
                pages.chain([Input::DocumentsPresented]).collect()
            }
            Stage::Exit => Vec::new(),
        }
    }

    /// What the node's folds answer, and a lane officer where no camera could read.
    pub(super) fn matches(&mut self, truck: usize) {
        let now = self.clock.now;
        let Some(Some(live)) = self.trucks.get_mut(truck) else {
            return;
        };
        let procedure = &self.procedures[live.site];
        if live.truck.muddy {
            let identity = domain::fact::Identity {
                tractor_plate: Some(live.truck.tractor_plate.clone()),
                trailer_plate: Some(live.truck.trailer_plate.clone()),
                country: Some(live.truck.country.clone()),
                containers: live.truck.containers.clone(),
            };
            let by_hand = Input::EnteredByHand {
                by: OfficerId::new("o-lane-1"),
                entry: domain::input::HandEntry::Identity(identity),
            };
            live.give(&by_hand, now, procedure);
        }
        let owed = live.passage.obligations(procedure, now);
        if owed.contains(&Obligation::MatchIdentity) {
            let plate = &live.truck.tractor_plate;
            let wanted = traffic::wanted();
            let matched = Input::Matched {
                notification: live.truck.notification().map(Box::new),
                unfit: None,
                wanted: wanted.into_iter().filter(|it| it.plate == *plate).collect(),
            };
            live.give(&matched, now, procedure);
        }
    }

    /// To the next stage that is open, where the procedure has one.
    pub(super) fn drives_on(&mut self, truck: usize, side: usize) {
        let Some(Some(live)) = self.trucks.get(truck) else {
            return;
        };
        let procedure = &self.procedures[live.site];
        let open = |it: &Stage| procedure.applies(*it) && *it != Stage::Exit && *it != Stage::Entry;
        let Some(next) = live.passage.open_stages().find(open) else {
            return;
        };
        let Some(station) = self.sides[side].stations.get_mut(&next) else {
            return;
        };
        station.join(truck);
        if station.is_out() {
            let why = "no answer".to_owned();
            self.give(truck, &Input::DeviceUnavailable { stage: next, why });
        }
        self.serve(side, next);
    }

    pub(super) fn goes_out(&mut self, truck: usize, side: usize) {
        let Some(live) = self.live(truck) else { return };
        if std::mem::replace(&mut live.leaving, true) {
            return;
        }
        if let Some(it) = self.sides[side].stations.get_mut(&Stage::Exit) {
            it.join(truck);
        }
        self.serve(side, Stage::Exit);
    }

    /// A truck with an order waits for people of the post.
    pub(super) fn crew(&mut self, truck: usize) {
        if let Some(side) = self.side_of(truck) {
            self.sides[side].crew.join(truck);
            self.crews(side);
        }
    }

    pub(super) fn crews(&mut self, side: usize) {
        while let Some(truck) = self.sides[side].crew.take() {
            let open = self.live(truck).and_then(|live| {
                let mut orders = live.passage.orders.iter();
                let open = orders.find(|it| it.started_at.is_none() && it.completed.is_none())?;
                Some(open.order.id.clone())
            });
            match open {
                Some(order) => {
                    let started = order.clone();
                    self.give(truck, &Input::OrderStarted { order: started });
                    let ms = self.draw(truck, self.set.inspection);
                    self.clock
                        .after(ms, Event::OrderDone { truck, side, order });
                }
                None => self.sides[side].crew.free(),
            }
        }
    }

    pub(super) fn order_done(&mut self, truck: usize, side: usize, order: &OrderId) {
        // The crew is free even where its truck has gone meanwhile.
        self.sides[side].crew.free();
        let by = OfficerId::new("o-lane-1");
        let clean = self.live(truck).is_some_and(|it| it.is_clean());
        let outcome = match clean {
            true => OrderOutcome::NothingFound { by },
            false => OrderOutcome::Found {
                by,
                code: "goods_undeclared".into(),
            },
        };
        let order = order.clone();
        self.give(truck, &Input::OrderResult { order, outcome });
        self.settle(truck);
        self.crews(side);
    }

    /// Before the arm: it opens if the permit still holds.
    pub(super) fn leaves(&mut self, truck: usize, side: usize) {
        let now = self.clock.now;
        let permit = self
            .live(truck)
            .and_then(|it| it.passage.valid_permit(now).map(|it| it.number));
        let Some(permit) = permit else {
            // It ran out on the way: the core gives another, or says what is missing.
            if let Some(live) = self.live(truck) {
                live.leaving = false;
            }
            self.clock.after(1_000, Event::Looks { truck });
            return;
        };
        let lane = domain::unit::LaneId(1);
        self.give(truck, &Input::BarrierCommand { permit });
        let permit = Some(permit);
        self.give(truck, &Input::BarrierOpened { lane, permit });
        self.give(truck, &Input::Departed);
        let _ = side;
        self.settle(truck);
    }

    pub(super) fn gone(&mut self, truck: usize) {
        let Some(side) = self.side_of(truck) else {
            return;
        };
        let Some(live) = self.trucks.get_mut(truck).and_then(Option::take) else {
            return;
        };
        self.sides[side].inside = self.sides[side].inside.saturating_sub(1);
        self.day.facts += live.facts.len() as u64;
        self.day.disregarded += live.disregarded;
        for it in &live.passage.decisions {
            match it.made.by {
                DecidedBy::Rule { .. } => self.day.by_rule += 1,
                _ => self.day.by_people += 1,
            }
        }
        if live.joined_at >= self.scenario.measured_from() {
            let crossing = Crossing::of(&live.passage.id, &live.facts);
            if let Some(it) = &crossing {
                let gates = &mut self.day.gate_ms;
                gates
                    .entry(live.passage.id.checkpoint.clone())
                    .or_default()
                    .push(it.arrived_at.since_ms(live.joined_at));
            }
            self.day.survey.add(crossing);
        }
        self.serve(side, Stage::Entry);
    }

    pub(super) fn breaks(&mut self, at: usize, stage: Stage) {
        let Some(repair) = self.set.repair else {
            return;
        };
        let Some(station) = self.sides[at].stations.get_mut(&stage) else {
            return;
        };
        station.breaks();
        let waiting: Vec<usize> = match station.is_out() {
            true => station.waiting().collect(),
            false => Vec::new(),
        };
        for truck in waiting {
            let why = "no answer".to_owned();
            self.give(truck, &Input::DeviceUnavailable { stage, why });
            self.settle(truck);
        }
        let ms = repair.draw_ms(&mut self.chance);
        self.clock.after(ms, Event::Mended { side: at, stage });
    }
}

/// The kinds in the proportions of the demo's mix, all together as often as the scenario says.
fn matter(seed: u64, code: &CheckpointId, number: u64, share: f64) -> Matter {
    let mut chance = Chance::of(seed, &format!("matter {code}"), number);
    if !chance.happens(share) {
        return Matter::Clean;
    }
    let kinds = Matter::MIX.map(|(it, weight)| match it {
        Matter::Clean => 0.0,
        _ => f64::from(weight),
    });
    Matter::MIX[chance.weighted(&kinds)].0
}
