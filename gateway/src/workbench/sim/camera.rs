//! `vong sim camera`: a real RTSP server that plays video files in a loop, as cameras would send.

mod faults;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use base::Secret;
use media::{Clip, Codec, Encoding, Login, LoginScheme, RtspServer, RtspServerSettings, Stream};

use faults::Faults;

/// Serve video files over RTSP in a loop, as cameras would send them.
///
/// H.264 and H.265 leave the file as they are, B-frames and all, at live pace, on a timeline that never
/// jumps back; any number of clients share a stream, over TCP and UDP. For example:
///
///   vong sim camera --video street.mp4
///   vong sim camera --camera /gate=gate.mp4 --camera /street=street.mp4
///   vong sim camera --video street.mp4 --codec h265 --loss 5%
///   vong sim camera --video street.mp4 --freeze-after 30s --clock-offset 10y
///
/// Faults apply to every stream, and may be combined. Chance is seeded: it is the same in every run.
///
/// Prints the url of each stream once it listens, and serves until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The video to play at --path. H.264 or H.265 in any container, unless --codec re-encodes it.
    #[arg(long, value_name = "FILE", required_unless_present = "camera")]
    video: Option<PathBuf>,
    /// Where --video is found on the server.
    #[arg(long, default_value = "/street", requires = "video")]
    path: String,
    /// One more stream: its path, and its video. May be repeated.
    #[arg(long, value_name = "PATH=FILE", value_parser = path_and_file)]
    camera: Vec<(String, PathBuf)>,
    /// Where to listen. Port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8554")]
    listen: SocketAddr,
    /// Ask clients for this user name.
    #[arg(long, requires = "password_env")]
    user: Option<String>,
    /// The environment variable that holds the password of --user.
    #[arg(long, value_name = "VAR", requires = "user")]
    password_env: Option<String>,
    /// How clients log in.
    #[arg(long, value_enum, default_value = "digest", requires = "user")]
    auth: Auth,
    /// What to send. A file of another codec is encoded at start, which takes a while. Without this, what
    /// the file holds.
    #[arg(long, value_enum)]
    codec: Option<SentCodec>,
    /// Encode at start, with this many B-frames between two other pictures: h264 and h265 only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    b_frames: Option<u32>,
    #[command(flatten)]
    faults: Faults,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Auth {
    Basic,
    Digest,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SentCodec {
    H264,
    H265,
    Mjpeg,
    Vp8,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    media::init()?;
    let server = RtspServer::start(settings(args)?)?;
    let mut stdout = std::io::stdout().lock();
    for url in server.urls() {
        writeln!(stdout, "{url}")?;
    }
    stdout.flush()?;
    drop(stdout);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(crate::signals::interrupted());
    Ok(ExitCode::SUCCESS)
}

fn settings(args: Args) -> anyhow::Result<RtspServerSettings> {
    let login = login(&args)?;
    let reboot = args.faults.reboot();
    let videos = args.video.map(|video| (args.path, video)).into_iter().chain(args.camera);
    let mut streams: Vec<Stream> = Vec::new();
    let mut known: Vec<(PathBuf, Stream)> = Vec::new();
    for (path, file) in videos {
        anyhow::ensure!(streams.iter().all(|it| it.path != path), "the path {path} is used twice");
        // Many cameras may show one file: it is in memory once.
        let same = known.iter().find(|(it, _)| *it == file).map(|(_, stream)| stream);
        let (clip, faults) = if let Some(stream) = same {
            (Arc::clone(&stream.clip), stream.faults.clone())
        } else {
            let clip = Arc::new(load(&file, args.codec, args.b_frames)?);
            let faults = args.faults.of(&file, &clip)?;
            (clip, faults)
        };
        let stream = Stream { path, clip, faults };
        known.push((file, stream.clone()));
        streams.push(stream);
    }
    Ok(RtspServerSettings { listen: args.listen, login, streams, reboot })
}

fn load(file: &Path, codec: Option<SentCodec>, b_frames: Option<u32>) -> anyhow::Result<Clip> {
    let codec = codec.map(|it| match it {
        SentCodec::H264 => Codec::H264,
        SentCodec::H265 => Codec::H265,
        SentCodec::Mjpeg => Codec::Mjpeg,
        SentCodec::Vp8 => Codec::Vp8,
    });
    if let Some(n_b_frames) = b_frames {
        let codec = codec.unwrap_or_default();
        let has_them = matches!(codec, Codec::H264 | Codec::H265);
        anyhow::ensure!(has_them, "--b-frames: only h264 and h265 have B-frames");
        return Ok(Clip::encode(file, Encoding { codec, size: None, n_b_frames })?);
    }
    match codec {
        Some(codec) => Ok(Clip::load(file, codec)?),
        None => Clip::as_it_is(file).context("say --codec h264 to have another codec encoded"),
    }
}

fn login(args: &Args) -> anyhow::Result<Option<Login>> {
    let (Some(user), Some(variable)) = (&args.user, &args.password_env) else { return Ok(None) };
    let password = std::env::var(variable)
        .with_context(|| format!("the environment variable {variable} holds no password"))?;
    let scheme = match args.auth {
        Auth::Basic => LoginScheme::Basic,
        Auth::Digest => LoginScheme::Digest,
    };
    Ok(Some(Login { user: user.clone(), password: Secret::new(password), scheme }))
}

fn path_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (path, file) = text.split_once('=').ok_or("write it as /path=file.mp4")?;
    Ok((path.to_owned(), PathBuf::from(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_a_path_and_a_file() {
        assert_eq!(path_and_file("/a=b=c.mp4"), Ok(("/a".to_owned(), PathBuf::from("b=c.mp4"))));
        assert!(path_and_file("/a").is_err());
    }
}
