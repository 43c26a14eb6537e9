//! Whether an alarm of a camera would be heard: shown, and told to open pages.

use super::*;
use crate::ward::proof::{Proof, RoundTrip};

async fn shown(a_box: &Box, visit: &Visit) -> Value {
    a_box.get("/api/v1/cameras", Some(visit)).await.json()[0]["proof"].clone()
}

fn proof(asked_at: Timestamp, good: Option<RoundTrip>) -> Proof {
    Proof { asked_at, raised_at: None, proven_at: None, good }
}

fn note(a_box: &Box, newest: Proof) {
    a_box.parts.proofs.send_modify(|it| it.note("cam-1".parse().unwrap(), newest));
}

#[tokio::test(start_paused = true)]
async fn a_camera_says_when_an_alarm_of_it_was_heard_last() {
    let a_box = a_box().await;
    a_box.add_user("lan", "author").await;
    let visit = a_box.visit("lan").await;
    let every_ms = 600_000;
    let expected = json!({
        "state": "open", "asked_at": null, "raised_at": null, "proven_at": null, "every_ms": every_ms,
    });
    assert_eq!(shown(&a_box, &visit).await, expected);

    let raised_at = Timestamp::from_second(1_800_000_001).unwrap();
    let proven_at = raised_at + Duration::from_secs(2);
    let good = Some(RoundTrip { raised_at, proven_at });
    let came =
        Proof { raised_at: Some(raised_at), proven_at: Some(proven_at), ..proof(raised_at, good) };
    note(&a_box, came);
    let expected = json!({
        "state": "proven", "asked_at": "2027-01-15T08:00:01.000Z", "every_ms": every_ms,
        "raised_at": "2027-01-15T08:00:01.000Z", "proven_at": "2027-01-15T08:00:03.000Z",
    });
    assert_eq!(shown(&a_box, &visit).await, expected);
    tokio::time::sleep(PROOF_EVERY + Duration::from_mins(3)).await;
    assert_eq!(shown(&a_box, &visit).await["state"], "overdue", "nothing new was stored");

    note(&a_box, proof(a_box.clock.now() - Duration::from_mins(2), good));
    let lost = shown(&a_box, &visit).await;
    assert_eq!((&lost["state"], &lost["proven_at"]), (&json!("unseen"), &expected["proven_at"]));
    a_box.parts.proofs.send_replace(Proofs::new(None, a_box.clock.now()));
    let off = shown(&a_box, &visit).await;
    assert_eq!((&off["state"], &off["every_ms"]), (&json!("off"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn an_open_page_is_told_when_a_test_alarm_is_late() {
    let a_box = a_box().await;
    a_box.add_user("lan", "security").await;
    let visit = a_box.visit("lan").await;
    let mut page = a_box.open_events(&visit).await;
    assert!(page.next().await.contains("event: hello"));
    note(&a_box, proof(a_box.clock.now(), None));
    // What was before the feed's first look is no news.
    let asked_at = a_box.clock.now();
    let told = async {
        while !page.next().await.contains("event: camera") {}
        a_box.clock.now()
    };
    let told_at = tokio::select! {
        told_at = told => told_at,
        () = feed::run(&a_box.console) => unreachable!("it never ends by itself"),
    };
    let after = told_at.duration_since(asked_at).as_secs();
    // The clock of a test runs ahead while the database works: when is told by the unit tests.
    assert!(after >= 115, "{after} s");
}
