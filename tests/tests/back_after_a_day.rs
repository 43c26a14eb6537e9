//! A ward that was cut off comes back all at once: yesterday's commands are refused as expired, today's
//! orders are taken, and nobody runs the box over for their content.

use std::time::Duration;

use base::{Clock as _, SystemClock, new_uuid};
use e2e::sim_speakers::SimSpeakers;
use e2e::street::{Street, in_seconds, order, wait_until};
use gateway::order::wire::play_to_json;
use gateway::report::wire::ReplyState;
use jiff::Timestamp;
use provisioning::Command;

const VONG: &str = env!("CARGO_BIN_EXE_vong-e2e");
const N: u16 = 40;
/// Commands of the lost day, for each cluster.
const N_STALE: usize = 3;
const AN_HOUR: Duration = Duration::from_secs(3_600);

/// Signed yesterday, and good for an hour then.
fn stale(fresh: &Command) -> Command {
    let issued_at = SystemClock.now() - AN_HOUR * 24;
    let id = new_uuid(SystemClock.now());
    Command { id, issued_at, not_after: issued_at + AN_HOUR, ..fresh.clone() }
}

#[test]
fn forty_clusters_come_back_with_stale_commands() {
    let street = Street::new(N);
    let (speakers, _) = SimSpeakers::start(VONG, &street, &[]);
    street.wait_for_clusters(N.into());
    speakers.end();
    let (speakers, _) = SimSpeakers::start(VONG, &street, &[]);
    let content = street.content(60);
    // An eighth of what is left beyond a minute: 20 s to spread the fetches over.
    let start_at = in_seconds(60 + 160);
    let signer = street.identity.signer().unwrap();
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for cluster in &street.plan.clusters {
        let data = play_to_json(&order(content, start_at));
        let fresh = street.command(cluster, data);
        old.extend((0..N_STALE).map(|_| stale(&fresh)));
        new.push(fresh);
    }
    let all = old.iter().chain(&new);
    let tokens: Vec<_> = all.map(|it| (it.to.clone(), it.id, signer.sign(it))).collect();
    wait_until("each command was answered", || {
        // Whoever is not there yet hears it the next time, as the box does it.
        for (to, id, token) in &tokens {
            if !street.told.replies.lock().unwrap().iter().any(|(_, it)| it.command_id == *id) {
                street.send(to, token);
            }
        }
        std::thread::sleep(Duration::from_secs(2));
        let replies = street.told.replies.lock().unwrap();
        let is_answered = |(_, id, _): &_| replies.iter().any(|(_, it)| it.command_id == *id);
        tokens.iter().all(is_answered)
    });
    for command in &old {
        street.wait_for_reply(command.id, ReplyState::Expired);
    }
    let mut cached: Vec<Timestamp> = Vec::new();
    for (cluster, command) in street.plan.clusters.iter().zip(&new) {
        street.wait_for_reply(command.id, ReplyState::Accepted);
        cached.push(street.wait_for_event(cluster, &["broadcast.cached"]).occurred_at);
        let is_own = |it: &&_| -> bool {
            let (from, envelope): &(_, gateway::report::Envelope) = it;
            from == cluster && envelope.kind == "broadcast.ordered"
        };
        let n = street.told.events.lock().unwrap().iter().filter(is_own).count();
        assert_eq!(n, 1, "{cluster} took one order, and none of yesterday's");
    }
    cached.sort_unstable();
    let since = |it: &Timestamp| it.duration_since(cached[0]).as_secs_f64();
    let spread: Vec<f64> = cached.iter().map(since).collect();
    println!("content was there after {spread:.1?} s");
    let most = spread
        .iter()
        .map(|from| spread.iter().filter(|it| (*from..from + 1.0).contains(it)).count());
    assert!(*spread.last().unwrap() > 8.0, "they are spread");
    assert!(most.max().unwrap() <= usize::from(N) / 3, "no second has them all");
    speakers.end();
}
