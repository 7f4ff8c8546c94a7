//! A file of container numbers. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::decode::iso6346(bytes);
});
