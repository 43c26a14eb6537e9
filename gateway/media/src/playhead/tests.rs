//! A camera's faults, a picture at a time.

use super::*;

/// Four pictures at 10 a second in decoding order, each a byte of its own: a keyframe, then one that
/// is shown after the two that follow it.
fn clip(first: u8) -> Arc<Clip> {
    crate::init().unwrap();
    let unit = |(n, pts_ms): (u8, u64)| {
        let mut unit = gst::Buffer::from_slice(vec![first + n; 64]);
        let buffer = unit.get_mut().unwrap();
        buffer.set_pts(gst::ClockTime::from_mseconds(pts_ms));
        buffer.set_dts(gst::ClockTime::from_mseconds(u64::from(n) * 100));
        if n > 0 {
            buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        unit
    };
    Arc::new(Clip {
        codec: Codec::H264,
        caps: gst::Caps::new_empty_simple("video/x-h264"),
        units: [(0, 100), (1, 400), (2, 200), (3, 300)].map(unit).into(),
        length: gst::ClockTime::from_mseconds(400),
    })
}

/// What is sent, as `byte@due/pts` in milliseconds; `-` where nothing is.
fn play(faults: Vec<Fault>, n_cues: usize) -> String {
    let feed = Feed { clip: clip(0), faults };
    let mut playhead = Playhead::new(&feed);
    let mut sent = Vec::new();
    for _ in 0..n_cues {
        let cue = playhead.next();
        let mark = if cue.caps.is_some() { "new " } else { "" };
        sent.push(cue.unit.map_or_else(
            || format!("-@{}", cue.due.mseconds()),
            |unit| {
                assert_eq!(unit.dts(), Some(cue.due));
                let byte = unit.map_readable().unwrap()[5];
                let pts = unit.pts().unwrap().mseconds();
                format!("{mark}{byte}@{}/{pts}", cue.due.mseconds())
            },
        ));
    }
    sent.join(" ")
}

const SECOND_ROUND: Duration = Duration::from_millis(400);

#[test]
fn rounds_follow_one_another_and_the_order_of_b_frames_stays() {
    let expected = "0@0/100 1@100/400 2@200/200 3@300/300 0@400/500 1@500/800";
    assert_eq!(play(Vec::new(), 6), expected);
}

#[test]
fn another_pace_stretches_all_stamps_alike() {
    let expected = "0@0/10 1@10/40 2@20/20 3@30/30 0@40/50";
    assert_eq!(play(vec![Fault::Pace { fps: 100 }], 5), expected);
}

#[test]
fn a_still_repeats_the_newest_keyframe_in_running_time() {
    let still = Fault::Still { after: Duration::from_millis(200) };
    assert_eq!(play(vec![still], 5), "0@0/100 1@100/400 0@200/200 0@300/300 0@400/400");
    assert_eq!(play(vec![Fault::Still { after: Duration::ZERO }], 2), "0@0/0 0@100/100");
}

#[test]
fn another_size_begins_with_its_keyframe_and_stays() {
    let change = Fault::ChangeSize { after: Duration::from_millis(200), to: clip(50) };
    let expected = "0@0/100 1@100/400 new 50@200/300 51@300/600 52@400/400 53@500/500 50@600/700";
    assert_eq!(play(vec![change], 7), expected);
}

#[test]
fn faults_are_combined() {
    let faults = vec![Fault::Pace { fps: 100 }, Fault::Freeze { after: Duration::from_millis(20) }];
    assert_eq!(play(faults, 3), "0@0/10 1@10/40 -@20");
    let faults = vec![Fault::Corrupt { share: 1.0 }, Fault::Still { after: SECOND_ROUND }];
    let feed = Feed { clip: clip(0), faults };
    let mut playhead = Playhead::new(&feed);
    for n in [0, 1, 2, 3, 0, 0] {
        let unit = playhead.next().unit.unwrap();
        let bytes = unit.map_readable().unwrap();
        assert_eq!(bytes.iter().filter(|it| **it != n).count(), 1, "one bit of {n}");
    }
}
