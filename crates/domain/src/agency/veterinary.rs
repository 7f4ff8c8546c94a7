//! The veterinary body: animals and their products travel with its certificate (CU decision 317).

use crate::agency::Agency;
use crate::reading::DocumentKind;
use crate::rule::{Raise, View};
use crate::stage::documents;

/// Goods of the body's list are on board and no valid certificate was presented.
pub(crate) fn certificate_required(view: View) -> Vec<Raise> {
    documents::certificate(
        view,
        Agency::Veterinary,
        DocumentKind::VeterinaryCertificate,
    )
}
