//! A TUN device inside a namespace.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, bail};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tun_rs::{AsyncDevice, DeviceBuilder, SyncDevice};

use super::ends::End;

const NODE: &str = "/dev/net/tun";
/// The kernel numbers them: two links may end in one namespace.
const NAME: &str = "vong%d";
const MTU_BYTES: u16 = 1500;
/// What the kernel drops because we read too slowly, nobody counts: its own 500 are a burst of one keyframe
/// of ten cameras.
const KERNEL_QUEUE_PACKETS: u32 = 8192;

/// Up, with its address, in the namespace of `end`, until it is dropped.
pub(super) fn open(end: &End) -> anyhow::Result<AsyncDevice> {
    if !Path::new(NODE).exists() {
        bail!(
            "--tun: {NODE} is not there; load the module (modprobe tun), or give it to the \
             container (--device {NODE})"
        );
    }
    let namespace = end.namespace();
    if !namespace.exists() {
        bail!(
            "--tun: there is no namespace {}; make it first, with `ip netns add NAME`",
            namespace.display()
        );
    }
    let file = File::open(&namespace);
    let file = file.with_context(|| format!("--tun: opening {}", namespace.display()))?;
    // A thread belongs to one namespace, so one that ends after this enters it: whatever else runs here
    // stays where it is. The device keeps the namespace it was made in.
    let made = thread::scope(|scope| scope.spawn(|| make_inside(&file, end)).join());
    let device = made.unwrap_or_else(|_| Err(io::Error::other("making it panicked")));
    let device = device.map_err(|err| explained(err, end))?;
    AsyncDevice::new(device).context("--tun: waiting for packets of the device")
}

fn make_inside(namespace: &File, end: &End) -> io::Result<SyncDevice> {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
    let device = DeviceBuilder::new().name(NAME).mtu(MTU_BYTES).tx_queue_len(KERNEL_QUEUE_PACKETS);
    let device = match end.address {
        IpAddr::V4(address) => device.ipv4(address, end.prefix, None),
        IpAddr::V6(address) => device.ipv6(address, end.prefix),
    };
    device.build_sync()
}

fn explained(err: io::Error, end: &End) -> anyhow::Error {
    let is_refused = err.kind() == ErrorKind::PermissionDenied;
    let context = if is_refused {
        format!(
            "--tun {end}: needs root, or CAP_SYS_ADMIN to enter the namespace and CAP_NET_ADMIN for \
             a device in it; --udp and --tcp need neither"
        )
    } else {
        format!("--tun {end}: making the device")
    };
    anyhow::Error::new(err).context(context)
}
