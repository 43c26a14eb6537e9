//! Real Mosquitto processes, and ports for them.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
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

/// The first of `n` ports in a row in `range` that nobody listens on, and that no other call has got, of this
/// process or of another: test binaries run side by side.
pub fn free_ports(range: std::ops::Range<u16>, n: u16) -> anyhow::Result<u16> {
    for base in range.clone().step_by(n.into()).take_while(|base| base + n <= range.end) {
        let is_free = (base..base + n).all(|it| TcpListener::bind(("127.0.0.1", it)).is_ok());
        if is_free && (base..base + n).map(claim).all(|it| it.is_ok_and(|is_ours| is_ours)) {
            return Ok(base);
        }
    }
    bail!("no {n} free ports in a row in {range:?}")
}

/// Whether they are ours now, until this process ends. A socket with an abstract name (unix(7)) is the
/// claim: it leaves nothing behind, however the process ends.
fn claim(port: u16) -> anyhow::Result<bool> {
    static CLAIMED: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let name = SocketAddr::from_abstract_name(format!("vong-test-port-{port}"))?;
    match UnixListener::bind_addr(&name) {
        Ok(socket) => {
            CLAIMED.lock().expect("nothing panics while holding it").push(socket);
            Ok(true)
        }
        Err(err) if err.kind() == ErrorKind::AddrInUse => Ok(false),
        Err(err) => Err(err).context("a name for the port"),
    }
}
