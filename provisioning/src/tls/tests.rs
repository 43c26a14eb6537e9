//! Whole handshakes between two configurations, without a socket.

use std::path::PathBuf;
use std::time::Duration;

use base::Clock;
use jiff::Timestamp;
use rustls::client::WantsClientCert;
use rustls::sign::CertifiedKey;
use rustls::{ClientConnection, ConfigBuilder, ServerConnection};

use super::*;
use crate::identity::load_key;
use crate::{Authority, CertificateTime, RELEASED_AT, Role};

struct At(Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A day after the release: a time at which every certificate of these tests is valid.
fn today() -> Timestamp {
    RELEASED_AT + Duration::from_hours(24)
}

fn time_at(now: Timestamp) -> Arc<CertificateTime> {
    Arc::new(CertificateTime::new(Arc::new(At(now)), PathBuf::from("/nonexistent")))
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

struct Fleet {
    dir: tempfile::TempDir,
    authority: Authority,
}

impl Fleet {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(&dir.path().join("authority"), today()).unwrap();
        Self { dir, authority }
    }

    fn identity(&self, device: &str, role: Role) -> Identity {
        let issued = self.authority.issue(&id(device), role, &["127.0.0.1"], today()).unwrap();
        issued
            .write(&self.folder(device), &self.authority.sign_roster(&[], today()), None)
            .unwrap();
        Identity::load(&self.folder(device), today()).unwrap()
    }

    fn folder(&self, device: &str) -> PathBuf {
        self.dir.path().join(device)
    }
}

/// A client that wants `box-1` and shows whatever certificate it is given, fit or not.
fn with_any_certificate(key: Arc<CertifiedKey>, roots: &Arc<RootCertStore>) -> Arc<ClientConfig> {
    Arc::new(wants_box_1(roots).with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))))
}

fn without_certificate(roots: &Arc<RootCertStore>) -> Arc<ClientConfig> {
    Arc::new(wants_box_1(roots).with_no_client_auth())
}

fn wants_box_1(roots: &Arc<RootCertStore>) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let peer = id("box-1");
    let verifier = NamedPeer { peer, roots: roots.clone(), provider: ring() };
    ClientConfig::builder_with_details(ring(), time_at(today()))
        .with_protocol_versions(VERSIONS)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
}

/// Runs a handshake to its end; the error is that of the side that refuses.
fn shake(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Result<(), rustls::Error> {
    let name = ServerName::try_from("192.0.2.7").unwrap();
    let mut client = ClientConnection::new(client, name).unwrap();
    let mut server = ServerConnection::new(server).unwrap();
    for _ in 0..8 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(())
}

fn required(identity: &Identity) -> Arc<ServerConfig> {
    identity.server_config(ClientAuth::Required, time_at(today()))
}

#[test]
fn a_cluster_reaches_its_box_at_any_address_by_its_name() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-1", Role::Station);
    let cluster = fleet.identity("loa-1", Role::Cluster);
    let dial =
        |peer: &str| shake(cluster.client_config(&id(peer), time_at(today())), required(&the_box));
    assert_eq!(dial("box-1"), Ok(()));
    assert_eq!(dial("box-2"), Err(CertificateError::NotValidForName.into()));
}

#[test]
fn another_fleet_is_refused_from_both_sides() {
    let (ours, theirs) = (Fleet::new(), Fleet::new());
    let the_box = ours.identity("box-1", Role::Station);
    let false_box = theirs.identity("box-1", Role::Station);
    let cluster = ours.identity("loa-1", Role::Cluster);
    let false_cluster = theirs.identity("loa-1", Role::Cluster);
    let unknown = Err(CertificateError::UnknownIssuer.into());
    let dial = |from: &Identity, to: &Identity| {
        shake(from.client_config(&id("box-1"), time_at(today())), required(to))
    };
    assert_eq!(dial(&cluster, &false_box), unknown);
    let trusts_us = with_any_certificate(false_cluster.key.clone(), &the_box.roots);
    assert_eq!(shake(trusts_us, required(&the_box)), unknown);
}

#[test]
fn without_a_certificate_only_the_console_answers() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-1", Role::Station);
    let anybody = without_certificate(&the_box.roots);
    let refused = shake(anybody.clone(), required(&the_box));
    assert_eq!(refused, Err(rustls::Error::NoCertificatesPresented));
    let console = the_box.server_config(ClientAuth::None, time_at(today()));
    assert_eq!(shake(anybody, console), Ok(()));
}

#[test]
fn a_cluster_cannot_serve_and_a_broker_cannot_log_in() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-1", Role::Station);
    let cluster = fleet.identity("loa-1", Role::Cluster);
    let serves = shake(
        the_box.client_config(&id("loa-1"), time_at(today())),
        cluster.server_config(ClientAuth::Required, time_at(today())),
    );
    let purpose = |result: Result<(), rustls::Error>| {
        let text = result.unwrap_err().to_string();
        assert!(text.to_lowercase().contains("purpose") || text.contains("extended key"), "{text}");
    };
    purpose(serves);
    let issued = fleet.authority.issue(&id("centre"), Role::Broker, &[], today()).unwrap();
    let folder = fleet.folder("broker");
    issued.write(&folder, "", None).unwrap();
    let key = load_key(&folder.join("device.pem"), &folder.join("device.key")).unwrap();
    let broker = with_any_certificate(Arc::new(key), &the_box.roots);
    purpose(shake(broker, required(&the_box)));
    let refusal = Identity::load(&folder, today()).unwrap_err().to_string();
    assert!(refusal.contains("cannot serve as the certificate of a device"), "{refusal}");
}

#[test]
fn a_board_that_starts_in_1970_connects_all_the_same() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-1", Role::Station);
    let cluster = fleet.identity("loa-1", Role::Cluster);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("last-good-time");
    let boot = || Arc::new(CertificateTime::new(Arc::new(At(Timestamp::UNIX_EPOCH)), path.clone()));
    let dial = |time| shake(cluster.client_config(&id("box-1"), time), required(&the_box));
    let too_early = dial(boot()).unwrap_err().to_string();
    assert!(too_early.contains("not valid yet"), "{too_early}");
    boot().remember(today()).unwrap();
    assert_eq!(dial(boot()), Ok(()));
}

#[test]
fn an_expired_peer_is_refused() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-1", Role::Station);
    let cluster = fleet.identity("loa-1", Role::Cluster);
    let late = time_at(today() + Duration::from_hours(91 * 24));
    let refused = shake(cluster.client_config(&id("box-1"), late), required(&the_box));
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("expired"), "{text}");
}
