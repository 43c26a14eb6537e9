//! Random wards that merge, split, rename and move, against what must hold whatever they do.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::sheet::Delimiter;

/// What a ward does on one day.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Merge(usize, usize),
    Split(usize),
    Rename(usize),
    /// A zone goes to another ward.
    Move(usize, usize),
}

/// Wards with zones, each with one cluster, as they change; everything that happened is in `rows`.
struct Story {
    rows: Vec<Place>,
    /// The ward of each zone.
    zones: Vec<usize>,
    /// Wards that hold.
    wards: Vec<usize>,
    n_wards: usize,
    day: Date,
}

fn ward_code(nth: usize) -> PlaceCode {
    code(&format!("{:05}", 10_000 + nth))
}

fn zone_code(nth: usize) -> PlaceCode {
    code(&format!("to-{nth}"))
}

fn row(code: PlaceCode, kind: Kind, parent: Option<PlaceCode>, from: Date) -> Place {
    let period = Period { from, to: None };
    let name = code.to_string();
    Place { code, kind, name, parent, period, population: None, successors: BTreeSet::new() }
}

impl Story {
    fn new(n_wards: usize, n_zones: usize) -> Self {
        let day = date(2000, 1, 1);
        let mut story =
            Self { rows: Vec::new(), zones: Vec::new(), wards: Vec::new(), n_wards: 0, day };
        for _ in 0..n_wards {
            story.found();
        }
        for zone in 0..n_zones {
            let ward = zone % n_wards;
            story.zones.push(ward);
            story.rows.push(row(zone_code(zone), Kind::Zone, Some(ward_code(ward)), day));
            let cluster = code(&format!("loa-{zone}"));
            story.rows.push(row(cluster, Kind::Cluster, Some(zone_code(zone)), day));
        }
        story
    }

    fn found(&mut self) -> usize {
        let nth = self.n_wards;
        self.n_wards += 1;
        self.rows.push(row(ward_code(nth), Kind::Ward, None, self.day));
        self.wards.push(nth);
        nth
    }

    fn end(&mut self, code: &PlaceCode, successors: &[usize]) {
        let open = self.rows.iter_mut().find(|it| it.code == *code && it.period.to.is_none());
        let open = open.unwrap();
        open.period.to = Some(self.day);
        open.successors = successors.iter().map(|it| ward_code(*it)).collect();
    }

    fn settle(&mut self, zone: usize, ward: usize) {
        self.end(&zone_code(zone), &[]);
        self.zones[zone] = ward;
        self.rows.push(row(zone_code(zone), Kind::Zone, Some(ward_code(ward)), self.day));
    }

    fn replace(&mut self, old: &[usize], new: &[usize]) {
        let zones: Vec<usize> =
            (0..self.zones.len()).filter(|it| old.contains(&self.zones[*it])).collect();
        for (nth, zone) in zones.into_iter().enumerate() {
            self.settle(zone, new[nth % new.len()]);
        }
        for ward in old {
            self.end(&ward_code(*ward), new);
            self.wards.retain(|it| it != ward);
        }
    }

    fn take(&mut self, turn: Turn) {
        self.day = self.day.tomorrow().unwrap().tomorrow().unwrap();
        let nth = |wards: &[usize], it: usize| wards[it % wards.len()];
        match turn {
            Turn::Merge(one, other) => {
                let (one, other) = (nth(&self.wards, one), nth(&self.wards, other));
                if one != other {
                    let new = self.found();
                    self.replace(&[one, other], &[new]);
                }
            }
            Turn::Split(one) => {
                let one = nth(&self.wards, one);
                let new = [self.found(), self.found()];
                self.replace(&[one], &new);
            }
            Turn::Rename(one) => {
                let one = nth(&self.wards, one);
                self.end(&ward_code(one), &[]);
                let mut renamed = row(ward_code(one), Kind::Ward, None, self.day);
                renamed.name = format!("mới {}", self.day);
                self.rows.push(renamed);
            }
            Turn::Move(zone, ward) => {
                let zone = zone % self.zones.len();
                let ward = nth(&self.wards, ward);
                if self.zones[zone] != ward {
                    self.settle(zone, ward);
                }
            }
        }
    }

    fn tree(&self) -> PlaceTree {
        let lines = (2..).zip(self.rows.iter().cloned());
        PlaceTree::believe(lines.collect()).unwrap()
    }

    /// The clusters of each ward as the story knows them.
    fn wards(&self) -> BTreeMap<usize, BTreeSet<String>> {
        let mut wards: BTreeMap<usize, BTreeSet<String>> =
            self.wards.iter().map(|it| (*it, BTreeSet::new())).collect();
        for (zone, ward) in self.zones.iter().enumerate() {
            wards.get_mut(ward).unwrap().insert(format!("loa-{zone}"));
        }
        wards
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let nth = 0_usize..64;
    prop_oneof![
        (nth.clone(), nth.clone()).prop_map(|(one, other)| Turn::Merge(one, other)),
        nth.clone().prop_map(Turn::Split),
        nth.clone().prop_map(Turn::Rename),
        (nth.clone(), nth).prop_map(|(zone, ward)| Turn::Move(zone, ward)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The wards of the first day are followed through everything: each of their clusters is reached
    /// unless it moved away before its ward ended, none is reached twice by wards that never met, and all
    /// of them together always reach everything.
    #[test]
    fn nobody_is_lost_and_nobody_else_is_reached(
        n_wards in 1_usize..5,
        n_zones in 1_usize..9,
        turns in prop::collection::vec(turn(), 0..12),
    ) {
        let mut story = Story::new(n_wards, n_zones);
        let first_day = story.day;
        let first = story.wards();
        for turn in turns {
            let before = (story.tree(), story.wards());
            story.take(turn);
            let tree = story.tree();
            for (ward, clusters) in story.wards() {
                prop_assert_eq!(tree.clusters_below(&ward_code(ward), story.day), clusters);
            }
            // For one who wrote it on the day before, a turn that ends a ward changes nothing.
            for (ward, clusters) in before.1 {
                let on = story.day.yesterday().unwrap();
                let meant = [Meant { code: ward_code(ward), on }];
                prop_assert_eq!(&before.0.reached(&meant, on), &clusters);
                let is_moved = matches!(turn, Turn::Move(..));
                prop_assert!(is_moved || tree.reached(&meant, story.day) == clusters);
            }
        }
        let tree = story.tree();
        let meant = |ward: &usize| Meant { code: ward_code(*ward), on: first_day };
        let all: Vec<Meant> = first.keys().map(meant).collect();
        let everyone: BTreeSet<String> = (0..n_zones).map(|it| format!("loa-{it}")).collect();
        prop_assert_eq!(tree.reached(&all, story.day), everyone);
    }

    #[test]
    fn a_table_survives_its_file(
        n_wards in 1_usize..5,
        n_zones in 1_usize..9,
        turns in prop::collection::vec(turn(), 0..12),
        names in prop::collection::vec("[^=+@\\s\\pC-][^\\pC]{0,40}[^\\s\\pC]", 40),
        is_semicolon in any::<bool>(),
    ) {
        let mut story = Story::new(n_wards, n_zones);
        for turn in turns {
            story.take(turn);
        }
        for (row, name) in story.rows.iter_mut().zip(names) {
            row.name = name;
            row.population = u32::try_from(row.name.len()).ok();
        }
        let tree = story.tree();
        let delimiter = if is_semicolon { Delimiter::Semicolon } else { Delimiter::Comma };
        let text = write(&tree, delimiter);
        prop_assert_eq!(read(text.as_bytes()).unwrap(), tree);
    }

    #[test]
    fn no_file_is_too_strange_to_be_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let text = [b"code,kind,name,valid_from,parent,valid_to\n", bytes.as_slice()].concat();
        let _ = read(&text);
    }
}
