//! `beket decode n42 FILE`: every document of a file, the portal reading of each that has one, and what
//! was refused.

use serde_json::{Value, json};

use crate::garbled::Garbled;
use crate::radiation::n42;

/// Spectra are printed with counted zeros (`0 3 1` is `0 0 0 1`), as the standard writes them.
pub fn n42(bytes: &[u8]) -> Result<Value, Garbled> {
    let all = n42::documents(bytes)?;
    let mut documents = Vec::new();
    for document in &all.documents {
        let mut shown = serde_json::to_value(document)
            .map_err(|error| Garbled::whole(format!("writing the document: {error}")))?;
        shown["gamma_sum"] = json!(document.gamma_sum());
        shown["gross_gamma_sum"] = json!(document.gross_gamma_sum());
        shown["neutron_sum"] = json!(document.neutron_sum());
        if let Some((reading, profile)) = n42::reading(document) {
            shown["portal"] = json!({ "reading": reading, "profile": profile });
        }
        documents.push(shown);
    }
    Ok(json!({ "protocol": "n42", "documents": documents, "refused": all.refused }))
}
