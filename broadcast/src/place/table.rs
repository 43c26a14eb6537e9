//! The tree as a spreadsheet keeps it: CSV (RFC 4180), with commas or semicolons, in UTF-8 with or without
//! a byte order mark. What is wrong is told all at once, by line.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord};
use jiff::civil::Date;

use super::{Period, Place, PlaceCode, PlaceTree, Problem, check};
use crate::sheet::{self, Delimiter};

/// The whole country has 3 355 cities and communes; a ward has some hundred zones and clusters.
pub const MOST_ROWS: usize = 20_000;
pub const MOST_BYTES: usize = 4 << 20;

/// The headings, and what a ward's table may call them.
const COLUMNS: [(&str, &str); 8] = [
    ("code", "mã"),
    ("kind", "loại"),
    ("name", "tên"),
    ("parent", "thuộc"),
    ("valid_from", "từ ngày"),
    ("valid_to", "đến ngày"),
    ("population", "dân số"),
    ("successors", "thay bằng"),
];
const NEEDED: [&str; 4] = ["code", "kind", "name", "valid_from"];

/// One line, by its headings.
struct Line<'a> {
    number: u64,
    columns: &'a BTreeMap<&'static str, usize>,
    record: &'a StringRecord,
    problems: Vec<Problem>,
}

/// Reads a table, as it is uploaded.
pub fn read(bytes: &[u8]) -> Result<PlaceTree, Vec<Problem>> {
    let text = text(bytes).map_err(|it| vec![it])?;
    let (rows, unread, mut problems) = lines(text)?;
    problems.extend(check::problems(&rows, &unread));
    if problems.is_empty() {
        return Ok(PlaceTree::of(rows.into_iter().map(|(_, it)| it).collect()));
    }
    problems.sort();
    Err(problems)
}

/// A table that [`read`] reads and a spreadsheet opens.
pub fn write(tree: &PlaceTree, delimiter: Delimiter) -> String {
    let headings = COLUMNS.map(|(name, _)| name.to_owned());
    let lines = std::iter::once(headings).chain(tree.rows().iter().map(cells));
    sheet::write(lines, delimiter)
}

fn cells(place: &Place) -> [String; COLUMNS.len()] {
    let day = |it: Option<Date>| it.map(|it| it.to_string()).unwrap_or_default();
    let successors: Vec<&str> = place.successors.iter().map(PlaceCode::as_str).collect();
    [
        place.code.to_string(),
        place.kind.as_str().to_owned(),
        place.name.clone(),
        place.parent.as_ref().map(PlaceCode::to_string).unwrap_or_default(),
        day(Some(place.period.from)),
        day(place.period.to),
        place.population.map(|it| it.to_string()).unwrap_or_default(),
        successors.join(" "),
    ]
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    let whole = |text: String| Problem { line: 1, column: "", text };
    if bytes.len() > MOST_BYTES {
        return Err(whole(format!("the file has {} bytes, more than {MOST_BYTES}", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|err| {
        let lines_before = bytes[..err.valid_up_to()].split(|it| *it == b'\n').count();
        let line = u64::try_from(lines_before).unwrap_or(u64::MAX);
        let text = "is not UTF-8: save the file as \"CSV UTF-8\"".to_owned();
        Problem { line, column: "", text }
    })?;
    Ok(text.strip_prefix(sheet::BYTE_ORDER_MARK).unwrap_or(text))
}

type Lines = (Vec<(u64, Place)>, BTreeSet<PlaceCode>, Vec<Problem>);

/// Every line that can be read, the codes of those that cannot, and why.
fn lines(text: &str) -> Result<Lines, Vec<Problem>> {
    let heading = text.lines().next().unwrap_or_default();
    let is_semicolon = heading.contains(';');
    let delimiter = if is_semicolon { Delimiter::Semicolon } else { Delimiter::Comma };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter.byte())
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let first = records.next().transpose().ok().flatten().unwrap_or_default();
    let columns = columns(&first)?;
    let (mut rows, mut unread, mut problems) = (Vec::new(), BTreeSet::new(), Vec::new());
    let mut numbers = Numbers { text: text.as_bytes(), at: 0, line: 1 };
    for record in records {
        let record = record.expect("text in memory, and any number of cells");
        let number = numbers.of(&record);
        if record.iter().all(|it| it.trim().is_empty()) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            let text = format!("a table has at most {MOST_ROWS} lines");
            return Err(vec![Problem { line: number, column: "", text }]);
        }
        let mut line = Line { number, columns: &columns, record: &record, problems: Vec::new() };
        match line.place() {
            Some(place) => rows.push((number, place)),
            None => unread.extend(line.cell("code").parse::<PlaceCode>()),
        }
        problems.extend(line.problems);
    }
    Ok((rows, unread, problems))
}

/// Counts lines as an editor does. The reader's own count stands still before line breaks that it skips.
struct Numbers<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Numbers<'_> {
    /// Of records in their order.
    fn of(&mut self, record: &StringRecord) -> u64 {
        let begins = record.position().map_or(0, csv::Position::byte);
        let begins = usize::try_from(begins).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at)
            && (self.at < begins || matches!(byte, b'\r' | b'\n'))
        {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

fn columns(headings: &StringRecord) -> Result<BTreeMap<&'static str, usize>, Vec<Problem>> {
    let mut columns = BTreeMap::new();
    let mut problems = Vec::new();
    let mut tell = |text| problems.push(Problem { line: 1, column: "", text });
    for (nth, heading) in headings.iter().enumerate().filter(|(_, it)| !it.trim().is_empty()) {
        let word = heading.trim().to_lowercase();
        match COLUMNS.iter().find(|(name, said)| *name == word || *said == word) {
            None => tell(format!("{heading:?} is no heading: use {}", known())),
            Some((name, _)) => {
                if columns.insert(*name, nth).is_some() {
                    tell(format!("the heading {heading:?} is there twice"));
                }
            }
        }
    }
    for needed in NEEDED.iter().filter(|it| !columns.contains_key(**it)) {
        tell(format!("the heading {needed:?} is missing: the first line names the columns"));
    }
    if problems.is_empty() { Ok(columns) } else { Err(problems) }
}

fn known() -> String {
    COLUMNS.map(|(name, _)| name).join(", ")
}

impl Line<'_> {
    fn cell(&self, column: &str) -> &str {
        let cell = self.columns.get(column).and_then(|nth| self.record.get(*nth));
        cell.unwrap_or_default().trim()
    }

    /// The place of this line, or its problems.
    fn place(&mut self) -> Option<Place> {
        let n_headings = self.columns.values().max().map_or(0, |it| it + 1);
        if self.record.iter().skip(n_headings).any(|it| !it.trim().is_empty()) {
            let text =
                format!("has {} cells, and there are {n_headings} headings", self.record.len());
            self.tell("", text);
        }
        let code = self.parsed("code");
        let kind = self.parsed("kind");
        let from = self.day("valid_from");
        if self.cell("valid_from").is_empty() {
            self.tell("valid_from", "is empty: give the day from which it holds".to_owned());
        }
        let to = self.day("valid_to");
        let parent = self.optional("parent");
        let population = self.population();
        let successors = self.successors();
        let name = self.cell("name").to_owned();
        if !self.problems.is_empty() {
            return None;
        }
        let period = Period { from: from?, to };
        Some(Place { code: code?, kind: kind?, name, parent, period, population, successors })
    }

    fn parsed<T: std::str::FromStr<Err: ToString>>(&mut self, column: &'static str) -> Option<T> {
        let parsed = self.cell(column).parse().map_err(|err: T::Err| err.to_string());
        parsed.map_err(|text| self.tell(column, text)).ok()
    }

    fn optional<T: std::str::FromStr<Err: ToString>>(&mut self, column: &'static str) -> Option<T> {
        if self.cell(column).is_empty() { None } else { self.parsed(column) }
    }

    fn population(&mut self) -> Option<u32> {
        let text = self.cell("population");
        let population = text.parse().ok();
        if population.is_none() && !text.is_empty() {
            let text = format!("{text:?} is not a number of people: write its digits alone");
            self.tell("population", text);
        }
        population
    }

    fn day(&mut self, column: &'static str) -> Option<Date> {
        let text = self.cell(column);
        if text.is_empty() {
            return None;
        }
        let day = day(text);
        if day.is_none() {
            let text = format!("{text:?} is not a day: write 2025-07-01 or 01/07/2025");
            self.tell(column, text);
        }
        day
    }

    fn successors(&mut self) -> BTreeSet<PlaceCode> {
        let words: Vec<String> =
            self.cell("successors").split_whitespace().map(str::to_owned).collect();
        let mut codes = BTreeSet::new();
        for word in words {
            match word.parse::<PlaceCode>() {
                Ok(code) => drop(codes.insert(code)),
                Err(err) => self.tell("successors", format!("{err}, with spaces between several")),
            }
        }
        codes
    }

    fn tell(&mut self, column: &'static str, text: String) {
        self.problems.push(Problem { line: self.number, column, text });
    }
}

/// ISO 8601, or as it is written in Viet Nam: day, month, year.
fn day(text: &str) -> Option<Date> {
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
