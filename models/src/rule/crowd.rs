//! Enough objects at once for long enough, with patience for those whom the detector overlooks.

use std::time::Duration;

use super::guest::LOST_AFTER;
use super::watch::Moment;

#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// Since when there are enough; `None`: there is no crowd.
    since: Option<Moment>,
    /// Since when there are too few again.
    too_few_since: Option<Duration>,
    pub(super) is_told: bool,
}

/// Whom the detector overlooks for less than this still counts.
pub(super) const OVERLOOKED_FOR: Duration = Duration::from_secs(2);

impl Crowd {
    /// One picture. Answers since when there is a crowd, if there is one.
    pub(super) fn sees(&mut self, are_enough: bool, now: Moment) -> Option<Moment> {
        if are_enough {
            self.too_few_since = None;
            self.since = self.since.or(Some(now));
        } else {
            let too_few_since = *self.too_few_since.get_or_insert(now.watched);
            let patience = if self.is_told { LOST_AFTER } else { OVERLOOKED_FOR };
            if now.since(too_few_since) >= patience {
                *self = Self::default();
            }
        }
        self.since
    }
}
