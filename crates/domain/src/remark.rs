//! What people say *about* a case beside their decisions: which kind of alarm it was, what they
//! mark on a radiograph, where they have looked. A remark answers no finding and opens nothing; it
//! is never changed, only followed by another. Pixels stay as the scanner sent them.
//!
//! The eleven adjudication codes are those of the radiation portal practice (Second Line of
//! Defense; the OSCAR lane software carries the same list).

use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::fact::{FindingId, OrderKind, OrderOutcome, Severity};
use crate::limits;
use crate::passage::{LaneOrder, Passage};
use crate::reading::{Alarm, ImageReading};
use crate::stage::Stage;
use crate::stage::radiation::NaturalVerdict;
use crate::unit::{BlobHash, OfficerId, PassageId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    pub passage: PassageId,
    pub agency: Agency,
    pub by: OfficerId,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "snake_case")]
pub enum Said {
    /// What kind of alarm it was, after `passes` measurements and with the second look as it stood.
    Adjudicated {
        answers: Vec<FindingId>,
        code: Code,
        /// Nuclides as `Cs-137`, `Tc-99m`; empty: none was identified.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        isotopes: Vec<String>,
        secondary: Secondary,
        passes: u32,
    },
    /// A place on a radiograph and a word for it.
    Marked {
        image: BlobHash,
        area: Area,
        word: Word,
    },
    /// The mark of this number, counted among the passage's remarks from 1, is taken back by the
    /// body that made it. Both stay in the ledger.
    Withdrawn { mark: u32 },
    /// The parts of the vehicle that were looked through on this radiograph before it was called
    /// clear.
    Searched { image: BlobHash, looked: Vec<Zone> },
}

/// Travels as its number, 1 to 11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Code {
    // Real alarms.
    ContrabandFound,
    OtherReal,
    // Innocent alarms.
    MedicalIsotope,
    Norm,
    DeclaredShipment,
    // False alarms.
    InspectionNegative,
    /// The second measurement shows the background only.
    BackgroundOnly,
    OtherFalse,
    // No traffic.
    AuthorisedTest,
    UnauthorisedActivity,
    Other,
}

impl Code {
    pub const ALL: [Code; 11] = [
        Code::ContrabandFound,
        Code::OtherReal,
        Code::MedicalIsotope,
        Code::Norm,
        Code::DeclaredShipment,
        Code::InspectionNegative,
        Code::BackgroundOnly,
        Code::OtherFalse,
        Code::AuthorisedTest,
        Code::UnauthorisedActivity,
        Code::Other,
    ];
}

impl From<Code> for u8 {
    fn from(it: Code) -> u8 {
        it as u8 + 1
    }
}

impl TryFrom<u8> for Code {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Code, &'static str> {
        let at = usize::from(number).checked_sub(1);
        let found = at.and_then(|it| Code::ALL.get(it));
        found.copied().ok_or("adjudication codes are 1 to 11")
    }
}

/// How far the second look at an alarm has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secondary {
    None,
    Requested,
    Completed,
}

/// A rectangle in pixels of the image, from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    pub left_px: u32,
    pub top_px: u32,
    pub width_px: u32,
    pub height_px: u32,
}

/// What a marked place is taken for. A closed list: no free text travels with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    NotDeclared,
    DoubleWall,
    Dense,
    Organic,
    Weapon,
    Person,
    Unclear,
    /// Looked at and explained.
    Explained,
}

/// A part of a vehicle that a search goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    Cab,
    Engine,
    Tanks,
    Chassis,
    Roof,
    Walls,
    Load,
}

impl Zone {
    pub const ALL: [Zone; 7] = [
        Zone::Cab,
        Zone::Engine,
        Zone::Tanks,
        Zone::Chassis,
        Zone::Roof,
        Zone::Walls,
        Zone::Load,
    ];
}

/// Of one passage, as its orders stand: a second pass, a hand-held check, or whatever else was
/// ordered about a finding of the portal.
pub fn secondary(passage: &Passage) -> Secondary {
    let mut looks = passage.orders.iter().filter(|it| {
        let of_portal = |id: &FindingId| {
            let found = passage.finding(*id);
            found.is_some_and(|it| it.finding.stage == Stage::Radiation)
        };
        let kinds = [OrderKind::SecondPass, OrderKind::HandheldCheck];
        kinds.contains(&it.order.kind) || it.order.about.iter().any(of_portal)
    });
    let Some(first) = looks.next() else {
        return Secondary::None;
    };
    match std::iter::once(first)
        .chain(looks)
        .all(|it| it.completed.is_some())
    {
        true => Secondary::Completed,
        false => Secondary::Requested,
    }
}

/// Why a remark cannot stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It names what is not there; the text is for a log.
    Wrong(&'static str),
    /// What was measured says otherwise.
    Contradicts,
    /// The code claims a second look that has not shown it.
    Unsupported,
}

/// What stands against releasing an alarm of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// So many of the named alarms have not been adjudicated.
    NotAdjudicated { alarms: usize },
    /// The last adjudication of one of them says that it was real.
    FoundReal,
}

/// Whether a release that names `answers` has to wait for people's word on the portal's alarms:
/// what kind each of them was. `remarks`: oldest first.
pub fn against_release<'a>(
    passage: &Passage,
    remarks: impl Iterator<Item = &'a Remark>,
    answers: &[FindingId],
) -> Option<Against> {
    let mut last = std::collections::BTreeMap::new();
    for it in remarks {
        if let Said::Adjudicated { answers, code, .. } = &it.said {
            last.extend(answers.iter().map(|id| (*id, *code)));
        }
    }
    let alarms = answers.iter().filter(|id| {
        passage.finding(**id).is_some_and(|it| {
            it.finding.stage == Stage::Radiation && it.finding.severity == Severity::Alarm
        })
    });
    let codes: Vec<Option<Code>> = alarms.map(|id| last.get(id).copied()).collect();
    let missing = codes.iter().filter(|it| it.is_none()).count();
    let real = |it: &Option<Code>| {
        let real = [
            Code::ContrabandFound,
            Code::OtherReal,
            Code::UnauthorisedActivity,
        ];
        it.is_some_and(|it| real.contains(&it))
    };
    match missing {
        0 if codes.iter().any(real) => Some(Against::FoundReal),
        0 => None,
        alarms => Some(Against::NotAdjudicated { alarms }),
    }
}

/// Whether `it` can be said of this passage, after the remarks `before`, oldest first. `natural` is
/// what the rules made of the last profile.
pub fn check(
    passage: &Passage,
    natural: Option<NaturalVerdict>,
    before: &[Remark],
    it: &Remark,
) -> Result<(), Refusal> {
    if before.len() >= limits::REMARKS {
        return Err(Refusal::Wrong("too many remarks about this passage"));
    }
    match &it.said {
        Said::Adjudicated {
            answers,
            code,
            isotopes,
            ..
        } => adjudication(passage, natural, answers, *code, isotopes),
        Said::Marked { image, area, .. } => {
            let image = image_of(passage, image)?;
            let ends = |from: u32, span: u32, all: u32| {
                span > 0 && from.checked_add(span).is_some_and(|it| it <= all)
            };
            let inside = ends(area.left_px, area.width_px, image.width_px)
                && ends(area.top_px, area.height_px, image.height_px);
            inside
                .then_some(())
                .ok_or(Refusal::Wrong("the area is not on the image"))
        }
        Said::Withdrawn { mark } => {
            let at = (*mark as usize).checked_sub(1);
            let own = at
                .and_then(|at| before.get(at))
                .is_some_and(|of| of.agency == it.agency && matches!(of.said, Said::Marked { .. }));
            let again = before.iter().any(|of| of.said == it.said);
            (own && !again)
                .then_some(())
                .ok_or(Refusal::Wrong("no such mark of this body stands"))
        }
        Said::Searched { image, looked } => {
            image_of(passage, image)?;
            let sorted = looked.windows(2).all(|it| it[0] < it[1]);
            (sorted && !looked.is_empty())
                .then_some(())
                .ok_or(Refusal::Wrong("parts of the vehicle: in order, each once"))
        }
    }
}

fn image_of<'a>(passage: &'a Passage, hash: &BlobHash) -> Result<&'a ImageReading, Refusal> {
    let found = passage.images.iter().find(|it| it.image == *hash);
    found.ok_or(Refusal::Wrong("the passage has no such image"))
}

fn adjudication(
    passage: &Passage,
    natural: Option<NaturalVerdict>,
    answers: &[FindingId],
    code: Code,
    isotopes: &[String],
) -> Result<(), Refusal> {
    let mut rules = Vec::new();
    for id in answers {
        match passage.finding(*id) {
            Some(it) if it.finding.stage == Stage::Radiation => rules.push(&it.finding.rule),
            _ => return Err(Refusal::Wrong("a finding that is not the portal's")),
        }
    }
    if rules.is_empty() {
        return Err(Refusal::Wrong("no finding is named"));
    }
    if isotopes.len() > limits::ISOTOPES || !isotopes.iter().all(|it| is_nuclide(it)) {
        return Err(Refusal::Wrong("nuclides are written as Cs-137, Tc-99m"));
    }
    let neutrons = rules.iter().any(|it| *it == "radiation.neutron_alarm");
    match code {
        // Neither goods nor a treated driver give neutrons.
        Code::Norm | Code::MedicalIsotope if neutrons => Err(Refusal::Contradicts),
        Code::Norm if natural.is_some_and(NaturalVerdict::rules_out_goods) => {
            Err(Refusal::Contradicts)
        }
        Code::InspectionNegative if !is_inspected(passage) => Err(Refusal::Unsupported),
        Code::BackgroundOnly if !is_background(passage) => Err(Refusal::Unsupported),
        _ => Ok(()),
    }
}

/// Element, mass number, `m` for a metastable state, as ANSI N42.42 writes nuclides.
pub fn is_nuclide(text: &str) -> bool {
    let Some((element, mass)) = text.split_once('-') else {
        return false;
    };
    let digits = mass.strip_suffix('m').unwrap_or(mass);
    let mut letters = element.bytes();
    letters.next().is_some_and(|it| it.is_ascii_uppercase())
        && element.len() <= 2
        && letters.all(|it| it.is_ascii_lowercase())
        && (1..=3).contains(&digits.len())
        && digits.bytes().all(|it| it.is_ascii_digit())
        && !digits.starts_with('0')
}

fn outcomes(passage: &Passage, kind: OrderKind) -> impl Iterator<Item = &OrderOutcome> {
    let of_kind = move |it: &&LaneOrder| it.order.kind == kind;
    let ends = passage.orders.iter().filter(of_kind);
    ends.filter_map(|it| it.completed.as_ref())
        .map(|it| &it.outcome)
}

/// People opened it and found nothing, and found nothing wrong at any other opening.
fn is_inspected(passage: &Passage) -> bool {
    let mut all = outcomes(passage, OrderKind::Inspect).peekable();
    all.peek().is_some() && all.all(|it| matches!(it, OrderOutcome::NothingFound { .. }))
}

/// Measured again, and the last word is silence: of the portal, or of people with their own device.
fn is_background(passage: &Passage) -> bool {
    let by_hand = outcomes(passage, OrderKind::HandheldCheck).last();
    match passage.radiation.last() {
        Some(last) if passage.radiation.len() > 1 => {
            last.gamma_alarm == Alarm::Silent && last.neutron_alarm == Alarm::Silent
        }
        _ => matches!(by_hand, Some(OrderOutcome::NothingFound { .. })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, Finding, Order, Severity};
    use crate::unit::{OrderId, UtcMs};

    #[test]
    fn a_code_travels_as_its_number() {
        for number in 1..=11 {
            assert_eq!(u8::from(Code::try_from(number).unwrap()), number);
        }
        assert!(serde_json::from_str::<Code>("0").is_err());
        assert!(serde_json::from_str::<Code>("12").is_err());
        assert_eq!(serde_json::to_string(&Code::Norm).unwrap(), "4");
    }

    #[test]
    fn nuclides_are_written_one_way() {
        for it in ["K-40", "Tc-99m", "Cs-137", "U-238"] {
            assert!(is_nuclide(it), "{it}");
        }
        for it in [
            "", "-", "K40", "k-40", "K-", "K-040", "Cs-1370", "Cs-m", "CS-137", "Csx-1", "K-40 ",
        ] {
            assert!(!is_nuclide(it), "{it}");
        }
    }

    fn passage(rule: &str) -> Passage {
        let mut it = Passage::new("CN05-18204".parse().unwrap());
        let finding = Finding {
            id: FindingId(1),
            agency: Agency::Customs,
            rule: rule.to_owned(),
            stage: Stage::Radiation,
            severity: Severity::Alarm,
            values: Default::default(),
        };
        it.apply(&Fact::FindingRaised(finding), UtcMs(1));
        it
    }

    fn remark(it: &Passage, said: Said) -> Remark {
        Remark {
            passage: it.id.clone(),
            agency: Agency::Customs,
            by: OfficerId::new("o-1"),
            said,
        }
    }

    fn adjudicated(it: &Passage, code: Code) -> Remark {
        remark(
            it,
            Said::Adjudicated {
                answers: vec![FindingId(1)],
                code,
                isotopes: vec!["K-40".to_owned()],
                secondary: Secondary::None,
                passes: 1,
            },
        )
    }

    fn order(it: &mut Passage, kind: OrderKind, outcome: Option<OrderOutcome>) {
        let id = OrderId::new(format!("centre/{}", it.orders.len()));
        let order = Order {
            id: id.clone(),
            passage: it.id.clone(),
            agency: Agency::Customs,
            kind,
            by: OfficerId::new("o-1"),
            about: Vec::new(),
        };
        it.apply(&Fact::OrderAccepted(order), UtcMs(2));
        if let Some(outcome) = outcome {
            it.apply(&Fact::OrderCompleted { order: id, outcome }, UtcMs(3));
        }
    }

    #[test]
    fn natural_goods_explain_nothing_where_the_verdict_says_so() {
        let it = passage("radiation.gamma_alarm");
        let said = adjudicated(&it, Code::Norm);
        for verdict in [
            NaturalVerdict::NotDeclared,
            NaturalVerdict::Point,
            NaturalVerdict::OtherNuclide,
            NaturalVerdict::Neutrons,
        ] {
            let refused = check(&it, Some(verdict), &[], &said);
            assert_eq!(refused, Err(Refusal::Contradicts), "{verdict:?}");
        }
        let unclear = Some(NaturalVerdict::Unclear);
        assert_eq!(check(&it, unclear, &[], &said), Ok(()));
    }

    #[test]
    fn a_release_waits_for_the_word_on_each_alarm() {
        let it = passage("radiation.gamma_alarm");
        let named = [FindingId(1)];
        let against = |said: &[Remark]| against_release(&it, said.iter(), &named);
        let missing = Against::NotAdjudicated { alarms: 1 };
        assert_eq!(against(&[]), Some(missing));
        let real = adjudicated(&it, Code::OtherReal);
        let false_alarm = adjudicated(&it, Code::OtherFalse);
        assert_eq!(
            against(std::slice::from_ref(&real)),
            Some(Against::FoundReal)
        );
        assert_eq!(against(&[real.clone(), false_alarm.clone()]), None);
        assert_eq!(against(&[false_alarm, real]), Some(Against::FoundReal));
        assert_eq!(against_release(&it, [].iter(), &[]), None);
    }

    #[test]
    fn neutrons_are_neither_goods_nor_a_patient() {
        let gamma = passage("radiation.gamma_alarm");
        let neutron = passage("radiation.neutron_alarm");
        for code in [Code::Norm, Code::MedicalIsotope] {
            assert_eq!(check(&gamma, None, &[], &adjudicated(&gamma, code)), Ok(()));
            let it = adjudicated(&neutron, code);
            assert_eq!(check(&neutron, None, &[], &it), Err(Refusal::Contradicts));
        }
        let it = adjudicated(&neutron, Code::DeclaredShipment);
        assert_eq!(check(&neutron, None, &[], &it), Ok(()));
    }

    #[test]
    fn a_negative_second_look_must_have_taken_place() {
        let found_nothing = || {
            Some(OrderOutcome::NothingFound {
                by: OfficerId::new("l-1"),
            })
        };
        for (code, kind) in [
            (Code::InspectionNegative, OrderKind::Inspect),
            (Code::BackgroundOnly, OrderKind::HandheldCheck),
        ] {
            let mut it = passage("radiation.gamma_alarm");
            let said = adjudicated(&it, code);
            assert_eq!(secondary(&it), Secondary::None);
            assert_eq!(check(&it, None, &[], &said), Err(Refusal::Unsupported));
            order(&mut it, kind, None);
            assert_eq!(check(&it, None, &[], &said), Err(Refusal::Unsupported));
            order(&mut it, kind, found_nothing());
            assert_eq!(check(&it, None, &[], &said), Ok(()), "{code:?}");
        }
        let mut it = passage("radiation.gamma_alarm");
        order(&mut it, OrderKind::SecondPass, None);
        assert_eq!(secondary(&it), Secondary::Requested);
        let mut it = passage("radiation.gamma_alarm");
        order(&mut it, OrderKind::SecondPass, found_nothing());
        assert_eq!(secondary(&it), Secondary::Completed);
    }

    #[test]
    fn what_is_not_there_cannot_be_named() {
        let it = passage("entry.plate_differs");
        let mut said = adjudicated(&it, Code::Other);
        assert_eq!(check(&it, None, &[], &said), Ok(()));
        if let Said::Adjudicated { answers, .. } = &mut said.said {
            *answers = vec![FindingId(2)];
        }
        let wrong = |it: Result<(), Refusal>| matches!(it, Err(Refusal::Wrong(_)));
        assert!(wrong(check(&it, None, &[], &said)));
        let area = Area {
            left_px: 0,
            top_px: 0,
            width_px: 1,
            height_px: 1,
        };
        let (image, word) = (BlobHash([1; 32]), Word::Dense);
        let mark = remark(&it, Said::Marked { image, area, word });
        assert!(wrong(check(&it, None, &[], &mark)));
        let withdrawn = remark(&it, Said::Withdrawn { mark: 1 });
        assert!(wrong(check(&it, None, &[], &withdrawn)));
        assert_eq!(
            check(&it, None, std::slice::from_ref(&mark), &withdrawn),
            Ok(())
        );
        let twice = [mark, withdrawn.clone()];
        assert!(wrong(check(&it, None, &twice, &withdrawn)));
    }
}
