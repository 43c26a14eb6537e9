//! Random days: orders, stops, late content and power cuts, judged by what could be heard.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Order { n: u8, start: i64, priority: Priority, resume: Resume },
    Content { n: u8 },
    Stop { n: u8, level: u8 },
    Restart,
    Mute(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let resume =
        prop::sample::select(vec![Resume::Skip, Resume::Resume, Resume::Restart, Resume::Duck]);
    let priority = prop::sample::select(vec![
        Priority::Normal,
        Priority::Normal,
        Priority::Priority,
        Priority::Emergency,
    ]);
    prop_oneof![
        4 => (0_u8..6, 10_i64..600, priority, resume)
            .prop_map(|(n, start, priority, resume)| Act::Order { n, start, priority, resume }),
        4 => (0_u8..6).prop_map(|n| Act::Content { n }),
        1 => (0_u8..6, 0_u8..3).prop_map(|(n, level)| Act::Stop { n, level }),
        1 => Just(Act::Restart),
        1 => any::<bool>().prop_map(Act::Mute),
    ]
}

/// Every order has its own occurrence, so a second one for `n` changes the first.
fn ordered(n: u8, start: i64, priority: Priority, resume: Resume) -> Order {
    let play = PlayId { bulletin: Uuid::from_u128(n.into()), occurrence: at(0) };
    Order { play, priority, resume, ..order(n, start) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_order_ends_once_and_nothing_sounds_twice_or_together(
        acts in prop::collection::vec((0_i64..40, act()), 1..40),
        mixes: bool,
    ) {
        let mut it = Scene::ready();
        it.mixes = mixes;
        let mut now = 1;
        for (wait, act) in acts {
            // `until` fails the test itself when two sounds are at full volume.
            it.until(now, now + wait);
            now += wait;
            match act {
                Act::Order { n, start, priority, resume } => {
                    it.on(now, Event::Ordered(ordered(n, start, priority, resume)));
                }
                Act::Content { n } => it.on(now, Event::ContentCached(Sha256::of(&[n]))),
                Act::Stop { n, level } => {
                    let play = ordered(n, 0, Priority::Normal, Resume::Skip).play;
                    it.on(now, Event::StopOrdered { play, owner_level: level });
                }
                Act::Restart => it.restart(now),
                Act::Mute(is_muted) => it.mute(now, is_muted),
            }
        }
        it.until(now, 4_000);
        prop_assert!(it.sounds.is_empty());
        for (order, stage) in it.stored.values() {
            let n = order.play.bulletin.as_u128();
            prop_assert!(stage.is_ended(), "{n} is {stage:?}");
            let ends = ["played", "partial", "missed", "stopped"];
            let mine = it.told.iter().filter(|line| line.split(' ').nth(1) == Some(&n.to_string()));
            let n_ends = mine
                .filter(|line| line.split(' ').nth(2).is_some_and(|word| ends.contains(&word)))
                .count();
            prop_assert_eq!(n_ends, 1, "{:?}", &it.told);
        }
    }
}
