//! The machine against a model of the database, the link and the receiver.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::report::Stream;

const EPOCH: Uuid = Uuid::from_u128(1);

/// The world around the machine: rows by id, what reached the receiver, what is on the wire.
struct World {
    outbox: Outbox,
    now: Instant,
    table: BTreeMap<i64, OutboxRow>,
    next_id: i64,
    is_up: bool,
    wire: Vec<OutboxRow>,
    committed: BTreeSet<u64>,
    acks: Vec<Ack>,
    sent: Vec<i64>,
    most_under_way: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Record {
        is_urgent: bool,
    },
    Up,
    Down,
    /// The receiver takes this many from the wire; the rest stays.
    Receive(usize),
    /// The wire loses everything.
    Lose,
    /// An acknowledgement arrives, or is lost.
    Ack {
        arrives: bool,
    },
    Wait(u64),
}

fn row(id: i64, is_urgent: bool) -> OutboxRow {
    let seq = u64::try_from(id).unwrap();
    let payload = Vec::new().into();
    OutboxRow { id, epoch: EPOCH, stream: Stream::Alert, seq, is_urgent, payload }
}

impl World {
    fn new() -> Self {
        Self {
            outbox: Outbox::default(),
            now: Instant::now(),
            table: BTreeMap::new(),
            next_id: 1,
            is_up: false,
            wire: Vec::new(),
            committed: BTreeSet::new(),
            acks: Vec::new(),
            sent: Vec::new(),
            most_under_way: 0,
        }
    }

    fn tell(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.outbox.on(event, self.now) {
                match effect {
                    Effect::Send(row) => {
                        assert!(self.is_up, "sent without a link");
                        self.sent.push(row.id);
                        self.wire.push(row);
                    }
                    Effect::Delete(ids) => self.delete(&ids),
                    Effect::Load { lane, limit } => {
                        assert!(limit > 0);
                        events.push(Event::Loaded { lane, rows: self.load(lane, limit) });
                    }
                }
            }
        }
        self.most_under_way = self.most_under_way.max(self.outbox.under_way.len());
    }

    fn load(&self, lane: Lane, limit: usize) -> Vec<OutboxRow> {
        let (after, urgent_only) = match lane {
            Lane::All { after } => (after, false),
            Lane::Urgent { after } => (after, true),
        };
        let rows = self.table.range(after + 1..).map(|(_, row)| row);
        rows.filter(|it| it.is_urgent || !urgent_only).take(limit).cloned().collect()
    }

    fn delete(&mut self, ids: &[i64]) {
        for id in ids {
            let row = self.table.remove(id).expect("deleted once");
            assert!(self.committed.contains(&row.seq), "deleted before it was committed");
        }
    }

    fn record(&mut self, is_urgent: bool) {
        self.table.insert(self.next_id, row(self.next_id, is_urgent));
        self.next_id += 1;
        self.tell(Event::Recorded { is_urgent });
    }

    fn up(&mut self) {
        self.is_up = true;
        self.tell(Event::LinkUp { fresh_after: self.next_id - 1 });
    }

    fn receive(&mut self, n: usize) {
        let n = n.min(self.wire.len());
        if n == 0 {
            return;
        }
        let taken: Vec<u64> = self.wire.drain(..n).map(|it| it.seq).collect();
        self.committed.extend(&taken);
        let mut up_to = 0;
        while self.committed.contains(&(up_to + 1)) {
            up_to += 1;
        }
        let also = taken.into_iter().map(|it| (it, it)).collect();
        self.acks.push(Ack { epoch: EPOCH, stream: Stream::Alert, up_to, also });
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Record { is_urgent } => self.record(is_urgent),
            Step::Up => self.up(),
            Step::Down => {
                self.is_up = false;
                self.tell(Event::LinkDown);
            }
            Step::Receive(n) => self.receive(n),
            Step::Lose => self.wire.clear(),
            Step::Ack { arrives } => {
                if let Some(ack) = self.acks.pop()
                    && arrives
                {
                    self.tell(Event::Acked(ack));
                }
            }
            Step::Wait(seconds) => {
                self.now += Duration::from_secs(seconds);
                self.tell(Event::TimerFired);
            }
        }
    }

    /// A good link for a while.
    fn settle(&mut self) {
        self.up();
        for _ in 0..10_000 {
            self.receive(usize::MAX);
            while let Some(ack) = self.acks.pop() {
                self.tell(Event::Acked(ack));
            }
            if self.table.is_empty() {
                return;
            }
            self.now += Duration::from_secs(1);
            self.tell(Event::TimerFired);
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any::<bool>().prop_map(|is_urgent| Step::Record { is_urgent }),
        1 => Just(Step::Up),
        1 => Just(Step::Down),
        3 => (1..40_usize).prop_map(Step::Receive),
        1 => Just(Step::Lose),
        3 => any::<bool>().prop_map(|arrives| Step::Ack { arrives }),
        1 => (0..30_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_all_arrives_and_nothing_is_deleted_early(
        n_before in 0..300_usize,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut world = World::new();
        (0..n_before).for_each(|n| world.record(n % 7 == 0));
        for it in &steps {
            world.step(it);
        }
        world.settle();
        prop_assert!(world.table.is_empty(), "{} left behind", world.table.len());
        let all: BTreeSet<u64> = (1..u64::try_from(world.next_id).unwrap()).collect();
        prop_assert_eq!(&world.committed, &all);
        prop_assert!(world.most_under_way <= WINDOW + URGENT_WINDOW);
    }
}

#[test]
fn a_fresh_alert_overtakes_a_backlog_that_fills_the_window() {
    let mut world = World::new();
    (0..1000).for_each(|_| world.record(false));
    world.up();
    assert_eq!(world.sent.len(), WINDOW);
    assert_eq!(world.outbox.mode(), Mode::Backlog);
    world.record(true);
    assert_eq!(world.sent.last(), Some(&1001));
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_removes_nothing() {
    let mut world = World::new();
    (0..100).for_each(|_| world.record(false));
    let everything = Ack { epoch: EPOCH, stream: Stream::Alert, up_to: u64::MAX, also: vec![] };
    world.tell(Event::Acked(everything.clone()));
    assert_eq!(world.table.len(), 100);
    world.up();
    let other = Ack { epoch: Uuid::from_u128(2), ..everything };
    world.tell(Event::Acked(other));
    assert_eq!(world.table.len(), 100);
}

#[test]
fn a_silent_receiver_is_asked_again_and_ever_more_rarely() {
    let mut world = World::new();
    world.record(false);
    world.up();
    let sends_within = |world: &mut World, seconds: u64| {
        let before = world.sent.len();
        (0..seconds).for_each(|_| world.step(&Step::Wait(1)));
        world.sent.len() - before
    };
    assert_eq!(sends_within(&mut world, 11), 1);
    assert_eq!(sends_within(&mut world, 589), 6);
    assert_eq!(sends_within(&mut world, 600), 5);
}

#[test]
fn a_receiver_that_says_hello_gets_the_rest_at_once() {
    let mut world = World::new();
    world.record(false);
    world.up();
    world.step(&Step::Lose);
    world.now += Duration::from_secs(3);
    let hello = Ack { epoch: EPOCH, stream: Stream::Alert, up_to: 0, also: vec![] };
    world.tell(Event::Acked(hello));
    assert_eq!(world.sent, [1, 1]);
}

#[test]
fn what_went_out_just_before_a_hello_is_not_left_to_the_long_wait() {
    let mut world = World::new();
    world.record(false);
    world.up();
    world.step(&Step::Lose);
    let hello = Ack { epoch: EPOCH, stream: Stream::Alert, up_to: 0, also: vec![] };
    world.tell(Event::Acked(hello));
    assert_eq!(world.sent, [1], "it may still be under way");
    world.step(&Step::Wait(2));
    assert_eq!(world.sent, [1, 1]);
}

#[test]
fn what_was_overtaken_by_an_acknowledged_event_is_sent_again() {
    let mut world = World::new();
    world.record(false);
    world.up();
    world.step(&Step::Lose);
    world.now += Duration::from_secs(3);
    world.record(false);
    world.receive(1);
    world.step(&Step::Ack { arrives: true });
    assert_eq!(world.sent, [1, 2, 1]);
}
