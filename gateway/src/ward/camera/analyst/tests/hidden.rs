//! Who may not see people sees none, in whatever picture.

use tokio::time::timeout;

use super::*;

/// What viewers of a picture are not shown, of a walk whose last pictures need no look.
fn hidden_after(feet: &[Option<f32>], n_unlooked: u32, fails: bool) -> (usize, Vec<[f32; 4]>) {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(feet);
    let pixels = vec![90; 64 * 48 * 3];
    let size = Size { width: 64, height: 48 };
    let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
    let mut now = "2026-03-01T08:01:00Z".parse::<Timestamp>().unwrap();
    for _ in 0..n_unlooked {
        now += Duration::from_millis(200);
        walk.analyst.plan(&picture, now);
        walk.analyst.absorb(&picture, Ok(Seen::default()), now, CaptureClock::Camera);
    }
    let empty = DetectError::Picture { width: 64, height: 48, reason: "it is empty" };
    let seen = if fails { Err(empty) } else { Ok(Seen::default()) };
    let n_looks = walk.analyst.plan(&picture, now).len();
    walk.analyst.absorb(&picture, seen, now, CaptureClock::Camera);
    (n_looks, walk.analyst.privacy.hides(&walk.analyst.lookout, size, fails))
}

#[test]
fn who_stands_is_hidden_in_pictures_that_nobody_looked_at() {
    let mut feet = arrival();
    feet.extend(vec![Some(0.8); 60]);
    let (_, hidden) = hidden_after(&feet, 3, false);
    let [left, top, right, bottom] = hidden[0];
    assert!(left < 0.75 && top < 0.3 && right > 0.85 && bottom > 0.8, "{hidden:?}");
}

#[test]
fn everything_is_hidden_where_nobody_knows_who_is_there() {
    assert_eq!(hidden_after(&[None; 20], 3, true).1, [[0.0, 0.0, 1.0, 1.0]]);
    assert_eq!(hidden_after(&[None; 20], 3, false).1, [[0.0; 4]; 0]);
}

#[test]
fn whoever_asks_for_a_picture_gets_one_that_was_looked_at_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (out, _facts) = outlet(dir.path());
    let desk = out.desk.clone();
    let min_score = Score::try_from(0.5).unwrap();
    let mut analyst = Analyst::new(&camera(&["person"]), &sees(&labels()), min_score, out).unwrap();
    let pixels = vec![90; 64 * 48 * 3];
    let size = Size { width: 64, height: 48 };
    let picture = Picture::Rgb { size, data: Plane { data: &pixels, stride: 64 * 3 } };
    let mut detector = Scripted { feet: None, labels: labels() };
    let mut n_looks = Vec::new();
    for step in 0..30_u32 {
        let at = Timestamp::UNIX_EPOCH + Duration::from_millis(200) * step;
        if step == 29 {
            let (asked, now) = (desk.clone(), at);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            runtime.unwrap().block_on(async {
                let _ = timeout(Duration::from_millis(10), asked.newest(now)).await;
            });
        }
        let looks = analyst.plan(&picture, at);
        n_looks.push(looks.iter().filter(|it| it.crop.is_none()).count());
        let seen = models::look(&mut detector, &picture, &looks);
        analyst.absorb(&picture, seen, at, CaptureClock::Camera);
    }
    assert_eq!((n_looks[28], n_looks[29]), (0, 1), "{n_looks:?}");
}
