//! What a picture looks like behind its masks.

use proptest::prelude::*;

use super::*;

fn masks(polygon: &[[f32; 2]]) -> Masks {
    Masks::new(&[polygon.to_vec()])
}

/// A white picture with coloured chroma after its masks, as rows of luma: `#` hidden.
fn hidden(masks: &Masks, width: u32, height: u32) -> Vec<String> {
    let size = Size { width, height };
    let (stride, half) = (index(width) + 3, index(width.div_ceil(2)) + 1);
    let rows = index(height.div_ceil(2));
    let mut y = vec![235; stride * index(height)];
    let (mut u, mut v) = (vec![90; half * rows], vec![200; half * rows]);
    let plane = |data, stride| PlaneMut { data, stride };
    Masker::new(masks.clone()).hide(&mut FrameMut {
        size,
        y: plane(&mut y, stride),
        u: plane(&mut u, half),
        v: plane(&mut v, half),
    });
    for (row, line) in y.chunks(stride).enumerate() {
        assert!(line[index(width)..].iter().all(|it| *it == 235), "painted beside the picture");
        for (column, luma) in line[..index(width)].iter().enumerate() {
            let chroma = row / 2 * half + column / 2;
            let colour = if *luma == GREY[0] { [128, 128] } else { [90, 200] };
            assert_eq!(
                [u[chroma], v[chroma]],
                colour,
                "colour and light of {column}, {row} differ"
            );
        }
    }
    let symbol = |luma: &u8| if *luma == GREY[0] { '#' } else { '.' };
    y.chunks(stride).map(|line| line[..index(width)].iter().map(symbol).collect()).collect()
}

#[test]
fn a_rectangle_hides_every_block_it_touches() {
    let inside = masks(&[[0.3, 0.4], [0.7, 0.4], [0.7, 0.6], [0.3, 0.6]]);
    let rows = hidden(&inside, 10, 10);
    assert_eq!(rows[..4], [".........."; 4]);
    assert_eq!(rows[4..8], ["..######.."; 4]);
    assert_eq!(rows[8..], [".........."; 2]);
}

#[test]
fn odd_sides_are_hidden_to_the_last_pixel() {
    let whole = masks(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
    assert_eq!(hidden(&whole, 7, 5), ["#######"; 5]);
    assert_eq!(
        hidden(&masks(&[[-9.0, -9.0], [9.0, -9.0], [9.0, 9.0], [-9.0, 9.0]]), 7, 5),
        ["#######"; 5]
    );
    let corner = masks(&[[0.9, 0.9], [1.0, 0.9], [1.0, 1.0], [0.9, 1.0]]);
    assert_eq!(hidden(&corner, 7, 5), [".......", ".......", ".......", ".......", "......#"]);
}

#[test]
fn a_polygon_that_crosses_itself_hides_both_halves() {
    let bow = masks(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]);
    let rows = hidden(&bow, 12, 12);
    assert!(rows[5].starts_with('#') && rows[5].ends_with('#'), "{rows:#?}");
    let left = masks(&[[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]]);
    for (row, half) in rows.iter().zip(hidden(&left, 12, 12)) {
        let covers = row.chars().zip(half.chars()).all(|it| it.1 == '.' || it.0 == '#');
        assert!(covers, "{row} {half}");
    }
}

#[test]
fn a_line_hides_what_it_touches_and_no_number_hides_all() {
    let line = hidden(&masks(&[[0.0, 0.1], [1.0, 0.1]]), 8, 8);
    assert_eq!(line[..2], ["########"; 2]);
    assert_eq!(line[2..], ["........"; 6]);
    assert_eq!(hidden(&masks(&[[f32::NAN, 0.0], [1.0, 1.0], [0.0, 1.0]]), 4, 4), ["####"; 4]);
    assert_eq!(hidden(&Masks::new(&[vec![]]), 4, 4), ["...."; 4]);
}

#[test]
fn pictures_of_another_size_get_masks_of_that_size() {
    let mut masker = Masker::new(masks(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]));
    for side in [4, 8, 4] {
        let (mut y, mut u, mut v) =
            (vec![9; side * side], vec![9; side * side / 4], vec![9; side * side / 4]);
        let px = u32::try_from(side).unwrap();
        let plane = |data, stride| PlaneMut { data, stride };
        masker.hide(&mut FrameMut {
            size: Size { width: px, height: px },
            y: plane(&mut y, side),
            u: plane(&mut u, side / 2),
            v: plane(&mut v, side / 2),
        });
        assert!(y.iter().all(|it| *it == GREY[0]) && u.iter().chain(&v).all(|it| *it == 128));
    }
}

/// Whether the point lies inside, by the winding number (Sunday 2001).
fn is_inside(polygon: &[[f32; 2]], point: [f64; 2]) -> bool {
    let corners: Vec<Corner> = polygon.iter().map(|it| it.map(f64::from)).collect();
    let winding: i32 = edges(&corners)
        .filter_map(|edge| crossing(edge, point[1]))
        .filter(|it| it.0 > point[0])
        .map(|it| it.1)
        .sum();
    winding != 0
}

proptest! {
    #[test]
    fn no_point_of_a_mask_is_ever_seen(
        polygon in prop::collection::vec([-0.2_f32..1.2, -0.2_f32..1.2], 3..8),
        points in prop::collection::vec([0.0_f64..1.0, 0.0_f64..1.0], 200),
        (width, height) in (1_u32..40, 1_u32..40),
    ) {
        let rows = hidden(&masks(&polygon), width, height);
        for point in points.into_iter().filter(|it| is_inside(&polygon, *it)) {
            let (x, y) = (point[0] * f64::from(width), point[1] * f64::from(height));
            let symbol = rows[block(y.floor())].as_bytes()[block(x.floor())];
            prop_assert_eq!(symbol, b'#', "{:?} of {:#?}", point, &rows);
        }
    }
}
