//! A radiograph: the header walk, and the codec behind it. Anything but a reading or a named refusal is a fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if devices::xray::j2k::code_stream(bytes).is_ok_and(|it| it.width_px.max(it.height_px) <= 2048)
    {
        let _ = devices::xray::codec::decode(bytes);
        let _ = devices::xray::codec::preview_png(bytes, 200);
    }
});
