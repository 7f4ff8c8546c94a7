//! N42 documents of either edition, framed or not. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::decode::n42(bytes);
});
