//! `vong sim link` between real sockets: what it does to datagrams, and to TCP connections.

use std::collections::HashSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use e2e::sim_link::SimLink;
use serde_json::Value;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

/// A target, and a link to it that is made with `arguments`.
fn tcp_link(arguments: &str) -> (TcpListener, SimLink) {
    let target = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = target.local_addr().unwrap().port();
    let arguments = format!("--tcp 0=127.0.0.1:{port} {arguments}");
    (target, SimLink::start(VONG, &arguments).unwrap())
}

/// Both ends of a connection through it.
fn connect(target: &TcpListener, link: &SimLink) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(link.address()).unwrap();
    let (server, _) = target.accept().unwrap();
    for side in [&client, &server] {
        side.set_read_timeout(PATIENCE).unwrap();
        side.set_nodelay(true).unwrap();
    }
    (client, server)
}

#[track_caller]
fn assert_silent(side: &mut TcpStream, for_: Duration) {
    side.set_read_timeout(Some(for_)).unwrap();
    let kind = side.read(&mut [0; 9]).map_err(|err| err.kind());
    assert!(matches!(kind, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{kind:?}");
    side.set_read_timeout(PATIENCE).unwrap();
}

fn count(counters: &Value, way: &str, name: &str) -> u64 {
    counters[way][name].as_u64().unwrap_or_else(|| panic!("{way} {name}: {counters}"))
}

/// Numbered datagrams to an echo behind the link. The numbers that came back, and the counters.
fn echo(arguments: &str, n_datagrams: u32) -> (HashSet<u32>, Value) {
    let target = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = target.local_addr().unwrap().port();
    let link = SimLink::start(VONG, &format!("--udp 0=127.0.0.1:{port} {arguments}")).unwrap();
    let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    client.connect(link.address()).unwrap();
    target.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut came_back = HashSet::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut datagram = [0; 2000];
            while let Ok((n_bytes, from)) = target.recv_from(&mut datagram) {
                target.send_to(&datagram[..n_bytes], from).unwrap();
            }
        });
        scope.spawn(|| {
            for nth in 0..n_datagrams {
                client.send(&nth.to_be_bytes()).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        let mut datagram = [0; 4];
        while client.recv(&mut datagram).is_ok() {
            assert!(came_back.insert(u32::from_be_bytes(datagram)), "it came back twice");
        }
    });
    (came_back, link.end().unwrap())
}

#[test]
fn datagrams_are_lost_as_the_seed_says_and_the_counters_know_it() {
    let (came_back, counters) = echo("--loss 20% --delay 5ms --jitter 5ms --seed 3", 1000);
    println!("{} of 1000 came back: {counters}", came_back.len());
    assert!((570..710).contains(&came_back.len()), "0.8 * 0.8 of 1000: {}", came_back.len());
    assert_eq!(count(&counters, "up", "n_offered"), 1000);
    for way in ["up", "down"] {
        let offered = count(&counters, way, "n_offered");
        let lost = count(&counters, way, "n_dropped_loss");
        assert_eq!(offered, lost + count(&counters, way, "n_delivered"), "{counters}");
    }
    // Jitter moves what is offered to the way down, but nothing that is lost on the way up.
    let (_, again) = echo("--loss 20% --delay 1ms --seed 3", 1000);
    assert_eq!(counters["up"]["n_dropped_loss"], again["up"]["n_dropped_loss"]);
}

#[test]
fn one_way_may_be_perfect_and_the_other_one_dead() {
    let (came_back, counters) = echo("--blackhole down", 50);
    assert_eq!((came_back.len(), count(&counters, "up", "n_delivered")), (0, 50));
    assert_eq!(count(&counters, "down", "n_dropped_blackhole"), 50);
    let (came_back, counters) = echo("--loss 100% --only up", 50);
    assert_eq!((came_back.len(), count(&counters, "up", "n_dropped_loss")), (0, 50));
}

#[test]
fn bytes_of_a_connection_are_late_and_whole_and_no_faster_than_the_rate() {
    let (target, link) = tcp_link("--rate 4Mbit/s --delay 50ms --jitter 20ms");
    let (mut client, mut server) = connect(&target, &link);
    let begun_at = Instant::now();
    client.write_all(b"ping").unwrap();
    let mut word = [0; 4];
    server.read_exact(&mut word).unwrap();
    server.write_all(&word).unwrap();
    client.read_exact(&mut word).unwrap();
    assert!((100..400).contains(&begun_at.elapsed().as_millis()), "{:?}", begun_at.elapsed());
    // 500 kB at 4 Mbit/s take a second.
    let sent: Vec<u8> =
        (0..500_000_u32).map(|it| it.to_le_bytes()[0] ^ it.to_le_bytes()[1]).collect();
    let begun_at = Instant::now();
    let mut received = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            client.write_all(&sent).unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
        });
        server.read_to_end(&mut received).unwrap();
    });
    assert!(received == sent);
    let took = begun_at.elapsed();
    println!("500 kB at 4 Mbit/s took {took:?}");
    assert!((1_000..1_600).contains(&took.as_millis()), "{took:?}");
    // The client has closed one way, and still hears the other one.
    server.write_all(b"pong").unwrap();
    client.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"pong");
    let counters = link.end().unwrap();
    assert_eq!(count(&counters, "up", "delivered_bytes"), 500_004);
    // Half a second of 4 Mbit/s, and what the delay holds.
    assert!(count(&counters, "up", "queue_peak_bytes") < 350_000, "{counters}");
}

#[test]
fn an_outage_holds_the_bytes_of_a_connection_and_delivers_them_when_it_ends() {
    let (target, link) = tcp_link("--down-every 2s --down-for 1500ms");
    let (mut client, mut server) = connect(&target, &link);
    let (mut longest_gap, mut last_at) = (Duration::ZERO, Instant::now());
    let until = last_at + Duration::from_secs(4);
    let writer = thread::spawn(move || {
        for nth in 0_u16.. {
            if client.write_all(&nth.to_be_bytes()).is_err() || Instant::now() > until {
                return nth;
            }
            thread::sleep(Duration::from_millis(10));
        }
        0
    });
    let mut numbers = Vec::new();
    let mut number = [0; 2];
    while server.read_exact(&mut number).is_ok() {
        longest_gap = longest_gap.max(last_at.elapsed());
        last_at = Instant::now();
        numbers.push(u16::from_be_bytes(number));
    }
    let n_sent = writer.join().unwrap() + 1;
    assert!(numbers.into_iter().eq(0..n_sent), "in order, and all of them");
    println!("the longest silence: {longest_gap:?}");
    assert!((1_300..1_900).contains(&longest_gap.as_millis()), "{longest_gap:?}");
    let counters = link.end().unwrap();
    assert_eq!(count(&counters, "up", "offered_bytes"), u64::from(n_sent) * 2);
}

#[test]
fn a_connection_whose_way_back_has_died_is_half_open() {
    let (target, link) = tcp_link("--blackhole down --blackhole-after 1s");
    let (mut client, mut server) = connect(&target, &link);
    server.write_all(b"hello").unwrap();
    let mut word = [0; 5];
    client.read_exact(&mut word).unwrap();
    thread::sleep(Duration::from_millis(1100));
    client.write_all(b"there").unwrap();
    server.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"there");
    server.write_all(b"dead").unwrap();
    drop(server);
    // Neither what it said nor that it is gone.
    assert_silent(&mut client, Duration::from_millis(700));
    let counters = link.end().unwrap();
    assert_eq!(count(&counters, "down", "n_dropped_blackhole"), 2);
}

#[test]
fn a_target_that_is_not_there_ends_the_connection() {
    let (target, link) = tcp_link("--delay 20ms");
    drop(target);
    let mut client = TcpStream::connect(link.address()).unwrap();
    client.set_read_timeout(PATIENCE).unwrap();
    assert_eq!(client.read(&mut [0; 9]).unwrap(), 0);
}

#[test]
fn what_cannot_be_imitated_is_refused_with_what_can() {
    for (arguments, expected) in [
        ("--tcp 0=127.0.0.1:9 --loss 5%", "take --tun"),
        ("--tun vong-none-1=10.77.0.1/30,vong-none-2=10.77.0.2/30", "/dev/net/tun|ip netns add"),
        ("--udp 192.0.2.1:9=127.0.0.1:9", "listening on 192.0.2.1:9"),
    ] {
        let arguments = ["sim", "link"].into_iter().chain(arguments.split_whitespace());
        let output = Command::new(VONG).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(expected.split('|').any(|it| said.contains(it)), "{said}");
        assert!(output.stdout.is_empty());
    }
}
