//! Faults behind the encoder: packets that are lost, and sender reports that tell another time.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;
use gstreamer as gst;
use jiff::SignedDuration;

use crate::fault::Fault;
use crate::noise::Noise;

/// `element` holds the payloader, and is inside the pipeline that will hold `rtpbin`.
pub(super) fn put_faults(element: &gst::Element, faults: &[Fault]) {
    for fault in faults {
        match fault {
            Fault::Loss { share } => lose_packets(element, *share),
            Fault::ClockOffset { by } => shift_clock(element, *by),
            Fault::Freeze { .. }
            | Fault::Garbage { .. }
            | Fault::Still { .. }
            | Fault::ChangeSize { .. }
            | Fault::Pace { .. }
            | Fault::Corrupt { .. } => {}
        }
    }
}

/// Behind the payloader and before the transport, so that UDP and TCP lose alike.
fn lose_packets(element: &gst::Element, share: f64) {
    let bin = element.downcast_ref::<gst::Bin>().expect("a launched media is a bin");
    let payloader = bin.by_name("pay0").expect("the launch line names it");
    let pad = payloader.static_pad("src").expect("every payloader has a source pad");
    let noise = Mutex::new(Noise::new());
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        let mut noise = noise.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut info.data {
            Some(gst::PadProbeData::Buffer(_)) if noise.hits(share) => gst::PadProbeReturn::Drop,
            Some(gst::PadProbeData::BufferList(packets)) => {
                packets.make_mut().foreach_mut(|packet, _| {
                    ControlFlow::Continue(Some(packet).filter(|_| !noise.hits(share)))
                });
                // An empty list is refused further on.
                if packets.is_empty() { gst::PadProbeReturn::Drop } else { gst::PadProbeReturn::Ok }
            }
            _ => gst::PadProbeReturn::Ok,
        }
    });
}

/// `rtpbin` comes into the pipeline later, and its pads later still.
fn shift_clock(element: &gst::Element, by: SignedDuration) {
    let pipeline = element.parent().and_then(|it| it.downcast::<gst::Bin>().ok());
    let pipeline = pipeline.expect("a configured media is in its pipeline");
    pipeline.connect_element_added(move |_, added| {
        if added.factory().is_none_or(|it| it.name() != "rtpbin") {
            return;
        }
        added.connect_pad_added(move |_, pad| {
            if pad.name().starts_with("send_rtcp_src") {
                shift_reports(pad, by);
            }
        });
    });
}

fn shift_reports(pad: &gst::Pad, by: SignedDuration) {
    let shift = Arc::new(move |packet: &mut gst::Buffer| {
        if let Ok(mut bytes) = packet.make_mut().map_writable() {
            shift_report(&mut bytes, by);
        }
    });
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, info| {
        match &mut info.data {
            Some(gst::PadProbeData::Buffer(packet)) => shift(packet),
            Some(gst::PadProbeData::BufferList(packets)) => {
                packets.make_mut().foreach_mut(|mut packet, _| {
                    shift(&mut packet);
                    ControlFlow::Continue(Some(packet))
                });
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
}

/// The seconds of an NTP time wrap around in 2036 and then on; RFC 3550 section 6.4.1.
fn shift_report(packet: &mut [u8], by: SignedDuration) {
    let [_, 200, _, _, _, _, _, _, a, b, c, d, ..] = packet else { return };
    let seconds = i64::from(u32::from_be_bytes([*a, *b, *c, *d])) + by.as_secs();
    let wrapped = u32::try_from(seconds.rem_euclid(1 << 32)).expect("within 32 bits");
    [*a, *b, *c, *d] = wrapped.to_be_bytes();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_shifted_and_wraps() {
        let check = |by: i64, expected: u32| {
            let mut packet = [0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 10, 7, 7, 7, 7];
            shift_report(&mut packet, SignedDuration::from_secs(by));
            assert_eq!(packet[8..12], expected.to_be_bytes());
            assert_eq!(packet[12..], [7; 4]);
        };
        check(5, 15);
        check(-11, u32::MAX);
        let mut other = [0x80, 201, 0, 6, 0, 0, 0, 1, 0, 0, 0, 10];
        shift_report(&mut other, SignedDuration::from_secs(5));
        assert_eq!(other[11], 10);
    }
}
