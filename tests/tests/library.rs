//! The library on real files: every codec it reads, and every way a ward's upload goes wrong.
//!
//! The files are made here by ffmpeg and espeak-ng; loudness is checked by ffmpeg's own meter.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use broadcast::library::{
    Prepared, SAMPLE_RATE, Sameness, check, check_with, prepare, prepare_with, to_i16, write_wav,
};
use gateway::recording;
use tempfile::TempDir;

const SENTENCES: &str = "Kính thưa bà con. Sáng mai phường tổ chức tiêm chủng cho trẻ em tại trạm y tế. \
    Đề nghị bà con mang theo sổ tiêm. Xin trân trọng cảm ơn bà con đã chú ý theo dõi.";

/// A folder with twelve seconds of speech in it.
struct Studio(TempDir);

impl Studio {
    fn new() -> Self {
        let studio = Self(tempfile::tempdir().unwrap());
        let speech = studio.path("speech.wav");
        run("espeak-ng", &["-v", "vi", "-s", "140", "-w", speech.to_str().unwrap(), SENTENCES]);
        studio
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes `name` out of the speech; `options` are ffmpeg's, between input and output.
    fn ffmpeg(&self, name: &str, options: &[&str]) -> PathBuf {
        let (speech, out) = (self.path("speech.wav"), self.path(name));
        let mut args = vec!["-loglevel", "error", "-y", "-i", speech.to_str().unwrap()];
        args.extend(options);
        args.push(out.to_str().unwrap());
        run("ffmpeg", &args);
        out
    }

    /// The first part of a file, as a broken copy leaves it.
    fn cut(&self, whole: &Path, share: f64) -> PathBuf {
        let bytes = std::fs::read(whole).unwrap();
        let end = (bytes.len() as f64 * share) as usize;
        let cut =
            whole.with_file_name(format!("cut-{}", whole.file_name().unwrap().to_str().unwrap()));
        std::fs::write(&cut, &bytes[..end]).unwrap();
        cut
    }
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| {
        panic!("{program} is needed (apt install {program}): {error}");
    });
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {text}");
    text
}

fn refusal(path: &Path) -> String {
    check(path).unwrap_err().to_string()
}

#[test]
fn every_codec_that_wards_use_is_read() {
    let studio = Studio::new();
    let cases: &[(&str, &[&str], &str)] = &[
        ("a.mp3", &["-b:a", "64k"], "mp3"),
        ("vbr.mp3", &["-q:a", "5", "-write_xing", "0"], "mp3"),
        ("tagged.mp3", &["-ac", "2", "-metadata", "title=Thông báo"], "mp3"),
        ("a.m4a", &["-c:a", "aac"], "aac"),
        ("fast.m4a", &["-c:a", "aac", "-movflags", "+faststart"], "aac"),
        ("a.aac", &["-c:a", "aac"], "aac"),
        ("alac.m4a", &["-c:a", "alac"], "alac"),
        ("a.flac", &["-ar", "44100", "-ac", "2"], "flac"),
        ("a.ogg", &["-c:a", "libvorbis"], "vorbis"),
        ("a.wav", &["-c:a", "pcm_s16le"], "pcm_s16le"),
        ("24.wav", &["-c:a", "pcm_s24le", "-ar", "96000"], "pcm_s24le"),
        ("float.wav", &["-c:a", "pcm_f32le"], "pcm_f32le"),
    ];
    let whole = check(&*studio.path("speech.wav")).unwrap().duration;
    for (name, options, codec) in cases {
        let checked =
            check(&*studio.ffmpeg(name, options)).unwrap_or_else(|it| panic!("{name}: {it}"));
        assert_eq!(checked.codec, *codec, "{name}");
        // Encoder delay and padding: two AAC frames at 22.05 kHz are 93 ms.
        let off = checked.duration.abs_diff(whole);
        assert!(off <= Duration::from_millis(120), "{name}: {:?} of {whole:?}", checked.duration);
    }
}

#[test]
fn two_mp3_joined_end_to_end_are_both_heard() {
    let studio = Studio::new();
    let one = std::fs::read(studio.ffmpeg("a.mp3", &["-b:a", "64k"])).unwrap();
    let (one, two) = (check(one.as_slice()).unwrap(), check(one.repeat(2).as_slice()).unwrap());
    assert!(two.duration.abs_diff(one.duration * 2) < Duration::from_millis(200), "{two:?}");
}

#[test]
fn a_wav_from_a_pipe_is_read_to_its_end() {
    let studio = Studio::new();
    let piped =
        Command::new("espeak-ng").args(["-v", "vi", "--stdout", SENTENCES]).output().unwrap();
    let checked = check(piped.stdout.as_slice()).unwrap();
    let seconds = (piped.stdout.len() - 44) as f64 / 2.0 / 22_050.0;
    assert!((checked.duration.as_secs_f64() - seconds).abs() < 0.01, "{:?}", checked.duration);
    drop(studio);
}

#[test]
fn ffmpegs_meter_finds_the_prepared_sound_at_the_house_level() {
    let studio = Studio::new();
    let quiet = studio.ffmpeg("quiet.mp3", &["-af", "volume=-15dB", "-ar", "44100", "-ac", "2"]);
    let loud = studio.ffmpeg("loud.flac", &["-af", "volume=-1dB"]);
    for source in [quiet, loud] {
        let mut samples = Vec::new();
        let prepared: Prepared = prepare(&*source, |block| {
            samples.extend(block.iter().copied().map(to_i16));
            Ok::<(), std::io::Error>(())
        })
        .unwrap();
        let out = studio.path("prepared.wav");
        write_wav(std::fs::File::create(&out).unwrap(), &samples, SAMPLE_RATE).unwrap();
        let measured = run(
            "ffmpeg",
            &[
                "-nostats",
                "-i",
                out.to_str().unwrap(),
                "-af",
                "ebur128=peak=true",
                "-f",
                "null",
                "-",
            ],
        );
        let summary = measured.rsplit("Summary:").next().unwrap();
        let (lufs, peak) = (after(summary, "I:"), after(summary, "Peak:"));
        assert!((lufs + 18.0).abs() <= 1.0, "{}: {lufs} LUFS", source.display());
        assert!(peak <= -2.0, "{}: {peak} dBTP", source.display());
        assert!(
            (lufs - prepared.loudness.integrated_lufs).abs() <= 0.2,
            "{lufs} {}",
            prepared.loudness
        );
    }
}

/// The number behind `label` in ffmpeg's summary.
fn after(summary: &str, label: &str) -> f64 {
    let tail = summary.split(label).nth(1).unwrap();
    tail.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_cut_file_says_that_it_was_cut() {
    let studio = Studio::new();
    let cut =
        |name: &str, options: &[&str]| refusal(&studio.cut(&studio.ffmpeg(name, options), 0.5));
    let ends = |text: &str| {
        text.starts_with("the file ends at 0:0")
            && text.ends_with("but should last 0:12: it was cut short, copy or export it again")
    };
    for text in [cut("a.mp3", &[]), cut("a.flac", &[]), cut("a.wav", &[])] {
        assert!(ends(&text), "{text}");
    }
    for text in [cut("a.aac", &[]), cut("a.ogg", &["-c:a", "libvorbis"])] {
        assert!(text.starts_with("the file breaks off at 0:0"), "{text}");
    }
    assert_eq!(
        cut("a.m4a", &[]),
        "the file's index is missing: it was cut short while it was saved or copied, \
         copy or export it again"
    );
    let text = cut("fast.m4a", &["-movflags", "+faststart"]);
    assert!(text.ends_with("copy or export it again"), "{text}");
}

#[test]
fn damage_in_the_middle_is_found() {
    let studio = Studio::new();
    let flac = studio.ffmpeg("a.flac", &[]);
    let mut bytes = std::fs::read(&flac).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0x55);
    let text = check(bytes.as_slice()).unwrap_err().to_string();
    assert!(text.ends_with("copy or export it again"), "{text}");
}

/// No free HE-AAC encoder is packaged: an AAC-LC file says that it is one, in its decoder configuration
/// (ISO 14496-3, 1.6.2.1). Object type 5 at 22050 Hz, two channels, 44100 Hz with replication, core
/// type 2; a decoder then replicates nothing, and doubles the rate all the same.
fn he_aac(studio: &Studio) -> PathBuf {
    let path = studio.ffmpeg("he.m4a", &["-c:a", "aac", "-ar", "22050", "-ac", "2"]);
    let mut bytes = std::fs::read(&path).unwrap();
    let tag = [0x05, 0x80, 0x80, 0x80, 0x05];
    let at = bytes.windows(5).position(|it| it == tag).unwrap() + 5;
    assert_eq!(bytes[at] >> 3, 2);
    bytes[at..at + 5].copy_from_slice(&[0x2B, 0x92, 0x08, 0, 0]);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn opus_and_he_aac_are_read_by_gstreamer() {
    let studio = Studio::new();
    let whole = check(&*studio.path("speech.wav")).unwrap();
    let cases = [
        (studio.ffmpeg("a.opus", &["-c:a", "libopus", "-b:a", "32k"]), "opus"),
        (studio.ffmpeg("two.ogg", &["-c:a", "libopus", "-ac", "2"]), "opus"),
        (he_aac(&studio), "he-aac"),
    ];
    for (path, codec) in cases {
        let checked = check_with(&*path, recording::other())
            .unwrap_or_else(|it| panic!("{}: {it}", path.display()));
        assert_eq!(checked.codec, codec);
        let off = checked.duration.abs_diff(whole.duration);
        assert!(off <= Duration::from_millis(150), "{codec}: {:?}", checked.duration);
        let prepared =
            prepare_with(&*path, recording::other(), |_| Ok::<(), std::io::Error>(())).unwrap();
        assert!((prepared.loudness.integrated_lufs + 18.0).abs() <= 1.0, "{}", prepared.loudness);
    }
}

#[test]
fn what_gstreamer_would_read_is_refused_for_the_same_reasons() {
    let studio = Studio::new();
    let refused = |path: &Path| check_with(path, recording::other()).unwrap_err().to_string();
    let opus = studio.ffmpeg("a.opus", &["-c:a", "libopus"]);
    let text = refused(&studio.cut(&opus, 0.5));
    assert!(text.ends_with("it was cut short, copy or export it again"), "{text}");
    let text = refused(&studio.ffmpeg("silent.opus", &["-af", "volume=0", "-c:a", "libopus"]));
    assert!(text.starts_with("the recording is silent"), "{text}");
    let text = refused(&studio.ffmpeg("short.opus", &["-t", "0.4", "-c:a", "libopus"]));
    assert!(text.starts_with("the recording is shorter than 1 second"), "{text}");
    let mut damaged = std::fs::read(&opus).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8_000].fill(0x55);
    let path = studio.path("damaged.opus");
    std::fs::write(&path, damaged).unwrap();
    let text = refused(&path);
    assert!(text.ends_with("copy or export it again"), "{text}");
}

#[test]
fn without_gstreamer_such_recordings_say_what_to_do() {
    let studio = Studio::new();
    assert_eq!(
        refusal(&studio.ffmpeg("a.opus", &["-c:a", "libopus"])),
        "Opus cannot be read on this machine: Opus is not read here; or export the recording as MP3"
    );
    assert_eq!(
        check(&*std::fs::read(he_aac(&studio)).unwrap()).unwrap_err().to_string(),
        "HE-AAC (or AAC with more than two channels) is not read yet: export the recording as MP3, \
         M4A (AAC), FLAC or WAV"
    );
}

#[test]
fn the_same_sound_is_known_whatever_it_is_wrapped_in() {
    let studio = Studio::new();
    let identity = |name: &str, options: &[&str]| {
        let path = studio.ffmpeg(name, options);
        check_with(&*path, recording::other()).unwrap_or_else(|it| panic!("{name}: {it}")).identity
    };
    let original = check(&*studio.path("speech.wav")).unwrap().identity;
    let flac = identity("a.flac", &[]);
    assert_eq!(original.sameness(&original), Some(Sameness::File));
    assert_eq!(original.sameness(&flac), Some(Sameness::Samples));
    let titled = identity("b.flac", &["-metadata", "title=Thông báo"]);
    assert_eq!(flac.sameness(&titled), Some(Sameness::Samples));
    let lossy: [(&str, &[&str]); 5] = [
        ("a.mp3", &["-b:a", "32k"]),
        ("b.mp3", &["-b:a", "128k", "-ar", "44100", "-ac", "2", "-af", "volume=-9dB"]),
        ("a.m4a", &["-c:a", "aac", "-b:a", "48k"]),
        ("a.ogg", &["-c:a", "libvorbis"]),
        ("a.opus", &["-c:a", "libopus", "-b:a", "24k"]),
    ];
    for (name, options) in lossy {
        let other = identity(name, options);
        assert_eq!(original.sameness(&other), Some(Sameness::Sound), "{name}");
    }
    // The same voice with other words of the same length, and the same words in another order.
    for text in [
        "Kính thưa bà con. Tối mai khu phố mở cuộc họp bàn về vệ sinh môi trường ở nhà văn hóa. \
         Đề nghị bà con đến dự cho đông. Xin trân trọng cảm ơn bà con đã lắng nghe thông báo.",
        "Xin trân trọng cảm ơn bà con đã chú ý theo dõi. Đề nghị bà con mang theo sổ tiêm. Kính thưa \
         bà con. Sáng mai phường tổ chức tiêm chủng cho trẻ em tại trạm y tế.",
    ] {
        let path = studio.path("other.wav");
        run("espeak-ng", &["-v", "vi", "-s", "140", "-w", path.to_str().unwrap(), text]);
        assert_eq!(original.sameness(&check(&*path).unwrap().identity), None, "{text}");
    }
}

#[test]
fn ten_hours_are_refused_from_the_header_or_by_counting_frames() {
    let studio = Studio::new();
    let hours = "the recording lasts 10:00:00 and at most 1:00:00 are taken: cut it into parts";
    // STREAMINFO (RFC 9639, 8.2) counts samples in 36 bits: the last four and the next 32.
    let mut flac = std::fs::read(studio.ffmpeg("a.flac", &["-ar", "8000"])).unwrap();
    flac[21] &= 0xF0;
    flac[22..26].copy_from_slice(&(36_000_u32 * 8_000).to_be_bytes());
    assert_eq!(check(flac.as_slice()).unwrap_err().to_string(), hours);
    // Without a Xing header an MP3 does not say how long it is: frame after frame is counted.
    let options = ["-ar", "8000", "-b:a", "8k", "-write_xing", "0", "-id3v2_version", "0"];
    let mp3 = std::fs::read(studio.ffmpeg("a.mp3", &options)).unwrap();
    let started = std::time::Instant::now();
    let text = check(mp3.repeat(3_000).as_slice()).unwrap_err().to_string();
    assert!(text.starts_with("the recording lasts 10:"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
