//! Three passages whose times are plain to see.

use domain::agency::Agency;
use domain::fact::{
    Completion, DecidedBy, Decision, DecisionMade, Direction, Draw, ExitPermit, Fact, Finding,
    FindingId, Severity,
};
use domain::stage::Stage;
use domain::unit::{LaneId, OfficerId, PassageId, UtcMs};
use measure::ledgers::Passages;

pub const START: UtcMs = UtcMs(1_795_406_400_000);
pub const MINUTE_MS: i64 = 60_000;

pub fn id(name: &str) -> PassageId {
    name.parse().unwrap()
}

fn stages(facts: &mut Vec<(i64, Fact)>, until: &[(Stage, i64)]) {
    let mut from = 0;
    for (stage, to) in until {
        facts.push((from, Fact::StageStarted { stage: *stage }));
        let how = Completion::ByDevice;
        facts.push((*to, Fact::StageCompleted { stage: *stage, how }));
        from = *to;
    }
}

fn decided(decision: Decision, by: DecidedBy) -> Fact {
    Fact::DecisionMade(DecisionMade {
        agency: Agency::Customs,
        decision,
        answers: vec![FindingId(1)],
        reason: "C-01".to_owned(),
        un9417: 1,
        by,
    })
}

fn leaves(facts: &mut Vec<(i64, Fact)>, at: i64) {
    let permit = ExitPermit {
        number: 1,
        expires_at: START.plus_ms((at + 10) * MINUTE_MS),
        releases: vec![Agency::Customs],
    };
    facts.push((at, Fact::ExitPermitted(permit)));
    facts.push((at + 1, Fact::BarrierOpened { permit: 1 }));
    facts.push((at + 2, Fact::Departed));
}

fn arrived() -> (i64, Fact) {
    let fact = Fact::Arrived {
        lane: LaneId(1),
        direction: Direction::Entry,
        edition: "made".to_owned(),
        seed: 7,
    };
    (0, fact)
}

fn timed(from_minute: i64, facts: Vec<(i64, Fact)>) -> Vec<(UtcMs, Fact)> {
    let at = |minute: i64| START.plus_ms((from_minute + minute) * MINUTE_MS);
    facts
        .into_iter()
        .map(|(minute, fact)| (at(minute), fact))
        .collect()
}

/// Twelve minutes of devices and papers, released by a rule: 3 + 2 + 5 devices, 4 papers, 2 out.
pub fn clear() -> Vec<(UtcMs, Fact)> {
    let mut facts = vec![arrived()];
    let until = [
        (Stage::Entry, 3),
        (Stage::Dimensions, 5),
        (Stage::Imaging, 10),
        (Stage::Documents, 14),
    ];
    stages(&mut facts, &until);
    let rule = DecidedBy::Rule {
        rule: "r".to_owned(),
        edition: "made".to_owned(),
    };
    facts.push((14, decided(Decision::Release, rule)));
    leaves(&mut facts, 14);
    timed(0, facts)
}

/// The same with a finding: 6 minutes until an officer is free, 9 until they decide.
pub fn with_officer() -> Vec<(UtcMs, Fact)> {
    let mut facts = vec![arrived()];
    stages(&mut facts, &[(Stage::Entry, 3), (Stage::Documents, 7)]);
    let finding = Finding {
        id: FindingId(1),
        agency: Agency::Customs,
        rule: "customs.goods_unknown".to_owned(),
        stage: Stage::Documents,
        severity: Severity::Finding,
        values: Default::default(),
    };
    let officer = OfficerId::new("o-17");
    facts.push((7, Fact::FindingRaised(finding)));
    facts.push((
        7,
        Fact::CaseDrawn(Draw {
            passage: id("CN05-2"),
            agency: Agency::Customs,
            officer: officer.clone(),
            roster: vec![officer.clone()],
            seed: String::new(),
            round: 0,
        }),
    ));
    facts.push((
        13,
        Fact::CaseOpened {
            passage: id("CN05-2"),
            agency: Agency::Customs,
            officer: officer.clone(),
        },
    ));
    let by = DecidedBy::Officer {
        officer,
        second: None,
    };
    facts.push((22, decided(Decision::Release, by)));
    leaves(&mut facts, 22);
    timed(60, facts)
}

pub fn under_way() -> Vec<(UtcMs, Fact)> {
    timed(90, vec![arrived()])
}

pub fn passages() -> Passages {
    [
        ("CN05-1", clear()),
        ("CN05-2", with_officer()),
        ("RU01-1", under_way()),
    ]
    .into_iter()
    .map(|(name, facts)| (id(name), facts))
    .collect()
}
