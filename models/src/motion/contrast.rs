//! One scale of brightness for every scene: fog, dusk and backlight are stretched to the same range.

/// The usual dark and bright ends of a camera's picture, averaged so that a passing lorry does not
/// change the scale.
#[derive(Debug, Default)]
pub(super) struct Contrast {
    ends: Option<[f32; 2]>,
}

/// Of the cells; what is darker or brighter is a lamp or a shadow, and does not set the scale.
const DARK_PERCENT: usize = 4;
const BRIGHT_PERCENT: usize = 96;
/// Where the ends are put on the scale. Beyond them there is room, so that somebody darker than the
/// darkest wall is still told from it.
const DARK_AT: f32 = 48.0;
const BRIGHT_AT: f32 = 208.0;
/// Pictures over which the ends are averaged.
const OVER: f32 = 50.0;
/// A span narrower than this is noise: stretched to the full range it would be motion everywhere.
const LEAST_SPAN: f32 = 40.0;

impl Contrast {
    /// Writes the stretched cells to `out`.
    pub(super) fn stretch(&mut self, cells: &[u8], out: &mut Vec<u8>) {
        let seen = ends(cells);
        let ends = self.ends.get_or_insert(seen);
        for (end, seen) in ends.iter_mut().zip(seen) {
            *end += (seen - *end) / OVER;
        }
        let [dark, bright] = *ends;
        let middle = f32::midpoint(dark, bright);
        let gain = (BRIGHT_AT - DARK_AT) / (bright - dark).max(LEAST_SPAN);
        let table: [u8; 256] = std::array::from_fn(|value| {
            let value = u8::try_from(value).map_or(255.0, f32::from);
            level(f32::midpoint(DARK_AT, BRIGHT_AT) + (value - middle) * gain)
        });
        out.clear();
        out.extend(cells.iter().map(|it| table[usize::from(*it)]));
    }
}

/// The values below which `DARK_PERCENT` and `BRIGHT_PERCENT` of the cells lie.
fn ends(cells: &[u8]) -> [f32; 2] {
    let mut counts = [0_usize; 256];
    for cell in cells {
        counts[usize::from(*cell)] += 1;
    }
    [DARK_PERCENT, BRIGHT_PERCENT].map(|percent| {
        let mut n_below = 0;
        let value = (0_u8..=255).find(|value| {
            n_below += counts[usize::from(*value)];
            n_below * 100 >= cells.len() * percent
        });
        f32::from(value.unwrap_or(255))
    })
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates: what is beyond the ends is cut off"
)]
fn level(value: f32) -> u8 {
    value.round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fog_is_stretched() {
        let cells: Vec<u8> = (0..100).map(|it| 100 + it).collect();
        let mut out = Vec::new();
        Contrast::default().stretch(&cells, &mut out);
        assert!(out[0] < 48 && out[99] > 208 && out[99] < 230, "{out:?}");
    }

    #[test]
    fn noise_is_not_stretched_to_motion() {
        let cells: Vec<u8> = (0..100).map(|it| 90 + it % 3).collect();
        let mut out = Vec::new();
        Contrast::default().stretch(&cells, &mut out);
        let (least, most) = (out.iter().min().unwrap(), out.iter().max().unwrap());
        assert!(most - least < 20, "{out:?}");
    }

    #[test]
    fn one_picture_hardly_changes_the_scale() {
        let (scene, lorry) = ([20_u8, 220].repeat(50), [120_u8; 100]);
        let (mut contrast, mut before, mut after) = (Contrast::default(), Vec::new(), Vec::new());
        contrast.stretch(&scene, &mut before);
        contrast.stretch(&lorry, &mut after);
        contrast.stretch(&scene, &mut after);
        assert!(after[0].abs_diff(before[0]) < 6 && after[1].abs_diff(before[1]) < 6);
    }
}
