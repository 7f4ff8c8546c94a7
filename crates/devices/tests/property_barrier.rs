//! Properties of the lane controller's map: there and back, no words panic, no opening is lost.

use devices::barrier::controller::{ARM_TRAVEL_MS, Controller};
use devices::barrier::registers::{self, Command, Nonce};
use devices::barrier::{LaneMessage, Opening, Watch};
use domain::unit::UtcMs;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Command(u8),
    Hand,
    CloseByHand,
    Tick(u16),
    Poll,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..6_u8).prop_map(Step::Command),
        Just(Step::Hand),
        Just(Step::CloseByHand),
        (0..5_000_u16).prop_map(Step::Tick),
        Just(Step::Poll),
    ]
}

proptest! {
    #[test]
    fn any_words_are_read_or_refused(polls in prop::collection::vec(prop::collection::vec(any::<u16>(), 0..30), 0..20)) {
        let mut watch = Watch::new();
        for poll in &polls {
            watch.feed(poll, UtcMs(0));
            let _ = registers::command(poll);
        }
    }

    #[test]
    fn a_state_there_and_back(words in prop::collection::vec(any::<u16>(), 24)) {
        let mut words = words;
        (words[0], words[1]) = (registers::SIGNATURE, registers::MAP_VERSION);
        words[2] &= !3;
        (words[4], words[7], words[16]) = (words[4] % 4, words[7] % 4, words[16] % 6);
        let state = registers::state(&words).unwrap();
        prop_assert_eq!(registers::state(&registers::encode_state(&state)), Ok(state));
    }

    /// Whatever happens between polls, every opening is said, and `Commanded` never without a command.
    #[test]
    fn every_opening_is_said(steps in prop::collection::vec(step(), 0..80)) {
        let (mut watch, mut lane) = (Watch::new(), Controller::new());
        let mut said = watch.feed(&lane.input_registers(), UtcMs(0));
        for it in steps {
            match it {
                Step::Command(permit) => lane.write(&registers::encode(&Command::Open {
                    nonce: Nonce::new(9, u32::from(permit)),
                    for_s: 2,
                })),
                Step::Hand => lane.open_by_hand(),
                Step::CloseByHand => lane.close_by_hand(),
                Step::Tick(span) => lane.tick(u32::from(span)),
                Step::Poll => said.extend(watch.feed(&lane.input_registers(), UtcMs(0))),
            }
        }
        lane.tick(ARM_TRAVEL_MS);
        said.extend(watch.feed(&lane.input_registers(), UtcMs(0)));
        let mut opened = 0;
        let mut commanded = Vec::new();
        for it in &said {
            match it {
                LaneMessage::Opened(Opening::Missed { times }) => opened += times,
                LaneMessage::Opened(Opening::Commanded(nonce)) => {
                    opened += 1;
                    commanded.push(*nonce);
                }
                LaneMessage::Opened(_) => opened += 1,
                _ => {}
            }
        }
        prop_assert_eq!(opened, lane.state().openings);
        let mut unique = commanded.clone();
        unique.sort();
        unique.dedup();
        prop_assert_eq!(unique.len(), commanded.len());
    }
}
