//! Evidence on the disk: deleted by name, and swept where nobody names it.

use std::collections::HashSet;
use std::io;
use std::path::{Component, Path};

/// Where evidence lies, a folder a day.
const FOLDERS: [&str; 2] = ["pictures", "clips"];

/// A file that is gone already is as good as deleted. `path` comes from our own database, and is still
/// not trusted to stay inside the folder.
pub(super) fn delete(data_dir: &Path, path: &Path) -> io::Result<()> {
    if !path.components().all(|it| matches!(it, Component::Normal(_))) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "outside of the data folder"));
    }
    let full = data_dir.join(path);
    match std::fs::remove_file(&full) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Keeps what a damaged database names beside it, under the same ending: a new one names nothing, and the
/// sweep would take all of it for leftovers, legal holds included.
pub(super) fn set_aside(data_dir: &Path, database: &Path) -> io::Result<()> {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let ending = name.split_once("damaged").map_or("", |it| it.1);
    for folder in FOLDERS {
        let aside = data_dir.join(format!("{folder}.damaged{ending}"));
        match std::fs::rename(data_dir.join(folder), aside) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// At the start of the program, before anything new is written; empty days go along. Only here: in a
/// running box somebody may have made the folder of a day a moment ago, to put a file there. How many
/// files went.
pub(super) fn clear_leftovers(data_dir: &Path, named: &HashSet<String>) -> usize {
    let mut n_files = 0;
    for folder in FOLDERS {
        // A folder that is not there yet holds nothing.
        let Ok(days) = std::fs::read_dir(data_dir.join(folder)) else { continue };
        for day in days.flatten() {
            let Ok(files) = std::fs::read_dir(day.path()) else { continue };
            for file in files.flatten() {
                let path = Path::new(folder).join(day.file_name()).join(file.file_name());
                let is_named = named.contains(&*path.to_string_lossy());
                if !is_named && delete(data_dir, &path).is_ok() {
                    n_files += 1;
                }
            }
            // Refused where something is left in it.
            let _ = std::fs::remove_dir(day.path());
        }
    }
    n_files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_names_goes_and_what_lies_elsewhere_stays() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let full = dir.path().join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "x").unwrap();
        };
        for path in [
            "pictures/2026-03-01/a.jpg",
            "pictures/2026-03-01/b.jpg",
            "clips/2026-03-01/c.mp4.new",
            "vong.db",
        ] {
            put(path);
        }
        let named = HashSet::from(["pictures/2026-03-01/a.jpg".to_owned()]);
        assert_eq!(clear_leftovers(dir.path(), &named), 2);
        assert!(dir.path().join("pictures/2026-03-01/a.jpg").exists());
        assert!(dir.path().join("vong.db").exists());
        assert!(!dir.path().join("clips/2026-03-01").exists(), "an empty day goes along");
        assert!(delete(dir.path(), Path::new("../x")).is_err());
    }

    #[test]
    fn what_a_damaged_database_names_is_kept_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let day = dir.path().join("clips/2026-03-01");
        std::fs::create_dir_all(&day).unwrap();
        std::fs::write(day.join("a.mp4"), "x").unwrap();
        let database = dir.path().join("vong.db.damaged-20260301T080000Z");
        set_aside(dir.path(), &database).unwrap();
        assert_eq!(clear_leftovers(dir.path(), &HashSet::new()), 0);
        assert!(dir.path().join("clips.damaged-20260301T080000Z/2026-03-01/a.mp4").exists());
    }

    #[test]
    fn the_folder_of_a_day_stays_while_the_box_runs() {
        let dir = tempfile::tempdir().unwrap();
        let day = dir.path().join("clips/2026-03-01");
        std::fs::create_dir_all(&day).unwrap();
        std::fs::write(day.join("a.mp4"), "x").unwrap();
        delete(dir.path(), Path::new("clips/2026-03-01/a.mp4")).unwrap();
        assert!(day.exists(), "somebody may be about to write there");
        clear_leftovers(dir.path(), &HashSet::new());
        assert!(!day.exists());
    }
}
