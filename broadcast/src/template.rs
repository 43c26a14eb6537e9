//! A text with places to fill in: `Mời bà con họp lúc {giờ} ngày {ngày}.`
//!
//! Pure. A place that nobody filled, or a value that has no place, is refused by name: what was forgotten
//! must not be read out as "giờ".

use std::collections::BTreeMap;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

const MOST_PLACES: usize = 50;
const LONGEST_PLACE: usize = 40;

/// A text that was checked. Invariant: at most 50 different places, each named in 1 to 40 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Words(String),
    Place(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the template holds no words")]
    Empty,
    #[error("the place that begins at {near:?} has no end: write it as {{giờ}}")]
    NotClosed { near: String },
    #[error("there is a }} without a {{ before it: write a place as {{giờ}}")]
    NotOpened,
    #[error("{name:?} does not name a place: use 1 to {LONGEST_PLACE} characters in one line")]
    Name { name: String },
    #[error("the template has more than {MOST_PLACES} places")]
    TooMany,
}

/// What is wrong with the values, all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", say(missing, unknown))]
pub struct FillError {
    /// Places without a value, in the order of the text.
    pub missing: Vec<String>,
    /// Values without a place.
    pub unknown: Vec<String>,
}

impl Template {
    /// What is to be filled in, each once, in the order of the text.
    pub fn places(&self) -> Vec<&str> {
        let mut places: Vec<&str> = Vec::new();
        for part in &self.parts {
            if let Part::Place(name) = part
                && !places.contains(&name.as_str())
            {
                places.push(name);
            }
        }
        places
    }

    /// The text with `values` in its places. A value of nothing but blanks is none.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> Result<String, FillError> {
        let values: BTreeMap<String, &str> =
            values.iter().map(|(name, value)| (plain(name), value.trim())).collect();
        let places = self.places();
        let is_missing = |it: &&&str| values.get(**it).is_none_or(|it| it.is_empty());
        let missing: Vec<String> =
            places.iter().filter(is_missing).map(|it| (*it).to_owned()).collect();
        let unknown: Vec<String> =
            values.keys().filter(|it| !places.contains(&it.as_str())).cloned().collect();
        if !missing.is_empty() || !unknown.is_empty() {
            return Err(FillError { missing, unknown });
        }
        let say = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Place(name) => values.get(name).copied().unwrap_or_default().to_owned(),
        };
        Ok(self.parts.iter().map(say).collect())
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            push_words(&mut parts, words)?;
            let near = || after.chars().take(LONGEST_PLACE).collect();
            let (name, after) =
                after.split_once('}').ok_or_else(|| TemplateError::NotClosed { near: near() })?;
            let name = plain(name);
            let fits = (1..=LONGEST_PLACE).contains(&name.chars().count())
                && !name.contains(|it: char| it == '{' || it.is_control());
            if !fits {
                return Err(TemplateError::Name { name });
            }
            parts.push(Part::Place(name));
            rest = after;
        }
        push_words(&mut parts, rest)?;
        let template = Self { parts };
        if template.places().len() > MOST_PLACES {
            return Err(TemplateError::TooMany);
        }
        Ok(template)
    }
}

fn push_words(parts: &mut Vec<Part>, words: &str) -> Result<(), TemplateError> {
    if words.contains('}') {
        return Err(TemplateError::NotOpened);
    }
    if !words.is_empty() {
        parts.push(Part::Words(words.to_owned()));
    }
    Ok(())
}

/// Some editors write accents as marks of their own; to the eye the names are the same.
fn plain(name: &str) -> String {
    name.trim().nfc().collect()
}

fn say(missing: &[String], unknown: &[String]) -> String {
    let list = |names: &[String]| names.join(", ");
    match (missing.is_empty(), unknown.is_empty()) {
        (false, false) => {
            format!(
                "give a value for: {}; the text has no place for: {}",
                list(missing),
                list(unknown)
            )
        }
        (false, true) => format!("give a value for: {}", list(missing)),
        (true, _) => format!("the text has no place for: {}", list(unknown)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEETING: &str = "Mời bà con họp lúc {giờ} ngày {ngày}. Nhắc lại: {giờ}.";

    fn fill(text: &str, values: &[(&str, &str)]) -> Result<String, FillError> {
        let values = values.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned()));
        text.parse::<Template>().unwrap().fill(&values.collect())
    }

    #[test]
    fn every_place_takes_its_value() {
        assert_eq!(MEETING.parse::<Template>().unwrap().places(), ["giờ", "ngày"]);
        let said = fill(MEETING, &[("giờ", "17h30"), ("ngày", "2/9")]).unwrap();
        assert_eq!(said, "Mời bà con họp lúc 17h30 ngày 2/9. Nhắc lại: 17h30.");
        // "ngày" with its accent as a mark of its own.
        assert!(fill("Ngày {ngày}", &[("nga\u{300}y", "2/9")]).is_ok());
    }

    #[test]
    fn what_is_missing_and_what_has_no_place_is_said_all_at_once() {
        let refused = fill(MEETING, &[("ngày", " "), ("nơi", "nhà văn hóa")]).unwrap_err();
        assert_eq!(refused.missing, ["giờ", "ngày"]);
        assert_eq!(refused.unknown, ["nơi"]);
        assert_eq!(
            refused.to_string(),
            "give a value for: giờ, ngày; the text has no place for: nơi"
        );
    }

    #[test]
    fn a_text_whose_places_cannot_be_read_is_refused() {
        for (text, expected) in [
            (" \n", "holds no words"),
            ("lúc {giờ", "has no end"),
            ("lúc giờ}", "without a {"),
            ("lúc {}", "does not name a place"),
            ("lúc {{giờ}}", "does not name a place"),
            ("lúc {g\niờ}", "does not name a place"),
        ] {
            let refused = text.parse::<Template>().unwrap_err().to_string();
            assert!(refused.contains(expected), "{text:?}: {refused}");
        }
        let many: Vec<String> = (0..51).map(|at| format!("{{{at}}}")).collect();
        assert_eq!(many.concat().parse::<Template>(), Err(TemplateError::TooMany));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Nothing breaks it, and what fills its own places leaves none.
        #[test]
        fn any_text_is_read_or_refused(text in r"[a-c{} \n]{0,30}") {
            if let Ok(template) = text.parse::<Template>() {
                let places = template.places();
                let values = places.iter().map(|it| ((*it).to_owned(), "x".to_owned()));
                let said = template.fill(&values.collect()).unwrap();
                let has_place = said.contains(['{', '}']);
                prop_assert!(!has_place);
            }
        }
    }
}
