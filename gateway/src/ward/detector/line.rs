//! Who is looked at next: each camera waits with its newest picture, and all take turns.

use std::collections::VecDeque;

/// One place a camera. A place that is being looked at is not given out again until it is done, so
/// the pictures of one camera never overtake one another.
#[derive(Debug)]
pub(super) struct Line<T> {
    places: Vec<Place<T>>,
    /// Places with a picture that nobody looks at yet, in the order in which they became ready.
    ready: VecDeque<usize>,
}

#[derive(Debug)]
struct Place<T> {
    waiting: Option<T>,
    is_busy: bool,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { places: Vec::new(), ready: VecDeque::new() }
    }
}

impl<T> Line<T> {
    pub(super) fn add_place(&mut self) -> usize {
        self.places.push(Place { waiting: None, is_busy: false });
        self.places.len() - 1
    }

    /// Gives back the older picture that was not looked at and never will be.
    pub(super) fn put(&mut self, at: usize, item: T) -> Option<T> {
        let place = &mut self.places[at];
        let older = place.waiting.replace(item);
        if older.is_none() && !place.is_busy {
            self.ready.push_back(at);
        }
        older
    }

    pub(super) fn take(&mut self) -> Option<(usize, T)> {
        let at = self.ready.pop_front()?;
        let place = &mut self.places[at];
        place.is_busy = true;
        place.waiting.take().map(|item| (at, item))
    }

    /// Gives back what waits: nobody is to look at it.
    pub(super) fn clear(&mut self, at: usize) -> Option<T> {
        let dropped = self.places[at].waiting.take();
        self.ready.retain(|it| *it != at);
        dropped
    }

    /// What was taken from `at` has been looked at.
    pub(super) fn done(&mut self, at: usize) {
        let place = &mut self.places[at];
        place.is_busy = false;
        if place.waiting.is_some() {
            self.ready.push_back(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a1` puts picture 1 of camera a, `>` takes, `<a` ends the look at camera a, `!a` clears it; answers
    /// with what was taken and, in brackets, what was dropped.
    fn check(script: &str, expected: &str) {
        let mut line = Line::default();
        let cameras = ['a', 'b', 'c'];
        for _ in cameras {
            line.add_place();
        }
        let place = |name: char| cameras.iter().position(|it| *it == name).unwrap();
        let mut seen = Vec::new();
        for word in script.split(' ') {
            let letters: Vec<char> = word.chars().collect();
            match letters[..] {
                ['>'] => seen.push(line.take().map_or("-", |(_, it)| it).to_owned()),
                ['<', name] => line.done(place(name)),
                ['!', name] => seen.extend(line.clear(place(name)).map(|it| format!("({it})"))),
                [name, _] => seen.extend(line.put(place(name), word).map(|it| format!("({it})"))),
                _ => panic!("{word}"),
            }
        }
        assert_eq!(seen.join(" "), expected, "{script}");
    }

    #[test]
    fn the_newest_picture_wins() {
        check("a1 a2 a3 >", "(a1) (a2) a3");
    }

    #[test]
    fn cameras_take_turns_however_fast_one_sends() {
        check("a1 b1 > a2 <a > a3 <b > <a >", "a1 b1 (a2) a3 -");
        check("a1 b1 c1 > > > <a a2 <b b2 > >", "a1 b1 c1 a2 b2");
    }

    #[test]
    fn a_camera_is_looked_at_by_one_worker_at_a_time() {
        check("a1 > a2 > <a >", "a1 - a2");
    }

    #[test]
    fn what_is_not_to_be_looked_at_leaves_the_line() {
        check("a1 b1 !a > a2 >", "(a1) b1 a2");
        check("a1 > a2 <a !a > a3 >", "a1 (a2) - a3");
    }

    #[test]
    fn nothing_waits_in_an_empty_line() {
        check("> a1 > <a >", "- a1 -");
    }
}
