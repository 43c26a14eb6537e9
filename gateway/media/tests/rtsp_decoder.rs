//! A decoder that is taken for hardware and cannot do it: the camera goes on with software, and says so.
//!
//! A process of its own: what it registers would be seen by other tests. The decoder that fails is
//! `openh264dec`, a real one, registered under a name of the kernel's drivers: it refuses 4:2:2, which it
//! says only when the stream is there, as many chips do.

#![expect(clippy::unwrap_used, reason = "clippy knows #[test] functions, not what they call")]

mod bench;

use std::sync::Arc;
use std::time::Duration;

use base::Size;
use bench::{connect, cut, server, settings};
use gstreamer as gst;
use gstreamer::prelude::*;
use media::{Clip, DecoderMemory, DecoderUse, RtspCamera, RtspSettings};

const CHIP: &str = "v4l2testh264dec";

fn register_chip() {
    media::init().unwrap();
    let software = gst::ElementFactory::find("openh264dec").expect("gstreamer1.0-plugins-bad");
    let kind = software.load().unwrap().downcast::<gst::ElementFactory>().unwrap().element_type();
    gst::Element::register(None, CHIP, gst::Rank::MARGINAL, kind).unwrap();
}

/// The first decoder that a connection has, and the one that made its first picture.
async fn decoders(camera: &mut RtspCamera) -> (DecoderUse, DecoderUse) {
    let mut first = None;
    loop {
        let next = tokio::time::timeout(Duration::from_millis(1), camera.next()).await;
        first = first.or_else(|| camera.decoder());
        if let Ok(frame) = next {
            assert_eq!(frame.unwrap().frame.size(), Size { width: 640, height: 360 });
            return (first.unwrap(), camera.decoder().unwrap());
        }
    }
}

#[tokio::test]
async fn a_chip_that_cannot_do_it_is_replaced_and_left_alone() {
    register_chip();
    let dir = tempfile::tempdir().unwrap();
    let encode = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "5", "-pix_fmt"];
    let how = [&encode[..], &["yuv422p"]].concat();
    let clip = Clip::as_it_is(&cut(dir.path(), "hard.mp4", "3", &how)).unwrap();
    let hard = server(Arc::new(clip), vec![], None);
    let settings = settings(hard.url("/street"));

    let (first, used) = decoders(&mut connect(&settings)).await;
    assert_eq!((first.name.as_str(), first.is_hardware), (CHIP, true));
    assert_eq!((used.name.as_str(), used.is_hardware), ("avdec_h264", false));
    let why = used.fell_back.unwrap();
    assert!(why.starts_with(CHIP), "{why}");

    // The next connection of this camera does not try again; another camera does.
    let (first, _) = decoders(&mut connect(&settings)).await;
    assert_eq!((first.name.as_str(), first.fell_back), ("avdec_h264", Some(why)));
    let other = RtspSettings { decoders: DecoderMemory::default(), ..settings };
    assert!(decoders(&mut connect(&other)).await.0.is_hardware);

    // Where it works, it is what is used.
    let how = [&encode[..], &["yuv420p"]].concat();
    let clip = Clip::as_it_is(&cut(dir.path(), "easy.mp4", "3", &how)).unwrap();
    let easy = server(Arc::new(clip), vec![], None);
    let (_, used) = decoders(&mut connect(&bench::settings(easy.url("/street")))).await;
    assert_eq!(used, DecoderUse { name: CHIP.to_owned(), is_hardware: true, fell_back: None });
}
