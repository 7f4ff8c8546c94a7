//! Transport control: permits. Masses and sizes are measured, and so judged, with their stage.

use crate::agency::Agency;
use crate::reading::DocumentKind;
use crate::rule::{Raise, View};
use crate::stage::{Stage, documents};

/// Overloaded or oversize, and everything was presented but no valid special permit.
pub(crate) fn oversize_permit_missing(view: View) -> Vec<Raise> {
    const NEED: [&str; 3] = [
        "dimensions.oversize",
        "dimensions.gross_overload",
        "dimensions.axle_overload",
    ];
    if !view.passage.is_complete(Stage::Documents)
        || documents::has_valid(view, DocumentKind::OversizePermit)
    {
        return Vec::new();
    }
    let needs = view
        .passage
        .findings
        .iter()
        .find(|it| NEED.contains(&it.finding.rule.as_str()));
    needs
        .map(|it| {
            Raise::finding(Agency::TransportControl).value("because", it.finding.rule.as_str())
        })
        .into_iter()
        .collect()
}

/// The transport permit presented is not the one the carrier announced.
pub(crate) fn permit_unknown(view: View) -> Vec<Raise> {
    let announced: Vec<&str> = view
        .passage
        .notification
        .iter()
        .flat_map(|it| &it.documents)
        .filter(|it| it.kind == DocumentKind::TransportPermit)
        .map(|it| it.number.as_str())
        .collect();
    if announced.is_empty() {
        return Vec::new();
    }
    view.passage
        .documents
        .iter()
        .filter(|it| it.kind == DocumentKind::TransportPermit)
        .filter_map(|it| it.number.as_deref())
        .filter(|it| !announced.contains(it))
        .map(|it| {
            Raise::finding(Agency::TransportControl)
                .value("number", it)
                .value("announced", announced.join(" "))
        })
        .collect()
}
