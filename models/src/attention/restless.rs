//! Where something moves all the time, and is never anybody: leaves, a flag, water, rain.

use base::Size;

use super::{Look, touches};
use crate::detection::Rect;

/// Counts, for each part of the picture, looks in a row that found nobody there though it moved.
#[derive(Debug)]
pub(super) struct Restless {
    n_in_vain: [u8; ACROSS * DOWN],
}

const ACROSS: usize = 16;
const DOWN: usize = 9;
/// Three seconds of looks in vain at five pictures a second.
const RESTLESS: u8 = 15;

impl Default for Restless {
    fn default() -> Self {
        Self { n_in_vain: [0; ACROSS * DOWN] }
    }
}

impl Restless {
    /// All parts that `area` touches have moved in vain.
    pub(super) fn is_restless(&self, size: Size, area: &Rect) -> bool {
        let mut parts = parts(size).zip(&self.n_in_vain).filter(|(part, _)| touches(part, area));
        parts.all(|(_, n)| *n >= RESTLESS)
    }

    pub(super) fn learn(
        &mut self,
        size: Size,
        areas: &[Rect],
        looks: &[Look],
        mut found: impl Iterator<Item = Rect> + Clone,
    ) {
        let found = std::iter::from_fn(|| found.next()).collect::<Vec<_>>();
        for (part, n_in_vain) in parts(size).zip(&mut self.n_in_vain) {
            let is_there = |it: &Rect| touches(it, &part);
            if found.iter().any(is_there) {
                *n_in_vain = 0;
            } else if areas.iter().any(is_there) && looks.iter().any(|it| is_there(&it.area)) {
                *n_in_vain = n_in_vain.saturating_add(1);
            } else if !areas.iter().any(is_there) {
                // It was a gust of wind.
                *n_in_vain = n_in_vain.saturating_sub(1);
            }
        }
    }
}

/// The parts of a picture, row by row.
fn parts(size: Size) -> impl Iterator<Item = Rect> {
    let whole = Rect::whole(size);
    let (width, height) = (whole.width / 16.0, whole.height / 9.0);
    (0_u8..9).flat_map(move |row| {
        (0_u8..16).map(move |column| Rect {
            x: f32::from(column) * width,
            y: f32::from(row) * height,
            width,
            height,
        })
    })
}
