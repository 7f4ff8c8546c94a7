//! What is on board as far as the notification and the documents say. Not here: lists of the law.

use crate::passage::Passage;
use crate::procedure::{Procedure, listed};

/// Commodity codes (HS prefixes of 4 to 10 digits) named by the notification or by a document.
pub(crate) fn codes(passage: &Passage) -> impl Iterator<Item = &str> {
    let notified = passage
        .notification
        .iter()
        .flat_map(|it| &it.goods)
        .map(|it| it.hs.as_str());
    let presented = passage.documents.iter().flat_map(|it| &it.fields);
    notified.chain(
        presented
            .filter(|it| it.name == "commodity_code")
            .map(|it| it.value.as_str()),
    )
}

/// The first code on board that `prefixes` list.
pub(crate) fn on_list<'a>(passage: &'a Passage, prefixes: &[String]) -> Option<&'a str> {
    codes(passage).find(|hs| listed(prefixes, hs).is_some())
}

pub(crate) fn is_high_risk(passage: &Passage, procedure: &Procedure) -> bool {
    let origin = |origin: &String| procedure.goods.high_risk_origins.contains(origin);
    let origins = passage
        .notification
        .iter()
        .flat_map(|it| &it.goods)
        .any(|it| origin(&it.origin));
    origins || on_list(passage, &procedure.goods.high_risk).is_some()
}

/// The four-digit heading of a code, or the code when it is shorter.
pub(crate) fn heading(hs: &str) -> &str {
    hs.get(..4).unwrap_or(hs)
}
