//! Properties of the portal readers: what an encoder writes is read back, and no bytes panic.

use devices::decode;
use devices::radiation::aspect::{Aspect, Channel, Monitor, registers};
use devices::radiation::portal::PortalMessage;
use devices::radiation::vm250::Vm250;
use devices::radiation::vm250::encode::encode;
use devices::radiation::vm250::line::{Line, line};
use domain::unit::UtcMs;
use proptest::prelude::*;

fn panels() -> impl Strategy<Value = [u32; 4]> {
    prop::array::uniform4(0..=999_999_u32)
}

fn any_line() -> impl Strategy<Value = Line> {
    prop_oneof![
        panels().prop_map(Line::GammaBackground),
        panels().prop_map(Line::NeutronBackground),
        panels().prop_map(Line::GammaHigh),
        panels().prop_map(Line::GammaLow),
        panels().prop_map(Line::NeutronHigh),
        panels().prop_map(Line::GammaScan),
        panels().prop_map(Line::GammaAlarm),
        panels().prop_map(Line::NeutronScan),
        panels().prop_map(Line::NeutronAlarm),
        (1..9_999_u32, 1..19_999_u32).prop_map(|(between, speed)| Line::Speed {
            between_s: f64::from(between) / 1e4,
            speed_kmh: f64::from(speed) / 100.0,
        }),
        (0..999_999_u64, 0..999_999_u32).prop_map(|(number, neutrons)| Line::End {
            number: Some(number),
            neutron_background_cps: Some(f64::from(neutrons) / 1000.0),
        }),
        Just(Line::TamperSet),
        Just(Line::TamperCleared),
        (1..=250_u32, 1..999_u32).prop_map(|(intervals, sigma)| Line::GammaSetup1 {
            intervals: Some(intervals),
            n_sigma: Some(f64::from(sigma) / 10.0),
        }),
    ]
}

fn channel() -> impl Strategy<Value = Channel> {
    (any::<u16>(), 0..4_000_000_u32, 0.0..1e6_f32, 0.0..1e6_f32).prop_map(
        |(status, count, background, variance)| Channel {
            status,
            count: count.min(3_999_996),
            background,
            variance,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_line_there_and_back(it in any_line()) {
        prop_assert_eq!(line(encode(&it).as_bytes()), Ok(Some(it)));
    }

    #[test]
    fn registers_there_and_back(
        time_ms in any::<u32>(), inputs in any::<u16>(), gamma in channel(), neutron in channel(),
        rest in prop::array::uniform4(any::<u16>()),
    ) {
        let [object_counter, wheels, speed_tenths_kmh, outputs] = rest;
        let it = Monitor {
            time_ms, inputs, gamma, neutron, object_counter, wheels, speed_tenths_kmh, outputs,
        };
        prop_assert_eq!(registers::monitor(&registers::encode(&it)), Ok(it));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = decode::vm250(&bytes);
        let _ = decode::aspect(&bytes);
        let mut portal = Vm250::new();
        portal.feed_bytes(&bytes, UtcMs(0));
        portal.silence(UtcMs(i64::MAX));
    }

    #[test]
    fn any_registers_are_read_or_refused(
        polls in prop::collection::vec(prop::collection::vec(any::<u16>(), 15..30), 0..30)
    ) {
        let mut portal = Aspect::new();
        for (at, poll) in polls.iter().enumerate() {
            portal.feed(poll, UtcMs(at as i64));
        }
        portal.silence(UtcMs(i64::MAX));
    }

    /// Every gamma sample that was read is in exactly one reading, whatever was lost around it.
    #[test]
    fn no_sample_is_lost_or_doubled(lines in prop::collection::vec(any_line(), 0..300)) {
        let mut portal = Vm250::new();
        let mut said = Vec::new();
        let mut sent = 0;
        for it in &lines {
            sent += usize::from(matches!(it, Line::GammaScan(_) | Line::GammaAlarm(_)));
            said.extend(portal.feed(encode(it).as_bytes(), UtcMs(0)));
        }
        said.extend(portal.silence(UtcMs(i64::MAX)));
        let got: usize = said
            .iter()
            .map(|it| match it {
                PortalMessage::Reading { reading, profile, .. } => {
                    assert!(profile.gamma_counts.iter().all(|it| it.len() == reading.samples as usize));
                    reading.samples as usize
                }
                _ => 0,
            })
            .sum();
        prop_assert_eq!(got, sent);
    }
}
