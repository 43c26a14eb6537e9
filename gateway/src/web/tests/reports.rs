//! Reports over the API: numbers that add up, and tables that no spreadsheet takes for a program.

use super::*;

const CLUSTER_REPORT: &str =
    "/api/v1/reports/plays?by=cluster&period=month&from=2027-01-01&to=2027-03-01";

/// A play of two seconds on the one cluster, that went as `stage` says.
async fn play(a_box: &Box, title: &str, start_at: &str, stage: &str, reason: Option<&str>) {
    let start: Timestamp = start_at.parse().unwrap();
    let start_ms = start.as_millisecond();
    let id = format!("{title}-{start_ms}");
    let (title, reason) = (title.to_owned(), reason.map(str::to_owned));
    let is_held = stage == "held_back";
    let (play_stage, target) = (if is_held { "held_back" } else { "closed" }, stage.to_owned());
    let write = move |conn: &rusqlite::Connection| {
        let sha = "0".repeat(64);
        conn.execute(
            "INSERT INTO bulletin (id, title, created_by, created_at_ms, priority, targets, stage, \
             file_name, audio_sha256, audio_bytes, duration_ms, loudness_lufs, true_peak_dbtp) \
             VALUES (?1, ?2, 'lan', 0, 'normal', 'all', 'draft', 'a.mp3', ?3, 1, 2000, -18, -2)",
            rusqlite::params![id, title, sha],
        )?;
        conn.execute(
            "INSERT INTO play (bulletin_id, occurrence_ms, start_at_ms, play_until_ms, priority, \
             approved_by, audio_sha256, audio_bytes, duration_ms, stage, reason, decided_at_ms, \
             closed_at_ms) VALUES (?1, ?2, ?2, ?2 + 1, 'normal', 'minh', ?3, 1, 2000, ?4, ?5, 0, ?2)",
            rusqlite::params![id, start_ms, sha, play_stage, reason],
        )?;
        let rows = if is_held {
            "INSERT INTO play_held_back VALUES (?1, ?2, 'loa-demo-001')"
        } else {
            "INSERT INTO play_target (bulletin_id, occurrence_ms, cluster, command_id, issued_at_ms, \
             stage) VALUES (?1, ?2, 'loa-demo-001', ?1, 0, ?3)"
        };
        let values: [&dyn rusqlite::ToSql; 3] = [&id, &start_ms, &target];
        conn.execute(rows, &values[..if is_held { 2 } else { 3 }])
    };
    a_box.store.write(write).await.unwrap();
}

async fn a_winter() -> (Box, Visit) {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let visit = a_box.visit("lan").await;
    play(&a_box, "Lịch họp", "2027-01-05T02:00:00Z", "played", None).await;
    play(&a_box, "=1+1", "2027-01-05T03:00:00Z", "missed", Some("mất điện")).await;
    play(&a_box, "Nhạc", "2027-01-05T22:00:00Z", "held_back", Some("quiet hours")).await;
    // February begins in the ward while it is January in Greenwich.
    play(&a_box, "Lịch họp", "2027-01-31T17:30:00Z", "played", None).await;
    (a_box, visit)
}

#[tokio::test]
async fn numbers_add_up_by_cluster_and_by_place() {
    let (a_box, visit) = a_winter().await;
    let report = a_box.get(CLUSTER_REPORT, Some(&visit)).await.json();
    let january = &report["rows"][0];
    assert_eq!((&january["period"], &january["name"]), (&json!("2027-01"), &json!("Chợ Cầu Tre")));
    let numbers = |it: &Value| {
        ["requested", "played", "missed", "held_back"].map(|key| it[key].as_u64().unwrap())
    };
    assert_eq!(numbers(january), [3, 1, 1, 1]);
    assert_eq!((&january["played_percent"], &january["sounded_s"]), (&json!(33.3), &json!(2)));
    assert_eq!(report["rows"][1]["period"], "2027-02");
    assert_eq!(numbers(&report["total"]), [4, 2, 1, 1]);
    let why = json!({ "outcome": "missed", "reason": "mất điện", "n": 1 });
    assert_eq!((&report["reasons"][0], &report["for_nobody"]), (&why, &json!(0)));

    let by_place = "/api/v1/reports/plays?by=place&period=quarter";
    let report = a_box.get(by_place, Some(&visit)).await.json();
    assert_eq!((&report["from"], &report["to"]), (&json!("2027-01-01"), &json!("2027-01-16")));
    let row = &report["rows"][0];
    assert_eq!(
        (&row["period"], &row["code"], &row["requested"]),
        (&json!("2027-Q1"), &json!(""), &json!(3))
    );
}

#[tokio::test]
async fn a_table_for_a_spreadsheet_has_units_and_no_formulas() {
    let (a_box, visit) = a_winter().await;
    let table = format!("{CLUSTER_REPORT}&format=csv&delimiter=semicolon");
    let table = a_box.get(&table, Some(&visit)).await;
    assert_eq!(table.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    let text = String::from_utf8(table.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("\u{feff}Kỳ;Mã;Tên;Yêu cầu (lượt);Phát trọn (lượt)"), "{text}");
    assert_eq!(lines[1], "2027-01;loa-demo-001;Chợ Cầu Tre;3;1;0;1;0;1;0;0;33,3;2");
    assert_eq!(lines.len(), 3);

    let list = "/api/v1/reports/not-played?from=2027-01-01&to=2027-03-01";
    let list = format!("{list}&format=csv&lang=en");
    let text = String::from_utf8(a_box.get(&list, Some(&visit)).await.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("\u{feff}Start,Bulletin,Cluster code"));
    assert_eq!(lines[1], "2027-01-05 10:00:00,'=1+1,loa-demo-001,Chợ Cầu Tre,,,Missed,mất điện");
    assert_eq!(
        lines[2],
        "2027-01-06 05:00:00,Nhạc,loa-demo-001,Chợ Cầu Tre,,,Held back,quiet hours"
    );
}

#[tokio::test]
async fn a_report_that_cannot_be_is_refused_in_words() {
    let (a_box, visit) = a_winter().await;
    for (query, code) in [
        ("by=pole&period=month", "invalid"),
        ("by=cluster", "invalid"),
        ("by=cluster&period=month&from=1.1.2027", "invalid"),
        ("by=cluster&period=month&from=2027-01-01&to=2027-01-01", "window"),
        ("by=cluster&period=month&from=2001-01-01", "window"),
    ] {
        let answer = a_box.get(&format!("/api/v1/reports/plays?{query}"), Some(&visit)).await;
        assert!(answer.status.is_client_error(), "{query}");
        assert_eq!(answer.code(), code, "{query}");
    }
}
