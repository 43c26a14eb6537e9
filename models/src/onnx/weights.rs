//! The model file, whole and the one that the manifest means.

use std::fs;
use std::path::Path;

use base::Sha256;

use super::{OpenError, What};
use crate::manifest::{Entry, FileCheck};

pub(super) fn read(entry: &Entry, folder: &Path) -> Result<Vec<u8>, OpenError> {
    let path = folder.join(&entry.file);
    let script = format!("scripts/fetch-model.sh {}", entry.name);
    let bytes = whole(&path, What::Model, &script)?;
    let expected = match entry.check {
        FileCheck::Sha256(hash) => hash,
        FileCheck::Beside => {
            let beside = folder.join(format!("{}.sha256", entry.file));
            let text = whole(&beside, What::Model, &script)?;
            String::from_utf8_lossy(&text).trim().parse().map_err(|source| {
                OpenError::HashBeside { path: path.clone(), script: script.clone(), source }
            })?
        }
    };
    check_hash(&path, What::Model, script, Sha256::of(&bytes), expected)?;
    Ok(bytes)
}

fn whole(path: &Path, what: What, script: &str) -> Result<Vec<u8>, OpenError> {
    fs::read(path).map_err(|source| OpenError::Missing {
        what,
        path: path.to_owned(),
        script: script.to_owned(),
        source,
    })
}

pub(super) fn check_hash(
    path: &Path,
    what: What,
    script: String,
    found: Sha256,
    expected: Sha256,
) -> Result<(), OpenError> {
    if found == expected {
        return Ok(());
    }
    Err(OpenError::WrongHash { what, path: path.to_owned(), script, found, expected })
}
