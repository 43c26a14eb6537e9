//! What people ask of a camera while it runs. The analyst takes it up with the next picture.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config;

/// Cheap to clone: one end asks, the other takes.
#[derive(Clone, Debug, Default)]
pub struct CameraOrders(Arc<Mutex<Asked>>);

#[derive(Debug, Default)]
struct Asked {
    rules: Option<Vec<config::Rule>>,
    is_test: bool,
}

impl CameraOrders {
    /// From now on these rules; the stream goes on.
    pub fn change_rules(&self, rules: Vec<config::Rule>) {
        self.lock().rules = Some(rules);
    }

    /// Raise an alarm about nothing.
    pub fn test(&self) {
        self.lock().is_test = true;
    }

    pub(super) fn take_rules(&self) -> Option<Vec<config::Rule>> {
        self.lock().rules.take()
    }

    pub(super) fn take_test(&self) -> bool {
        std::mem::take(&mut self.lock().is_test)
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
