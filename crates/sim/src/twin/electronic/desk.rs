//! The centre: what goes over the line to whom, who looks at it, and what they say.

use domain::decision::takes_two;

use super::*;

impl World<'_> {
    /// A case goes to the centre: what must be seen goes over the line first, in the order it was asked.
    pub(super) fn asks(&mut self, case: Case, body: Agency, due_at: UtcMs, nothing_found: bool) {
        let now = self.clock.now;
        let (line_share, image_kb, page_kb) =
            (self.set.line_share, self.set.image_kb, self.set.page_kb);
        let line_kbps = self.set.line_kbps;
        let Some(Some(live)) = self.trucks.get_mut(case.truck) else {
            return;
        };
        if live.asked.contains(&case.agency) {
            return;
        }
        live.asked.push(case.agency);
        let imaged = !live.passage.images.is_empty();
        let kb = match (case.agency, imaged) {
            (Agency::Customs, true) => image_kb + page_kb,
            _ if nothing_found => page_kb,
            _ => 2.0 * page_kb,
        };
        let kbps = self.sites[live.site].line_kbps.unwrap_or(line_kbps);
        let ms = (kb * 8_000.0 / (kbps * line_share)) as i64;
        let line = &mut self.lines[live.site];
        *line = UtcMs(line.0.max(now.0).saturating_add(ms));
        let at = line.plus_ms(ASK_MS);
        self.clock.at(at, Event::Ready { case, body, due_at });
    }

    /// Free seats of a body open the next cases.
    pub(super) fn seat(&mut self, body: Agency) {
        while let Some(case) = self.seats.take(body) {
            let (now, set) = (self.clock.now, self.set);
            let still = self.is_asked(case);
            let live = self.trucks.get_mut(case.truck).and_then(Option::as_mut);
            let (Some(live), Some(ids)) = (live, still) else {
                self.seats.free(body);
                continue;
            };
            let procedure = &self.procedures[live.site];
            let worst = live
                .passage
                .findings
                .iter()
                .filter(|it| it.finding.agency == case.agency)
                .map(|it| it.finding.severity)
                .max();
            let span = match worst {
                None => set.look,
                Some(Severity::Finding) => set.finding,
                Some(Severity::Alarm) => set.alarm,
            };
            let mut ms = span.draw_ms(&mut live.chance);
            // The second reader sits in the same room: his time is taken off the same seats.
            if takes_two(
                &live.passage,
                case.agency,
                &Decision::Release,
                &ids,
                procedure,
            ) {
                ms += span.draw_ms(&mut live.chance);
            }
            let opened = Fact::CaseOpened {
                passage: live.passage.id.clone(),
                agency: case.agency,
                officer: officer(body),
            };
            live.note(opened, now);
            self.seats.works(body, ms);
            self.clock.after(ms, Event::Decided { case, body });
        }
    }

    /// The findings that the body must still answer; `None`: nobody waits for it any more.
    pub(super) fn is_asked(&self, case: Case) -> Option<Vec<FindingId>> {
        let live = self.trucks.get(case.truck)?.as_ref()?;
        if live.passage.ended.is_some() {
            return None;
        }
        let procedure = &self.procedures[live.site];
        let waits = live.passage.waiting_for(procedure, self.clock.now);
        waits.into_iter().find_map(|it| match it {
            WaitingFor::Agency {
                agency, findings, ..
            } if agency == case.agency => Some(findings),
            WaitingFor::Link { agency, .. } if agency == case.agency => {
                Some(domain::release::open_findings(&live.passage, agency))
            }
            _ => None,
        })
    }

    pub(super) fn decided(&mut self, case: Case, body: Agency) {
        let now = self.clock.now;
        let still = self.is_asked(case);
        let inspect_clean = self.set.inspect_clean_share;
        let Some(Some(live)) = self.trucks.get_mut(case.truck) else {
            return;
        };
        live.asked.retain(|it| *it != case.agency);
        let Some(ids) = still else { return };
        let procedure = &self.procedures[live.site];
        let all = live.passage.findings.iter().map(|it| &it.finding);
        let open: Vec<_> = all.filter(|it| ids.contains(&it.id)).cloned().collect();
        let alarm = open.iter().any(|it| it.severity == Severity::Alarm);
        let of_agency = |it: &&domain::passage::LaneOrder| it.order.agency == case.agency;
        let inspected = live.passage.orders.iter().filter(of_agency).count() > 0;
        let guilty = matches!(
            live.truck.truth.matter,
            Matter::HiddenGoods | Matter::NeutronSource | Matter::Wanted | Matter::StrongSource
        );
        let kind = if inspected && guilty && !open.is_empty() {
            DecisionKind::Refuse
        } else if !inspected && alarm && (guilty || live.chance.happens(inspect_clean)) {
            DecisionKind::Inspect
        } else {
            DecisionKind::Release
        };
        let Some(reason) = procedure.reasons_for(case.agency, kind).nth(1) else {
            return;
        };
        let answers: Vec<_> = open.iter().map(|it| it.id).collect();
        let decision = match kind {
            DecisionKind::Refuse => Decision::Refuse,
            DecisionKind::Inspect => Decision::Inspect,
            _ => Decision::Release,
        };
        let two = takes_two(&live.passage, case.agency, &decision, &answers, procedure);
        let made = DecisionMade {
            agency: case.agency,
            decision,
            answers: answers.clone(),
            reason: reason.id.clone(),
            un9417: reason.un9417,
            by: DecidedBy::Officer {
                officer: officer(body),
                second: two.then(|| OfficerId::new("o-second-1")),
            },
        };
        live.give(&Input::Decision(made), now, procedure);
        if kind == DecisionKind::Inspect {
            // The core orders it of the lane.
            self.crew(case.truck);
        }
        self.settle(case.truck);
    }

    pub(super) fn links_are(&mut self, state: LinkState) {
        self.links = state;
        for truck in 0..self.trucks.len() {
            let inside = self
                .live(truck)
                .is_some_and(|it| it.passage.arrived_at.is_some());
            if inside {
                self.give(truck, &Input::Link(state));
                self.settle(truck);
            }
        }
        if state == LinkState::Down {
            for minutes in LANE_LOOKS_MIN {
                self.clock.after(minutes * 60_000, Event::Hour);
            }
        }
    }

    /// While the line is down two people of two bodies may release what the procedure grants them.
    pub(super) fn lane_looks(&mut self) {
        let now = self.clock.now;
        for truck in 0..self.trucks.len() {
            let Some(Some(live)) = self.trucks.get_mut(truck) else {
                continue;
            };
            let procedure = &self.procedures[live.site];
            let waits = live.passage.waiting_for(procedure, now);
            let mut any = false;
            for wait in waits {
                let (WaitingFor::Link { agency, .. } | WaitingFor::Agency { agency, .. }) = wait
                else {
                    continue;
                };
                let answers = domain::release::open_findings(&live.passage, agency);
                let Some(reason) = procedure.reasons_for(agency, DecisionKind::Release).nth(1)
                else {
                    continue;
                };
                let decision = Input::LaneDecision {
                    agency,
                    decision: Decision::Release,
                    answers,
                    reason: reason.id.clone(),
                    first: OfficerId::new("o-lane-1"),
                    second: OfficerId::new("o-lane-2"),
                };
                // What the procedure does not grant the lane is not tried.
                let facts = live.passage.conclude(&decision, now, procedure);
                if !facts
                    .iter()
                    .any(|it| matches!(it, Fact::Disregarded { .. }))
                {
                    live.give(&decision, now, procedure);
                    any = true;
                }
            }
            if any {
                self.settle(truck);
            }
        }
    }
}
