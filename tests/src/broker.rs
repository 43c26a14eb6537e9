//! Real Mosquitto processes, and ports for them.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Where Debian puts it; `/usr/sbin` is not on every user's path.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";

/// A broker that ends with the value.
pub struct Broker(Child);

impl Broker {
    /// Starts `mosquitto -c configuration` and waits until it listens on `port`.
    pub fn start(configuration: &Path, port: u16) -> anyhow::Result<Self> {
        let child = Command::new(MOSQUITTO)
            .arg("-c")
            .arg(configuration)
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start mosquitto: apt-get install mosquitto")?;
        let mut broker = Self(child);
        for _ in 0..200 {
            if let Some(status) = broker.0.try_wait()? {
                bail!("mosquitto ended with {status}: run it with {}", configuration.display());
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(broker);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("mosquitto does not listen on {port} after 10 s")
    }

    /// As a power cut does it.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of `n` ports in a row in `range` that nobody listens on, different for each call of
/// this process.
pub fn free_ports(range: std::ops::Range<u16>, n: u16) -> anyhow::Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    for _ in 0..range.len() {
        let base = range.start + NEXT.fetch_add(n, Ordering::Relaxed);
        if base + n > range.end {
            break;
        }
        if (base..base + n).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(base);
        }
    }
    bail!("no {n} free ports in a row in {range:?}")
}
