//! Plays a story: words to inputs, facts and obligations to words. Only tests use it.

mod read;
mod show;

use domain::fact::Fact;
use domain::measure::Measure;
use domain::notification::Notification;
use domain::passage::Passage;
use domain::procedure::Procedure;
use domain::unit::{CheckpointId, PassageId, UtcMs};

/// 2026-11-23T09:00:00+05:00, the hour at which every story begins.
pub const START: UtcMs = UtcMs(1_795_406_400_000);

pub struct Story {
    pub passage: Passage,
    pub procedure: Procedure,
    pub notice: Option<Notification>,
    pub now: UtcMs,
    /// What the passage's checkpoint concluded.
    pub facts: Vec<(UtcMs, Fact)>,
    /// The same with the centre's case facts between.
    pub with_cases: Vec<(UtcMs, Fact)>,
    pub transcript: String,
}

pub fn procedure(edition: &str) -> Procedure {
    let text = match edition {
        "external-2026" => include_str!("../../../../procedures/external-2026.toml"),
        "internal-2026" => include_str!("../../../../procedures/internal-2026.toml"),
        other => panic!("no procedure {other}"),
    };
    let mut procedure = Procedure::parse(text).unwrap();
    // Draws would make stories depend on seeds; a story about draws says so itself.
    procedure
        .auto_release
        .iter_mut()
        .for_each(|it| it.recheck_per_mille = 0);
    procedure
}

pub fn play(path: &str, told: &str) -> Story {
    let mut story = Story {
        passage: Passage::new(PassageId {
            checkpoint: CheckpointId::new("CN05"),
            number: 1,
        }),
        procedure: procedure("external-2026"),
        notice: None,
        now: START,
        facts: Vec::new(),
        with_cases: Vec::new(),
        transcript: String::new(),
    };
    for (number, line) in told.lines().enumerate() {
        if line.starts_with("    ") {
            continue;
        }
        story.transcript += line;
        story.transcript.push('\n');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Err(wrong) = story.turn(line) {
            panic!("{path}:{}: {line:?}: {wrong}", number + 1);
        }
    }
    story
}

impl Story {
    fn turn(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [span, unit] if span.starts_with('+') => {
                self.now = self.now.plus_ms(read::span_ms(&span[1..], unit)?);
            }
            ["procedure", edition] => self.procedure = procedure(edition),
            ["recheck", share] => {
                let share = share.parse().map_err(|_| "no share")?;
                self.procedure
                    .auto_release
                    .iter_mut()
                    .for_each(|it| it.recheck_per_mille = share);
            }
            ["verified", stage, "until", span, unit] => {
                let due_at = START.plus_ms(read::span_ms(span, unit)?);
                let stage = read::stage(stage)?;
                let own = self
                    .procedure
                    .verification
                    .iter_mut()
                    .filter(|it| it.stage == stage);
                own.for_each(|it| it.due_at = due_at);
            }
            ["competence", agency, "none"] => {
                let agency = read::agency(agency)?;
                self.procedure.competence.retain(|it| it.agency != agency);
            }
            ["notice", rest @ ..] => self.notice = Some(read::notice(rest)?),
            ["case", rest @ ..] => {
                let fact = read::case(&self.passage.id, rest)?;
                self.with_cases.push((self.now, fact));
            }
            ["outcome"] => {
                let outcome = self.passage.outcome(&self.procedure, self.now);
                self.transcript += &show::outcome(&outcome);
            }
            ["times"] => {
                let measured = Measure::until(&self.with_cases, self.now);
                self.transcript += &show::times(&measured);
            }
            ["next", "due"] => {
                let due = self.passage.next_due(&self.procedure).map(show::clock);
                self.transcript += &format!("    = {}\n", due.unwrap_or("nothing".into()));
            }
            words => {
                let inputs = read::inputs(self, words)?;
                let many = inputs.len() > 1;
                for (at, input) in inputs.iter().enumerate() {
                    let facts = self.passage.conclude(input, self.now, &self.procedure);
                    if facts.is_empty() {
                        return Err("the input was lost".into());
                    }
                    for fact in facts {
                        self.passage.apply(&fact, self.now);
                        self.transcript += &format!("    {}\n", show::fact(&fact));
                        self.facts.push((self.now, fact.clone()));
                        self.with_cases.push((self.now, fact));
                    }
                    if many && at + 1 < inputs.len() {
                        continue;
                    }
                    for it in self.passage.obligations(&self.procedure, self.now) {
                        self.transcript += &format!("    ! {}\n", show::obligation(&it));
                    }
                }
            }
        }
        Ok(())
    }
}
