//! Less is sent, less is kept: the steps of the procedure in force, each change a fact.

use domain::fact::Fact;
use domain::line::{LineRules, StepCause};
use domain::unit::UtcMs;

use super::{Action, MainLoop};

impl MainLoop {
    /// The figures in force now; none where no procedure is.
    pub fn line_rules(&self, now: UtcMs) -> LineRules {
        let procedure = self.procedure_now(now);
        procedure.map(|it| it.line.clone()).unwrap_or_default()
    }

    pub(super) fn room(
        &mut self,
        used_percent: u8,
        rate_bps: Option<u64>,
        now: UtcMs,
    ) -> Vec<Action> {
        let rules = self.line_rules(now);
        let mut facts = Vec::new();
        let keeps = rules.keeps(self.keeps, used_percent);
        if keeps != self.keeps {
            facts.push(Fact::KeepingChanged {
                keeps,
                used_percent,
            });
        }
        let sends = rules.sends(self.sends, &self.needs, rate_bps);
        if sends != self.sends {
            let rate_bps = rate_bps.unwrap_or(0);
            let because = if sends > self.sends {
                StepCause::LineTooSlow
            } else {
                StepCause::LineKeepsUp
            };
            facts.push(Fact::LineStepChanged {
                sends,
                because,
                needs_percent: self.needs.percent_of(sends.min(self.sends), rate_bps),
                rate_bps,
            });
        }
        match facts.is_empty() {
            true => Vec::new(),
            false => self.record(now, None, facts),
        }
    }
}
