//! Remarks of officers about a case: what is put in here, what is refused, who sees which. Pure.
//! The rules are the domain's (`domain::remark`).

use domain::fact::Fact;
use domain::procedure::Procedure;
use domain::remark::{Refusal, Remark, Said, check, secondary};
use domain::rule::View;
use domain::stage::radiation::natural;
use domain::unit::UtcMs;

use crate::authority::remarked;
use crate::case::{Eyes, value};
use crate::problem::{Code, Problem};
use crate::state::Dossier;
use crate::wire::RemarkRow;

/// All remarks about the passage, oldest first: the number of a remark is its place here.
pub fn all(dossier: &Dossier) -> impl Iterator<Item = (UtcMs, &Remark)> {
    dossier.seen.iter().filter_map(|it| match &it.fact {
        Fact::CaseRemarked(said) => Some((it.at, said)),
        _ => None,
    })
}

/// The remark as it would be recorded, or why it cannot be.
pub fn admit(
    dossier: &Dossier,
    procedure: &Procedure,
    now: UtcMs,
    mut it: Remark,
) -> Result<Remark, Problem> {
    let passage = &dossier.passage;
    let view = View {
        passage,
        procedure,
        now,
    };
    let last = passage.radiation.last();
    let natural = last.map(|it| natural(view, it).verdict);
    if let Said::Adjudicated {
        secondary: look,
        passes,
        ..
    } = &mut it.said
    {
        *look = secondary(passage);
        *passes = passage.radiation.len() as u32;
    }
    let before: Vec<Remark> = all(dossier).map(|(_, it)| it.clone()).collect();
    match check(passage, natural, &before, &it) {
        Ok(()) => Ok(it),
        Err(Refusal::Wrong(detail)) => Err(Problem::new(Code::RemarkWrong, detail)),
        Err(Refusal::Contradicts) => Err(Code::RemarkContradicts.into()),
        Err(Refusal::Unsupported) => Err(Code::RemarkUnsupported.into()),
    }
}

/// What the viewer's body said, of the parts it sees.
pub fn shown(eyes: &Eyes) -> Vec<RemarkRow> {
    (1..)
        .zip(all(eyes.dossier))
        .filter(|(_, (_, it))| eyes.sees_of(it.agency) && eyes.sees(remarked(&it.said)))
        .map(|(number, (at, it))| RemarkRow {
            number,
            at,
            agency: it.agency,
            by: it.by.to_string(),
            said: value(&it.said),
        })
        .collect()
}
