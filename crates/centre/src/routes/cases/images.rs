//! `/api/cases/{passage}/images/...`: X-ray images as a browser can show them.

pub mod codestream;
pub mod preview;
