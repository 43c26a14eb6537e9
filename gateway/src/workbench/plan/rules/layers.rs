//! The layers of a rules file: those it lists or reads from an .ics file, and those that are computed.

use std::collections::BTreeMap;
use std::sync::Arc;

use broadcast::calendar::{Computed, Layer};
use broadcast::ics;
use jiff::civil::Date;
use toml::Value;

use super::Scope;
use super::section::Section;

pub(super) struct Layers<'a> {
    scope: &'a Scope<'a>,
    /// `None`: something is wrong with it, and that was said.
    known: BTreeMap<String, Option<Arc<Layer>>>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, known: BTreeMap::new() }
    }

    /// Takes up a `[[layer]]`.
    pub(super) fn read(&mut self, file: &mut Section<'_>, nth: usize, layer: Value) {
        let Value::Table(mut table) = layer else {
            file.problem("layer", format!("number {nth} is not a table"));
            return;
        };
        let Some(Value::String(name)) = table.remove("name") else {
            file.problem("layer", format!("number {nth} has no name"));
            return;
        };
        if self.known.contains_key(&name) {
            file.problem(&format!("layer.{name}"), "name is used twice");
        }
        let mut section = Section::new(&format!("layer.{name}."), table, file.problems);
        let layer = self.believe(&mut section, &name);
        section.finish();
        self.known.insert(name, layer.map(Arc::new));
    }

    fn believe(&self, section: &mut Section<'_>, name: &str) -> Option<Layer> {
        let is_listed = section.table.contains_key("days");
        match (is_listed, section.string("ics")) {
            (true, None) => listed(section, name),
            (false, Some(file)) => self.imported(section, name, &file),
            (true, Some(_)) => section.wrong("ics", "give it or days, not both"),
            (false, None) => section.wrong("days", "is missing: give days, or ics = \"a file\""),
        }
    }

    fn imported(&self, section: &mut Section<'_>, name: &str, file: &str) -> Option<Layer> {
        let path = self.scope.folder.join(file);
        let bytes = std::fs::read(&path)
            .map_err(|err| section.problem("ics", format!("{}: {err}", path.display())))
            .ok()?;
        let read = ics::read_layer(&bytes, name, self.scope.years.clone());
        read.map_err(|refused| section.problem("ics", format!("{file} is refused:\n{refused}")))
            .ok()
    }

    /// By name; one that the file does not have is computed.
    pub(super) fn find(&mut self, name: &str) -> Result<Arc<Layer>, String> {
        if let Some(known) = self.known.get(name) {
            return known.clone().ok_or_else(|| "the layer is wrong, see there".to_owned());
        }
        let computed: Computed = name.parse().map_err(|_| {
            let all = Computed::ALL.map(Computed::as_str).join(", ");
            format!("there is no [[layer]] of that name, and computed are {all}")
        })?;
        let years = self.scope.years.clone();
        let layer = Layer::computed(computed, years).map_err(|err| err.to_string())?;
        let layer = Arc::new(layer);
        self.known.insert(name.to_owned(), Some(Arc::clone(&layer)));
        Ok(layer)
    }
}

fn listed(section: &mut Section<'_>, name: &str) -> Option<Layer> {
    let example = "{ \"2026-09-03\" = \"Hội làng\" }";
    let mut days = Vec::new();
    for (day, label) in section.texts_by_key("days", example) {
        match day.parse::<Date>() {
            Ok(day) => days.push((day, label)),
            Err(_) => section.problem("days", format!("{day:?} is not a day such as 2026-09-02")),
        }
    }
    Layer::listed(name, days).map_err(|err| section.problem("days", err)).ok()
}
