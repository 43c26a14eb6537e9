//! `vong sim camera`: a real RTSP server that plays video files in a loop, as cameras would send.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base::Secret;
use jiff::SignedDuration;
use media::{Clip, Codec, Fault, Login, LoginScheme, RtspServer, RtspServerSettings, Stream};

/// Serve video files over RTSP in a loop, as cameras would send them.
///
/// H.264 leaves the file as it is, at live pace, on a timeline that never jumps back; any number of
/// clients share a stream. For example:
///
///   vong sim camera --video street.mp4
///   vong sim camera --camera /gate=gate.mp4 --camera /street=street.mp4
///   vong sim camera --video street.mp4 --freeze-after 30s
///
/// Prints the url of each stream once it listens, and serves until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The video to play at --path. H.264 in any container, unless --codec re-encodes it.
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
    /// Stop the pictures this long after a stream starts, and keep the connection: a camera that
    /// hangs. For example 30s.
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with = "garbage_after")]
    freeze_after: Option<Duration>,
    /// Send what cannot be decoded, this long after a stream starts.
    #[arg(long, value_name = "TIME", value_parser = time)]
    garbage_after: Option<Duration>,
    /// What to send. Others than h264 are encoded at start, which takes a while.
    #[arg(long, value_enum, default_value = "h264")]
    codec: SentCodec,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Auth {
    Basic,
    Digest,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SentCodec {
    H264,
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
    let freeze = args.freeze_after.map(|after| Fault::Freeze { after });
    let fault = freeze.or(args.garbage_after.map(|after| Fault::Garbage { after }));
    let codec = match args.codec {
        SentCodec::H264 => Codec::H264,
        SentCodec::Mjpeg => Codec::Mjpeg,
        SentCodec::Vp8 => Codec::Vp8,
    };
    let videos = args.video.map(|video| (args.path, video)).into_iter().chain(args.camera);
    let mut streams: Vec<Stream> = Vec::new();
    let mut clips: Vec<(PathBuf, Arc<Clip>)> = Vec::new();
    for (path, file) in videos {
        anyhow::ensure!(streams.iter().all(|it| it.path != path), "the path {path} is used twice");
        // Many cameras may show one file: it is in memory once.
        let known = clips.iter().find(|(it, _)| *it == file).map(|(_, clip)| Arc::clone(clip));
        let clip = match known {
            Some(clip) => clip,
            None => Arc::new(Clip::load(&file, codec)?),
        };
        clips.push((file, Arc::clone(&clip)));
        streams.push(Stream { path, clip, fault });
    }
    Ok(RtspServerSettings { listen: args.listen, login, streams })
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

fn time(text: &str) -> Result<Duration, String> {
    let time: SignedDuration = text.parse().map_err(|_| "write it as 30s or 2m")?;
    Duration::try_from(time).map_err(|_| "it must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_a_path_and_a_file() {
        assert_eq!(path_and_file("/a=b=c.mp4"), Ok(("/a".to_owned(), PathBuf::from("b=c.mp4"))));
        assert!(path_and_file("/a").is_err());
    }

    #[test]
    fn times_are_written_as_people_do() {
        assert_eq!(time("1m30s"), Ok(Duration::from_secs(90)));
        assert!(time("90").is_err() && time("-2s").is_err());
    }
}
