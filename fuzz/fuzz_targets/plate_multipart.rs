//! A multipart body whose boundary the header names. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::plate::decode(Some("multipart/form-data; boundary=boundary"), bytes);
});
