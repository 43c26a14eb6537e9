//! The camera's end of a pipeline: `rtspsrc`, its login, which of its streams is taken, and what its
//! sender reports say.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::capture::{SenderReport, Sync};
use super::codec::Coded;
use super::error::CameraError;
use super::shared::Shared;
use super::{RtspSettings, RtspTransport};
use crate::element::{self, MissingElement};

/// How long a packet may be late. GStreamer's own 2 s would be 2 s on every alert.
const UDP_LATENCY_MS: u32 = 200;
/// TCP loses nothing and passes on at once what is in order: this only bounds what may come in one
/// burst after a retransmission, and what may wait for a slow decoder. More is dropped.
const TCP_LATENCY_MS: u32 = 2_000;
/// How long the camera may take to accept a connection or to answer. The default is 20 s.
const ANSWER_WITHIN_US: u64 = 5_000_000;

pub(super) fn build(
    settings: &RtspSettings,
    shared: &Arc<Shared>,
) -> Result<gst::Element, MissingElement> {
    let source = element::make("rtspsrc")?;
    let (url, inside) = without_login(&settings.url);
    source.set_property("location", url);
    // As properties and not inside the url, which shows up in messages and dumps.
    let user = settings.username.clone().or_else(|| inside.as_ref().map(|it| it.0.clone()));
    let password = settings.password.as_ref().map(|it| it.expose_secret().clone());
    source.set_property("user-id", user);
    source.set_property("user-pw", password.or_else(|| inside.map(|it| it.1)));
    let protocols = match settings.transport {
        RtspTransport::Tcp => "tcp",
        RtspTransport::Udp => "udp",
    };
    source.set_property_from_str("protocols", protocols);
    let latency_ms = match settings.transport {
        RtspTransport::Tcp => TCP_LATENCY_MS,
        RtspTransport::Udp => UDP_LATENCY_MS,
    };
    source.set_property("latency", latency_ms);
    source.set_property("drop-on-latency", true);
    source.set_property("tcp-timeout", ANSWER_WITHIN_US);
    source.set_property("timeout", ANSWER_WITHIN_US);
    source.set_property("udp-reconnect", false);
    report_sender_time(&source, shared);
    choose_stream(&source, shared);
    Ok(source)
}

/// Takes `user:password@` out of a url.
fn without_login(url: &str) -> (String, Option<(String, String)>) {
    let Some((scheme, rest)) = url.split_once("://") else { return (url.to_owned(), None) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Some((login, host)) = authority.rsplit_once('@') else { return (url.to_owned(), None) };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    (format!("{scheme}://{host}{path}"), Some((user.to_owned(), password.to_owned())))
}

/// The first video is taken, sound and everything else is not even set up.
fn choose_stream(source: &gst::Element, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    source.connect("select-stream", false, move |values| {
        let caps = values.get(2)?.get::<gst::Caps>().ok()?;
        let stream = caps.structure(0)?;
        if stream.get::<&str>("media") != Ok("video") {
            return Some(false.to_value());
        }
        let codec = stream.get::<&str>("encoding-name").unwrap_or("an unknown codec");
        let is_known = Coded::from_encoding_name(codec).is_some();
        if !is_known {
            shared.put_error(CameraError::UnsupportedCodec { codec: codec.to_owned() });
        }
        let is_first = !shared.has_stream();
        shared.put_stream();
        Some((is_known && is_first).to_value())
    });
}

/// The jitter buffer tells, with each RTCP sender report, which moment of the camera's clock which
/// moment of the stream is. (Debian 12's `rtspsrc` puts no reference time on the buffers.)
fn report_sender_time(source: &gst::Element, shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    source.connect("new-manager", false, move |values| {
        let manager = values.get(1)?.get::<gst::Element>().ok()?;
        let shared = Arc::clone(&shared);
        manager.connect("new-jitterbuffer", false, move |values| {
            let buffer = values.get(1)?.get::<gst::Element>().ok()?;
            let shared = Arc::clone(&shared);
            buffer.connect("handle-sync", false, move |values| {
                let sync = values.get(1)?.get::<gst::Structure>().ok()?;
                if let Some(report) = sender_report(&sync) {
                    shared.put_report(report);
                }
                None
            });
            None
        });
        None
    });
}

fn sender_report(sync: &gst::StructureRef) -> Option<SenderReport> {
    let packet = sync.get::<gst::Buffer>("sr-buffer").ok()?;
    let packet = packet.map_readable().ok()?;
    let times = Sync {
        base_rtp: sync.get("base-rtptime").ok()?,
        base_time_ns: sync.get("base-time").ok()?,
        sr_rtp: sync.get("sr-ext-rtptime").ok()?,
        clock_rate_hz: sync.get("clock-rate").ok()?,
    };
    SenderReport::new(&packet, times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_does_not_stay_in_the_url() {
        let login = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        let check = |url: &str, bare: &str, inside| {
            assert_eq!(without_login(url), (bare.to_owned(), inside));
        };
        check("rtsp://10.0.0.2/street", "rtsp://10.0.0.2/street", None);
        check("rtsp://an:b@c@10.0.0.2:554/s@1", "rtsp://10.0.0.2:554/s@1", login("an", "b@c"));
        check("rtsp://an@10.0.0.2", "rtsp://10.0.0.2", login("an", ""));
    }
}
