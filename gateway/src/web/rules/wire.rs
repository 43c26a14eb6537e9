//! The rules of a camera as the console's API takes and shows them: each with the keys of the
//! configuration file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::rule_to_json;
use crate::ward::rules::{RulesView, Source};
use crate::web::wire::instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) rules: Vec<Value>,
    /// That was read.
    pub(crate) revision: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rules {
    rules: Vec<Value>,
    /// `file` or `console`.
    source: &'static str,
    /// 0 before the first edit.
    revision: u64,
    edited_by: Option<String>,
    edited_at: Option<String>,
    /// What the model knows.
    labels: Vec<String>,
}

impl Rules {
    pub(crate) fn new(view: &RulesView, labels: &[String]) -> Self {
        let (edited_by, edited_at) = view.edited.clone().unzip();
        Self {
            rules: view.rules.iter().map(rule_to_json).collect(),
            source: match view.source {
                Source::File => "file",
                Source::Console => "console",
            },
            revision: view.revision,
            edited_by,
            edited_at: edited_at.map(instant),
            labels: labels.to_vec(),
        }
    }
}
