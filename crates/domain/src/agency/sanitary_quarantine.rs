//! The sanitary-quarantine body: food and the like travel with its certificate (CU decision 299);
//! a neutron source is a danger to people and so theirs besides customs'.

use crate::agency::Agency;
use crate::reading::DocumentKind;
use crate::rule::{Raise, View};
use crate::stage::{documents, radiation};

/// Goods of the body's list are on board and no valid certificate was presented.
pub(crate) fn certificate_required(view: View) -> Vec<Raise> {
    documents::certificate(
        view,
        Agency::SanitaryQuarantine,
        DocumentKind::SanitaryCertificate,
    )
}

/// Neutrons at the portal: people near the vehicle are this body's care.
pub(crate) fn neutron_alarm(view: View) -> Vec<Raise> {
    radiation::neutrons(view, Agency::SanitaryQuarantine)
}
