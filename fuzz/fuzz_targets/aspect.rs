//! Registers of an Aspect portal, recorded in either form. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::decode::aspect(bytes);
});
