//! Every format, on two frames of a person and a dog.

use base::Score;
use jiff::Timestamp;

use super::*;

fn person(x: f32) -> Detection {
    let area = Rect { x, y: 10.0, width: 20.0, height: 50.0 };
    Detection { class: 0, score: Score::try_from(0.75).unwrap(), area }
}

fn track(x: f32, at: Timestamp) -> Track {
    let Detection { class, score, area } = person(x);
    let (first_seen_at, last_seen_at) = (at, at);
    Track {
        id: 1,
        class,
        score,
        area,
        previous: None,
        n_hits: 2,
        first_seen_at,
        last_seen_at,
        has_moved: true,
        is_standing: false,
        is_fixture: false,
    }
}

/// Prints two frames of a person and a dog.
#[track_caller]
fn check(format: Format, wanted: Vec<usize>, file: Option<&str>, expected: &str) {
    let mut output = Output::new(format, RuleSet::default(), Labels::coco(), wanted, Vec::new());
    for (number, x) in [(1, 0.0), (2, 1.5)] {
        let detections = &[person(x), Detection { class: 16, ..person(200.0) }];
        let size = Size { width: 640, height: 480 };
        let time = Duration::from_millis(100 * (number - 1));
        // Who is held was not seen in this picture.
        let at = Timestamp::UNIX_EPOCH + time;
        let held = track(300.0, at - Duration::from_secs(1));
        let tracks = &[track(x, at), held];
        let looked = Looked { number, file, time, size, n_looks: 1, detections, tracks };
        output.write(&looked).unwrap();
    }
    assert_eq!(String::from_utf8(output.finish().unwrap()).unwrap(), expected);
}

#[test]
fn mot_prints_the_confirmed_tracks() {
    let line = |frame: u32, x: &str| format!("{frame},1,{x},10.00,20.00,50.00,0.7500,-1,-1,-1\n");
    let expected = format!("{}{}", line(1, "0.00"), line(2, "1.50"));
    check(Format::Mot, vec![0], None, &expected);
    check(Format::Mot, vec![16], None, "");
}

#[test]
fn coco_is_one_array_with_cocos_numbers() {
    let result = |id: u32, x: &str| {
        format!(r#"{{"image_id":12,"category_id":{id},"bbox":[{x},10.0,20.0,50.0],"score":0.75}}"#)
    };
    let expected = format!(
        "[{},\n{},\n{},\n{}]\n",
        result(1, "0.0"),
        result(18, "200.0"),
        result(1, "1.5"),
        result(18, "200.0"),
    );
    check(Format::Coco, vec![0, 16], Some("000012.jpg"), &expected);
    check(Format::Coco, vec![5], Some("000012.jpg"), "[]\n");
}

#[test]
fn jsonl_prints_one_object_a_frame() {
    let frame = |number: u32, time: u32, x: &str| {
        format!(
            r#"{{"frame":{number},"time_ms":{time},"width_px":640,"height_px":480,"looks":1,"detections":[{{"label":"person","category_id":1,"score":0.75,"bbox":[{x},10.0,20.0,50.0]}}]}}"#
        )
    };
    let expected = format!("{}\n{}\n", frame(1, 0, "0.0"), frame(2, 100, "1.5"));
    check(Format::Jsonl, vec![0], None, &expected);
}

#[test]
fn a_file_name_without_a_number_has_no_image_id() {
    let error = digits("bus.jpg").unwrap_err();
    assert!(error.to_string().starts_with("bus.jpg: --format coco takes image_id"));
    assert_eq!(digits("000000000139.jpg").unwrap(), 139);
    assert_eq!(digits("frame_7.mp4.png").unwrap(), 74, "all digits before the extension");
}
