//! Wards that merge, split and change their names, and who hears a bulletin written before.

mod properties;
mod tables;

use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::plan::Targets;

/// Two tiers since 2025-07-01: the district ends, three wards merge into one that uses one of their codes
/// again, a fourth becomes two. Shaped after what happened; names and codes of the zones are made up.
const REFORM: &str = "\
code,kind,name,parent,valid_from,valid_to,population,successors
48,city,Đà Nẵng,,1997-01-01,,,
quan-1,area,Quận Hải Châu,48,1997-01-01,2025-07-01,,
20227,ward,Thanh Bình,quan-1,1997-01-01,2025-07-01,18000,20242
20236,ward,Hải Châu I,quan-1,1997-01-01,2025-07-01,13000,20242
20242,ward,Phước Ninh,quan-1,1997-01-01,2025-07-01,12000,
20242,ward,Hải Châu,48,2025-07-01,,131427,
20257,ward,Hòa Cường,quan-1,1997-01-01,2025-07-01,30000,20258 20259
20258,ward,Hòa Cường Bắc,48,2025-07-01,,,
20259,ward,Hòa Cường Nam,48,2025-07-01,,,
tb-to-1,zone,Tổ 1 Thanh Bình,20227,2010-01-01,2025-07-01,,
tb-to-1,zone,Tổ 1,20242,2025-07-01,,,
pn-to-1,zone,Tổ 1 Phước Ninh,20242,2010-01-01,,,
loa-tb,cluster,Chợ Thanh Bình,tb-to-1,2020-01-01,,,
loa-hc,cluster,Nhà văn hóa,20236,2020-01-01,2025-07-01,,
loa-hc,cluster,Nhà văn hóa,20242,2025-07-01,,,
loa-pn,cluster,Đầu kiệt,pn-to-1,2020-01-01,,,
loa-new,cluster,Cột mới,20242,2026-01-01,,,
loa-bac,cluster,Bắc,20257,2020-01-01,2025-07-01,,
loa-bac,cluster,Bắc,20258,2025-07-01,,,
loa-nam,cluster,Nam,20257,2020-01-01,2025-07-01,,
loa-nam,cluster,Nam,20259,2025-07-01,,,
";

const BEFORE: Date = date(2025, 6, 30);
const AFTER: Date = date(2025, 7, 1);
const LATER: Date = date(2026, 6, 1);

fn code(text: &str) -> PlaceCode {
    text.parse().unwrap()
}

fn tree() -> PlaceTree {
    read(REFORM.as_bytes()).unwrap()
}

/// Who hears a bulletin on `day` that was approved on `on` for `places`.
#[track_caller]
fn check(places: &str, on: Date, day: Date, expected: &str) {
    let meant = |it: &str| Meant { code: code(it), on };
    let meant: Vec<Meant> = places.split(' ').map(meant).collect();
    let reached: Vec<String> = tree().reached(&meant, day).into_iter().collect();
    assert_eq!(reached.join(" "), expected, "{places}, approved on {on}, on {day}");
}

#[test]
fn a_place_that_holds_stands_for_all_below_it() {
    check("20227", BEFORE, BEFORE, "loa-tb");
    check("quan-1", BEFORE, BEFORE, "loa-bac loa-hc loa-nam loa-pn loa-tb");
    check("48", BEFORE, BEFORE, "loa-bac loa-hc loa-nam loa-pn loa-tb");
    check("48", BEFORE, LATER, "loa-bac loa-hc loa-nam loa-new loa-pn loa-tb");
    check("20242", LATER, LATER, "loa-hc loa-new loa-pn loa-tb");
}

#[test]
fn between_two_changes_all_days_are_of_one_era() {
    let tree = tree();
    assert!(tree.changes().is_sorted() && tree.changes().contains(&AFTER));
    assert_eq!(tree.era(date(1990, 1, 1)), 0);
    assert_eq!(tree.era(BEFORE) + 1, tree.era(AFTER));
    assert_eq!(tree.era(AFTER), tree.era(date(2025, 12, 31)));
    assert_eq!(tree.era(LATER), tree.changes().len());
}

#[test]
fn a_merged_ward_keeps_its_own_streets_and_gets_no_others() {
    check("20227", BEFORE, AFTER, "loa-tb");
    check("20236", BEFORE, LATER, "loa-hc");
}

#[test]
fn a_code_that_is_used_again_means_what_its_approver_knew() {
    check("20242", BEFORE, BEFORE, "loa-pn");
    check("20242", BEFORE, LATER, "loa-pn");
    check("20242", AFTER, AFTER, "loa-hc loa-pn loa-tb");
}

#[test]
fn all_parts_of_a_merger_are_the_whole_with_what_was_built_since() {
    check("20227 20236", BEFORE, LATER, "loa-hc loa-tb");
    check("20227 20236 20242", BEFORE, LATER, "loa-hc loa-new loa-pn loa-tb");
}

#[test]
fn a_split_ward_is_its_parts() {
    check("20257", BEFORE, AFTER, "loa-bac loa-nam");
    check("20258", AFTER, AFTER, "loa-bac");
}

#[test]
fn a_district_that_is_abolished_is_the_wards_it_had() {
    check("quan-1", BEFORE, LATER, "loa-bac loa-hc loa-nam loa-new loa-pn loa-tb");
}

#[test]
fn a_ward_that_another_takes_in_is_not_that_other() {
    let rows = "\
code,kind,name,valid_from,valid_to,parent,successors
11111,ward,Cũ,2000-01-01,2025-07-01,,22222
22222,ward,Lớn,2000-01-01,,,
loa-1,cluster,1,2000-01-01,2025-07-01,11111,
loa-1,cluster,1,2025-07-01,,22222,
loa-2,cluster,2,2000-01-01,,22222,
";
    let tree = read(rows.as_bytes()).unwrap();
    let old = [Meant { code: code("11111"), on: BEFORE }];
    assert_eq!(tree.reached(&old, AFTER), ["loa-1".to_owned()].into());
}

#[test]
fn who_hears_nothing_is_told_why() {
    let silence = |text: &str, on, day| {
        let silence = tree().silence(&Meant { code: code(text), on }, day);
        silence.map(|it| it.to_string()).unwrap_or_default()
    };
    assert_eq!(silence("99999", BEFORE, AFTER), "99999 is in no table of places");
    assert_eq!(silence("20258", BEFORE, BEFORE), "Hòa Cường Bắc (20258) begins on 2025-07-01");
    let silent = silence("tb-to-1", date(2012, 1, 1), date(2012, 1, 1));
    assert_eq!(silent, "no loudspeaker cluster hangs on Tổ 1 Thanh Bình (tb-to-1)");
    assert_eq!(silence("20227", BEFORE, AFTER), "");
}

#[test]
fn a_cluster_belongs_to_the_ward_of_the_day() {
    let ward = |day| tree().place_of("loa-tb", Kind::Ward, day).unwrap().name.clone();
    assert_eq!((ward(BEFORE), ward(AFTER)), ("Thanh Bình".to_owned(), "Hải Châu".to_owned()));
    assert_eq!(tree().place_of("loa-9", Kind::Ward, AFTER), None);
    assert_eq!(tree().clusters_below(&code("20227"), AFTER), BTreeSet::new());
}

#[test]
fn a_cluster_that_a_configuration_puts_on_a_ward_follows_it_while_there_is_no_choice() {
    let attached = |it: &str| BTreeMap::from([("loa-cfg".to_owned(), code(it))]);
    let below = |place: &str, on_ward: &str, day| {
        tree()
            .with_clusters(attached(on_ward))
            .clusters_below(&code(place), day)
            .contains("loa-cfg")
    };
    assert!(below("20227", "20227", BEFORE) && below("20242", "20227", AFTER));
    assert!(below("20257", "20257", BEFORE));
    assert!(!below("20258", "20257", AFTER) && !below("20259", "20257", AFTER));

    let split = tree().with_clusters(attached("20257"));
    let old = [Meant { code: code("20257"), on: BEFORE }];
    assert!(split.reached(&old, AFTER).contains("loa-cfg"), "the split ward still has it");
    let reused = tree().with_clusters(attached("20242"));
    let old = [Meant { code: code("20242"), on: BEFORE }];
    let both = ["loa-cfg".to_owned(), "loa-pn".to_owned()];
    assert_eq!(reused.reached(&old, AFTER), both.into());
    // A row in the table knows better.
    let moved = tree().with_clusters(BTreeMap::from([("loa-tb".to_owned(), code("20258"))]));
    assert!(!moved.clusters_below(&code("20258"), AFTER).contains("loa-tb"));
}

#[test]
fn an_audience_is_kept_as_it_was_written() {
    for text in ["all", "loa-1", "loa-1 loa-2 place:20227", "place:20227 place:quan-1"] {
        assert_eq!(text.parse::<Audience>().unwrap().to_string(), text);
    }
    let commas: Audience = "place:20227, loa-hc".parse().unwrap();
    assert_eq!(commas.to_string(), "loa-hc place:20227");
    let names = ["loa-hc".to_owned(), "loa-tb".to_owned()];
    assert_eq!(commas.targets(&tree(), BEFORE, AFTER), Targets::Some(names.into()));
    assert_eq!(Audience::All.targets(&tree(), BEFORE, AFTER), Targets::All);
    assert!("place:Hải Châu".parse::<Audience>().is_err());
    let silent = "place:20227 place:99999".parse::<Audience>().unwrap();
    assert_eq!(silent.silent(&tree(), BEFORE, AFTER).len(), 1);
}
