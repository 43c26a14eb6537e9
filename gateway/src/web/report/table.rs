//! Reports as tables that a spreadsheet opens: headings in the reader's language, with their units.

use broadcast::sheet::{self, Delimiter};
use broadcast::tally::{Counts, Outcome};
use jiff::tz::TimeZone;

use super::wire::Lang;
use crate::ward::broadcast::{By, Report, Silent, Subject};

const PLAYS_VI: [&str; 13] = [
    "Kỳ",
    "Mã",
    "Tên",
    "Yêu cầu (lượt)",
    "Phát trọn (lượt)",
    "Phát một phần (lượt)",
    "Không phát được (lượt)",
    "Bị dừng (lượt)",
    "Bị giữ lại (lượt)",
    "Chưa xong (lượt)",
    "Rút lại, không tính (lượt)",
    "Tỷ lệ phát trọn (%)",
    "Thời lượng phát trọn (giây)",
];
const PLAYS_EN: [&str; 13] = [
    "Period",
    "Code",
    "Name",
    "Requested (plays)",
    "Played to the end (plays)",
    "Played in part (plays)",
    "Missed (plays)",
    "Stopped (plays)",
    "Held back (plays)",
    "Not over (plays)",
    "Withdrawn, not counted (plays)",
    "Played to the end (%)",
    "Sound played to the end (s)",
];
const SILENT_VI: [&str; 8] =
    ["Thời điểm", "Bản tin", "Mã cụm loa", "Cụm loa", "Mã phường", "Phường", "Kết quả", "Lý do"];
const SILENT_EN: [&str; 8] =
    ["Start", "Bulletin", "Cluster code", "Cluster", "Ward code", "Ward", "Outcome", "Reason"];

pub(super) fn plays(report: &Report, lang: Lang, delimiter: Delimiter) -> String {
    let headings = match lang {
        Lang::Vi => PLAYS_VI,
        Lang::En => PLAYS_EN,
    };
    let nowhere = match (report.request.by, lang) {
        (By::Cluster, _) => "",
        (By::Place(_), Lang::Vi) => "(chưa gắn địa bàn)",
        (By::Place(_), Lang::En) => "(no place)",
    };
    let lines = report.tally.rows().map(|(term, subject, counts)| {
        let name = if subject.code.is_empty() { nowhere } else { &subject.name };
        line([term, &subject.code, name], counts, delimiter)
    });
    sheet::write(std::iter::once(headings.map(str::to_owned)).chain(lines), delimiter)
}

fn line(named: [&str; 3], counts: &Counts, delimiter: Delimiter) -> [String; 13] {
    let numbers = [
        counts.requested(),
        counts.played,
        counts.partial,
        counts.missed,
        counts.stopped,
        counts.held_back,
        counts.open,
        counts.withdrawn,
    ];
    let mut cells = named.into_iter().map(str::to_owned).chain(numbers.map(|it| it.to_string()));
    let percent = counts.played_per_mille().map(|it| percent(it, delimiter));
    let last = [percent.unwrap_or_default(), counts.sounded.as_secs().to_string()];
    let mut last = last.into_iter();
    std::array::from_fn(|_| cells.next().or_else(|| last.next()).unwrap_or_default())
}

/// With the decimal mark of the spreadsheets that part cells so.
fn percent(per_mille: u64, delimiter: Delimiter) -> String {
    let mark = match delimiter {
        Delimiter::Comma => '.',
        Delimiter::Semicolon => ',',
    };
    format!("{}{mark}{}", per_mille / 10, per_mille % 10)
}

pub(super) fn not_played(
    silent: &[Silent],
    zone: &TimeZone,
    lang: Lang,
    delimiter: Delimiter,
) -> String {
    let headings = match lang {
        Lang::Vi => SILENT_VI,
        Lang::En => SILENT_EN,
    };
    let lines = silent.iter().map(|it| {
        let code = |it: &Option<Subject>| it.as_ref().map(|it| it.code.clone()).unwrap_or_default();
        let name = |it: &Option<Subject>| it.as_ref().map(|it| it.name.clone()).unwrap_or_default();
        [
            zone.to_datetime(it.start_at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            it.title.clone(),
            code(&it.cluster),
            name(&it.cluster),
            code(&it.ward),
            name(&it.ward),
            word(it.outcome, lang).to_owned(),
            it.reason.clone(),
        ]
    });
    sheet::write(std::iter::once(headings.map(str::to_owned)).chain(lines), delimiter)
}

fn word(outcome: Outcome, lang: Lang) -> &'static str {
    let (vi, en) = match outcome {
        Outcome::Played => ("Phát trọn", "Played to the end"),
        Outcome::Partial => ("Phát một phần", "Played in part"),
        Outcome::Missed => ("Không phát được", "Missed"),
        Outcome::Stopped => ("Bị dừng", "Stopped"),
        Outcome::HeldBack => ("Bị giữ lại", "Held back"),
        Outcome::Open => ("Chưa xong", "Not over"),
        Outcome::Withdrawn => ("Rút lại", "Withdrawn"),
    };
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}
