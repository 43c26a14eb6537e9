//! When a bulletin plays: once, or by an RFC 5545 rule. The rule's text and its limits are in `rule`.

mod content;
mod rule;

use jiff::Timestamp;

pub use rule::{Expansion, Rule, RuleError, TooMany};

/// A calendar entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    At(Timestamp),
    Rule(Rule),
}

impl Schedule {
    /// The starts in `from..to`, in order, each once.
    pub fn starts(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Timestamp>, TooMany> {
        match self {
            Self::At(at) if from <= *at && *at < to => Ok(vec![*at]),
            Self::At(_) => Ok(Vec::new()),
            Self::Rule(rule) => rule.starts(from, to),
        }
    }
}
