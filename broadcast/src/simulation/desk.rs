//! The box: its calendar, the real planner, the real decision what to order, and the rows that follow.

mod book;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use base::Sha256;
use jiff::Timestamp;
use uuid::Uuid;

use super::Ward;
use crate::calendar::Effect;
use crate::plan::{
    Begun, Decision, Entry, Explained, Item, Reason, Standing, Targets, explain_starts,
};
use crate::reconciliation::{Change, PlayStage, Start, Verdict, Wanted, reconcile};
use crate::schedule::Schedule;
use crate::{Content, Order, PlayId, Volume};

pub(super) use book::{Book, Row, Target};

/// The ward's own level.
const WARD_LEVEL: u8 = 0;
/// As far as a day rule moves a play, and two days for the wall clock.
const FARTHEST_MOVE: Duration = Duration::from_hours(33 * 24);

pub(super) struct Desk<'a> {
    ward: &'a Ward,
    posts: Vec<Post>,
    by_id: HashMap<Uuid, usize>,
    pub(super) book: Book,
    planned_up_to: Timestamp,
    /// Schedules are expanded once, for all of this.
    from: Timestamp,
    to: Timestamp,
    /// What somebody approved at some time.
    approved: HashSet<(usize, Sha256)>,
    /// Starts that have, or had, a row.
    recorded: BTreeSet<(usize, Timestamp)>,
    pub(super) n_rounds: u64,
}

/// A bulletin as it stands now.
struct Post {
    entry: Entry<Uuid>,
    content: Content,
    /// Since when it is in the calendar.
    asked_since: Option<Timestamp>,
    starts: Vec<Timestamp>,
}

/// What a round leads to.
#[derive(Default)]
pub(super) struct News {
    /// Plays with something to send.
    pub to_send: Vec<PlayId>,
    /// Plays that must be over, at the latest, at an instant.
    pub last_calls: Vec<(PlayId, Timestamp)>,
    pub n_withdrawn: u64,
    pub n_held_back: u64,
    pub n_emergencies: u64,
}

impl<'a> Desk<'a> {
    pub(super) fn new(ward: &'a Ward, from: Timestamp, to: Timestamp) -> Self {
        let posts = ward.bulletins.iter().map(|it| Post {
            entry: it.entry.clone(),
            content: it.content,
            asked_since: None,
            starts: Vec::new(),
        });
        let by_id = ward.bulletins.iter().enumerate().map(|(nth, it)| (it.entry.id, nth));
        Self {
            ward,
            posts: posts.collect(),
            by_id: by_id.collect(),
            book: Book::default(),
            planned_up_to: from,
            from,
            to,
            approved: HashSet::new(),
            recorded: BTreeSet::new(),
            n_rounds: 0,
        }
    }

    pub(super) fn enter(&mut self, nth: usize, now: Timestamp) {
        let (from, to) = (self.from, self.to);
        let post = &mut self.posts[nth];
        // A rule that cannot be expanded is left out, as on a box.
        post.starts = post.entry.schedule.starts(from, to).unwrap_or_default();
        post.asked_since = Some(now);
        if post.entry.standing == Standing::Approved {
            self.approved.insert((nth, post.content.sha256));
        }
    }

    pub(super) fn edit(&mut self, nth: usize) {
        self.posts[nth].entry.standing = Standing::NotApproved;
        self.posts[nth].asked_since = None;
    }

    pub(super) fn approve(&mut self, nth: usize, content: Content, now: Timestamp) {
        let post = &mut self.posts[nth];
        (post.entry.standing, post.content) = (Standing::Approved, content);
        post.entry.duration = content.duration;
        self.enter(nth, now);
    }

    pub(super) fn reschedule(&mut self, nth: usize, schedule: Schedule, now: Timestamp) {
        self.posts[nth].entry.schedule = schedule;
        if self.posts[nth].asked_since.is_some() {
            self.enter(nth, now);
        }
    }

    pub(super) fn expires_at(&self, row: &Row) -> Option<Timestamp> {
        self.posts[row.bulletin].entry.expires_at
    }

    /// Whether somebody ever approved this sound for this bulletin.
    pub(super) fn was_approved(&self, row: &Row) -> bool {
        self.approved.contains(&(row.bulletin, row.order.content.sha256))
    }

    /// Whether its approval stands.
    pub(super) fn is_approved(&self, row: &Row) -> bool {
        let post = &self.posts[row.bulletin];
        post.entry.standing == Standing::Approved && post.content == row.order.content
    }

    /// Starts that somebody asked for and approved, and that have no row although their time has come.
    /// What may still move is not among them.
    pub(super) fn unrecorded(&self, nth: usize, now: Timestamp) -> Vec<Timestamp> {
        let post = &self.posts[nth];
        let Some(since) = post.asked_since.filter(|_| post.entry.standing == Standing::Approved)
        else {
            return Vec::new();
        };
        let moves =
            self.ward.bulletins[nth].days.iter().any(|it| matches!(it.effect, Effect::Move(_)));
        let before = if moves { now - FARTHEST_MOVE } else { now };
        let asked = post.starts.iter().filter(|at| since <= **at && **at < before);
        let is_recorded = |at: &Timestamp| self.recorded.contains(&(nth, *at));
        asked.filter(|at| self.is_its_day(nth, **at) && !is_recorded(at)).copied().collect()
    }

    /// A bulletin that plays on the days of a layer alone is silent on all others, which nobody writes down.
    fn is_its_day(&self, nth: usize, at: Timestamp) -> bool {
        let day = self.ward.policy.zone.to_datetime(at).date();
        let mut only = self.ward.bulletins[nth].days.iter().filter(|it| it.effect == Effect::Only);
        only.all(|it| it.layer.contains(day))
    }

    pub(super) fn n_recorded(&self) -> usize {
        self.recorded.len()
    }

    /// A look at the calendar, and what follows for the rows.
    pub(super) fn round(&mut self, now: Timestamp) -> News {
        self.n_rounds += 1;
        let terms = self.ward.terms;
        let earliest = now - terms.look_back;
        let (from, to) = (self.planned_up_to.clamp(earliest, now), now + terms.look_ahead);
        let wanted: Vec<Wanted> = self.plan(from, to, now).iter().map(wanted).collect();
        let known = self.book.known(from, to, |row| self.is_approved(row));
        let asked_since: HashMap<Uuid, Timestamp> =
            self.posts.iter().filter_map(|it| Some((it.entry.id, it.asked_since?))).collect();
        let changes = reconcile(&wanted, &known, &asked_since, now);
        let mut news = News::default();
        for change in changes {
            self.apply(&change, now, &mut news);
        }
        self.planned_up_to = now;
        news
    }

    fn plan(&self, from: Timestamp, to: Timestamp, now: Timestamp) -> Vec<Explained<Uuid>> {
        // What has sounded of an edited bulletin has used its quota all the same.
        let begun: Vec<Vec<Begun>> = self.book.begun(self.posts.len(), now);
        let counts =
            |nth: &usize| self.posts[*nth].asked_since.is_some() || !begun[*nth].is_empty();
        let counted: Vec<usize> = (0..self.posts.len()).filter(counts).collect();
        let items: Vec<Item<'_, Uuid>> = counted
            .iter()
            .map(|nth| Item {
                entry: &self.posts[*nth].entry,
                days: &self.ward.bulletins[*nth].days,
                level: self.ward.bulletins[*nth].level,
                begun: &begun[*nth],
            })
            .collect();
        let reach = self.ward.policy.reach(&items, from, to).starts;
        let starts: Vec<Vec<Timestamp>> = counted
            .iter()
            .map(|nth| {
                let post = &self.posts[*nth];
                let all = post.asked_since.map_or(&[][..], |_| &post.starts);
                let first = all.partition_point(|at| *at < reach.start);
                let end = all.partition_point(|at| *at < reach.end);
                all[first..end.max(first)].to_vec()
            })
            .collect();
        explain_starts(&items, &starts, &self.ward.policy, from, to)
    }

    fn apply(&mut self, change: &Change, now: Timestamp, news: &mut News) {
        match *change {
            Change::Order(start) => self.insert(start, PlayStage::Ordered, news),
            Change::HoldBack(start, _) => self.insert(start, PlayStage::HeldBack, news),
            Change::Missed(start, _) => {
                self.insert(start, PlayStage::Ordered, news);
                self.book.miss(start.id);
            }
            Change::Promote(id) => {
                let targets = self.targets(id.bulletin);
                if let Some(row) = self.book.promote(id, targets) {
                    let last_call = row.order.play_until + self.ward.terms.patience;
                    news.last_calls.push((id, last_call));
                    news.to_send.push(id);
                }
            }
            Change::Withdraw(id, _) => {
                news.n_withdrawn += 1;
                self.book.withdraw(id, now);
                news.to_send.push(id);
            }
            Change::Forget(id) => {
                if let Some(row) = self.book.forget(id) {
                    self.recorded.remove(&(row.bulletin, row.recurrence));
                }
            }
        }
    }

    fn insert(&mut self, start: Start, stage: PlayStage, news: &mut News) {
        let Start { id, recurrence, start_at } = start;
        let Some(&nth) = self.by_id.get(&id.bulletin) else { return };
        let (post, bulletin) = (&self.posts[nth], &self.ward.bulletins[nth]);
        // Without an approval that stands there is no play, whatever the plan says.
        if post.entry.standing == Standing::NotApproved {
            return;
        }
        let window = post.content.duration + bulletin.extra + self.ward.terms.tail;
        let order = Order {
            play: id,
            content: post.content,
            start_at,
            play_until: post
                .entry
                .expires_at
                .map_or(start_at + window, |it| it.min(start_at + window)),
            priority: post.entry.priority,
            volume: Volume::FULL,
            owner_level: WARD_LEVEL,
            approved_by: "chairwoman".to_owned(),
            resume: bulletin.resume,
            catch_up: post.content.duration,
        };
        let is_held_back = stage == PlayStage::HeldBack;
        let last_call =
            if is_held_back { start_at } else { order.play_until + self.ward.terms.patience };
        news.last_calls.push((id, last_call));
        news.n_held_back += u64::from(is_held_back);
        news.n_emergencies +=
            u64::from(!is_held_back && order.priority == crate::Priority::Emergency);
        self.recorded.insert((nth, recurrence));
        let targets = if is_held_back { Vec::new() } else { self.targets(id.bulletin) };
        if !is_held_back {
            news.to_send.push(id);
        }
        self.book.insert(Row {
            order,
            bulletin: nth,
            recurrence,
            stage,
            is_closed: false,
            withdrawn_at: None,
            targets,
        });
    }

    fn targets(&self, bulletin: Uuid) -> Vec<Target> {
        let Some(post) = self.by_id.get(&bulletin).map(|nth| &self.posts[*nth]) else {
            return Vec::new();
        };
        let clusters = self.ward.clusters.iter().enumerate();
        let wanted = clusters.filter(|(_, id)| match &post.entry.targets {
            Targets::All => true,
            Targets::Some(some) => some.contains(*id),
        });
        wanted.map(|(place, _)| Target::new(place)).collect()
    }
}

/// The plan in the words of the reconciliation. Nobody reads the reasons here.
fn wanted(explained: &Explained<Uuid>) -> Wanted {
    let verdict = match explained.planned.decision {
        Decision::Plays => Verdict::Plays,
        Decision::HeldBack(Reason::OtherDay { .. }) => Verdict::Absent(String::new()),
        Decision::HeldBack(_) => Verdict::HeldBack(String::new()),
    };
    Wanted {
        bulletin: explained.planned.id,
        recurrence: explained.occurrence,
        at: explained.planned.at,
        verdict,
    }
}
