//! Rules files that are good, and files where everything is wrong.

use std::time::Duration;

use super::*;

fn parse(text: &str) -> Result<Rules, Problems> {
    Rules::parse(text, &Scope { folder: Path::new("."), years: 2026..=2026 })
}

#[test]
fn the_file_of_the_help_is_a_good_one() {
    let text = r#"
        timezone = "Asia/Ho_Chi_Minh"
        [quiet_hours]
        from = "21:00"
        to = "06:00"
        [broadcast]
        quota_preset = "hanoi-urban"
        ties = ["own", "earlier"]
        [[broadcast.quota]]
        name = "buoi-trua"
        hours = "mon-fri 11:00-13:30"
        plays = 1
        [[layer]]
        name = "hoi-lang"
        days = { "2026-09-03" = "Hội làng" }
        [[bulletin]]
        id = "ban-tin-sang"
        title = "Bản tin sáng"
        duration = "12m 30s"
        priority = "normal"
        clusters = ["loa-cau-tre-001"]
        approved = true
        level = 1
        days = { public-holidays = "not", hoi-lang = "later" }
        expires_at = "2026-12-31T17:00:00Z"
        at = ["2026-09-02T05:30:00+07:00"]
        rrule = """
        DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T063000
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
        EXDATE:20260902T063000
        """
    "#;
    let rules = parse(text).unwrap();
    assert_eq!(rules.wishes.len(), 2);
    assert_eq!(rules.wishes[0].entry.duration, Duration::from_secs(750));
    assert_eq!(rules.titles["ban-tin-sang"], "Bản tin sáng");
    assert!(rules.policy.quiet.is_some());
    assert_eq!((rules.policy.quotas.len(), rules.policy.ties.len()), (3, 2));
    assert_eq!((rules.wishes[1].level, rules.wishes[1].days.len()), (1, 2));
}

#[test]
fn what_is_wrong_with_layers_days_and_quotas_is_named() {
    let text = r#"
        broadcast.quota = [{ name = "a" }]
        [[layer]]
        days = {}
        [[layer]]
        name = "hoi-lang"
        days = { "3 tháng 9" = "Hội làng" }
        [[layer]]
        name = "nghi-bu"
        ics = "none.ics"
        colour = "red"
        [[layer]]
        name = "trong"
        [[bulletin]]
        id = "a"
        duration = "5m"
        level = -1
        at = "2026-09-02T05:30:00+07:00"
        days = { ram = "never", trong = "not", le-tet = "not" }
    "#;
    let problems = parse(text).unwrap_err().to_string();
    let expected = [
        "broadcast.quota.a: limits nothing: give plays, sessions, sound or session",
        "layer: number 1 has no name",
        "layer.hoi-lang.days: \"3 tháng 9\" is not a day such as 2026-09-02",
        "layer.hoi-lang.days: the layer has no days",
        "layer.nghi-bu.ics: ./none.ics: No such file or directory (os error 2)",
        "layer.nghi-bu.colour: unknown key",
        "layer.trong.days: is missing: give days, or ics = \"a file\"",
        "bulletin.a.level: must be 0 (the ward) to 255",
        "bulletin.a.days.le-tet: there is no [[layer]] of that name, and computed are \
         public-holidays, ram, mung-1, lunar-feasts, commemorations",
        "bulletin.a.days.ram: \"never\" is not what a schedule does on a day: use not, only, \
         earlier or later",
        "bulletin.a.days.trong: the layer is wrong, see there",
    ];
    assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn everything_wrong_is_named_at_once() {
    let text = r#"
        timezone = "Asia/Hanoi"
        colour = "red"
        [quiet_hours]
        from = "9pm"
        [[bulletin]]
        id = "a"
        duration = "2h"
        priority = "urgent"
        at = "tomorrow"
        [[bulletin]]
        id = "a"
        duration = "5m"
        clusters = []
        rrule = "DTSTART:20260105T063000\nRRULE:FREQ=MINUTELY"
        [[bulletin]]
        approved = "yes"
        at = [5]
        whn = "05:30"
    "#;
    let problems = parse(text).unwrap_err().to_string();
    let expected = [
        "timezone: \"Asia/Hanoi\" is not an IANA time zone",
        "quiet_hours.from: \"9pm\" is not a time of day such as \"21:00\"",
        "bulletin.a.duration: \"2h\" is not a length of time within an hour, such as \"12m 30s\"",
        "bulletin.a.priority: \"urgent\" is not a priority: use normal, priority or emergency",
        "bulletin.a.at: \"tomorrow\" is not an instant such as 2026-09-02T05:30:00+07:00",
        "bulletin.a: id is used twice",
        "bulletin.a.clusters: is empty: leave it out for all clusters",
        "bulletin.a.rrule: the rule would start up to 1440 plays a day, more than the 96 allowed",
        "bulletin: number 3 has no id",
        "bulletin.3.duration: is missing: how long it sounds, such as \"12m 30s\"",
        "bulletin.3.approved: must be true or false",
        "bulletin.3.at: must be a text in quotes, or a list of them",
        "bulletin.3.whn: unknown key",
        "colour: unknown key",
    ];
    assert_eq!(problems.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_file_that_is_not_toml_and_one_without_bulletins_say_so() {
    assert!(parse("[[bulletin]").unwrap_err().to_string().contains("line 1"));
    let empty = parse("").unwrap_err().to_string();
    assert_eq!(empty, "bulletin: at least one is needed");
}

#[test]
fn quiet_hours_can_be_switched_off_and_not_be_empty() {
    let bulletin = "[[bulletin]]\nid = 'a'\nduration = '1m'\nat = '2026-01-01T00:00:00Z'";
    let off = parse(&format!("[quiet_hours]\nenabled = false\n{bulletin}")).unwrap();
    assert!(off.policy.quiet.is_none());
    let same = format!("[quiet_hours]\nfrom = '06:00'\n{bulletin}");
    assert!(parse(&same).unwrap_err().to_string().contains("two different times"));
}
