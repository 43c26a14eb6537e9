//! What changes on the box, told to every open console page as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};

use super::guard::Caller;
use super::{Console, session};

// A notice names what changed and carries nothing of it: the page asks for that, with its own rights.

/// What a slow page may lag behind before it is told to load everything anew.
const MAX_BEHIND: usize = 256;
/// Below the minute after which middleboxes cut a silent connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a page notices that its session has ended.
const RECHECK_EVERY: Duration = Duration::from_mins(1);
const RECONNECT_AFTER: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Topic {
    Camera,
    Alert,
    Cluster,
    Bulletin,
    Play,
    Calendar,
}

#[derive(Clone, Debug)]
pub(super) struct Notice {
    topic: Topic,
    json: Arc<str>,
}

/// Where the parts of the box say that something changed. Cheap to clone; never blocks: without an
/// open page a notice goes nowhere.
#[derive(Clone, Debug)]
pub(super) struct Live(broadcast::Sender<Notice>);

impl Topic {
    fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Alert => "alert",
            Self::Cluster => "cluster",
            Self::Bulletin => "bulletin",
            Self::Play => "play",
            Self::Calendar => "calendar",
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::channel(MAX_BEHIND).0)
    }
}

impl Live {
    pub(super) fn tell(&self, topic: Topic, data: &serde_json::Value) {
        // An error only says that nobody listens.
        let _ = self.0.send(Notice { topic, json: data.to_string().into() });
    }

    fn listen(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

/// One page's stream, until it leaves, its session ends or the box stops.
struct Page {
    console: Arc<Console>,
    caller: Caller,
    notices: broadcast::Receiver<Notice>,
    recheck_at: Instant,
    greeted: bool,
    is_over: bool,
}

pub(super) async fn events(
    State(console): State<Arc<Console>>,
    Extension(caller): Extension<Caller>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let notices = console.live.listen();
    let recheck_at = Instant::now() + RECHECK_EVERY;
    let page = Page { console, caller, notices, recheck_at, greeted: false, is_over: false };
    let events = stream::unfold(page, |mut page| async move {
        let event = page.next().await?;
        Some((Ok(event), page))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

impl Page {
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(Event::default().event("hello").retry(RECONNECT_AFTER).data("{}"));
        }
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                () = self.console.stop.cancelled() => return None,
                () = sleep_until(self.recheck_at) => {
                    if !self.is_still_welcome().await {
                        self.is_over = true;
                        return Some(Event::default().event("logout").data("{}"));
                    }
                    self.recheck_at = Instant::now() + RECHECK_EVERY;
                }
                notice = self.notices.recv() => match notice {
                    Ok(Notice { topic, json }) => {
                        return Some(Event::default().event(topic.as_str()).data(&*json));
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        return Some(Event::default().event("reload").data("{}"));
                    }
                    Err(broadcast::error::RecvError::Closed) => return None,
                },
            }
        }
    }

    /// Also counts as use: see [`session::IDLE`].
    async fn is_still_welcome(&self) -> bool {
        let (id, now) = (self.caller.session, self.console.clock().now());
        let kept = self.console.store().write(move |conn| {
            let found = session::find(conn, &id, now)?;
            session::touch(conn, &id, now)?;
            Ok(found.is_some())
        });
        kept.await.unwrap_or(false)
    }
}
