//! Where a server lets clients in, and how it throws them out: at its end, and when it reboots.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gst::glib;
use gst_rtsp_server::RTSPFilterResult;
use gst_rtsp_server::prelude::*;
use gstreamer as gst;
use gstreamer_rtsp_server as gst_rtsp_server;
use tracing::warn;

use crate::fault::Reboot;

/// A listening server. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Door {
    server: gst_rtsp_server::RTSPServer,
    context: glib::MainContext,
    port: u16,
    /// What listens; nothing while the camera reboots.
    listener: Arc<Mutex<Option<glib::SourceId>>>,
    /// What waits for the next reboot, or for its end.
    timer: Arc<Mutex<Option<glib::Source>>>,
}

impl Door {
    /// `None` when the address cannot be listened on.
    pub(super) fn open(
        server: gst_rtsp_server::RTSPServer,
        context: &glib::MainContext,
    ) -> Option<Self> {
        let listener = server.attach(Some(context)).ok()?;
        let port = u16::try_from(server.bound_port()).ok()?;
        // For whoever opens again: clients look for it where it was.
        server.set_service(&port.to_string());
        let listener = Arc::new(Mutex::new(Some(listener)));
        let context = context.clone();
        Some(Self { server, context, port, listener, timer: Arc::default() })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every client off, for good.
    pub(super) fn close(self) {
        // The timer holds a door: the two would keep each other.
        if let Some(timer) = lock(&self.timer).take() {
            timer.destroy();
        }
        self.throw_out();
    }

    /// Cuts every client off and lets nobody in.
    fn throw_out(&self) {
        let listener = lock(&self.listener).take();
        // `SourceId::remove` would look for it in the default context.
        if let Some(source) = listener.and_then(|it| self.context.find_source_by_id(&it)) {
            source.destroy();
        }
        self.server.client_filter(Some(&mut |_, _| RTSPFilterResult::Remove));
    }

    fn open_again(&self) {
        // What was sent over UDP outlives its connection. (Ended together with it, the connection's
        // watch spins on a closed stream; Debian 12.)
        if let Some(sessions) = self.server.session_pool() {
            sessions.filter(Some(&mut |_, _| RTSPFilterResult::Remove));
        }
        match self.server.attach(Some(&self.context)) {
            Ok(listener) => {
                *lock(&self.listener) = Some(listener);
            }
            Err(err) => warn!(%err, port = self.port, "the camera does not come back"),
        }
    }
}

/// On the thread of the server's loop, as long as that runs.
pub(super) fn reboot_again_and_again(door: &Door, reboot: Reboot) {
    let own = door.clone();
    after(door, reboot.every, move || {
        own.throw_out();
        let back = own.clone();
        after(&own, reboot.takes, move || {
            back.open_again();
            reboot_again_and_again(&back, reboot);
        });
    });
}

fn after(door: &Door, wait: Duration, act: impl Fn() + Send + 'static) {
    let source = glib::timeout_source_new(wait, None, glib::Priority::DEFAULT, move || {
        act();
        glib::ControlFlow::Break
    });
    source.attach(Some(&door.context));
    *lock(&door.timer) = Some(source);
}

/// A panic of another holder leaves whole values behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
