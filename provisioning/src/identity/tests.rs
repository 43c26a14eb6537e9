//! Each way in which a folder can be wrong, and the sentence a technician then reads.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{Authority, Reach, Role, RosterKey};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A folder for the box `box-1`, from a new authority each time.
fn new_folder(dir: &Path) -> PathBuf {
    let authority = Authority::create(&dir.join("authority"), now()).unwrap();
    let device: DeviceId = "box-1".parse().unwrap();
    let (signer, command_key) = authority.new_command_key().unwrap();
    let key = RosterKey {
        owner: device.clone(),
        public: signer.public_key(),
        may_command: Reach::EveryDevice,
    };
    let roster = authority.sign_roster(&[key], now());
    let issued = authority.issue(&device, Role::Station, &[], now()).unwrap();
    let folder = dir.join("identity");
    issued.write(&folder, &roster, Some(&command_key)).unwrap();
    folder
}

#[test]
fn a_folder_as_it_was_issued_is_believed() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::load(&new_folder(dir.path()), now()).unwrap();
    assert_eq!(identity.device().as_str(), "box-1");
    assert!(identity.signer().is_ok());
    assert_eq!(identity.roster().issued_at(), now());
}

#[test]
fn a_device_that_commands_nobody_has_no_command_key() {
    let dir = tempfile::tempdir().unwrap();
    let folder = new_folder(dir.path());
    fs::remove_file(folder.join("command.key")).unwrap();
    let identity = Identity::load(&folder, now()).unwrap();
    let error = identity.signer().unwrap_err().to_string();
    assert!(error.contains("command.key: is missing"), "{error}");
}

/// `damage` gets the folder and another fleet's folder.
fn check(damage: impl FnOnce(&Path, &Path), expected: &str) {
    check_at(now(), damage, expected);
}

fn check_at(now: Timestamp, damage: impl FnOnce(&Path, &Path), expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let folder = new_folder(dir.path());
    damage(&folder, &new_folder(other.path()));
    let error = Identity::load(&folder, now).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    for name in ["ca.pem", "device.pem", "device.key", "roster.jws"] {
        let expected = format!("{name}: is missing: issue this identity again");
        check(|folder, _| fs::remove_file(folder.join(name)).unwrap(), &expected);
    }
}

#[test]
fn a_file_that_is_not_pem_is_named() {
    for (name, what) in [
        ("ca.pem", "certificate"),
        ("device.pem", "certificate"),
        ("device.key", "private key"),
        ("command.key", "Ed25519 private key"),
    ] {
        let expected = format!("{name}: is not a PEM {what}");
        check(|folder, _| base::write_private(&folder.join(name), b"hello").unwrap(), &expected);
    }
    check(
        |folder, _| fs::write(folder.join("device.pem"), pem_of_noise()).unwrap(),
        "device.pem: is not a PEM certificate",
    );
}

fn pem_of_noise() -> &'static str {
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
}

#[test]
fn files_of_different_issues_do_not_mix() {
    check(
        |folder, other| {
            let key = fs::read(other.join("device.key")).unwrap();
            base::write_private(&folder.join("device.key"), &key).unwrap();
        },
        "device.key: does not belong to the certificate beside it",
    );
    check(
        |folder, other| {
            fs::copy(other.join("ca.pem"), folder.join("ca.pem")).unwrap();
        },
        "device.pem: is not signed by the authority in ca.pem",
    );
    check(
        |folder, other| {
            fs::copy(other.join("roster.jws"), folder.join("roster.jws")).unwrap();
        },
        "roster.jws: is not a roster of this fleet: its signature is not the authority's",
    );
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    for name in ["device.key", "command.key"] {
        let open = |folder: &Path, _: &Path| {
            let mode = fs::Permissions::from_mode(0o640);
            fs::set_permissions(folder.join(name), mode).unwrap();
        };
        let expected = format!("{name}: holds a private key that others may read (mode 640)");
        check(open, &expected);
    }
}

#[test]
fn a_certificate_outside_its_dates_is_refused_with_the_date() {
    let late = now() + Duration::from_hours(91 * 24);
    check_at(late, |_, _| {}, "device.pem: expired at 2027-04-15T08:00:00Z");
    let early = now() - Duration::from_hours(2);
    check_at(early, |_, _| {}, "device.pem: is not valid before 2027-01-15T07:00:00Z");
}
