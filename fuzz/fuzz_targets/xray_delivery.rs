//! Metadata and Content-Range of a radiograph. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::xray::delivery::metadata(bytes);
    let _ = devices::xray::delivery::content_range(&String::from_utf8_lossy(bytes));
});
