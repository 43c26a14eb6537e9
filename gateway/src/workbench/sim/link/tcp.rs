//! TCP connections to one target, through the road. A proxy sees bytes and not packets: it can hold them and
//! swallow them, and cannot lose one of them.

mod connection;

use std::io::ErrorKind;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::lane::Traffic;
use super::road::{Impairment, Road};
use super::route::Route;
use super::{LOG_EVERY, wire};
use connection::Piece;

/// More wait in the listener's backlog until one ends. Each may have a megabyte and a half under way.
const MOST_CONNECTIONS: usize = 256;

#[derive(Debug)]
pub(super) struct TcpRelay {
    listener: TcpListener,
    route: Route,
}

impl TcpRelay {
    pub(super) async fn bind(route: Route) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(route.listen).await;
        let listener = listener.with_context(|| format!("--tcp: listening on {}", route.listen))?;
        let listen = listener.local_addr()?;
        Ok(Self { listener, route: Route { listen, ..route } })
    }

    pub(super) fn name(&self) -> String {
        format!("tcp {}", self.route)
    }

    pub(super) async fn run(
        self,
        impairment: &Impairment,
        stop: CancellationToken,
    ) -> anyhow::Result<wire::Report> {
        let mut road: Road<Piece, Piece> = Road::open(self.name(), Traffic::Streams, impairment);
        // Of one: what finds the lane full waits in the connection that has read it, and reads no more.
        let (into_up, mut to_up) = mpsc::channel(1);
        let (into_down, mut to_down) = mpsc::channel(1);
        let mut connections = FuturesUnordered::new();
        let mut ticks = interval(LOG_EVERY);
        ticks.tick().await;
        loop {
            let now = road.now();
            while let Some(piece) = road.up.take_arrived(now) {
                piece.arrive();
            }
            while let Some(piece) = road.down.take_arrived(now) {
                piece.arrive();
            }
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    match accepted {
                        Ok((client, _)) => connections.push(connection::carry(
                            client,
                            self.route.target,
                            into_up.clone(),
                            into_down.clone(),
                        )),
                        // The client's business, who is gone again.
                        Err(err) if err.kind() == ErrorKind::ConnectionAborted => {}
                        Err(err) => return Err(err).context("--tcp: taking a connection"),
                    }
                }
                Some(piece) = to_up.recv(), if road.up.has_room(now) => {
                    road.up.offer(road.now(), piece.n_bytes(), piece);
                }
                Some(piece) = to_down.recv(), if road.down.has_room(now) => {
                    road.down.offer(road.now(), piece.n_bytes(), piece);
                }
                () = road.something_to_do(now) => {}
                Some(()) = connections.next() => {}
                _ = ticks.tick() => road.log(),
                () = stop.cancelled() => return Ok(road.report()),
            }
        }
    }
}
