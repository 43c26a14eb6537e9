//! A real RTSP server that loops clips at live pace: what `vong sim camera` and the tests talk to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Secret;
use gst::glib;
use gst::prelude::*;
use gst_rtsp_server::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_rtsp::{RTSPAuthMethod, RTSPLowerTrans};
use gstreamer_rtsp_server as gst_rtsp_server;

use crate::clip::{Clip, Codec};
use crate::feeder::{self, Feed};

/// The role that a client who has logged in plays.
const ROLE: &str = "viewer";

#[derive(Debug)]
pub struct RtspServerSettings {
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    pub login: Option<Login>,
    pub streams: Vec<Stream>,
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

#[derive(Debug)]
pub struct Stream {
    /// Begins with a slash: `/street`.
    pub path: String,
    pub clip: Arc<Clip>,
    pub fault: Option<Fault>,
}

/// What goes wrong with a stream, counted from the moment its first client starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection stays, the pictures stop.
    Freeze { after: Duration },
    /// Packets keep coming, and hold nothing that decodes.
    Garbage { after: Duration },
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
            .spawn(move || serve(settings, &own_loop, &port_tx))?;
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
    settings: RtspServerSettings,
    main_loop: &glib::MainLoop,
    port_tx: &mpsc::SyncSender<Option<u16>>,
) {
    let context = main_loop.context();
    let attached = context.with_thread_default(|| {
        let server = gst_rtsp_server::RTSPServer::new();
        server.set_address(&settings.listen.ip().to_string());
        server.set_service(&settings.listen.port().to_string());
        if let Some(login) = &settings.login {
            server.set_auth(Some(&auth(login)));
        }
        let mounts = server.mount_points().expect("a new server has mount points");
        for stream in settings.streams {
            mounts.add_factory(&stream.path.clone(), factory(stream, settings.login.is_some()));
        }
        let source = server.attach(Some(&context)).ok()?;
        Some((server, source))
    });
    let Some((server, source)) = attached.ok().flatten() else {
        // The starter waits for this message, so it is there to take it.
        let _ = port_tx.send(None);
        return;
    };
    let _ = port_tx.send(u16::try_from(server.bound_port()).ok());
    main_loop.run();
    server.client_filter(Some(&mut |_, _| gst_rtsp_server::RTSPFilterResult::Remove));
    // `SourceId::remove` would look for it in the default context.
    if let Some(source) = context.find_source_by_id(&source) {
        source.destroy();
    }
}

fn auth(login: &Login) -> gst_rtsp_server::RTSPAuth {
    let auth = gst_rtsp_server::RTSPAuth::new();
    let token = gst_rtsp_server::RTSPToken::builder()
        .field(gst_rtsp_server::RTSP_TOKEN_MEDIA_FACTORY_ROLE, ROLE)
        .build();
    let password = login.password.expose_secret();
    match login.scheme {
        LoginScheme::Basic => {
            auth.set_supported_methods(RTSPAuthMethod::Basic);
            let basic = gst_rtsp_server::RTSPAuth::make_basic(&login.user, password);
            auth.add_basic(&basic, &token);
        }
        LoginScheme::Digest => {
            auth.set_supported_methods(RTSPAuthMethod::Digest);
            auth.add_digest(&login.user, password, &token);
        }
    }
    auth
}

fn factory(stream: Stream, needs_login: bool) -> gst_rtsp_server::RTSPMediaFactory {
    let payloader = match stream.clip.codec {
        Codec::H264 => "rtph264pay name=pay0 pt=96 config-interval=-1",
        Codec::Mjpeg => "rtpjpegpay name=pay0 pt=26",
        Codec::Vp8 => "rtpvp8pay name=pay0 pt=96",
    };
    let factory = gst_rtsp_server::RTSPMediaFactory::new();
    factory.set_launch(&format!("( appsrc name=units ! {payloader} )"));
    factory.set_shared(true);
    factory.set_protocols(RTSPLowerTrans::TCP | RTSPLowerTrans::UDP);
    if needs_login {
        let role = gst::Structure::builder(ROLE)
            .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_ACCESS, true)
            .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, true)
            .build();
        factory.add_role_from_structure(&role);
    }
    factory.connect_media_configure(move |_, media| {
        let bin = media.element().downcast::<gst::Bin>().expect("a launched media is a bin");
        let units = bin.by_name_recurse_up("units").expect("the launch line names it");
        let units = units.downcast::<gst_app::AppSrc>().expect("units is an appsrc");
        let feed = Feed { clip: Arc::clone(&stream.clip), fault: stream.fault };
        let stop = feeder::start(units, feed);
        // Dropping the sender ends the feeder.
        let stop = Mutex::new(Some(stop));
        media.connect_unprepared(move |_| {
            if let Ok(mut stop) = stop.lock() {
                stop.take();
            }
        });
    });
    factory
}
