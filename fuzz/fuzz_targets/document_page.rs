//! The message of a page reader. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::document::page::decode(bytes);
});
