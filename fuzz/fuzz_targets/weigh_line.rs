//! One line of a scale or a profiler. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::weighing::decode(bytes);
});
