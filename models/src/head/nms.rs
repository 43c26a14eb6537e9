//! Non-maximum suppression: of boxes that show one object, the best stays.

use crate::detection::Rect;

/// A box before suppression, in pixels of the source picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) class: usize,
    pub(crate) score: f32,
    pub(crate) area: Rect,
}

/// Sorts by score, best first, and keeps a box unless one of its own class that was kept before
/// overlaps it by more than `max_iou`: what `cv2.dnn.NMSBoxesBatched` does.
///
/// The sort is stable and the kept boxes are moved to the front, so no buffer is needed.
pub(crate) fn suppress(candidates: &mut Vec<Candidate>, max_iou: f32) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut n_kept = 0;
    for next in 0..candidates.len() {
        let candidate = candidates[next];
        let hidden = candidates[..n_kept]
            .iter()
            .any(|kept| kept.class == candidate.class && kept.area.iou(&candidate.area) > max_iou);
        if !hidden {
            candidates[n_kept] = candidate;
            n_kept += 1;
        }
    }
    candidates.truncate(n_kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(class: usize, score: f32, x: f32) -> Candidate {
        Candidate { class, score, area: Rect { x, y: 0.0, width: 10.0, height: 10.0 } }
    }

    #[test]
    fn the_best_of_a_class_hides_its_neighbours_and_nobody_else() {
        let mut all = vec![
            candidate(0, 0.5, 1.0), // hidden by the next
            candidate(0, 0.9, 0.0),
            candidate(1, 0.4, 0.0),  // another class
            candidate(0, 0.3, 30.0), // elsewhere
        ];
        suppress(&mut all, 0.45);
        let scores: Vec<_> = all.iter().map(|it| it.score).collect();
        assert_eq!(scores, [0.9, 0.4, 0.3]);
    }

    #[test]
    fn a_hidden_box_hides_nobody() {
        // 0 and 4 overlap by 0.43, 4 and 8 too, 0 and 8 by 0.11: with 0.4 the middle one falls.
        let mut all = vec![candidate(0, 0.9, 0.0), candidate(0, 0.8, 4.0), candidate(0, 0.7, 8.0)];
        suppress(&mut all, 0.4);
        assert_eq!(all.len(), 2);
    }
}
