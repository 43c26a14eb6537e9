//! One connection: what is read on one side goes into a lane, and what comes out of it is written on the
//! other. That the connection is opened or closed travels in the lanes like its bytes, so that an outage
//! holds it back and a dead way never tells.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tracing::{debug, warn};

/// What a packet of Ethernet carries: so `--rate` spreads the bytes as finely as a modem would.
const PIECE_BYTES: usize = 1448;
/// Of one connection, one way: as the window of TCP, it bounds what is under way.
const MOST_UNDER_WAY: usize = 512;

/// Of a stream, on its way to `exit`.
#[derive(Debug)]
pub(super) struct Piece {
    exit: mpsc::Sender<Arrived>,
    arrived: Arrived,
}

#[derive(Debug)]
struct Arrived {
    content: Content,
    /// Given back when the piece is written, or dropped.
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Content {
    Opening,
    Bytes(Vec<u8>),
    End,
}

impl Piece {
    pub(super) fn n_bytes(&self) -> u64 {
        match &self.arrived.content {
            Content::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Content::Opening | Content::End => 0,
        }
    }

    /// There is always room: a channel holds as many as there are permits. Nobody may be listening.
    pub(super) fn arrive(self) {
        let _ = self.exit.try_send(self.arrived);
    }
}

/// Where one way of a connection enters its lane.
#[derive(Debug)]
struct Entrance {
    lane: mpsc::Sender<Piece>,
    exit: mpsc::Sender<Arrived>,
    room: Arc<Semaphore>,
}

type Exit = mpsc::Receiver<Arrived>;

fn way(lane: mpsc::Sender<Piece>) -> (Entrance, Exit) {
    let (exit, arrivals) = mpsc::channel(MOST_UNDER_WAY);
    (Entrance { lane, exit, room: Arc::new(Semaphore::new(MOST_UNDER_WAY)) }, arrivals)
}

impl Entrance {
    /// Waits for room.
    async fn offer(&self, content: Content) {
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return };
        let arrived = Arrived { content, _room: room };
        // A lane that is gone takes the process with it.
        let _ = self.lane.send(Piece { exit: self.exit.clone(), arrived }).await;
    }
}

/// Until both sides have closed, as far as they can tell.
pub(super) async fn carry(
    client: TcpStream,
    target: SocketAddr,
    into_up: mpsc::Sender<Piece>,
    into_down: mpsc::Sender<Piece>,
) {
    let (up, mut up_exit) = way(into_up);
    let (down, down_exit) = way(into_down);
    at_once(&client);
    let (from_client, to_client) = client.into_split();
    let climb = async {
        up.offer(Content::Opening).await;
        read(from_client, up).await;
    };
    let beyond = async {
        // Nothing ever comes out of a dead way.
        if up_exit.recv().await.is_none() {
            return;
        }
        match TcpStream::connect(target).await {
            Ok(server) => {
                at_once(&server);
                let (from_server, to_server) = server.into_split();
                tokio::join!(
                    read(from_server, down),
                    write(up_exit, to_server),
                    write(down_exit, to_client),
                );
            }
            Err(err) => {
                warn!(%target, error = %err, "the target takes no connection; is it running?");
                down.offer(Content::End).await;
                drop((down, up_exit));
                write(down_exit, to_client).await;
            }
        }
    };
    tokio::join!(climb, beyond);
}

async fn read(mut side: impl AsyncRead + Unpin, entrance: Entrance) {
    loop {
        let mut bytes = vec![0; PIECE_BYTES];
        match side.read(&mut bytes).await {
            Ok(n_bytes @ 1..) => {
                bytes.truncate(n_bytes);
                entrance.offer(Content::Bytes(bytes)).await;
            }
            // Closed or reset: the other side is told the same.
            Ok(0) | Err(_) => break,
        }
    }
    entrance.offer(Content::End).await;
}

/// Gives the side back, since to drop it would close it: whoever is never told of an end keeps it open.
async fn write<W: AsyncWrite + Unpin>(mut exit: Exit, mut side: W) -> W {
    while let Some(arrived) = exit.recv().await {
        let written = match &arrived.content {
            Content::Opening => Ok(()),
            Content::Bytes(bytes) => side.write_all(bytes).await,
            Content::End => side.shutdown().await,
        };
        if let Err(err) = written {
            // Its reader finds the same, and tells. What still comes is for nobody.
            debug!(error = %err, "a side of a connection is gone");
        }
    }
    side
}

/// The link decides when bytes go, not the kernel that waits for more of them.
fn at_once(side: &TcpStream) {
    if let Err(err) = side.set_nodelay(true) {
        debug!(error = %err, "a side of a connection is gone");
    }
}
