//! The desk, told what the receiver would tell it.

use std::sync::Mutex;

use base::SimClock;
use uuid::Uuid;

use super::*;
use crate::report::wire::ReplyState;
use crate::report::{Kind, Stream};

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Receipts for Seen {
    fn received(
        &self,
        _: &Connection,
        cluster: &DeviceId,
        envelope: &Envelope,
    ) -> rusqlite::Result<()> {
        self.0.lock().unwrap().push(format!("{cluster} {}", envelope.kind));
        Ok(())
    }

    fn replied(&self, cluster: &DeviceId, reply: &Reply) {
        self.0.lock().unwrap().push(format!("{cluster} {:?}", reply.state));
    }
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn from(cluster: &str) -> Sender {
    Sender::of_cluster(id("box-1"), id(cluster))
}

fn desk() -> (Desk, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let views = BTreeMap::from([(id("loa-1"), ClusterView::default())]);
    let clock = Arc::new(SimClock::new(Timestamp::UNIX_EPOCH));
    let views = watch::Sender::new(views);
    (Desk { clock, receipts: seen.clone(), health: Health::default(), views }, seen)
}

fn status(state: Presence) -> Notice {
    let (boot_id, epoch) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let (version, site) = ("0.1.0".to_owned(), "s".to_owned());
    Notice::Status(Status {
        state,
        boot_id,
        epoch,
        version,
        site,
        capabilities: vec!["duck".to_owned()],
    })
}

fn envelope(cluster: &str) -> Envelope {
    Envelope {
        id: Uuid::nil(),
        device: id(cluster),
        epoch: Uuid::nil(),
        stream: Stream::Broadcast,
        seq: 1,
        kind: Kind::BroadcastPlayed.to_string(),
        occurred_at: Timestamp::UNIX_EPOCH,
        recorded_at: Timestamp::UNIX_EPOCH,
        clock_trusted: true,
        site: String::new(),
        data: Value::Null,
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_will_is_no_sign_of_life() {
    let (desk, _) = desk();
    desk.heard(&from("loa-1"), status(Presence::Online));
    tokio::time::advance(std::time::Duration::from_secs(90)).await;
    desk.heard(&from("loa-1"), status(Presence::Offline));
    let view = desk.views.borrow()[&id("loa-1")].clone();
    assert_eq!(view.presence, Some(Presence::Offline));
    assert_eq!(view.last_seen_at, Some(Timestamp::UNIX_EPOCH));
    assert_eq!(view.since.unwrap().as_second(), 90);
    assert_eq!(view.capabilities, ["duck"], "what it could when it went");
}

#[tokio::test(start_paused = true)]
async fn only_adopted_clusters_are_listened_to() {
    let (desk, seen) = desk();
    let conn = Connection::open_in_memory().unwrap();
    for cluster in ["loa-1", "loa-2"] {
        let now = Timestamp::UNIX_EPOCH;
        desk.stored(&conn, &from(cluster), &envelope(cluster), now).unwrap();
        let (command_id, state, reason) = (Uuid::nil(), ReplyState::Done, None);
        desk.heard(&from(cluster), Notice::Reply(Reply { command_id, state, reason }));
    }
    assert_eq!(*seen.0.lock().unwrap(), ["loa-1 broadcast.played", "loa-1 Done"]);
    assert_eq!(desk.views.borrow().len(), 1);
}
