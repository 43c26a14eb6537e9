//! The client of one camera, where a namespace is: counts for some seconds what it shows, and what of that is
//! not in the file that the camera plays. Prints it as one line of JSON.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::{Picture, SystemClock};
use media::{DecoderMemory, Masks, RtspCamera, RtspSettings, RtspTransport, VideoFile, VideoFrame};
use tokio::time::{Instant, timeout_at};

struct Args {
    url: String,
    transport: RtspTransport,
    file: PathBuf,
    seconds: u64,
}

fn args() -> Args {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().expect("url tcp|udp file seconds");
    Args {
        url: next(),
        transport: match next().as_str() {
            "tcp" => RtspTransport::Tcp,
            _ => RtspTransport::Udp,
        },
        file: next().into(),
        seconds: next().parse().expect("seconds"),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args { url, transport, file, seconds } = args();
    media::init()?;
    let whole = fingerprints(&file)?;
    let settings = RtspSettings {
        url,
        username: None,
        password: None,
        transport,
        // Every picture that comes whole.
        fps: 60,
        decoders: DecoderMemory::default(),
        masks: Masks::default(),
    };
    let begun_at = Instant::now();
    let (warm_at, until) =
        (begun_at + Duration::from_secs(5), begun_at + Duration::from_secs(seconds));
    let (mut n_pictures, mut n_damaged, mut ends) = (0, 0, Vec::new());
    let (mut longest_gap, mut last_at, mut warm_rss_kib) = (Duration::ZERO, None, 0);
    let mut camera = RtspCamera::connect(&settings, Arc::new(SystemClock))?;
    while let Ok(next) = timeout_at(until, camera.next()).await {
        match next {
            Ok(frame) => {
                n_pictures += 1;
                n_damaged += u32::from(!whole.contains(&fingerprint(&frame.frame)?));
                let now = Instant::now();
                longest_gap = longest_gap.max(last_at.map_or(Duration::ZERO, |it| now - it));
                last_at = Some(now);
            }
            Err(err) => {
                ends.push(err.to_string());
                tokio::time::sleep(Duration::from_secs(1)).await;
                camera = RtspCamera::connect(&settings, Arc::new(SystemClock))?;
            }
        }
        if Instant::now() < warm_at {
            warm_rss_kib = memory_kib("VmRSS")?;
        }
    }
    let counted = serde_json::json!({
        "n_pictures": n_pictures,
        "n_damaged": n_damaged,
        "ends": ends,
        "longest_gap_ms": u64::try_from(longest_gap.as_millis())?,
        "warm_rss_kib": warm_rss_kib,
        "peak_rss_kib": memory_kib("VmHWM")?,
        "rss_kib": memory_kib("VmRSS")?,
    });
    println!("{counted}");
    Ok(())
}

fn fingerprints(file: &Path) -> anyhow::Result<HashSet<u64>> {
    VideoFile::open(file)?.map(|it| fingerprint(&it?)).collect()
}

/// Of the pixels alone. Decoders agree to the bit.
fn fingerprint(frame: &VideoFrame) -> anyhow::Result<u64> {
    let Picture::I420 { size, y, u, v } = frame.picture() else { anyhow::bail!("not I420") };
    let mut hasher = DefaultHasher::new();
    let half = |side: u32| side.div_ceil(2);
    let (width, height) = (size.width, size.height);
    for (plane, width, height) in
        [(y, width, height), (u, half(width), half(height)), (v, half(width), half(height))]
    {
        for row in 0..usize::try_from(height)? {
            hasher.write(&plane.data[row * plane.stride..][..usize::try_from(width)?]);
        }
    }
    Ok(hasher.finish())
}

fn memory_kib(name: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|it| it.starts_with(name)).context("no such line")?;
    Ok(line.split_whitespace().nth(1).context("no number")?.parse()?)
}
