//! A detector that fails: said, tried again, and never taken for a street on which nothing happens.

use super::*;

#[test]
fn while_looks_go_wrong_all_of_each_picture_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(&[None; 20]);
    let planned = |walk: &mut Walk| walk.plan().len();
    assert_eq!(planned(&mut walk), 0, "nothing moves");
    walk.analyst.lookout.look_everywhere();
    walk.fail(1);
    assert_eq!(planned(&mut walk), 1);
}

#[test]
fn a_picture_that_cannot_be_looked_at_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (out, mut facts) = outlet(dir.path());
    let desk = out.desk.clone();
    let min_score = Score::try_from(0.5).unwrap();
    let mut analyst = Analyst::new(&camera(&["person"]), &sees(&labels()), min_score, out).unwrap();
    let mut detector = Scripted { feet: None, labels: labels() };
    let empty =
        Picture::Rgb { size: Size { width: 64, height: 0 }, data: Plane { data: &[], stride: 0 } };
    for _ in 0..3 {
        look(&mut analyst, &mut detector, &empty, Timestamp::UNIX_EPOCH);
    }
    assert!(analyst.figures().is_failing());
    assert!(facts.try_recv().is_err() && !desk.take_request());
}

#[test]
fn a_camera_whose_pictures_cannot_be_looked_at_proves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path());
    walk.go(&[None; 3]);
    walk.orders.test();
    walk.fail(10);
    assert!(walk.analyst.figures().is_failing());
    assert!(walk.orders.take_test(), "it is asked for still");
    walk.orders.test();
    walk.go(&[None; 3]);
    let told = walk.end();
    assert_eq!(told.tested.len(), 1, "once it sees again: {told:?}");
}
