//! House rules that no lint covers.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | ".git") {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

fn rust_files(dir: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(&root().join(dir), &mut files);
    assert!(!files.is_empty(), "{dir}: no sources found");
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// What is compiled into the product: without each item that `#[cfg(test)]` stands above, up to its
/// semicolon, or to the brace at its own indentation, where rustfmt puts it.
fn code(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            let indentation = &line[..line.len() - line.trim_start().len()];
            skip_item(&mut lines, indentation);
        } else {
            kept.extend([line, "\n"]);
        }
    }
    kept
}

fn skip_item<'a>(lines: &mut impl Iterator<Item = &'a str>, indentation: &str) {
    let head = lines.find(|it| it.ends_with([';', '{', '}']));
    if head.is_some_and(|it| it.ends_with('{')) {
        let end = format!("{indentation}}}");
        lines.find(|it| *it == end);
    }
}

#[test]
fn only_what_is_for_tests_is_left_out_of_the_code() {
    let text = "mod a;
#[cfg(test)]
mod tests;
mod b;
impl A {
    #[cfg(test)]
    fn look(
        &self,
    ) {
        {
            1;
        }
    }
    #[cfg(test)]
    fn wait() {}
    fn act() {}
}
#[cfg(test)]
mod inline {
    #[test]
    fn it() {}
}
mod c;
";
    assert_eq!(code(text), "mod a;\nmod b;\nimpl A {\n    fn act() {}\n}\nmod c;\n");
}

#[track_caller]
fn assert_none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut offenders = Vec::new();
    for (path, text) in rust_files(".") {
        if !text.starts_with("//! ") {
            offenders.push(format!("{}: say what belongs here", path.display()));
        }
        if code(&text).lines().count() > MAX_LINES {
            offenders.push(format!("{}: split it", path.display()));
        }
    }
    assert_none("one file, one noun", &offenders);
}

#[test]
fn rooms_have_nouns_for_names() {
    let vague = ["utils", "util", "common", "helpers", "manager", "misc"];
    let offenders: Vec<String> = rust_files(".")
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| vague.contains(&path.file_stem().unwrap().to_str().unwrap()))
        .map(|path| path.display().to_string())
        .collect();
    assert_none("name the noun", &offenders);
}

#[test]
fn only_the_crates_of_the_design_depend_on_each_other() {
    let allowed = [
        ("gateway/base", &[][..]),
        ("gateway/media", &["base"]),
        ("models", &["base"]),
        ("broadcast", &["base"]),
        ("provisioning", &["base"]),
        ("gateway", &["base", "media", "models", "broadcast", "provisioning"]),
    ];
    let ours = ["base", "media", "models", "broadcast", "provisioning", "gateway", "e2e"];
    for (folder, may) in allowed {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let needed = dependencies(&manifest.parse().unwrap());
        assert!(!needed.is_empty(), "{folder} has no dependencies at all?");
        for name in ours {
            let depends = needed.iter().any(|it| it == name);
            assert!(!depends || may.contains(&name), "{folder} must not depend on {name}");
        }
    }
}

/// The crates of every `dependencies` table, whoever asks for them: the build, the tests, one target.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut names = Vec::new();
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if !key.ends_with("dependencies") {
            names.extend(dependencies(table));
            continue;
        }
        for (name, wanted) in table {
            let renamed = wanted.get("package").and_then(|it| it.as_str());
            names.push(renamed.unwrap_or(name).to_owned());
        }
    }
    names
}

#[test]
fn a_dependency_is_found_however_it_is_written() {
    let manifest = "
        [dependencies]
        base.workspace = true
        models = { path = '../models' }
        eyes = { package = 'media', version = '1' }
        [dev-dependencies.broadcast]
        path = '../broadcast'
        [target.'cfg(unix)'.dependencies]
        gateway = '1'
        [features]
        provisioning = []
    ";
    let mut found = dependencies(&manifest.parse().unwrap());
    found.sort_unstable();
    assert_eq!(found, ["base", "broadcast", "gateway", "media", "models"]);
}

/// As a word of its own: `report::` does not name `ort::`.
fn names(code: &str, word: &str) -> bool {
    let starts_a_word = |(at, _): (usize, &str)| {
        !code[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_')
    };
    code.match_indices(word).any(starts_a_word)
}

#[test]
fn one_crate_names_gstreamer_and_one_file_each_names_mqtt_and_onnx() {
    let mut offenders = Vec::new();
    for (path, text) in rust_files(".") {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if name.starts_with("tests/") {
            continue;
        }
        let code = code(&text);
        let mut only_in = |word: &str, place: &str| {
            if names(&code, word) && !name.starts_with(place) {
                offenders.push(format!("{name} names {word}; it belongs in {place}"));
            }
        };
        only_in("gstreamer", "gateway/media/");
        only_in("rumqttc::", "gateway/src/report/link");
        only_in("ort::", "models/src/onnx");
        only_in("Connection::open(", "gateway/src/store");
    }
    assert_none("a dependency has one room", &offenders);
}

#[test]
fn domain_types_are_not_serialised() {
    let mut offenders = Vec::new();
    for (path, text) in rust_files("models").into_iter().chain(rust_files("broadcast")) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_seam = matches!(stem.as_str(), "raw" | "wire" | "row");
        let is_serialised = ["Serialize", "Deserialize"].iter().any(|it| names(&code(&text), it));
        if !is_seam && is_serialised {
            offenders.push(path.display().to_string());
        }
    }
    assert_none("serde lives in raw.rs, wire.rs and row.rs", &offenders);
}

#[test]
fn no_todo_without_an_issue_and_no_ignored_test() {
    let mut offenders = Vec::new();
    for (path, text) in rust_files(".") {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (n, line) in (1..).zip(text.lines()) {
            let unowned = line.contains("TODO") && !line.contains("TODO(#");
            if unowned || line.contains("#[ignore") || line.contains("FIXME") {
                offenders.push(format!("{}:{n}", path.display()));
            }
        }
    }
    assert_none("finish it, or name its issue", &offenders);
}
