//! Real files through the real pipeline, timed by the system's clock.

use base::SystemClock;
use tempfile::TempDir;

use super::*;
use crate::opus::{OpusWriter, STORED_BITRATE_BPS};

/// A second of silence, then a tone to the end: where it begins shows what was cut.
fn content(dir: &TempDir, seconds: usize) -> PathBuf {
    let path = dir.path().join("content.opus");
    let mut writer = OpusWriter::create(&path, STORED_BITRATE_BPS).unwrap();
    writer.push(&vec![0.0; 48_000]).unwrap();
    let period = [0.0, 0.3, 0.42, 0.3, 0.0, -0.3, -0.42, -0.3];
    let tone: Vec<f32> = period.iter().copied().cycle().take(48_000 * (seconds - 1)).collect();
    writer.push(&tone).unwrap();
    writer.finish_synced().unwrap();
    path
}

fn box_clock() -> PlayClock {
    let clock = PlayClock::new().unwrap();
    clock.set(|| SystemClock.now(), 0.0);
    clock
}

/// Long enough ahead for a loaded machine to open everything.
fn soon() -> Timestamp {
    SystemClock.now() + Duration::from_millis(1500)
}

fn request(path: PathBuf, start_at: Timestamp) -> Request {
    Request { path, start_at, seek: Duration::ZERO, stop: None, amplitude: 1.0 }
}

fn wav(dir: &TempDir) -> Output {
    Output::Wav { path: dir.path().join("heard.wav"), true_time: Arc::new(SystemClock) }
}

/// The 16-bit samples of the WAV file.
fn samples(dir: &TempDir) -> Vec<i16> {
    let bytes = std::fs::read(dir.path().join("heard.wav")).unwrap();
    assert_eq!(&bytes[..4], b"RIFF");
    bytes[44..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]])).collect()
}

/// Index of the first loud sample.
fn onset(samples: &[i16]) -> usize {
    samples.iter().position(|it| it.unsigned_abs() > 3000).unwrap()
}

async fn whole(mut playout: Playout) -> (Option<Timestamp>, Ended) {
    let mut started = None;
    loop {
        match playout.event().await.unwrap() {
            Heard::Started { at, .. } => started = Some(at),
            Heard::Ended(ended) => return (started, ended),
        }
    }
}

#[tokio::test]
async fn a_file_is_heard_whole_at_its_instant() {
    let dir = tempfile::tempdir().unwrap();
    let start_at = soon();
    let request = request(content(&dir, 2), start_at);
    let playout = Playout::start(request, wav(&dir), &box_clock()).unwrap();
    let (started, ended) = whole(playout).await;
    let off = started.unwrap().duration_since(start_at);
    assert!((0..100).contains(&off.as_millis()), "{off:?}");
    assert_eq!(ended.failed, None);
    assert!((1.9..2.3).contains(&ended.heard.as_secs_f64()), "{ended:?}");
    let samples = samples(&dir);
    assert_eq!(samples.len(), 96_000);
    assert!((47_900..48_100).contains(&onset(&samples)), "{}", onset(&samples));
}

#[tokio::test]
async fn a_seek_and_a_stop_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    let path = content(&dir, 4);
    let seek = Duration::from_millis(400);
    let stop = Some(Duration::from_millis(1500));
    let request = Request { seek, stop, ..request(path, soon()) };
    let (_, ended) = whole(Playout::start(request, wav(&dir), &box_clock()).unwrap()).await;
    assert_eq!(ended.failed, None);
    let samples = samples(&dir);
    assert_eq!(samples.len(), 52_800, "1.1 s");
    assert!((28_700..28_900).contains(&onset(&samples)), "{}", onset(&samples));
}

#[tokio::test]
async fn a_stop_ends_it_and_says_how_much_was_heard() {
    let dir = tempfile::tempdir().unwrap();
    let request = Request { amplitude: 0.5, ..request(content(&dir, 5), soon()) };
    let mut playout = Playout::start(request, wav(&dir), &box_clock()).unwrap();
    assert!(matches!(playout.event().await, Some(Heard::Started { .. })));
    tokio::time::sleep(Duration::from_millis(1300)).await;
    playout.stop();
    let (_, ended) = whole(playout).await;
    assert_eq!(ended.failed, None);
    assert!((1.3..2.0).contains(&ended.heard.as_secs_f64()), "{ended:?}");
    let loudest = samples(&dir).iter().map(|it| it.unsigned_abs()).max().unwrap();
    assert!((5_500..8_500).contains(&loudest), "half of 0.42: {loudest}");
}

#[tokio::test]
async fn what_is_not_sound_is_an_end_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.opus");
    std::fs::write(&path, "this is a text file, renamed").unwrap();
    let mut reasons = Vec::new();
    for path in [path, dir.path().join("absent.opus")] {
        let request = request(path, soon());
        let (started, ended) =
            whole(Playout::start(request, wav(&dir), &box_clock()).unwrap()).await;
        assert_eq!((started, ended.heard), (None, Duration::ZERO));
        reasons.push(ended.failed.unwrap());
    }
    let request = request(content(&dir, 2), soon());
    let nowhere = Output::Alsa { device: "nowhere".into(), buffer: Duration::from_millis(200) };
    let (_, ended) = whole(Playout::start(request, nowhere, &box_clock()).unwrap()).await;
    reasons.push(ended.failed.unwrap());
    assert!(reasons.iter().all(|it| !it.is_empty()), "{reasons:?}");
    assert!(reasons[1].contains("not found"), "{reasons:?}");
}

#[tokio::test]
async fn it_becomes_quieter_while_it_sounds() {
    let dir = tempfile::tempdir().unwrap();
    let request = request(content(&dir, 4), soon());
    let mut playout = Playout::start(request, wav(&dir), &box_clock()).unwrap();
    assert!(matches!(playout.event().await, Some(Heard::Started { .. })));
    tokio::time::sleep(Duration::from_secs(2)).await;
    playout.set_amplitude(0.1);
    let (_, ended) = whole(playout).await;
    assert_eq!(ended.failed, None);
    let samples = samples(&dir);
    let loudest = |part: &[i16]| part.iter().map(|it| it.unsigned_abs()).max().unwrap();
    let (before, after) =
        (loudest(&samples[..72_000]), loudest(&samples[samples.len() - 12_000..]));
    assert!((11_000..17_000).contains(&before), "{before}");
    assert!((1_100..1_700).contains(&after), "a tenth: {after}");
}

/// Reads from the pipe as a card with a crystal 100 ppm slow would: 5 ms of 48 kHz mono 16 bit at a
/// time. Returns how many loud samples came.
fn card(pipe: PathBuf) -> std::thread::JoinHandle<usize> {
    const PERIOD: Duration = Duration::from_nanos(5_000_500);
    std::thread::spawn(move || {
        let mut pipe = std::fs::File::open(pipe).unwrap();
        // 43 ms, the least a pipe can hold: nobody tells ALSA how much is in there.
        rustix::pipe::fcntl_setpipe_size(&pipe, 4096).unwrap();
        let mut period = [0; 480];
        let (mut n_loud, mut due) = (0, SystemClock.now());
        while let Ok(()) = std::io::Read::read_exact(&mut pipe, &mut period) {
            let samples = period.chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
            n_loud += samples.filter(|it| it.unsigned_abs() > 3000).count();
            due += PERIOD;
            let wait = due.duration_since(SystemClock.now());
            #[expect(clippy::disallowed_methods, reason = "stands in for a crystal")]
            std::thread::sleep(wait.try_into().unwrap_or_default());
        }
        n_loud
    })
}

#[tokio::test]
async fn a_card_is_played_to_through_alsa() {
    // A pipe takes in bursts what a card takes evenly: on a busy machine the sink can misjudge its pace
    // so far that the end is late. A chain that does not play fails every time.
    const TRIES: usize = 3;
    let mut failed = Vec::new();
    while failed.len() < TRIES {
        match through_alsa().await {
            Ok(n_loud) => {
                // Six of eight samples of the tone's period are loud: 252 000 in seven seconds. The
                // slaving stretches more than it would for a card, and the count says only that the
                // programme came through.
                assert!(n_loud > 200_000, "{n_loud}");
                return;
            }
            Err(reason) => failed.push(reason),
        }
    }
    panic!("{failed:?}");
}

/// How many loud samples reached the card.
async fn through_alsa() -> Result<usize, String> {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("card");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let card = card(pipe.clone());
    // ALSA's own `file` PCM; the pipe's far end paces it, which its `null` slave would not.
    let device = format!("file:{},raw", pipe.display());
    let output = Output::Alsa { device, buffer: Duration::from_millis(200) };
    let playout = Playout::start(request(content(&dir, 8), soon()), output, &box_clock()).unwrap();
    let (started, ended) = whole(playout).await;
    ended.failed.map_or(Ok(()), Err)?;
    assert!(started.is_some(), "the card's clock was read");
    Ok(card.join().unwrap())
}
