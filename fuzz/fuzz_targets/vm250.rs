//! A line stream of a VM250 portal, in one piece and byte by byte. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = devices::decode::vm250(bytes);
    let mut portal = devices::radiation::vm250::Vm250::new();
    for byte in bytes.iter().take(4096) {
        portal.feed_bytes(&[*byte], domain::unit::UtcMs(0));
    }
});
