//! Tables as people and spreadsheets write them, and everything that is wrong with one, told at once.

use super::*;
use crate::sheet::Delimiter;

/// The problems of rows below the usual headings, one a line.
#[track_caller]
fn check(rows: &str, expected: &[&str]) {
    let text = format!("code,kind,name,parent,valid_from,valid_to,population,successors\n{rows}");
    let problems = read(text.as_bytes()).err().unwrap_or_default();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told}\n  does not say {expected}");
    }
}

#[test]
fn a_spreadsheet_in_viet_nam_writes_it_like_this() {
    let text = "\u{feff}Mã;Loại;Tên;Thuộc;Từ ngày;Đến ngày;Dân số;Thay bằng\r\n\
                20242;ward;\"Hải Châu; trung tâm\";;01/07/2025;;131427;\r\n;;;;;;;\r\n\
                loa-1;cluster;\"Cột \"\"A\"\"\";20242;01/09/2025;;;\r\n";
    let tree = read(text.as_bytes()).unwrap();
    assert_eq!(tree.rows().len(), 2);
    let ward = tree.at(&code("20242"), LATER).unwrap();
    assert_eq!((ward.name.as_str(), ward.population), ("Hải Châu; trung tâm", Some(131_427)));
    assert_eq!(ward.period.from, AFTER);
    assert_eq!(tree.at(&code("loa-1"), LATER).unwrap().name, "Cột \"A\"");
}

#[test]
fn what_is_written_is_read_again() {
    for delimiter in [Delimiter::Comma, Delimiter::Semicolon] {
        let text = write(&tree(), delimiter);
        assert!(text.starts_with("\u{feff}code"));
        assert_eq!(read(text.as_bytes()).unwrap(), tree());
    }
    assert_eq!(
        read(write(&PlaceTree::default(), Delimiter::Comma).as_bytes()).unwrap(),
        PlaceTree::default()
    );
}

#[test]
fn every_mistake_of_a_table_is_told_with_its_line() {
    check(
        "1,city,Hà Nội,,1997-01-01,,,\n\
         48,town,Đà Nẵng,,1997-01-01,,,\n\
         20242,ward,=HYPERLINK(1),,2025-07-01,2025-07-01,,\n\
         20245,ward,Hòa,48,32/07/2025,,một,\n\
         to 1,zone,,20242,,,,\n\
         to-1,zone,,20242,2025-07-01,,,a,b",
        &[
            "line 2: code: \"1\" is not the code of a city, which has 2 digits",
            "line 3: kind: \"town\" is not a kind",
            "line 4: name: begins as a spreadsheet's formula",
            "line 4: valid_to: is not after valid_from",
            "line 5: population: \"một\" is not a number of people",
            "line 5: valid_from: \"32/07/2025\" is not a day",
            "line 6: code: \"to 1\" is not a code",
            "line 6: valid_from: is empty",
            "line 7: has 9 cells, and there are 8 headings",
        ],
    );
}

#[test]
fn a_tree_that_is_none_is_told_where() {
    check(
        "48,city,Đà Nẵng,,1997-01-01,,,\n\
         20242,ward,Phước Ninh,48,1997-01-01,2025-07-01,,20299\n\
         20242,ward,Hải Châu,48,2025-06-01,,,\n\
         to-1,zone,Tổ 1,20250,2025-01-01,,,\n\
         loa-1,cluster,Cột,to-1,2024-01-01,,,\n\
         20251,ward,Trong cụm,loa-1,2025-01-01,,,\n\
         a,zone,A,b,2025-01-01,,,\n\
         b,zone,B,a,2025-01-01,,,",
        &[
            "line 3: successors: 20299 does not hold on 2025-07-01",
            "line 4: code: 20242 holds twice from 2025-06-01 on: line 3",
            "line 5: parent: 20250 is not in the table",
            "line 6: parent: to-1 does not hold on 2024-01-01",
            "line 7: parent: loa-1 is a cluster, which holds no ward",
            "line 8: parent: goes in a circle, or too deep: a in b in a",
            "line 9: parent: goes in a circle, or too deep: b in a in b",
        ],
    );
}

#[test]
fn a_child_may_not_outlive_what_it_hangs_on() {
    check(
        "20227,ward,Thanh Bình,,1997-01-01,2025-07-01,,\n\
         to-1,zone,Tổ 1,20227,2010-01-01,,,",
        &["line 3: parent: 20227 does not hold on 2025-07-01: end this row there"],
    );
    check(
        "20227,ward,Thanh Bình,,1997-01-01,2025-07-01,,\n\
         20227,ward,Tên mới,,2025-07-01,,,\n\
         to-1,zone,Tổ 1,20227,2010-01-01,,,",
        &[],
    );
}

#[test]
fn a_circle_that_comes_of_a_later_move_is_found() {
    check(
        "a,zone,A,,2020-01-01,2025-01-01,,\n\
         a,zone,A,b,2025-01-01,,,\n\
         b,zone,B,a,2020-01-01,,,",
        &["line 3: parent: goes in a circle"],
    );
}

#[test]
fn a_line_that_cannot_be_read_makes_no_others_wrong() {
    check(
        "20227,ward,Thanh Bình,,hôm qua,,,\n\
         to-1,zone,Tổ 1,20227,2010-01-01,,,\n\
         20228,ward,Khác,,1997-01-01,2025-07-01,,20227",
        &["line 2: valid_from: \"hôm qua\" is not a day"],
    );
}

#[test]
fn a_file_that_is_no_table_is_refused_in_words() {
    let told = |bytes: &[u8]| read(bytes).unwrap_err()[0].to_string();
    assert!(told(b"").contains("\"code\" is missing"));
    assert!(told(b"code,kind,name,valid_from,colour\n").contains("\"colour\" is no heading"));
    assert!(told(b"code,code,kind,name,valid_from\n").contains("there twice"));
    let latin = b"code,kind,name,valid_from\n20242,ward,H\xea,2025-07-01\n";
    assert_eq!(told(latin), "line 2: is not UTF-8: save the file as \"CSV UTF-8\"");
    assert!(told(&vec![b'a'; MOST_BYTES + 1]).contains("more than"));
    let long = "loa-1,cluster,Cột,2025-01-01\n".repeat(MOST_ROWS + 1);
    assert!(told(format!("code,kind,name,valid_from\n{long}").as_bytes()).contains("at most"));
}

#[test]
fn a_line_is_counted_as_an_editor_counts_it() {
    let text = "code,kind,name,valid_from\r\n\r\n20242,ward,\"Hải\nChâu\",2025-07-01\r\n\
                x y,zone,Z,2025-07-01\r\n";
    let told: Vec<u64> = read(text.as_bytes()).unwrap_err().iter().map(|it| it.line).collect();
    assert_eq!(told, [3, 5]);
}
