//! Real content into real files: one beside the other, and through a step of the box's clock.

use broadcast::discipline::Fit;
use broadcast::player::VolumeBands;
use broadcast::{Content, Volume};
use jiff::tz::TimeZone;
use tempfile::TempDir;
use uuid::Uuid;

use super::super::SteadyClock;
use super::*;

fn fit(at_box: Timestamp) -> Fit {
    let error = Duration::from_millis(1);
    Fit::from_parts(SteadyClock.now(), at_box, 0.0, 1e-6, error).unwrap()
}

fn clock() -> BoxClock {
    BoxClock::new(Arc::new(SteadyClock), Some(fit("2026-09-02T05:30:00Z".parse().unwrap())))
}

async fn sink(dir: &TempDir) -> Sink {
    let settings = SpeakerSound {
        sink: SpeakerSink::Wav { dir: dir.path().join("heard") },
        volume: VolumeBands::day_and_night(Volume::FULL, TimeZone::UTC),
        amplifier_warm_up: Duration::ZERO,
        acoustic_delay: Duration::ZERO,
        latency: Duration::from_millis(200),
        relay: None,
    };
    Sink::new(settings, Cache::open(dir.path().join("cache"), 1 << 20).await.unwrap())
}

/// A tone of `seconds` in the cache of `sink`, to sound a second and a half from now.
fn sound(sink: &Sink, clock: &BoxClock, n: u128, seconds: u16) -> Sound {
    let period = [0.0, 0.3, 0.42, 0.3, 0.0, -0.3, -0.42, -0.3];
    let n_samples = usize::from(seconds) * 48_000;
    let tone: Vec<f32> = period.iter().copied().cycle().take(n_samples).collect();
    let ogg = media::encode_opus(&tone, media::STORED_BITRATE_BPS).unwrap();
    let sha256 = Sha256::of(&ogg);
    std::fs::write(sink.cache.path(sha256), &ogg).unwrap();
    let start_at = clock.now() + Duration::from_millis(1500);
    let duration = Duration::from_secs(seconds.into());
    Sound {
        play: PlayId { bulletin: Uuid::from_u128(n), occurrence: start_at },
        content: Content { sha256, bytes: ogg.len().try_into().unwrap(), duration },
        start_at,
        seek: Duration::ZERO,
        until: start_at + duration + Duration::from_mins(1),
        level: level(false),
    }
}

fn level(is_below: bool) -> Level {
    Level { order: Volume::FULL, hour: Volume::FULL, is_below }
}

async fn ended(sink: &mut Sink) -> (PlayId, Ended) {
    loop {
        if let (play, Heard::Ended(ended)) = sink.event().await {
            sink.close(play, &ended).await;
            return (play, ended);
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_an_hour_while_it_sounds_moves_no_sample() {
    let dir = tempfile::tempdir().unwrap();
    for hour in [3600, -3600] {
        let (mut sink, clock) = (sink(&dir).await, clock());
        let sound = sound(&sink, &clock, 1, 3);
        assert!(sink.open(sound, &clock).await.is_ok());
        assert!(matches!(sink.event().await, (_, Heard::Started { .. })));
        clock.set(fit(clock.now() + SignedDuration::from_secs(hour)));
        sink.correct(&clock);
        let (_, ended) = ended(&mut sink).await;
        let heard = ended.heard.as_secs_f64();
        assert!(ended.failed.is_none() && (2.8..3.5).contains(&heard), "{hour}: {ended:?}");
    }
}

#[tokio::test]
async fn two_are_open_at_once_and_one_is_turned_down() {
    let dir = tempfile::tempdir().unwrap();
    let (mut sink, clock) = (sink(&dir).await, clock());
    let (below, above) = (sound(&sink, &clock, 1, 4), sound(&sink, &clock, 2, 2));
    let note = sink.note_path(&below).await.unwrap();
    let wav = note.unwrap().with_extension("wav");
    let (play, other) = (below.play, above.play);
    for sound in [below, above] {
        assert!(sink.open(sound, &clock).await.is_ok());
    }
    assert_eq!(sink.plays(), [play, other]);
    // Before it begins: what is told while the sink is opened is not lost.
    sink.set_level(play, level(true));
    assert_eq!(ended(&mut sink).await.0, other);
    sink.set_level(play, level(false));
    assert_eq!(ended(&mut sink).await.0, play);
    let bytes = std::fs::read(wav).unwrap();
    let samples = bytes[44..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
    let samples: Vec<i16> = samples.collect();
    let loudest = |part: &[i16]| f64::from(part.iter().map(|it| it.unsigned_abs()).max().unwrap());
    let decibels =
        20.0 * (loudest(&samples[48_000..72_000]) / loudest(&samples[168_000..])).log10();
    assert!((-16.0..-14.0).contains(&decibels), "{decibels} dB");
}
