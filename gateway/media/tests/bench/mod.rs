//! What the camera tests stand on: a street, servers that send it, and clients of them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use base::{Picture, SystemClock};
use media::{
    CameraError, Clip, Codec, DecoderMemory, Fault, Login, Masks, RtspCamera, RtspServer,
    RtspServerSettings, RtspSettings, RtspTransport, Stream, VideoFile, VideoFrame,
};

pub(crate) fn street() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let dir =
        std::env::var_os("VONG_MEDIA_DIR").map_or_else(|| cache.join("vong/media"), PathBuf::from);
    let path = dir.join("vtest-360.mp4");
    assert!(path.exists(), "{} is missing: run scripts/fetch-media.sh", path.display());
    path
}

pub(crate) fn clip() -> Arc<Clip> {
    static CLIP: OnceLock<Arc<Clip>> = OnceLock::new();
    Arc::clone(CLIP.get_or_init(|| {
        media::init().unwrap();
        Arc::new(Clip::load(&street(), Codec::H264).unwrap())
    }))
}

/// The first seconds of the street, with what `ffmpeg` is told to do to them.
pub(crate) fn cut(dir: &Path, name: &str, seconds: &str, how: &[&str]) -> PathBuf {
    media::init().unwrap();
    let cut = dir.join(name);
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-t", seconds, "-i"])
        .arg(street())
        .args(how)
        .arg(&cut)
        .status();
    assert!(status.unwrap().success());
    cut
}

pub(crate) fn server(clip: Arc<Clip>, faults: Vec<Fault>, login: Option<Login>) -> RtspServer {
    media::init().unwrap();
    let streams = vec![Stream { path: "/street".to_owned(), clip, faults }];
    let listen = "127.0.0.1:0".parse().unwrap();
    RtspServer::start(RtspServerSettings { listen, login, streams, reboot: None }).unwrap()
}

pub(crate) fn settings(url: String) -> RtspSettings {
    RtspSettings {
        url,
        username: None,
        password: None,
        transport: RtspTransport::Tcp,
        fps: 5,
        decoders: DecoderMemory::default(),
        masks: Masks::default(),
    }
}

pub(crate) fn connect(settings: &RtspSettings) -> RtspCamera {
    media::init().unwrap();
    RtspCamera::connect(settings, Arc::new(SystemClock)).unwrap()
}

pub(crate) async fn failure(settings: &RtspSettings) -> CameraError {
    let mut camera = connect(settings);
    for _ in 0..200 {
        if let Err(err) = camera.next().await {
            return err;
        }
    }
    panic!("200 pictures and no error");
}

/// What the pixels of a picture are, in one number. Decoders agree to the bit.
pub(crate) fn fingerprint(frame: &VideoFrame) -> u64 {
    let Picture::I420 { size, y, u, v } = frame.picture() else { panic!("not I420") };
    let side = |it: u32| usize::try_from(it).unwrap();
    let (width, height) = (side(size.width), side(size.height));
    let mut hasher = DefaultHasher::new();
    for (plane, width, height) in [
        (y, width, height),
        (u, width.div_ceil(2), height.div_ceil(2)),
        (v, width.div_ceil(2), height.div_ceil(2)),
    ] {
        for row in 0..height {
            hasher.write(&plane.data[row * plane.stride..][..width]);
        }
    }
    hasher.finish()
}

/// The fingerprints of all pictures of a file, in order.
pub(crate) fn fingerprints(path: &Path) -> Vec<u64> {
    media::init().unwrap();
    VideoFile::open(path).unwrap().map(|it| fingerprint(&it.unwrap())).collect()
}
