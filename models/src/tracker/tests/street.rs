//! A long street at 5 pictures a second: people who walk at their own paces, boxes that jitter and
//! are missed now and then.

use super::*;

/// Numbers that look random and are the same each time (Knuth's linear congruence).
struct Dice(u64);

impl Dice {
    /// In -1..1.
    fn roll(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 32_768.0 - 1.0
    }
}

#[test]
fn on_parallel_ways_nobody_is_taken_for_another() {
    let mut dice = Dice(7);
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut names = [[0; 400]; 4];
    for picture in 0..400_u16 {
        let mut boxes = Vec::new();
        for lane in 0..4_u8 {
            if dice.roll() > 0.7 {
                continue;
            }
            // To and fro over the middle of the picture, at 30 to 60 pixels a second.
            let way = f32::from(picture) * (6.0 + 2.0 * f32::from(lane)) % 800.0;
            let x = 100.0 + if way < 400.0 { way } else { 800.0 - way };
            let y = 10.0 + 80.0 * f32::from(lane);
            let area = Rect {
                x: x + 2.0 * dice.roll(),
                y: y + 2.0 * dice.roll(),
                width: 30.0 + 2.0 * dice.roll(),
                height: 70.0 + 3.0 * dice.roll(),
            };
            let score = Score::try_from(0.7 + 0.25 * dice.roll()).unwrap();
            boxes.push((lane, Detection { class: 0, score, area }));
        }
        let detections: Vec<_> = boxes.iter().map(|it| it.1).collect();
        let tracks = update(&mut tracker, &detections, at(f32::from(picture) * 0.2));
        for track in tracks {
            let lane = boxes.iter().find(|it| it.1.area == track.area).unwrap().0;
            names[usize::from(lane)][usize::from(picture)] = track.id;
        }
    }
    for (lane, seen) in names.iter().enumerate() {
        let mut ids: Vec<u64> = seen.iter().copied().filter(|it| *it > 0).collect();
        assert!(ids.len() > 280, "lane {lane}: seen in {} pictures", ids.len());
        ids.dedup();
        assert_eq!(ids.len(), 1, "lane {lane}: {ids:?}");
    }
}
