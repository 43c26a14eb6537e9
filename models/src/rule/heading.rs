//! The way that traffic goes, and who goes against it.

use super::sighting::Sighting;
use super::watch::Moment;

/// A direction in the picture, as somebody who looks at it sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heading {
    /// Clockwise from straight up: 0 up, 90 to the right, 180 down, 270 to the left.
    Degrees(f32),
    /// From the first point to the second, in fractions of the picture.
    Arrow([[f32; 2]; 2]),
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum HeadingError {
    #[error("{0} is not an angle of 0 to 360: 0 is up, 90 to the right, 180 down, 270 to the left")]
    NotAnAngle(f32),
    #[error("point [{0}, {1}] is outside the picture: both numbers must be in 0..=1")]
    Outside(f32, f32),
    #[error("the arrow has no length: give the point where it starts and the one where it ends")]
    NoLength,
}

impl Heading {
    /// The same, if it is a direction at all. Whoever makes one from what a person wrote asks this.
    pub fn checked(self) -> Result<Self, HeadingError> {
        match self {
            Self::Degrees(angle) if !(0.0..=360.0).contains(&angle) => {
                Err(HeadingError::NotAnAngle(angle))
            }
            Self::Arrow([from, to]) => {
                let is_outside = |it: &&[f32; 2]| !it.iter().all(|it| (0.0..=1.0).contains(it));
                if let Some([x, y]) = [from, to].iter().find(is_outside) {
                    return Err(HeadingError::Outside(*x, *y));
                }
                let length = (to[0] - from[0]).hypot(to[1] - from[1]);
                if length > 0.0 { Ok(self) } else { Err(HeadingError::NoLength) }
            }
            Self::Degrees(_) => Ok(self),
        }
    }

    /// One pixel long, in a picture of `scale` (width, height); none long for an arrow without
    /// length, which nothing goes against.
    fn unit(self, scale: [f32; 2]) -> [f32; 2] {
        match self {
            Self::Degrees(angle) => {
                let (sin, cos) = angle.to_radians().sin_cos();
                [sin, -cos]
            }
            Self::Arrow([from, to]) => {
                let [x, y] = [(to[0] - from[0]) * scale[0], (to[1] - from[1]) * scale[1]];
                let length = x.hypot(y);
                if length > 0.0 { [x / length, y / length] } else { [0.0, 0.0] }
            }
        }
    }
}

/// One object's way against the traffic.
#[derive(Debug, Default)]
pub(super) struct Drive {
    /// The furthest it has come the right way, and when.
    turn: Option<([f32; 2], Moment)>,
    n_against: u8,
}

/// Going this often its own size against the direction is no jitter and no step aside.
const N_SIZES: f32 = 1.0;
/// Within 60 degrees of the opposite direction: tan 60.
const MOST_ASIDE: f32 = 1.732;
/// Pictures in a row that must say so: a box that is cut short for one picture moves its feet.
const N_AGAINST: u8 = 2;

impl Drive {
    /// Where it is no longer looked at, its way begins anew.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// One picture in which the object was seen. Answers with when it turned against the traffic.
    pub(super) fn sees(
        &mut self,
        heading: Heading,
        seen: &Sighting,
        now: Moment,
    ) -> Option<Moment> {
        let (from, since) = *self.turn.get_or_insert((seen.feet, now));
        let [x, y] = [0, 1].map(|it: usize| (seen.feet[it] - from[it]) * seen.scale[it]);
        let unit = heading.unit(seen.scale);
        let against = -(x * unit[0] + y * unit[1]);
        let aside = (x * unit[1] - y * unit[0]).abs();
        if against <= 0.0 {
            self.turn = Some((seen.feet, now));
        }
        if against < seen.reach * N_SIZES || aside > against * MOST_ASIDE {
            self.n_against = 0;
            if x.hypot(y) > seen.reach * N_SIZES * 2.0 {
                // It went aside: what it does next is judged from here.
                self.turn = Some((seen.feet, now));
            }
            return None;
        }
        self.n_against += 1;
        if self.n_against < N_AGAINST {
            return None;
        }
        self.forget();
        Some(since)
    }
}
