//! A ward's January, from the rows that real plays leave behind.

use broadcast::Priority;

use super::super::testing::{World, at, configured, user};
use super::super::view::Changes;
use super::*;
use crate::report::Kind as Event;

const TABLE: &str = "code,kind,name,valid_from,valid_to,parent\n\
                     20227,ward,Thanh Bình,2000-01-01,2026-01-06,\n\
                     20242,ward,Hải Châu,2026-01-06,,\n\
                     loa-1,cluster,Chợ,2000-01-01,2026-01-06,20227\n\
                     loa-1,cluster,Chợ,2026-01-06,,20242\n";

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

async fn report(world: &World, by: By, term: Term) -> Report {
    let clusters = vec![configured("loa-1"), configured("loa-2")];
    let reports = Reports::new(world.reporter.clone(), world.places.clone(), clusters);
    let (from, to) = (day("2026-01-01"), day("2027-01-01"));
    reports.plays(Request { from, to, by, term }).await.unwrap()
}

/// Of each line its term and name, then `requested played partial missed stopped held_back open withdrawn`.
async fn lines(world: &World, by: By, term: Term) -> Vec<String> {
    let report = report(world, by, term).await;
    let line = |(term, subject, counts): (&str, &Subject, &broadcast::tally::Counts)| {
        let c = counts;
        let n = [
            c.requested(),
            c.played,
            c.partial,
            c.missed,
            c.stopped,
            c.held_back,
            c.open,
            c.withdrawn,
        ];
        format!("{term} {}: {}", subject.name, n.map(|it| it.to_string()).join(" "))
    };
    report.tally.rows().map(line).collect()
}

/// Two days of plays: one played and missed, one held back, one taken back, one to come.
async fn two_days() -> World {
    // What is held back here is held back by quiet hours alone.
    let world = World::with(|ward| ward.approval.hours.outside = None).await;
    world.places.import("ky-thuat", TABLE.as_bytes().to_vec()).await.unwrap();
    let heard = world.scheduled(Priority::Normal, "2026-01-05T09:00:00+07:00").await;
    world.scheduled(Priority::Normal, "2026-01-05T23:00:00+07:00").await;
    let edited = world.scheduled(Priority::Normal, "2026-01-05T10:00:00+07:00").await;
    world.scheduled(Priority::Normal, "2026-01-06T07:00:00+07:00").await;
    world.round().await;
    world
        .bulletins
        .edit(
            &user("lan"),
            edited.bulletin,
            Changes { title: Some("Khác".into()), ..Changes::default() },
        )
        .await
        .unwrap();
    world.round().await;
    world.advance(3_600).await;
    let more =
        serde_json::json!({ "started_at": "2026-01-05T02:00:00.004Z", "start_error_ms": 4.0 });
    world.report("loa-1", heard, Event::BroadcastStarted, more.clone()).await;
    world.report("loa-1", heard, Event::BroadcastPlayed, more).await;
    world.advance(600).await;
    world.round().await;
    world
}

#[tokio::test(start_paused = true)]
async fn every_cluster_that_an_approved_start_was_for_is_counted_once() {
    let world = two_days().await;
    let expected = ["2026-01 loa-1: 3 1 0 0 0 1 1 1", "2026-01 loa-2: 3 0 0 1 0 1 1 1"];
    assert_eq!(lines(&world, By::Cluster, Term::Month).await, expected);
    let year = report(&world, By::Cluster, Term::Year).await;
    assert_eq!((year.tally.total().requested(), year.n_for_nobody), (6, 0));
    let told: Vec<String> =
        year.tally.reasons().map(|(it, why, n)| format!("{n} {it}: {why}")).collect();
    assert_eq!(told[0], "1 missed: the cluster never acknowledged the order");
    assert!(told[1].starts_with("2 held_back: it would be heard in quiet hours"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_play_belongs_to_the_ward_of_its_day() {
    let world = two_days().await;
    let expected = [
        "2026-Q1 : 3 0 0 1 0 1 1 1",
        "2026-Q1 Thanh Bình: 2 1 0 0 0 1 0 1",
        "2026-Q1 Hải Châu: 1 0 0 0 0 0 1 0",
    ];
    assert_eq!(lines(&world, By::Place(Kind::Ward), Term::Quarter).await, expected);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_played_is_listed_with_its_reason() {
    let world = two_days().await;
    let reports = Reports::new(world.reporter.clone(), world.places.clone(), Vec::new());
    let silent = reports.not_played(day("2026-01-01"), day("2026-02-01")).await.unwrap();
    let line = |it: &Silent| {
        let name = |it: &Option<Subject>| it.as_ref().map_or("-", |it| it.name.as_str()).to_owned();
        format!("{} {} {} {}", it.start_at, name(&it.cluster), name(&it.ward), it.outcome)
    };
    let expected = [
        "2026-01-05T02:00:00Z loa-2 - missed",
        "2026-01-05T16:00:00Z loa-1 Thanh Bình held_back",
        "2026-01-05T16:00:00Z loa-2 - held_back",
    ];
    assert_eq!(silent.iter().map(line).collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_first_hours_of_a_month_are_the_wards_and_not_greenwichs() {
    let world = World::new().await;
    let clusters = vec![configured("loa-1")];
    let reports = Reports::new(world.reporter.clone(), world.places.clone(), clusters);
    // Half past midnight of 1 February in Hanoi is 31 January in Greenwich.
    let first = at("2026-02-01T00:30:00+07:00");
    let id = world.approved(Priority::Normal).await.to_string();
    let sql = "INSERT INTO play (bulletin_id, occurrence_ms, start_at_ms, play_until_ms, priority, \
               approved_by, audio_sha256, audio_bytes, duration_ms, stage, reason, decided_at_ms) \
               SELECT id, ?2, ?2, ?2 + 1, priority, 'minh', audio_sha256, 1, 1, 'held_back', 'x', 0 \
               FROM bulletin WHERE id = ?1";
    let insert = move |conn: &Connection| {
        conn.execute(sql, rusqlite::params![id, first.as_millisecond()])?;
        conn.execute(
            "INSERT INTO play_held_back VALUES (?1, ?2, 'loa-1')",
            rusqlite::params![id, first.as_millisecond()],
        )
    };
    world.store.write(insert).await.unwrap();
    let count = async |from: &str, to: &str| {
        let (from, to) = (day(from), day(to));
        let request = Request { from, to, by: By::Cluster, term: Term::Month };
        let report = reports.plays(request).await.unwrap();
        let rows: Vec<String> = report.tally.rows().map(|(term, ..)| term.to_owned()).collect();
        rows.join(" ")
    };
    assert_eq!(count("2026-01-01", "2026-02-01").await, "");
    assert_eq!(count("2026-02-01", "2026-03-01").await, "2026-02");
}

#[test]
fn a_window_is_cut_into_months_and_has_an_end() {
    let cut = |from: &str, to: &str| months(day(from), day(to));
    let three = cut("2026-01-30", "2026-03-02").unwrap();
    let starts: Vec<String> = three.iter().map(|(from, _)| from.to_string()).collect();
    assert_eq!(starts, ["2026-01-30", "2026-02-01", "2026-03-01"]);
    assert_eq!(three[2].1, day("2026-03-02"));
    assert!(matches!(cut("2026-01-01", "2026-01-01"), Err(ReportError::Backwards { .. })));
    assert!(matches!(cut("2020-01-01", "2026-01-01"), Err(ReportError::TooLong)));
}

#[test]
fn a_month_is_cut_where_places_change() {
    let changes = [day("2026-01-01"), day("2026-01-06"), day("2026-01-20"), day("2026-02-01")];
    let cut = eras(months(day("2026-01-01"), day("2026-02-03")).unwrap(), &changes);
    let starts: Vec<String> = cut.iter().map(|(from, _)| from.to_string()).collect();
    assert_eq!(starts, ["2026-01-01", "2026-01-06", "2026-01-20", "2026-02-01"]);
    assert!(cut.windows(2).all(|it| it[0].1 == it[1].0), "nothing between, nothing twice");
    assert_eq!(cut.last().unwrap().1, day("2026-02-03"));
}
