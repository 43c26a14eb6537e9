//! Random wards: what they want to play, and their rules.

use super::*;

pub(super) fn any_wish() -> impl Strategy<Value = Wish> {
    let priority = prop_oneof![
        6 => Just(Priority::Normal), 2 => Just(Priority::Priority), 1 => Just(Priority::Emergency)
    ];
    let clusters = prop::option::weighted(0.7, prop::collection::btree_set(0..3_usize, 1..3));
    let effect = prop::sample::select(vec![
        Effect::Not,
        Effect::Only,
        Effect::Move(Move::Earlier),
        Effect::Move(Move::Later),
    ]);
    let days = prop::collection::vec((prop::collection::btree_set(3..9_i64, 1..5), effect), 0..2);
    let expires = prop::option::weighted(0.1, 4 * A_DAY..8 * A_DAY);
    // Plays crowd in few hours of two days, so that they meet.
    let start = (4..6_i64, 0..40_i64, prop::bool::weighted(0.2))
        .prop_map(|(day, step, at_night)| day * A_DAY + step * 7 + if at_night { 0 } else { 300 });
    let starts = prop::collection::btree_set(start, 1..5).prop_map(|it| it.into_iter().collect());
    (starts, 1..60_i64, priority, clusters, prop::bool::weighted(0.9), expires, 0..3_u8, days)
        .prop_map(|(starts, minutes, priority, clusters, is_approved, expires, level, days)| Wish {
            starts,
            minutes,
            priority,
            clusters,
            is_approved,
            expires,
            level,
            days,
        })
}

pub(super) fn any_rules() -> impl Strategy<Value = Rules> {
    let limit = prop_oneof![
        (0..4_u32).prop_map(Limit::Plays),
        (0..4_u32).prop_map(Limit::Sessions),
        (5..120_u64).prop_map(|it| Limit::Sound(Duration::from_mins(it))),
        (5..60_u64).prop_map(|it| Limit::Session(Duration::from_mins(it))),
    ];
    let exempt = prop::sample::select(vec![Priority::Priority, Priority::Emergency]);
    let weekdays = prop::collection::btree_set(0..7_i64, 4..8);
    let limits = prop::collection::vec(limit, 1..3);
    let quota = (weekdays, 0..A_DAY, 0..A_DAY, limits, 0..20_i64, exempt).prop_map(
        |(weekdays, from, to, limits, gap, exempt)| Allowance {
            weekdays,
            from,
            to,
            limits,
            gap,
            exempt,
        },
    );
    let ties = prop::collection::vec(prop::sample::select(Tie::ALL.to_vec()), 0..4);
    let quiet = prop::option::weighted(0.8, (1_200..A_DAY, 200..400_i64));
    (quiet, ties, prop::collection::vec(quota, 0..3)).prop_map(|(quiet, ties, quotas)| Rules {
        quiet,
        ties,
        quotas,
    })
}
