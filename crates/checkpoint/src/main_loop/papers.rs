//! Whose paper it is: what it says itself comes first, where it was presented only then.
//! `docs/decisions/0009-whose-paper-it-is.md`.

use devices::plate::fusion::{Agreement, agree};
use domain::input::Input;
use domain::passage::Passage;
use domain::reading::{DocumentKind, DocumentReading};
use domain::stage::Stage;
use domain::unit::{LaneId, PassageId, UtcMs};

use super::{Action, Live, MainLoop};

impl MainLoop {
    /// The passage that the paper names, when it names one; else the one at the reader.
    pub(super) fn owner_of_paper(
        &self,
        lane: LaneId,
        paper: &DocumentReading,
    ) -> Option<PassageId> {
        let named: Vec<&Live> = self
            .here(lane)
            .filter(|it| names(&it.passage, paper))
            .collect();
        let at_reader = self.gates.get(&lane)?.lane.of_reading(Stage::Documents);
        match named.as_slice() {
            [one] => Some(one.passage.id.clone()),
            // One driver, one carrier, two trucks: where it was presented tells them apart.
            _ => at_reader.cloned(),
        }
    }

    /// Everything was presented of the truck whose papers these are, by the reader's own numbers. A
    /// reader that says so twice says nothing of the truck behind.
    pub(super) fn presented(&mut self, lane: LaneId, papers: &[String], now: UtcMs) -> Vec<Action> {
        const INPUT: &str = "documents_presented";
        if papers.is_empty() {
            let at_reader = self.gates.get(&lane);
            let at_reader = at_reader.and_then(|it| it.lane.of_reading(Stage::Documents));
            let has_shown = |id: &&PassageId| {
                let live = self.live.get(*id);
                live.is_some_and(|it| !it.passage.documents.is_empty())
            };
            return match at_reader.filter(has_shown).cloned() {
                Some(owner) => self.conclude(&owner, &Input::DocumentsPresented, now),
                None => self.nobody(now, INPUT, "documents.nothing_presented"),
            };
        }
        // Who holds the most of them; of two alike the one that is not done, since readers begin their
        // numbers anew.
        let held = |it: &Live| {
            let own = it.passage.documents.iter();
            let own = own.filter_map(|it| it.message_id.as_ref());
            own.filter(|id| papers.contains(id)).count()
        };
        let open = |it: &Live| it.ended_at.is_none() && !it.passage.is_complete(Stage::Documents);
        let of_lane = self.live.values().filter(|it| it.lane == lane);
        let mut owners: Vec<((usize, bool), &Live)> = of_lane
            .map(|it| ((held(it), open(it)), it))
            .filter(|((held, _), _)| *held > 0)
            .collect();
        owners.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        match owners.as_slice() {
            [] => self.nobody(now, INPUT, "documents.not_read_here"),
            [(first, _), (second, _), ..] if first == second && first.1 => {
                self.nobody(now, INPUT, "documents.of_two_vehicles")
            }
            [(_, owner), ..] => {
                let owner = owner.passage.id.clone();
                self.conclude(&owner, &Input::DocumentsPresented, now)
            }
        }
    }

    fn here(&self, lane: LaneId) -> impl Iterator<Item = &Live> {
        let here = move |it: &&Live| it.lane == lane && it.ended_at.is_none();
        self.live.values().filter(here)
    }
}

/// Upper case, letters and digits only.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|it| it.is_alphanumeric());
    kept.flat_map(char::to_uppercase).collect()
}

/// The holder's name as the paper has it, in either order.
fn persons(paper: &DocumentReading) -> Vec<String> {
    let of = |name: &str| {
        let field = paper.fields.iter().find(|it| it.name == name);
        field.map(|it| plain(&it.value)).unwrap_or_default()
    };
    let (surname, given) = (of("surname"), of("given_names"));
    vec![
        format!("{surname}{given}"),
        format!("{given}{surname}"),
        of("driver"),
        of("name"),
    ]
}

/// The paper says that it belongs to this vehicle: its plates, a container, the number under which
/// the carrier announced it, or the driver's name.
fn names(passage: &Passage, paper: &DocumentReading) -> bool {
    let identity = passage.identity.as_ref();
    let notice = passage.notification.as_deref();
    let seen = identity.into_iter().flat_map(|it| {
        let plates = [&it.tractor_plate, &it.trailer_plate];
        plates.into_iter().flatten()
    });
    let announced = notice
        .into_iter()
        .flat_map(|it| std::iter::once(&it.tractor_plate).chain(&it.trailer_plate));
    let plates: Vec<String> = seen.chain(announced).map(|it| plain(it)).collect();
    let containers = identity.into_iter().flat_map(|it| &it.containers);
    let containers = containers.chain(notice.into_iter().flat_map(|it| &it.containers));
    let containers: Vec<String> = containers.map(|it| plain(it)).collect();
    let field = |of: &dyn Fn(&str) -> bool, is: &dyn Fn(&str) -> bool| {
        let fields = paper.fields.iter().filter(|it| of(&it.name));
        fields.into_iter().any(|it| is(&plain(&it.value)))
    };
    let of_plate = |it: &str| {
        let alike = |own: &String| !matches!(agree(own, it), Agreement::Different { .. });
        plates.iter().any(alike)
    };
    let is_person = matches!(
        paper.kind,
        DocumentKind::Passport | DocumentKind::DriverLicence
    );
    let driver = notice.map(|it| plain(&it.driver));
    field(&|name| name.ends_with("_reg_id"), &of_plate)
        || field(&|name| name == "container_id", &|it| {
            containers.iter().any(|own| own == it)
        })
        || notice.is_some_and(|it| {
            let number = paper.number.as_deref();
            let own = |it: &domain::notification::DeclaredDocument| {
                it.kind == paper.kind && Some(it.number.as_str()) == number
            };
            it.documents.iter().any(own)
        })
        || is_person
            && driver.is_some_and(|driver| !driver.is_empty() && persons(paper).contains(&driver))
}
