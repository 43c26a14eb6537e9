//! Rules files that are good, and files where everything is wrong.

use super::*;

#[test]
fn the_file_of_the_help_is_a_good_one() {
    let text = r#"
        timezone = "Asia/Ho_Chi_Minh"
        [quiet_hours]
        from = "21:00"
        to = "06:00"
        [[bulletin]]
        id = "ban-tin-sang"
        title = "Bản tin sáng"
        duration = "12m 30s"
        priority = "normal"
        clusters = ["loa-cau-tre-001"]
        approved = true
        expires_at = "2026-12-31T17:00:00Z"
        at = ["2026-09-02T05:30:00+07:00"]
        rrule = """
        DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T063000
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
        EXDATE:20260902T063000
        """
    "#;
    let rules = Rules::parse(text).unwrap();
    assert_eq!(rules.entries.len(), 2);
    assert_eq!(rules.entries[0].duration, Duration::from_secs(750));
    assert_eq!(rules.titles["ban-tin-sang"], "Bản tin sáng");
    assert!(rules.quiet.is_some());
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
    let problems = Rules::parse(text).unwrap_err().to_string();
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
    assert!(Rules::parse("[[bulletin]").unwrap_err().to_string().contains("line 1"));
    let empty = Rules::parse("").unwrap_err().to_string();
    assert_eq!(empty, "bulletin: at least one is needed");
}

#[test]
fn quiet_hours_can_be_switched_off_and_not_be_empty() {
    let bulletin = "[[bulletin]]\nid = 'a'\nduration = '1m'\nat = '2026-01-01T00:00:00Z'";
    let off = Rules::parse(&format!("[quiet_hours]\nenabled = false\n{bulletin}")).unwrap();
    assert!(off.quiet.is_none());
    let same = format!("[quiet_hours]\nfrom = '06:00'\n{bulletin}");
    assert!(Rules::parse(&same).unwrap_err().to_string().contains("two different times"));
}
