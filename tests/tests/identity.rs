//! Who gets in: real sockets, a real Mosquitto, and the files that `vong provision` writes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use base::{Clock, DeviceId, SystemClock};
use e2e::broker::{Broker, free_ports};
use gateway::field::provision::{DevFleet, Plan};
use gateway::report::link::{Link, LinkEvent, LinkSettings, link};
use gateway::tls::{Door, Peer, serve};
use jiff::Timestamp;
use provisioning::{CertificateTime, ClientAuth, Identity, console_client_config};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Enough for a loaded machine; a passing test never waits for it.
const SOON: Duration = Duration::from_secs(20);

struct Fleet {
    _dir: tempfile::TempDir,
    plan: Plan,
}

impl Fleet {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let wanted = DevFleet {
            speakers: 2,
            ..DevFleet::small(&dir.path().join("fleet"), free_ports(21_600..21_700, 6).unwrap())
        };
        Self { plan: wanted.make().unwrap(), _dir: dir }
    }

    fn identity(&self, device: &str) -> Identity {
        let folder = self.plan.folder.join(device).join("identity");
        Identity::load(&folder, SystemClock.now()).unwrap()
    }

    fn ca(&self) -> PathBuf {
        self.plan.folder.join("ca.pem")
    }

    fn centre_broker(&self) -> Broker {
        let configuration = self.plan.folder.join("mosquitto-centre/mosquitto.conf");
        Broker::start(&configuration, self.plan.ports.centre_broker).unwrap()
    }
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

/// This machine's time.
fn time() -> Arc<CertificateTime> {
    Arc::new(CertificateTime::new(Arc::new(SystemClock), PathBuf::from("/nonexistent")))
}

fn https(tls: rustls::ClientConfig) -> reqwest::Client {
    reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(SOON).build().unwrap()
}

fn as_device(identity: &Identity, peer: &str) -> reqwest::Client {
    https(rustls::ClientConfig::clone(&identity.client_config(&id(peer), time())))
}

/// A server of the box that answers with the name of who asks. Ends with `stop`.
async fn start_server(
    identity: &Identity,
    clients: ClientAuth,
    max_connections: usize,
) -> (u16, CancellationToken, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let who = |peer: Option<Extension<Peer>>| async move {
        peer.map_or("anybody".to_owned(), |Extension(Peer(device))| device.to_string())
    };
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        "done"
    };
    let router = Router::new().route("/who", get(who)).route("/slow", get(slow));
    let door = Door { listener, tls: identity.server_config(clients, time()), max_connections };
    let stop = CancellationToken::new();
    (port, stop.clone(), tokio::spawn(serve(door, router, stop)))
}

async fn ask(client: &reqwest::Client, port: u16) -> Result<String, String> {
    let answer = client.get(format!("https://127.0.0.1:{port}/who")).send().await;
    match answer {
        Ok(answer) => Ok(answer.text().await.unwrap()),
        Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
    }
}

#[tokio::test]
async fn a_server_for_devices_knows_who_asks_and_lets_nobody_else_in() {
    let (fleet, other) = (Fleet::new(), Fleet::new());
    let the_box = fleet.identity("box-demo-1");
    let (port, stop, server) = start_server(&the_box, ClientAuth::Required, 16).await;

    let cluster = fleet.identity("loa-demo-001");
    assert_eq!(ask(&as_device(&cluster, "box-demo-1"), port).await.unwrap(), "loa-demo-001");

    let wrong_name = ask(&as_device(&cluster, "centre"), port).await.unwrap_err();
    assert!(wrong_name.contains("NotValidForName"), "{wrong_name}");
    let stranger = other.identity("loa-demo-001");
    let foreign = ask(&as_device(&stranger, "box-demo-1"), port).await.unwrap_err();
    assert!(foreign.contains("UnknownIssuer"), "{foreign}");
    let nobody = https(console_client_config(&fleet.ca(), time()).unwrap());
    let without = ask(&nobody, port).await.unwrap_err();
    assert!(without.contains("CertificateRequired"), "{without}");

    stop.cancel();
    timeout(SOON, server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_console_answers_anybody_who_trusts_the_fleet() {
    let (fleet, other) = (Fleet::new(), Fleet::new());
    let the_box = fleet.identity("box-demo-1");
    let (port, stop, server) = start_server(&the_box, ClientAuth::None, 16).await;
    let person = https(console_client_config(&fleet.ca(), time()).unwrap());
    assert_eq!(ask(&person, port).await.unwrap(), "anybody");
    let misled = https(console_client_config(&other.ca(), time()).unwrap());
    let refused = ask(&misled, port).await.unwrap_err();
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    stop.cancel();
    timeout(SOON, server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn stopping_lets_a_request_end_and_opens_no_other() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-demo-1");
    let (port, stop, server) = start_server(&the_box, ClientAuth::None, 16).await;
    let person = https(console_client_config(&fleet.ca(), time()).unwrap());
    let slow = tokio::spawn(person.get(format!("https://127.0.0.1:{port}/slow")).send());
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.cancel();
    let answer = slow.await.unwrap().unwrap();
    assert_eq!(answer.text().await.unwrap(), "done");
    timeout(SOON, server).await.unwrap().unwrap().unwrap();
    let fresh = https(console_client_config(&fleet.ca(), time()).unwrap());
    assert!(ask(&fresh, port).await.is_err());
}

#[tokio::test]
async fn connections_are_counted_and_silent_ones_are_closed() {
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-demo-1");
    let (port, _stop, _server) = start_server(&the_box, ClientAuth::None, 1).await;
    let silent = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let person = https(console_client_config(&fleet.ca(), time()).unwrap());
    assert!(ask(&person, port).await.is_err(), "the silent one has the only place");

    // The handshake's 10 s end, and with them the silent connection.
    let mut byte = [0];
    silent.readable().await.unwrap();
    assert!(matches!(silent.try_read(&mut byte), Ok(0) | Err(_)));
    assert_eq!(ask(&person, port).await.unwrap(), "anybody");
}

/// A 1970 clock is what a board without a battery has until NTP answers.
#[tokio::test]
async fn a_cluster_that_starts_in_1970_reaches_its_box_by_its_last_good_time() {
    struct Battery;
    impl Clock for Battery {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }
    let fleet = Fleet::new();
    let the_box = fleet.identity("box-demo-1");
    let (port, _stop, _server) = start_server(&the_box, ClientAuth::Required, 16).await;
    let dir = tempfile::tempdir().unwrap();
    let boot = || CertificateTime::new(Arc::new(Battery), dir.path().join("last-good-time"));
    boot().remember(SystemClock.now()).unwrap();
    let time = Arc::new(boot());
    let folder = fleet.plan.folder.join("loa-demo-001/identity");
    let cluster = Identity::load(&folder, time.now()).unwrap();
    let tls = cluster.client_config(&id("box-demo-1"), time);
    let client = https(rustls::ClientConfig::clone(&tls));
    assert_eq!(ask(&client, port).await.unwrap(), "loa-demo-001");
}

#[tokio::test]
async fn nobody_of_ours_speaks_tls_1_2() {
    let fleet = Fleet::new();
    let _broker = fleet.centre_broker();
    let the_box = fleet.identity("box-demo-1");
    let (port, _stop, _server) = start_server(&the_box, ClientAuth::None, 16).await;
    for port in [port, fleet.plan.ports.centre_broker] {
        let ca = fleet.ca();
        let speak = move |version: &'static str| {
            let output = Command::new("openssl")
                .args(["s_client", version, "-brief", "-connect"])
                .arg(format!("127.0.0.1:{port}"))
                .arg("-CAfile")
                .arg(&ca)
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            String::from_utf8_lossy(&output.stderr).into_owned()
        };
        let (old, new) = tokio::task::spawn_blocking(move || (speak("-tls1_2"), speak("-tls1_3")))
            .await
            .unwrap();
        assert!(old.contains("alert protocol version"), "{old}");
        assert!(new.contains("Protocol version: TLSv1.3"), "{new}");
    }
}

/// One MQTT connection with the identity of `device` to the centre's broker.
struct Device {
    link: Link,
    events: mpsc::Receiver<LinkEvent>,
    _stop: tokio_util::sync::DropGuard,
}

impl Device {
    fn connect(
        fleet: &Fleet,
        device: &str,
        tls: Arc<rustls::ClientConfig>,
        topics: &[&str],
    ) -> Self {
        let stop = CancellationToken::new();
        let settings = LinkSettings {
            device: id(device),
            host: "127.0.0.1".to_owned(),
            port: fleet.plan.ports.centre_broker,
            tls,
            subscriptions: topics.iter().map(|it| (*it).to_owned()).collect(),
            presence: None,
            ping_topic: format!("vong/v1/{device}/down/ping"),
        };
        let (link, events, task) = link(settings, stop.clone());
        tokio::spawn(task.run());
        Self { link, events, _stop: stop.drop_guard() }
    }

    fn of(fleet: &Fleet, device: &str, topics: &[&str]) -> Self {
        let tls = fleet.identity(device).client_config(&id("centre"), time());
        Self::connect(fleet, device, tls, topics)
    }

    async fn is_up(&mut self) -> bool {
        matches!(timeout(SOON, self.events.recv()).await, Ok(Some(LinkEvent::Up)))
    }

    /// The next message that is not a ping.
    async fn next(&mut self) -> (String, Vec<u8>) {
        loop {
            match timeout(SOON, self.events.recv()).await.unwrap().unwrap() {
                LinkEvent::Message { topic, payload } if !topic.ends_with("/ping") => {
                    return (topic, payload);
                }
                LinkEvent::Message { .. } | LinkEvent::Up | LinkEvent::Down => {}
            }
        }
    }
}

#[tokio::test]
async fn a_device_is_heard_under_its_own_topics_alone() {
    let fleet = Fleet::new();
    let _broker = fleet.centre_broker();
    let mut centre = Device::of(&fleet, "centre", &["vong/v1/#"]);
    let mut the_box = Device::of(&fleet, "box-demo-1", &["vong/v1/box-demo-1/down/#"]);
    let mut cluster = Device::of(&fleet, "loa-demo-001", &["vong/v1/+/loa/loa-demo-001/down/#"]);
    assert!(centre.is_up().await && the_box.is_up().await && cluster.is_up().await);

    for (device, forbidden, allowed) in [
        (
            &cluster,
            "vong/v1/box-demo-1/loa/loa-demo-002/up/event",
            "vong/v1/box-demo-1/loa/loa-demo-001/up/event",
        ),
        (&cluster, "vong/v1/box-demo-1/up/event", "vong/v1/centre/loa/loa-demo-001/up/event"),
        (&cluster, "vong/v1/centre/down/command", "vong/v1/box-demo-1/loa/loa-demo-001/up/reply"),
        (&the_box, "vong/v1/box-demo-2/down/command", "vong/v1/box-demo-1/up/event"),
        (
            &the_box,
            "vong/v1/centre/loa/loa-demo-001/down/command",
            "vong/v1/box-demo-1/loa/loa-demo-001/down/command",
        ),
    ] {
        // In order, on one connection: were the first let through, it would arrive first.
        assert!(device.link.publish(forbidden, b"no".to_vec()));
        assert!(device.link.publish(allowed, b"yes".to_vec()));
        assert_eq!(centre.next().await, (allowed.to_owned(), b"yes".to_vec()), "{forbidden}");
    }
    assert_eq!(cluster.next().await.0, "vong/v1/box-demo-1/loa/loa-demo-001/down/command");

    assert!(centre.link.publish("vong/v1/box-demo-1/down/command", b"an order".to_vec()));
    assert_eq!(the_box.next().await.1, b"an order");
}

#[tokio::test]
async fn a_broker_refuses_strangers_and_brokers() {
    let (fleet, other) = (Fleet::new(), Fleet::new());
    let _broker = fleet.centre_broker();
    let port = fleet.plan.ports.centre_broker;
    let publish = |folder: &Path, certificate: Option<(&str, &str)>| {
        let mut command = Command::new("mosquitto_pub");
        command.args(["-h", "localhost", "-p", &port.to_string(), "-q", "1", "-m", "x"]);
        command.args(["-t", "vong/v1/box-demo-1/up/event"]).arg("--cafile").arg(fleet.ca());
        if let Some((certificate, key)) = certificate {
            command.arg("--cert").arg(folder.join(certificate));
            command.arg("--key").arg(folder.join(key));
        }
        command.output().unwrap().status.success()
    };
    let device = Some(("device.pem", "device.key"));
    let ours = fleet.plan.folder.join("box-demo-1/identity");
    assert!(publish(&ours, device));
    assert!(!publish(&ours, None));
    assert!(!publish(&other.plan.folder.join("box-demo-1/identity"), device));
    let broker = fleet.plan.folder.join("mosquitto-box-demo-1");
    assert!(!publish(&broker, Some(("broker.pem", "broker.key"))));

    // And the other way round: a device does not talk to another fleet's broker.
    let identity = other.identity("box-demo-1");
    let tls = identity.client_config(&id("centre"), time());
    let mut misled = Device::connect(&fleet, "box-demo-1", tls, &["vong/v1/box-demo-1/down/#"]);
    assert!(timeout(Duration::from_secs(3), misled.is_up()).await.is_err());
}

#[test]
fn a_second_fleet_in_the_same_folder_is_refused() {
    let fleet = Fleet::new();
    let again = DevFleet::small(&fleet.plan.folder, 21_600).make();
    let text = again.err().unwrap().to_string();
    assert!(text.ends_with("is not empty: remove it, or choose another --out"), "{text}");
}

#[test]
fn every_configuration_of_a_fleet_is_a_good_one() {
    let fleet = Fleet::new();
    for device in ["centre", "box-demo-1", "loa-demo-001", "loa-demo-002"] {
        let file = fleet.plan.folder.join(device).join("vong.toml");
        gateway::config::check(&file).unwrap();
    }
}
