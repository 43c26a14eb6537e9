//! What `GLib` and GStreamer print by themselves: into our log, and no more of it than a person reads.
//!
//! A library that complains in a loop writes megabytes a second to the terminal or the journal
//! otherwise, and wears out the card.

use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use gstreamer::glib;
use tokio::time::Instant;
use tracing::{error, info, warn};

/// So many lines ...
const MOST: u32 = 10;
/// ... in so much time; what is left out is counted.
const PERIOD: Duration = Duration::from_secs(10);

/// Lets through the first [`MOST`] of each period.
#[derive(Debug, Default)]
struct Throttle {
    began: Option<Instant>,
    n_passed: u32,
    n_left_out: u64,
}

/// From now on, in the whole process.
pub(crate) fn listen() {
    static THROTTLE: Mutex<Option<Throttle>> = Mutex::new(None);
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        glib::log_set_default_handler(|domain, level, text| {
            let mut throttle = THROTTLE.lock().unwrap_or_else(PoisonError::into_inner);
            let admitted = throttle.get_or_insert_default().admit(Instant::now());
            drop(throttle);
            if let Some(n_left_out) = admitted {
                tell(domain.unwrap_or("GLib"), level, text, n_left_out);
            }
        });
    });
}

fn tell(library: &str, level: glib::LogLevel, text: &str, n_left_out: u64) {
    if n_left_out > 0 {
        warn!(n_left_out, "more was said by libraries than is written down");
    }
    match level {
        glib::LogLevel::Error => error!(library, "{text}"),
        glib::LogLevel::Critical | glib::LogLevel::Warning => warn!(library, "{text}"),
        glib::LogLevel::Message => info!(library, "{text}"),
        // For who writes the library.
        glib::LogLevel::Info | glib::LogLevel::Debug => {}
    }
}

impl Throttle {
    /// `None`: leave it out. Else how many were left out before it.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        let is_over = |began: Instant| now.saturating_duration_since(began) >= PERIOD;
        if self.began.is_none_or(is_over) {
            (self.began, self.n_passed) = (Some(now), 0);
        }
        if self.n_passed >= MOST {
            self.n_left_out += 1;
            return None;
        }
        self.n_passed += 1;
        Some(std::mem::take(&mut self.n_left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_complaints_are_ten_lines_and_a_count() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        let n_lines = (0..1_000_000).filter(|_| throttle.admit(start).is_some()).count();
        assert_eq!(n_lines, 10);
        assert_eq!(throttle.admit(start + PERIOD), Some(999_990));
        assert_eq!(throttle.admit(start + PERIOD), Some(0));
    }
}
