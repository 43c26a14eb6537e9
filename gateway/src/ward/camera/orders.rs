//! What people ask of a camera while it runs. The analyst takes it up with the next picture.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config;

/// Cheap to clone: one end asks, the other takes.
#[derive(Clone, Debug, Default)]
pub struct CameraOrders(Arc<Mutex<Asked>>);

#[derive(Debug, Default)]
struct Asked {
    rules: Option<Vec<config::Rule>>,
    /// Somebody drew them on the camera's picture.
    is_drawn: bool,
    is_test: bool,
}

impl CameraOrders {
    /// From now on these rules; the stream goes on.
    pub fn change_rules(&self, rules: Vec<config::Rule>) {
        self.lock().rules = Some(rules);
    }

    /// As [`Self::change_rules`], by somebody who has the camera's picture before him.
    pub fn draw_rules(&self, rules: Vec<config::Rule>) {
        let mut asked = self.lock();
        (asked.rules, asked.is_drawn) = (Some(rules), true);
    }

    /// Raise an alarm about nothing.
    pub fn test(&self) {
        self.lock().is_test = true;
    }

    /// And whether somebody drew them.
    pub(super) fn take_change(&self) -> Option<(Vec<config::Rule>, bool)> {
        let mut asked = self.lock();
        asked.rules.take().map(|rules| (rules, std::mem::take(&mut asked.is_drawn)))
    }

    #[cfg(test)]
    pub(in crate::ward) fn take_rules(&self) -> Option<Vec<config::Rule>> {
        self.take_change().map(|(rules, _)| rules)
    }

    pub(super) fn take_test(&self) -> bool {
        std::mem::take(&mut self.lock().is_test)
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
