//! How a stream is made when a client asks for it, and who may ask.

use std::sync::{Arc, Mutex};

use gst::prelude::*;
use gst_rtsp_server::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_rtsp::{RTSPAuthMethod, RTSPLowerTrans};
use gstreamer_rtsp_server as gst_rtsp_server;

use super::{Login, LoginScheme, Stream, wire};
use crate::clip::Codec;
use crate::feeder;
use crate::playhead::Feed;

/// The role that a client who has logged in plays.
const ROLE: &str = "viewer";

pub(super) fn auth(login: &Login) -> gst_rtsp_server::RTSPAuth {
    let auth = gst_rtsp_server::RTSPAuth::new();
    let token = gst_rtsp_server::RTSPToken::builder()
        .field(gst_rtsp_server::RTSP_TOKEN_MEDIA_FACTORY_ROLE, ROLE)
        .build();
    let password = login.password.expose_secret();
    match login.scheme {
        LoginScheme::Basic => {
            auth.set_supported_methods(RTSPAuthMethod::Basic);
            let basic = gst_rtsp_server::RTSPAuth::make_basic(&login.user, password);
            auth.add_basic(&basic, &token);
        }
        LoginScheme::Digest => {
            auth.set_supported_methods(RTSPAuthMethod::Digest);
            auth.add_digest(&login.user, password, &token);
        }
    }
    auth
}

/// Makes the stream for its first client, and again for the next after the last has left.
pub(super) fn of(stream: &Stream, needs_login: bool) -> gst_rtsp_server::RTSPMediaFactory {
    let payloader = match stream.clip.codec {
        Codec::H264 => "rtph264pay name=pay0 pt=96 config-interval=-1",
        Codec::H265 => "rtph265pay name=pay0 pt=96 config-interval=-1",
        Codec::Mjpeg => "rtpjpegpay name=pay0 pt=26",
        Codec::Vp8 => "rtpvp8pay name=pay0 pt=96",
    };
    let factory = gst_rtsp_server::RTSPMediaFactory::new();
    factory.set_launch(&format!("( appsrc name=units ! {payloader} )"));
    factory.set_shared(true);
    factory.set_protocols(RTSPLowerTrans::TCP | RTSPLowerTrans::UDP);
    if needs_login {
        let role = gst::Structure::builder(ROLE)
            .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_ACCESS, true)
            .field(gst_rtsp_server::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, true)
            .build();
        factory.add_role_from_structure(&role);
    }
    let feed = Feed { clip: Arc::clone(&stream.clip), faults: stream.faults.clone() };
    factory.connect_media_configure(move |_, media| configure(media, feed.clone()));
    factory
}

fn configure(media: &gst_rtsp_server::RTSPMedia, feed: Feed) {
    let element = media.element();
    wire::put_faults(&element, &feed.faults);
    let bin = element.downcast::<gst::Bin>().expect("a launched media is a bin");
    let units = bin.by_name_recurse_up("units").expect("the launch line names it");
    let units = units.downcast::<gst_app::AppSrc>().expect("units is an appsrc");
    // Dropping the sender ends the feeder.
    let stop = Mutex::new(Some(feeder::start(units, feed)));
    media.connect_unprepared(move |_| {
        if let Ok(mut stop) = stop.lock() {
            stop.take();
        }
    });
}
