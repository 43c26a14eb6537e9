//! One fleet, one authority; and it decides what a certificate says.

use std::os::unix::fs::PermissionsExt as _;

use rustls_pki_types::pem::PemObject as _;

use super::*;
use crate::identity;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn new_authority() -> (tempfile::TempDir, Authority) {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("authority"), now()).unwrap();
    (dir, authority)
}

#[test]
fn the_second_start_opens_what_the_first_has_made() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("authority");
    let first = Authority::open_or_create(&folder, now()).unwrap();
    let second = Authority::open_or_create(&folder, now()).unwrap();
    assert_eq!(first.certificate(), second.certificate());
    assert!(matches!(Authority::create(&folder, now()), Err(AuthorityError::Exists(_))));
}

#[test]
fn a_lost_or_foreign_file_is_named_and_never_replaced() {
    let (dir, _authority) = new_authority();
    let folder = dir.path().join("authority");
    let refusal = || Authority::open_or_create(&folder, now()).err().unwrap().to_string();

    let key = fs::read(folder.join("ca.key")).unwrap();
    fs::remove_file(folder.join("ca.key")).unwrap();
    assert!(refusal().contains("ca.key: is missing"), "{}", refusal());

    fs::write(folder.join("ca.key"), &key).unwrap();
    fs::set_permissions(folder.join("ca.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refusal().contains("ca.key: holds a private key that others may read"));

    let (other, _) = new_authority();
    base::write_private(
        &folder.join("ca.key"),
        &fs::read(other.path().join("authority/ca.key")).unwrap(),
    )
    .unwrap();
    assert!(refusal().contains("ca.key: does not belong to the certificate"), "{}", refusal());

    base::write_private(&folder.join("ca.key"), b"-----BEGIN PRIVATE KEY-----\n").unwrap();
    assert!(refusal().contains("ca.key: is not a PEM P-256 private key"), "{}", refusal());
}

#[test]
fn a_first_start_cut_short_leaves_nothing_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("authority.new")).unwrap();
    fs::write(dir.path().join("authority.new/ca.key"), "half").unwrap();
    assert!(Authority::open_or_create(&dir.path().join("authority"), now()).is_ok());
    assert!(!dir.path().join("authority.new").exists());
}

#[test]
fn a_certificate_lasts_ninety_days_and_began_an_hour_ago() {
    let (_dir, authority) = new_authority();
    let issue = || authority.issue(&id("box-1"), Role::Station, &["127.0.0.1"], now()).unwrap();
    let (one, two) = (issue(), issue());
    assert_ne!(one.certificate_pem, two.certificate_pem);
    let der = CertificateDer::from_pem_slice(one.certificate_pem.as_bytes()).unwrap();
    let validity = identity::validity(&der).unwrap();
    assert_eq!(now().duration_since(validity.not_before).as_secs(), 3600);
    assert_eq!(validity.not_after.duration_since(now()).as_secs(), 90 * 24 * 3600);
}

#[test]
fn an_address_that_is_no_name_is_refused() {
    let (_dir, authority) = new_authority();
    let issued = authority.issue(&id("box-1"), Role::Station, &["cầu-tre"], now());
    assert!(matches!(issued, Err(AuthorityError::Certificate { .. })));
}

#[test]
fn an_identity_is_never_written_over_another() {
    let (dir, authority) = new_authority();
    let issued = authority.issue(&id("box-1"), Role::Station, &[], now()).unwrap();
    let folder = dir.path().join("identity");
    issued.write(&folder, "roster", None).unwrap();
    let other = authority.issue(&id("box-2"), Role::Station, &[], now()).unwrap();
    assert!(other.write(&folder, "roster", None).is_err());
    let kept = fs::read_to_string(folder.join("device.pem")).unwrap();
    assert_eq!(kept, issued.certificate_pem);
}
