//! The two ends of a TUN link on the command line: `NETNS=ADDRESS/PREFIX,NETNS=ADDRESS/PREFIX`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Where `ip netns add` keeps them.
const NAMED: &str = "/run/netns";
const HINT: &str = "write it as NETNS=ADDRESS/PREFIX,NETNS=ADDRESS/PREFIX, for example \
                    street=10.77.0.1/30,ward=10.77.0.2/30";

/// Invariant: both addresses are of one network, and differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::workbench::sim::link) struct Ends {
    pub(super) first: End,
    pub(super) second: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// A name of `ip netns`, or the path of a namespace.
    netns: String,
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

impl End {
    pub(super) fn namespace(&self) -> PathBuf {
        if self.netns.contains('/') {
            self.netns.clone().into()
        } else {
            PathBuf::from(NAMED).join(&self.netns)
        }
    }

    /// The bits of the address that all of its network share, and how long it is.
    fn network(&self) -> (u128, u32) {
        let (bits, n_bits) = match self.address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        (bits.checked_shr(n_bits - u32::from(self.prefix)).unwrap_or(0), n_bits)
    }
}

impl FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (netns, rest) = text.split_once('=').ok_or(HINT)?;
        let (address, prefix) = rest.split_once('/').ok_or(HINT)?;
        let address: IpAddr = address.parse().map_err(|_| HINT)?;
        let prefix: u8 = prefix.parse().map_err(|_| HINT)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if netns.is_empty() || prefix > longest {
            return Err(HINT.to_owned());
        }
        Ok(Self { netns: netns.to_owned(), address, prefix })
    }
}

impl FromStr for Ends {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, second) = text.split_once(',').ok_or(HINT)?;
        let (first, second): (End, End) = (first.parse()?, second.parse()?);
        if first.netns == second.netns {
            return Err("both ends are in one namespace, where packets need no link".to_owned());
        }
        let one_network = first.prefix == second.prefix && first.network() == second.network();
        if first.address == second.address || !one_network {
            return Err("the ends need two addresses of one network, as 10.77.0.1/30 and \
                        10.77.0.2/30"
                .to_owned());
        }
        Ok(Self { first, second })
    }
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}/{}", self.netns, self.address, self.prefix)
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{},{}", self.first, self.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> Result<Ends, String> {
        text.parse()
    }

    #[test]
    fn two_ends_are_of_one_network() {
        for good in ["a=10.77.0.1/30,b=10.77.0.2/30", "a=fd00::1/64,b=fd00::2/64"] {
            assert_eq!(ends(good).unwrap().to_string(), good);
        }
        assert!(ends("a=10.77.0.1/0,b=192.0.2.1/0").is_ok());
        for wrong in [
            "a=10.77.0.1/30,b=10.77.0.1/30",
            "a=10.77.0.1/30,b=10.77.0.5/30",
            "a=10.77.0.1/30,b=10.77.0.2/29",
            "a=0.0.0.1/32,b=::1/32",
        ] {
            assert!(ends(wrong).unwrap_err().contains("one network"), "{wrong}");
        }
        assert!(ends("a=10.77.0.1/30,a=10.77.0.2/30").unwrap_err().contains("one namespace"));
    }

    #[test]
    fn what_is_no_end_is_told_how_to_write_it() {
        for wrong in
            ["", "a=10.77.0.1/30", "a=10.77.0.1,b=10.77.0.2", "=10.77.0.1/30,b=10.77.0.2/30"]
        {
            assert_eq!(ends(wrong).unwrap_err(), HINT, "{wrong}");
        }
        assert!(ends("a=10.77.0.1/33,b=10.77.0.2/33").is_err());
    }

    #[test]
    fn a_namespace_is_a_name_or_a_path() {
        let namespace = |text: &str| text.parse::<End>().unwrap().namespace();
        assert_eq!(namespace("street=10.77.0.1/30"), PathBuf::from("/run/netns/street"));
        assert_eq!(namespace("/proc/7/ns/net=10.77.0.1/30"), PathBuf::from("/proc/7/ns/net"));
    }
}
