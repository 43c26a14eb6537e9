//! What our certificates say: the template that the authority decides, and reading a peer's name.

use std::net::IpAddr;
use std::time::Duration;

use base::{DeviceId, Sha256};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls_pki_types::CertificateDer;

/// design.md section 7: short-lived, renewed at two thirds, so that a month offline costs nothing.
const DEVICE_LIFETIME: Duration = Duration::from_hours(90 * 24);
/// A device whose clock is a little slow must accept what was issued a moment ago.
const BACK_DATED: Duration = Duration::from_hours(1);
/// The authority outlives the boards it signs for; a roll-over needs every device's hand.
const AUTHORITY_LIFETIME: Duration = Duration::from_hours(20 * 365 * 24);
/// RFC 5280 section 4.1.2.2 allows 20 bytes; 16 random ones never meet.
const SERIAL_BYTES: usize = 16;

/// What the holder of a certificate may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The centre or a box: connects to others and serves others.
    Station,
    /// A loudspeaker cluster: connects, never serves.
    Cluster,
    /// The MQTT broker of the named device: serves in its name, and can log in nowhere.
    Broker,
}

/// The device id in a certificate: its one common name. `None` if there is none, more than one, or
/// it is not a device id. It proves nothing before the certificate has been verified.
pub fn peer_device_id(certificate: &CertificateDer<'_>) -> Option<DeviceId> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let mut names = parsed.subject().iter_common_name();
    let name = names.next()?.as_str().ok()?.parse().ok()?;
    names.next().is_none().then_some(name)
}

/// Whether `public` (an uncompressed point) is the key that the certificate is for.
pub(crate) fn holds_key(certificate: &CertificateDer<'_>, public: &[u8]) -> bool {
    x509_parser::parse_x509_certificate(certificate)
        .is_ok_and(|(_, parsed)| *parsed.public_key().subject_public_key.data == *public)
}

/// Everything but the public key of a device's certificate. The device id is the common name and
/// the first DNS name; `names` are further addresses of a server, as IP addresses or host names.
pub(crate) fn device(
    id: &DeviceId,
    role: Role,
    names: &[&str],
    now: Timestamp,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(id.as_str(), now, DEVICE_LIFETIME)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = match role {
        Role::Station => {
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth]
        }
        Role::Cluster => vec![ExtendedKeyUsagePurpose::ClientAuth],
        Role::Broker => vec![ExtendedKeyUsagePurpose::ServerAuth],
    };
    params.use_authority_key_identifier_extension = true;
    params.subject_alt_names = [id.as_str()]
        .iter()
        .chain(names)
        .map(|name| match name.parse::<IpAddr>() {
            Ok(address) => Ok(SanType::IpAddress(address)),
            Err(_) => Ok(SanType::DnsName((*name).try_into()?)),
        })
        .collect::<Result<_, rcgen::Error>>()?;
    Ok(params)
}

/// The authority's own certificate. The name ends in random digits, so that two fleets on one desk
/// are told apart by "issuer unknown" and not by a signature that does not fit.
pub(crate) fn authority(now: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let serial = serial()?;
    let digits = Sha256::of(serial.as_ref()).to_string();
    let mut params = dated(&format!("vong fleet {}", &digits[..8]), now, AUTHORITY_LIFETIME)?;
    params.serial_number = Some(serial);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        // Rosters.
        KeyUsagePurpose::DigitalSignature,
    ];
    Ok(params)
}

fn dated(name: &str, now: Timestamp, life: Duration) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let seconds = u64::try_from(now.as_second()).map_err(|_| rcgen::Error::Time)?;
    let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = now - BACK_DATED;
    params.not_after = now + life;
    params.serial_number = Some(serial()?);
    Ok(params)
}

fn serial() -> Result<SerialNumber, rcgen::Error> {
    let mut bytes = [0; SERIAL_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| rcgen::Error::RingUnspecified)?;
    // Positive, and of one length in DER.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}
