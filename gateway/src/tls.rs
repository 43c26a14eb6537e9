//! HTTPS servers: the handshake, who is at the other end, the limits of a connection, and an orderly
//! end. Routes are their owners' business. Used by the console and by the content server alike:
//!
//! ```ignore
//! // Content: only holders of a certificate of this fleet; a handler sees which device asks.
//! let listener = TcpListener::bind(settings.listen).await?;
//! let tls = identity.server_config(ClientAuth::Required, time.clone());
//! let router = Router::new().route("/v1/content/{sha256}", get(content)); // content(Extension(Peer(device)): Extension<Peer>, ..)
//! tls::serve(Door { listener, tls, max_connections: 256 }, router, stop.clone()).await?;
//!
//! // Console: anybody may knock; the handlers ask for a login.
//! let tls = identity.server_config(ClientAuth::None, time.clone());
//! ```

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum_server::Handle;
use axum_server::accept::Accept;
use base::DeviceId;
use hyper_util::rt::TokioTimer;
use provisioning::peer_device_id;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower::Service;
use tracing::debug;

/// A peer on a bad 4G link needs two round trips of a second or two; one that needs longer is idle.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// From the first byte of a request to the last of its header, and between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// What a request under way gets after `stop`; below the 10 s that all tasks together have.
const GRACE: Duration = Duration::from_secs(5);

/// Where a server listens, and on what terms.
pub struct Door {
    pub listener: TcpListener,
    pub tls: Arc<ServerConfig>,
    /// Connections at once. One more is closed before its handshake, so that a flood of half-open
    /// ones costs neither memory nor signatures.
    pub max_connections: usize,
}

/// The device whose certificate the handshake has verified: a request extension, present on servers
/// that require a client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer(pub DeviceId);

/// Serves `router` until `stop`, then lets requests under way end within 5 s. A handler may also
/// take `ConnectInfo<SocketAddr>`. HTTP/1.1 only: what we serve are files and a few small pages.
pub async fn serve(door: Door, router: Router, stop: CancellationToken) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = axum_server::Server::<SocketAddr>::from_listener(door.listener)
        .acceptor(Porter::new(&door.tls, door.max_connections))
        .handle(handle.clone())
        .http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let serving = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop.cancelled() => handle.graceful_shutdown(Some(GRACE)),
    }
    serving.await
}

/// Lets one connection in, or not.
#[derive(Clone)]
struct Porter {
    acceptor: TlsAcceptor,
    places: Arc<Semaphore>,
}

/// A connection's service: tells each request who asks, and frees its place when it is dropped.
#[derive(Clone)]
struct Visitor<S> {
    inner: S,
    peer: Option<Peer>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Porter {
    fn new(tls: &ServerConfig, max_connections: usize) -> Self {
        let mut tls = tls.clone();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        Self { acceptor, places: Arc::new(Semaphore::new(max_connections)) }
    }

    async fn admit<S>(
        self,
        tcp: TcpStream,
        inner: S,
    ) -> io::Result<(TlsStream<TcpStream>, Visitor<S>)> {
        let place = self.places.try_acquire_owned().map_err(|_| {
            debug!("a connection is closed unheard: as many as allowed are open");
            io::ErrorKind::ConnectionRefused
        })?;
        tcp.set_nodelay(true)?;
        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(tcp));
        let stream = handshake.await?.inspect_err(|error| debug!(%error, "handshake refused"))?;
        let certificates = stream.get_ref().1.peer_certificates();
        let peer = match certificates.and_then(<[_]>::first) {
            // Verified by the handshake, and yet not a device: nothing that we have issued.
            Some(certificate) => {
                Some(Peer(peer_device_id(certificate).ok_or(io::ErrorKind::InvalidData)?))
            }
            None => None,
        };
        Ok((stream, Visitor { inner, peer, _place: Arc::new(place) }))
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Porter {
    type Stream = TlsStream<TcpStream>;
    type Service = Visitor<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        Box::pin(self.clone().admit(stream, service))
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Visitor<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        self.inner.call(request)
    }
}
