//! Packets between two network namespaces: one TUN device in each, and the road between them.

mod device;
mod ends;

use anyhow::Context as _;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use tracing::debug;
use tun_rs::AsyncDevice;

use super::lane::Traffic;
use super::road::{Impairment, Road};
use super::{LOG_EVERY, wire};

pub(super) use ends::Ends;

/// The largest that IP has, whatever the MTU of the devices is set to meanwhile.
const LARGEST_BYTES: usize = 65_535;

pub(super) struct TunRelay {
    ends: Ends,
    first: AsyncDevice,
    second: AsyncDevice,
}

impl TunRelay {
    /// The devices are gone when this is.
    pub(super) fn open(ends: Ends) -> anyhow::Result<Self> {
        let first = device::open(&ends.first)?;
        let second = device::open(&ends.second)?;
        Ok(Self { ends, first, second })
    }

    pub(super) fn name(&self) -> String {
        format!("tun {}", self.ends)
    }

    pub(super) async fn run(
        self,
        impairment: &Impairment,
        stop: CancellationToken,
    ) -> anyhow::Result<wire::Report> {
        let mut road: Road<Vec<u8>, Vec<u8>> =
            Road::open(self.name(), Traffic::Datagrams, impairment);
        let mut ticks = interval(LOG_EVERY);
        let (mut upward, mut downward) = (vec![0; LARGEST_BYTES], vec![0; LARGEST_BYTES]);
        ticks.tick().await;
        loop {
            let now = road.now();
            while let Some(packet) = road.up.take_arrived(now) {
                sent(self.second.send(&packet).await);
            }
            while let Some(packet) = road.down.take_arrived(now) {
                sent(self.first.send(&packet).await);
            }
            tokio::select! {
                received = self.first.recv(&mut upward) => {
                    let n_bytes = received.with_context(|| self.gone())?;
                    let packet = upward[..n_bytes].to_vec();
                    road.up.offer(road.now(), size(n_bytes), packet);
                }
                received = self.second.recv(&mut downward) => {
                    let n_bytes = received.with_context(|| self.gone())?;
                    let packet = downward[..n_bytes].to_vec();
                    road.down.offer(road.now(), size(n_bytes), packet);
                }
                () = road.something_to_do(now) => {}
                _ = ticks.tick() => road.log(),
                () = stop.cancelled() => return Ok(road.report()),
            }
        }
    }

    fn gone(&self) -> String {
        format!("--tun {}: a device is gone, perhaps with its namespace", self.ends)
    }
}

/// The kernel refuses what is no packet of IP, and everything while the device is down.
fn sent(result: std::io::Result<usize>) {
    if let Err(err) = result {
        debug!(error = %err, "a packet was not sent on");
    }
}

fn size(n_bytes: usize) -> u64 {
    u64::try_from(n_bytes).unwrap_or(u64::MAX)
}
