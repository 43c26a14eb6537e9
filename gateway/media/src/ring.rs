//! The last seconds of a camera in memory, as the camera sent them: clips are cut out of it.
//!
//! The bytes are not copied: the ring holds the very buffers that go to the decoder.

mod piece;
mod store;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use gstreamer as gst;
use jiff::Timestamp;

use piece::Follower;
pub(crate) use piece::Next;
pub use piece::Piece;
pub(crate) use store::Unit;
pub use store::{Edge, RingLimits, Window};
use store::{Incoming, Store};

/// A handle; clones share the ring. It outlives connections, which fill it one after the other.
#[derive(Clone, Debug)]
pub struct Ring(Arc<Mutex<State>>);

/// An encoded unit and what a decoder must know of it.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) buffer: gst::Buffer,
    pub(crate) caps: gst::Caps,
}

/// How one connection fills the ring. An older one that still runs is not listened to any more.
#[derive(Debug)]
pub(crate) struct RingWriter {
    ring: Ring,
    session: u32,
}

#[derive(Debug)]
struct State {
    limits: RingLimits,
    store: Store<Packet>,
    followers: Vec<Weak<Follower>>,
    n_sessions: u32,
    caps: Option<gst::Caps>,
    n_formats: u32,
}

impl Ring {
    pub fn new(limits: RingLimits) -> Self {
        Self(Arc::new(Mutex::new(State {
            limits,
            store: Store::new(limits),
            followers: Vec::new(),
            n_sessions: 0,
            caps: None,
            n_formats: 0,
        })))
    }

    /// The part of the stream from the key picture at or before `window.from` through `window.to`,
    /// which may lie ahead: the piece goes on growing until it is whole. From here on its pictures are
    /// kept for it, whatever leaves the ring. `None` when nothing was recorded at that time.
    pub fn piece(&self, window: Window) -> Option<Piece> {
        let mut state = self.lock();
        let found = state.store.piece(window)?;
        let (piece, follower) = Piece::new(found, window, state.limits.most_bytes);
        state.followers.push(Arc::downgrade(&follower));
        Some(piece)
    }

    /// Nothing more will come: pieces that still grow end with what they have.
    pub fn end_pieces(&self) {
        for follower in self.lock().followers.drain(..).filter_map(|it| it.upgrade()) {
            follower.end();
        }
    }

    /// The capture time of the newest picture, by the clock that [`crate::CameraFrame::captured_at`]
    /// goes by.
    pub fn newest_at(&self) -> Option<Timestamp> {
        self.lock().store.newest_at()
    }

    /// From the oldest picture to the newest.
    pub fn length(&self) -> Duration {
        self.lock().store.length()
    }

    /// Memory that the units hold on to, with whatever lies unused in their blocks.
    pub fn n_bytes(&self) -> usize {
        self.lock().store.n_bytes()
    }

    /// When each picture in the ring was taken, in the order they are sent.
    pub fn captured_at(&self) -> Vec<Timestamp> {
        self.lock().store.units().map(|it| it.captured_at).collect()
    }

    pub(crate) fn writer(&self) -> RingWriter {
        let mut state = self.lock();
        state.n_sessions += 1;
        RingWriter { ring: self.clone(), session: state.n_sessions }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock would be one of our own in `Store`, which is whole between calls.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RingWriter {
    /// A buffer without a stamp is left out: nobody could say when to show it.
    pub(crate) fn push(&self, buffer: gst::Buffer, caps: gst::Caps, captured_at: Timestamp) {
        let Some(pts) = buffer.pts().and_then(|it| i64::try_from(it.nseconds()).ok()) else {
            return;
        };
        let mut state = self.ring.lock();
        if self.session != state.n_sessions {
            return;
        }
        if state.caps.as_ref() != Some(&caps) {
            state.caps = Some(caps.clone());
            state.n_formats += 1;
        }
        let incoming = Incoming {
            session: self.session,
            format: state.n_formats,
            pts_ns: pts,
            captured_at,
            is_key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            n_bytes: held_bytes(&buffer),
            payload: Packet { buffer, caps },
        };
        let Some(unit) = state.store.push(incoming) else { return };
        state.followers.retain(|it| it.upgrade().is_some_and(|it| it.offer(&unit)));
    }
}

/// What a buffer keeps from being freed: its blocks whole, not the part of them that it shows.
fn held_bytes(buffer: &gst::BufferRef) -> usize {
    let whole = |it: &gst::MemoryRef| it.parent().map_or(it.maxsize(), gst::MemoryRef::maxsize);
    buffer.iter_memories().map(whole).sum()
}
