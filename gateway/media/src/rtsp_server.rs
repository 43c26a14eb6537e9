//! A real RTSP server that loops clips at live pace: what `vong sim camera` and the tests talk to.

mod door;
mod factory;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use base::Secret;
use gst::glib;
use gst_rtsp_server::prelude::*;
use gstreamer as gst;
use gstreamer_rtsp_server as gst_rtsp_server;

use crate::clip::Clip;
use crate::fault::{Fault, Reboot};
use door::Door;

#[derive(Debug)]
pub struct RtspServerSettings {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    pub login: Option<Login>,
    pub streams: Vec<Stream>,
    pub reboot: Option<Reboot>,
}

#[derive(Debug)]
pub struct Login {
    pub user: String,
    pub password: Secret<String>,
    pub scheme: LoginScheme,
}

/// How the password crosses the wire (RFC 2617).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LoginScheme {
    Basic,
    #[default]
    Digest,
}

#[derive(Clone, Debug)]
pub struct Stream {
    /// Begins with a slash: `/street`.
    pub path: String,
    pub clip: Arc<Clip>,
    pub faults: Vec<Fault>,
}

#[derive(Debug, thiserror::Error)]
pub enum RtspServerError {
    #[error("cannot listen on {0}: is the port taken, or the address not of this machine?")]
    Listen(SocketAddr),
    #[error("the stream path {0:?} must begin with / and hold no space")]
    Path(String),
    #[error("the server's thread cannot be started")]
    Thread(#[from] std::io::Error),
}

/// Serves until dropped; then every client is cut off.
#[derive(Debug)]
pub struct RtspServer {
    address: SocketAddr,
    paths: Vec<String>,
    context: glib::MainContext,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl RtspServer {
    /// Listens before it returns.
    pub fn start(settings: RtspServerSettings) -> Result<Self, RtspServerError> {
        if let Some(stream) =
            settings.streams.iter().find(|it| !it.path.starts_with('/') || it.path.contains(' '))
        {
            return Err(RtspServerError::Path(stream.path.clone()));
        }
        let context = glib::MainContext::new();
        let main_loop = glib::MainLoop::new(Some(&context), false);
        let (port_tx, port) = mpsc::sync_channel(1);
        let listen = settings.listen;
        let paths = settings.streams.iter().map(|it| it.path.clone()).collect();
        let own_loop = main_loop.clone();
        let thread = std::thread::Builder::new()
            .name("rtsp-server".to_owned())
            .spawn(move || serve(&settings, &own_loop, &port_tx))?;
        match port.recv().ok().flatten() {
            Some(port) => {
                let address = SocketAddr::new(listen.ip(), port);
                Ok(Self { address, paths, context, main_loop, thread: Some(thread) })
            }
            None => Err(RtspServerError::Listen(listen)),
        }
    }

    /// Where it listens, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of every stream, in the order of the settings.
    pub fn urls(&self) -> impl Iterator<Item = String> {
        self.paths.iter().map(|path| self.url(path))
    }

    pub fn url(&self, path: &str) -> String {
        format!("rtsp://{}{path}", self.address)
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        // Asked of the loop's own thread: a quit before the loop runs would be forgotten.
        let main_loop = self.main_loop.clone();
        self.context.invoke(move || main_loop.quit());
        if let Some(thread) = self.thread.take() {
            // A panic there was printed there.
            let _ = thread.join();
        }
    }
}

/// The server's whole life. `GLib` wants a context to stay with its thread.
fn serve(
    settings: &RtspServerSettings,
    main_loop: &glib::MainLoop,
    port_tx: &mpsc::SyncSender<Option<u16>>,
) {
    let context = main_loop.context();
    let attached = context.with_thread_default(|| {
        let server = gst_rtsp_server::RTSPServer::new();
        server.set_address(&settings.listen.ip().to_string());
        server.set_service(&settings.listen.port().to_string());
        if let Some(login) = &settings.login {
            server.set_auth(Some(&factory::auth(login)));
        }
        let mounts = server.mount_points().expect("a new server has mount points");
        for stream in &settings.streams {
            let factory = factory::of(stream, settings.login.is_some());
            mounts.add_factory(&stream.path, factory);
        }
        Door::open(server, &context)
    });
    let Some(door) = attached.ok().flatten() else {
        // The starter waits for this message, so it is there to take it.
        let _ = port_tx.send(None);
        return;
    };
    let _ = port_tx.send(Some(door.port()));
    if let Some(reboot) = settings.reboot {
        door::reboot_again_and_again(&door, reboot);
    }
    main_loop.run();
    door.close();
}
