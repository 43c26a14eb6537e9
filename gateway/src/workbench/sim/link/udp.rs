//! Datagrams between clients and one target, through the road.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::lane::Traffic;
use super::road::{Impairment, Road};
use super::route::Route;
use super::{LOG_EVERY, wire};

/// Each has a socket and a buffer; who comes when there are more takes the place of the quietest.
const MOST_CLIENTS: usize = 256;
/// From whom nothing came for this long is forgotten, as by a router that translates addresses.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(5);
const LARGEST_BYTES: usize = 65_535;
/// When as many answers wait for the road, the next ones wait in their sockets.
const MOST_WAITING: usize = 256;

type Bytes = Vec<u8>;
type Upward = (Arc<UdpSocket>, Bytes);
type Downward = (SocketAddr, Bytes);

#[derive(Debug)]
pub(super) struct UdpRelay {
    socket: UdpSocket,
    route: Route,
    clients: HashMap<SocketAddr, Client>,
    readers: JoinSet<()>,
    replies: mpsc::Sender<Downward>,
    replied: mpsc::Receiver<Downward>,
}

/// Has its own socket towards the target, so that answers find back.
#[derive(Debug)]
struct Client {
    socket: Arc<UdpSocket>,
    heard_at: Instant,
    reader: AbortHandle,
}

impl UdpRelay {
    pub(super) async fn bind(route: Route) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind(route.listen).await;
        let socket = socket.with_context(|| format!("--udp: listening on {}", route.listen))?;
        let listen = socket.local_addr()?;
        let (replies, replied) = mpsc::channel(MOST_WAITING);
        Ok(Self {
            socket,
            route: Route { listen, ..route },
            clients: HashMap::new(),
            readers: JoinSet::new(),
            replies,
            replied,
        })
    }

    pub(super) fn name(&self) -> String {
        format!("udp {}", self.route)
    }

    pub(super) async fn run(
        mut self,
        impairment: &Impairment,
        stop: CancellationToken,
    ) -> anyhow::Result<wire::Report> {
        let mut road: Road<Upward, Downward> =
            Road::open(self.name(), Traffic::Datagrams, impairment);
        let mut ticks = interval(LOG_EVERY);
        let mut datagram = vec![0; LARGEST_BYTES];
        ticks.tick().await;
        loop {
            let now = road.now();
            while let Some((socket, bytes)) = road.up.take_arrived(now) {
                // A target that is not there is told by the client's reader.
                sent(UdpSocket::send(&socket, &bytes).await);
            }
            while let Some((client, bytes)) = road.down.take_arrived(now) {
                sent(self.socket.send_to(&bytes, client).await);
            }
            tokio::select! {
                received = self.socket.recv_from(&mut datagram) => {
                    let Ok((n_bytes, client)) = received else { continue };
                    let socket = self.socket_of(client).await?;
                    road.up.offer(road.now(), size(n_bytes), (socket, datagram[..n_bytes].to_vec()));
                }
                Some((client, bytes)) = self.replied.recv() => {
                    road.down.offer(road.now(), size(bytes.len()), (client, bytes));
                }
                () = road.something_to_do(now) => {}
                Some(_) = self.readers.join_next() => {}
                _ = ticks.tick() => {
                    road.log();
                    self.clients.retain(|_, it| it.heard_at.elapsed() < FORGOTTEN_AFTER);
                }
                () = stop.cancelled() => return Ok(road.report()),
            }
        }
    }

    async fn socket_of(&mut self, client: SocketAddr) -> anyhow::Result<Arc<UdpSocket>> {
        if let Some(known) = self.clients.get_mut(&client) {
            known.heard_at = Instant::now();
            return Ok(Arc::clone(&known.socket));
        }
        if self.clients.len() >= MOST_CLIENTS {
            let quietest = self.clients.iter().min_by_key(|(_, it)| it.heard_at);
            let quietest = quietest.map(|(client, _)| *client);
            quietest.and_then(|it| self.clients.remove(&it));
        }
        let target = self.route.target;
        let any_address = match target.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any_address, 0)).await.context("a socket for a client")?;
        socket.connect(target).await.with_context(|| format!("--udp: no way to {target}"))?;
        let socket = Arc::new(socket);
        let read = read_replies(client, Arc::clone(&socket), self.replies.clone());
        let reader = self.readers.spawn(read);
        let entry = Client { socket: Arc::clone(&socket), heard_at: Instant::now(), reader };
        self.clients.insert(client, entry);
        Ok(socket)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read_replies(client: SocketAddr, socket: Arc<UdpSocket>, replies: mpsc::Sender<Downward>) {
    let mut datagram = vec![0; LARGEST_BYTES];
    let mut is_told = false;
    loop {
        match socket.recv(&mut datagram).await {
            Ok(n_bytes) => {
                if replies.send((client, datagram[..n_bytes].to_vec())).await.is_err() {
                    return;
                }
            }
            Err(err) if !is_told => {
                warn!(%client, error = %err, "the target takes no datagrams; is it running?");
                is_told = true;
            }
            Err(_) => {}
        }
    }
}

fn sent(result: std::io::Result<usize>) {
    if let Err(err) = result {
        debug!(error = %err, "a datagram was not sent on");
    }
}

fn size(n_bytes: usize) -> u64 {
    u64::try_from(n_bytes).unwrap_or(u64::MAX)
}
