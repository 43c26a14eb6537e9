//! The calendar over HTTP: why something will not play, and layers, hostile ones first.

use super::*;

const LAYERS: &str = "/api/v1/calendar/layers";

/// Wraps events in a calendar.
fn ics(events: &str) -> Value {
    let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
    json!({ "ics": text })
}

fn event(n: usize, rule: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;VALUE=DATE:20270902\r\n{rule}SUMMARY:Nghỉ\r\nEND:VEVENT\r\n"
    )
}

async fn planner() -> (Box, Visit) {
    let a_box = a_box().await;
    a_box.add_user("lan", "approver").await;
    let lan = a_box.visit("lan").await;
    (a_box, lan)
}

#[tokio::test]
async fn a_hostile_ics_is_refused_with_the_reason_and_changes_nothing() {
    let (a_box, lan) = planner().await;
    let path = format!("{LAYERS}/nghi-bu");
    let many: String = (0..10_000).map(|n| event(n, "RRULE:FREQ=YEARLY\r\n")).collect();
    for (body, expected) in [
        (ics(&many), "more than 2000"),
        (ics(&event(1, "RRULE:FREQ=SECONDLY\r\n")), "86400 plays a day"),
        (ics(""), "there is no event"),
        (json!({ "ics": "not a calendar" }), ""),
        (
            ics(&event(1, "RRULE:FREQ=DAILY\r\n")
                .replace("VALUE=DATE:20270902", "TZID=Asia/Ho_Chi_Minh:20270902T053000")),
            "time of day",
        ),
    ] {
        let answer = a_box.put(&path, &lan, body).await;
        let said = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{expected}: {said}");
        assert_eq!(answer.code(), "ics_refused");
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let large = json!({ "ics": "x".repeat(5 << 20) });
    assert_eq!(a_box.put(&path, &lan, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(a_box.get(&path, Some(&lan)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(a_box.n_recorded("calendar.layer_put").await, 0);
}

#[tokio::test]
async fn a_layer_is_imported_listed_exported_and_deleted() {
    let (a_box, lan) = planner().await;
    let path = format!("{LAYERS}/nghi-bu");
    let put = a_box.put(&path, &lan, ics(&event(1, "RRULE:FREQ=YEARLY\r\n"))).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.json());
    assert_eq!(put.json()["origin"], "imported");
    let last = put.json()["days"].as_array().unwrap().last().cloned().unwrap();
    assert_eq!(last, json!({ "day": "2032-09-02", "label": "Nghỉ" }));

    let file = a_box.get(&format!("{path}/ics"), Some(&lan)).await;
    assert_eq!(file.header(header::CONTENT_TYPE), "text/calendar; charset=utf-8");
    assert!(String::from_utf8(file.body).unwrap().contains("DTSTART;VALUE=DATE:20270902"));

    let listed = json!({ "days": { "2027-01-20": "Hội làng" } });
    let put = a_box.put(&path, &lan, listed).await.json();
    assert_eq!((&put["origin"], &put["n_days"]), (&json!("listed"), &json!(1)));
    let all = a_box.get(LAYERS, Some(&lan)).await.json();
    let names: Vec<&str> =
        all.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    let expected =
        ["commemorations", "lunar-feasts", "mung-1", "nghi-bu", "public-holidays", "ram"];
    assert_eq!(names, expected);

    for (name, body, code) in [
        ("nghi-bu", json!({}), "invalid"),
        ("nghi-bu", json!({ "computed": true }), "layer"),
        ("nghi-bu", json!({ "days": {} }), "layer"),
        ("nghi-bu", json!({ "days": { "mai": "" } }), "invalid"),
        ("Nghỉ", json!({ "days": { "2027-01-20": "" } }), "layer"),
        ("ram", json!({ "computed": true, "days": {} }), "invalid"),
    ] {
        // As a browser writes it into an address.
        let path = name.replace('ỉ', "%E1%BB%89");
        let answer = a_box.put(&format!("{LAYERS}/{path}"), &lan, body.clone()).await;
        assert_eq!(answer.code(), code, "{body}: {}", answer.json());
    }
    assert_eq!(a_box.delete(&path, &lan).await.status, StatusCode::NO_CONTENT);
    assert_eq!(a_box.delete(&path, &lan).await.status, StatusCode::NOT_FOUND);
    assert_eq!(a_box.n_recorded("calendar.layer_put").await, 2);
    assert_eq!(a_box.n_recorded("calendar.layer_removed").await, 1);
}

#[tokio::test]
async fn the_calendar_says_what_plays_and_why_not() {
    let (a_box, lan) = planner().await;
    a_box.add_user("minh", "author").await;
    let minh = a_box.visit("minh").await;
    let fields = [("title", "Tin sáng"), ("text", "Mời bà con nghe.")];
    let made = a_box.send(broadcasts::form(&minh, &fields)).await.json();
    let id = made["id"].as_str().unwrap();
    let step = |step: &str| format!("/api/v1/bulletins/{id}/{step}");
    a_box.post(&step("submit"), Some(&minh), json!({})).await;
    a_box.post(&step("approve"), Some(&lan), json!({})).await;
    a_box
        .put(&format!("{LAYERS}/hoi"), &lan, json!({ "days": { "2027-01-17": "Hội làng" } }))
        .await;

    let rule = "DTSTART:20270115T163000\nRRULE:FREQ=DAILY";
    let wrong = json!({ "rrule": rule, "days": { "hoi": "never" } });
    let refused = a_box.post(&step("schedule"), Some(&lan), wrong).await;
    assert_eq!(refused.code(), "invalid");
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("days.hoi"));
    let unknown = json!({ "rrule": rule, "days": { "tet": "not" } });
    let refused = a_box.post(&step("schedule"), Some(&lan), unknown).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let planned = json!({ "rrule": rule, "days": { "hoi": "not" } });
    let planned = a_box.post(&step("schedule"), Some(&lan), planned).await.json();
    assert_eq!(planned["bulletin"]["days"], json!({ "hoi": "not" }));
    let why = "it is silent on days of hoi, and that day is \"Hội làng\"";
    assert_eq!(planned["next"][2]["why"], why);

    let window = "from=2027-01-15T17:00:00Z&to=2027-01-18T17:00:00Z";
    let shown = a_box.get(&format!("/api/v1/calendar?{window}"), Some(&minh)).await.json();
    let entries: Vec<_> = shown["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["at"].clone(), it["plays"].clone(), it["reason"].clone()))
        .collect();
    assert_eq!(
        json!(entries),
        json!([
            ["2027-01-16T09:30:00.000Z", true, null],
            ["2027-01-17T09:30:00.000Z", false, "day_off"],
            ["2027-01-18T09:30:00.000Z", true, null],
        ])
    );
    assert_eq!(shown["entries"][1]["why"], why);
    let hoi = json!({ "day": "2027-01-17", "layer": "hoi", "label": "Hội làng" });
    assert!(shown["days"].as_array().unwrap().contains(&hoi), "{}", shown["days"]);
    let file = a_box.get("/api/v1/calendar.ics", Some(&minh)).await;
    let text = String::from_utf8(file.body).unwrap();
    assert!(text.contains("SUMMARY:Tin sáng") && text.contains("STATUS:CANCELLED"), "{text}");
    let in_use = a_box.delete(&format!("{LAYERS}/hoi"), &lan).await;
    assert_eq!((in_use.status, in_use.code().as_str()), (StatusCode::CONFLICT, "layer_in_use"));
    let year = "/api/v1/calendar?from=2027-01-01T00:00:00Z&to=2028-01-01T00:00:00Z";
    assert_eq!(a_box.get(year, Some(&minh)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
