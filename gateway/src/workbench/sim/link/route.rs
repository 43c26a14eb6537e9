//! Where a proxy listens and where it leads: `LISTEN=TARGET`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) listen: SocketAddr,
    pub(super) target: SocketAddr,
}

impl FromStr for Route {
    type Err = String;

    /// A port alone is one of loopback: nobody else gets in unless somebody wants it.
    fn from_str(text: &str) -> Result<Self, String> {
        let hint = "write it as 9554=192.0.2.7:554, or 192.0.2.1:9554=192.0.2.7:554";
        let (listen, target) = text.split_once('=').ok_or(hint)?;
        let port = listen.parse::<u16>().ok();
        let listen = match port {
            Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            None => listen.parse().map_err(|_| hint)?,
        };
        let found = target.to_socket_addrs().map_err(|err| format!("{target}: {err}; {hint}"))?;
        let target = found.into_iter().next().ok_or_else(|| format!("{target} has no address"))?;
        Ok(Self { listen, target })
    }
}

impl fmt::Display for Route {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.listen, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_listens_on_loopback() {
        let route = |text: &str| text.parse::<Route>().map(|it| it.to_string());
        assert_eq!(route("9=192.0.2.7:554"), Ok("127.0.0.1:9=192.0.2.7:554".to_owned()));
        assert_eq!(route("0.0.0.0:9=[::1]:554"), Ok("0.0.0.0:9=[::1]:554".to_owned()));
        for wrong in ["", "9", "9=192.0.2.7", "x=192.0.2.7:5", "70000=192.0.2.7:5"] {
            assert!(route(wrong).unwrap_err().contains("write it as"), "{wrong}");
        }
    }
}
