//! A table that somebody opens in a spreadsheet: CSV (RFC 4180) in UTF-8, in which no text is a formula.

use csv::WriterBuilder;

/// Without it, spreadsheets take UTF-8 for something else.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What a spreadsheet takes for the beginning of a formula.
pub const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// What stands between two cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delimiter {
    #[default]
    Comma,
    /// What spreadsheets expect where the comma is in numbers, as in Viet Nam.
    Semicolon,
}

impl Delimiter {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }
}

/// Lines of cells, the headings first.
pub fn write<I, L, C>(lines: I, delimiter: Delimiter) -> String
where
    I: IntoIterator<Item = L>,
    L: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut table = WriterBuilder::new().delimiter(delimiter.byte()).from_writer(Vec::new());
    for line in lines {
        let cells = line.into_iter().map(|it| text(it.as_ref()));
        table.write_record(cells).expect("a vector takes everything, and lines are of one length");
    }
    let bytes = table.into_inner().expect("a vector takes everything");
    format!("{BYTE_ORDER_MARK}{}", String::from_utf8(bytes).expect("made of text"))
}

/// A cell that stays text: what a title begins with must not be run on somebody's computer. A quote in front
/// is how spreadsheets themselves mark text.
fn text(cell: &str) -> String {
    let begins = cell.trim_start().chars().next();
    let is_formula = begins.is_some_and(|it| FORMULA.contains(&it));
    let is_control = cell.starts_with(['\t', '\r', '\n']);
    if is_formula || is_control { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_title_becomes_a_formula() {
        let titles = [
            "=HYPERLINK(\"http://x\",\"Bấm\")",
            "+84 236",
            "-1+cmd|' /C calc'!A0",
            "@SUM(A1)",
            " =1+1",
            "\t=1",
            "Họp tổ; 7h00, \"nhà văn hóa\"",
            "18 - 20 giờ",
        ];
        let table = write([titles], Delimiter::Comma);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
        let line = reader.records().next().unwrap().unwrap();
        let read: Vec<&str> = line.iter().collect();
        for (title, read) in titles.iter().zip(&read).take(6) {
            assert_eq!(*read, format!("'{title}"));
        }
        assert_eq!(read[6..], titles[6..]);
        assert!(table.starts_with('\u{feff}'));
    }

    #[test]
    fn a_semicolon_parts_cells_where_commas_are_in_numbers() {
        let table = write([["a,5", "b;c"]], Delimiter::Semicolon);
        assert_eq!(table, "\u{feff}a,5;\"b;c\"\n");
    }
}
