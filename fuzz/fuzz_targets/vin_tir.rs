//! Numbers typed or recognised on papers. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let _ = devices::document::vin::parse(&text);
    let _ = devices::document::tir::parse(&text);
});
