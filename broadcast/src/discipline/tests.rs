//! A simulated link and oscillator with a known truth.

use proptest::prelude::*;

use super::*;

/// A cheap repeatable generator (Knuth's MMIX constants): the tests need noise, not secrets.
struct Noise(u64);

impl Noise {
    /// Uniform in `0.0..1.0`.
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// Exponential with this mean: a queue.
    fn queue(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.next() * 0.999_999).ln()
    }
}

#[derive(Clone, Copy, Debug)]
struct World {
    offset_s: f64,
    drift: f64,
    /// Mean queueing on the way to the box, and back, in seconds.
    out_s: f64,
    back_s: f64,
    /// Fixed one-way delay, the same both ways.
    wire_s: f64,
}

fn base() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn secs(s: f64) -> SignedDuration {
    SignedDuration::from_secs_f64(s)
}

impl World {
    /// Local reading when the box reads `base() + t`.
    fn local(&self, t: f64) -> Timestamp {
        base() + secs(t + self.offset_s + self.drift * t)
    }

    fn exchange(&self, t: f64, noise: &mut Noise) -> Exchange {
        let arrives = t + self.wire_s + noise.queue(self.out_s);
        let leaves = arrives + 30e-6;
        let returns = leaves + self.wire_s + noise.queue(self.back_s);
        Exchange {
            sent: self.local(t),
            received_by_box: base() + secs(arrives),
            sent_by_box: base() + secs(leaves),
            received: self.local(returns),
        }
    }

    /// Error of the fit in seconds, `ahead` seconds after a minute of exchanges.
    fn error_after_a_minute(&self, seed: u64, ahead: f64) -> (f64, Fit) {
        let mut noise = Noise(seed);
        let mut discipline = Discipline::default();
        for t in 0..60 {
            // What the link loses or delays is the discipline's to throw away.
            let _ = discipline.add(self.exchange(f64::from(t), &mut noise));
        }
        let fit = discipline.fit().unwrap();
        let t = 60.0 + ahead;
        let error = fit.to_box_time(self.local(t)).duration_since(base() + secs(t));
        (error.as_secs_f64(), fit)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_minute_on_a_lan_is_within_a_millisecond(
        offset_s in -5.0..5.0, drift in -50e-6..50e-6, out_ms in 0.0..1.0, back_ms in 0.0..1.0,
        seed: u64,
    ) {
        let (out_s, back_s) = (out_ms * 1e-3, back_ms * 1e-3);
        let world = World { offset_s, drift, out_s, back_s, wire_s: 150e-6 };
        let (error, fit) = world.error_after_a_minute(seed, 1.0);
        prop_assert!(error.abs() < 1e-3, "off by {} ms", error * 1e3);
        let bound = fit.error_bound(world.local(61.0));
        prop_assert!(error.abs() <= bound.as_secs_f64(), "{error} is beyond the bound {bound:?}");
    }

    #[test]
    fn a_mobile_link_with_one_sided_queues_stays_below_fifteen_milliseconds(
        offset_s in -5.0..5.0, drift in -50e-6..50e-6, seed: u64,
    ) {
        // 4G: 20 ms each way, uplink queues of 22 ms on average, downlink 14 ms.
        let world = World { offset_s, drift, out_s: 22e-3, back_s: 14e-3, wire_s: 20e-3 };
        let (error, fit) = world.error_after_a_minute(seed, 1.0);
        prop_assert!(error.abs() < 15e-3, "off by {} ms", error * 1e3);
        prop_assert!(error.abs() <= fit.error_bound(world.local(61.0)).as_secs_f64());
    }
}

const LAN: World = World { offset_s: 2.0, drift: 40e-6, out_s: 3e-4, back_s: 1e-4, wire_s: 1e-4 };

#[test]
fn an_hour_without_a_link_costs_what_the_drift_left_over() {
    let mut noise = Noise(11);
    let mut discipline = Discipline::default();
    for t in 0..600 {
        let _ = discipline.add(LAN.exchange(f64::from(t), &mut noise));
    }
    let fit = discipline.fit().unwrap();
    assert!((fit.drift_ppm() + 40.0).abs() < 1.0, "{} ppm", fit.drift_ppm());
    let t = 4200.0;
    let error = fit.to_box_time(LAN.local(t)).duration_since(base() + secs(t));
    assert!(error.abs() < SignedDuration::from_millis(4), "{error:?}");
    assert!(error.unsigned_abs() < fit.error_bound(LAN.local(t)));
}

#[test]
fn one_lie_is_ignored_and_a_step_is_believed() {
    let mut noise = Noise(3);
    let mut discipline = Discipline::default();
    for t in 0..20 {
        discipline.add(LAN.exchange(f64::from(t), &mut noise)).unwrap();
    }
    let before = discipline.fit();
    let stepped = World { offset_s: LAN.offset_s + 3600.0, ..LAN };
    for t in 20..23 {
        let lie = stepped.exchange(f64::from(t), &mut noise);
        assert_eq!(discipline.add(lie), Err(Unusable::Disagrees));
    }
    assert_eq!(discipline.fit(), before);
    discipline.add(stepped.exchange(23.0, &mut noise)).unwrap();
    let fit = discipline.fit().unwrap();
    let error = fit.to_box_time(stepped.local(24.0)).duration_since(base() + secs(24.0));
    assert!(error.abs() < SignedDuration::from_millis(1), "{error:?}");
}

#[test]
fn three_exchanges_are_no_clock() {
    let mut discipline = Discipline::default();
    for t in 0..3 {
        discipline.add(LAN.exchange(f64::from(t), &mut Noise(1))).unwrap();
    }
    assert_eq!(discipline.fit(), None);
}

#[test]
fn an_answer_before_its_question_is_refused() {
    let good = LAN.exchange(0.0, &mut Noise(1));
    let bad = Exchange { received: good.sent - secs(1.0), ..good };
    assert_eq!(Discipline::default().add(bad), Err(Unusable::Backwards));
}

/// A minute with the box, then none: what a week of days and nights makes of it.
#[test]
fn a_week_without_the_box_is_within_what_is_trusted_and_a_fortnight_is_not() {
    let world =
        World { offset_s: 3.0, drift: 20e-6, out_s: 300e-6, back_s: 300e-6, wire_s: 200e-6 };
    let (_, fit) = world.error_after_a_minute(7, 0.0);
    let day = 86_400.0;
    for day_n in [1.0, 3.0, 7.0] {
        let local = world.local(day_n * day);
        // The weather pulls as far as it can, and always to one side.
        let strayed = local + secs(WANDER * day_n * day);
        let error = fit.to_box_time(strayed).duration_since(base() + secs(day_n * day));
        let bound = fit.holdover_bound(strayed);
        assert!(error.unsigned_abs() <= bound, "{day_n} days: {error:?} of {bound:?}");
        assert!(bound < Duration::from_secs(10), "{day_n} days: {bound:?}");
    }
    assert!(fit.holdover_bound(world.local(14.0 * day)) > Duration::from_secs(10));
}
