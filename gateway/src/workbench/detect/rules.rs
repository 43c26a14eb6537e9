//! The rules of `--format alerts`, believed as a camera's are.

use std::path::Path;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use models::{Entry, Hours, RuleSet, RuleSettings};
use serde::Deserialize;
use serde_json::Value;

use crate::config::{self, Rule, RuleProblem};

/// What the file holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Value>,
}

/// Reads the `[[rule]]` tables of `file`, whose labels `model` must know.
pub(super) fn read(file: &Path, model: &Entry) -> anyhow::Result<RuleSet> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let File { rule } = toml::from_str(&text)
        .with_context(|| format!("{}: [[rule]] tables are expected", file.display()))?;
    let rules = config::rules_from_json(&rule, model, &TimeZone::UTC)
        .map_err(|problems| anyhow::anyhow!("{}", told(file, &rule, &problems)))?;
    let settings = rules.iter().map(|it| Ok((it.id.clone(), settings(it, model)?)));
    Ok(RuleSet::new(settings.collect::<anyhow::Result<_>>()?))
}

fn settings(rule: &Rule, model: &Entry) -> anyhow::Result<RuleSettings> {
    let class = |label: &String| model.labels.find(label).context("a label that was believed");
    let classes = rule.labels.iter().map(class).collect::<anyhow::Result<_>>()?;
    Ok(RuleSettings { hours: Hours::always(), ..rule.settings(classes) })
}

/// A line for each problem, with the rule it is about.
fn told(file: &Path, rules: &[Value], problems: &[RuleProblem]) -> String {
    let line = |it: &RuleProblem| {
        let id = rules.get(it.rule).and_then(|rule| rule["id"].as_str());
        let name = id.map_or_else(|| format!("{}", it.rule + 1), str::to_owned);
        let key = if it.key.is_empty() { String::new() } else { format!(".{}", it.key) };
        format!("{}: rule {name}{key}: {}", file.display(), it.text)
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}
