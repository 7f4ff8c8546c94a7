//! Polls of a lane controller. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let words: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|it| u16::from_be_bytes([it[0], it[1]]))
        .collect();
    let mut watch = devices::barrier::Watch::new();
    for poll in words.chunks(24) {
        watch.feed(poll, domain::unit::UtcMs(0));
        let _ = devices::barrier::registers::command(poll);
    }
});
