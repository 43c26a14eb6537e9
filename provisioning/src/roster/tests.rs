//! What is obeyed, and everything that is not.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;

use super::*;
use crate::{Authority, CommandSigner, jws};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn order() -> Command {
    Command {
        id: "01990000-0000-7000-8000-000000000001".parse().unwrap(),
        to: id("loa-1"),
        issuer: id("box-1"),
        kind: "order.play".to_owned(),
        issued_at: at(0),
        not_after: at(60),
        data: json!({"volume": 80}),
    }
}

/// A fleet of one box with the cluster `loa-1`, and a centre.
struct Fleet {
    _dir: tempfile::TempDir,
    authority: Authority,
    the_box: CommandSigner,
    box_key: String,
    centre: CommandSigner,
    keys: Vec<RosterKey>,
}

impl Fleet {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create(&dir.path().join("authority"), at(0)).unwrap();
        let (the_box, pem) = authority.new_command_key().unwrap();
        let (centre, _) = authority.new_command_key().unwrap();
        let reach = Reach::Only([id("loa-1")].into());
        let keys = vec![
            RosterKey { owner: id("box-1"), public: the_box.public_key(), may_command: reach },
            RosterKey {
                owner: id("centre"),
                public: centre.public_key(),
                may_command: Reach::EveryDevice,
            },
        ];
        Self { _dir: dir, authority, the_box, box_key: pem.expose_secret().clone(), centre, keys }
    }

    fn roster(&self) -> Roster {
        let token = self.authority.sign_roster(&self.keys, at(0));
        Roster::open(&token, self.authority.certificate()).unwrap()
    }

    /// Signs what no signer of ours would: any header, any payload.
    fn forge(&self, header: &serde_json::Value, payload: &serde_json::Value) -> String {
        let signed = jws::start(header, payload);
        let der = PrivatePkcs8KeyDer::from_pem_slice(self.box_key.as_bytes()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
        let signature = key.sign(signed.as_bytes());
        jws::finish(signed, signature.as_ref())
    }
}

#[test]
fn a_cluster_obeys_its_box_and_the_centre() {
    let fleet = Fleet::new();
    let from_box = fleet.the_box.sign(&order());
    assert_eq!(fleet.roster().verify(&from_box, &id("loa-1"), at(1)), Ok(order()));
    let from_centre = Command { issuer: id("centre"), ..order() };
    let token = fleet.centre.sign(&from_centre);
    assert_eq!(fleet.roster().verify(&token, &id("loa-1"), at(1)), Ok(from_centre));
}

#[test]
fn what_is_not_for_it_is_refused_by_name() {
    let fleet = Fleet::new();
    let (stranger, _) = fleet.authority.new_command_key().unwrap();
    let check = |signer: &CommandSigner, command: Command, me: &str, expected| {
        let token = signer.sign(&command);
        assert_eq!(fleet.roster().verify(&token, &id(me), at(1)), Err(expected));
    };
    check(&stranger, order(), "loa-1", CommandRefused::UnknownKey);
    check(&fleet.the_box, order(), "loa-2", CommandRefused::NotForMe);
    let elsewhere = Command { to: id("loa-2"), ..order() };
    check(&fleet.the_box, elsewhere, "loa-2", CommandRefused::NotAllowed);
    let pretended = Command { issuer: id("centre"), ..order() };
    check(&fleet.the_box, pretended, "loa-1", CommandRefused::WrongIssuer);
    check(
        &fleet.the_box,
        Command { not_after: at(0), ..order() },
        "loa-1",
        CommandRefused::Expired,
    );
    let huge = Command { data: json!("x".repeat(MAX_COMMAND_BYTES)), ..order() };
    check(&fleet.the_box, huge, "loa-1", CommandRefused::TooLarge);
}

#[test]
fn the_last_instant_still_counts() {
    let fleet = Fleet::new();
    let token = fleet.the_box.sign(&order());
    let verify = |now| fleet.roster().verify(&token, &id("loa-1"), now);
    assert!(verify(at(60)).is_ok());
    assert_eq!(verify(at(60) + Duration::from_millis(1)), Err(CommandRefused::Expired));
}

#[test]
fn a_header_neither_chooses_the_algorithm_nor_brings_a_key() {
    let fleet = Fleet::new();
    let kid = fleet.the_box.key_id();
    let payload = serde_json::to_value(CommandPayload::of(&order())).unwrap();
    let check = |header: serde_json::Value, payload: &serde_json::Value, expected| {
        let token = fleet.forge(&header, payload);
        assert_eq!(fleet.roster().verify(&token, &id("loa-1"), at(1)).map(|it| it.id), expected);
    };
    check(json!({"alg": "EdDSA", "kid": kid}), &payload, Ok(order().id));
    check(json!({"alg": "none", "kid": kid}), &payload, Err(CommandRefused::Algorithm));
    check(json!({"alg": "HS256", "kid": kid}), &payload, Err(CommandRefused::Algorithm));
    check(json!({"alg": "EdDSA"}), &payload, Err(CommandRefused::Malformed));
    for member in ["jku", "jwk", "x5c", "x5u", "crit", "b64"] {
        let header = json!({"alg": "EdDSA", "kid": kid, member: "https://example.org/"});
        check(header, &payload, Err(CommandRefused::Malformed));
    }
    let header = json!({"alg": "EdDSA", "kid": kid});
    check(header.clone(), &json!({"id": order().id}), Err(CommandRefused::Malformed));
    check(header, &json!("restart"), Err(CommandRefused::Malformed));
}

#[test]
fn any_flipped_bit_is_refused() {
    let fleet = Fleet::new();
    let roster = fleet.roster();
    let token = fleet.the_box.sign(&order()).into_bytes();
    for (position, bit) in (0..token.len()).flat_map(|at| (0..7).map(move |bit| (at, bit))) {
        let mut flipped = token.clone();
        flipped[position] ^= 1 << bit;
        let flipped = String::from_utf8(flipped).unwrap();
        assert!(roster.verify(&flipped, &id("loa-1"), at(1)).is_err(), "{position}.{bit}");
    }
}

/// One for all cases: making keys takes longer than refusing a token.
static FLEET: LazyLock<Fleet> = LazyLock::new(Fleet::new);
static ROSTER: LazyLock<Roster> = LazyLock::new(|| FLEET.roster());

proptest! {
    #[test]
    fn a_replaced_cut_or_lengthened_token_is_refused(
        position in any::<prop::sample::Index>(), cut in 0_usize..8, text in "[ -~]{0,3}",
    ) {
        let token = FLEET.the_box.sign(&order());
        let start = position.index(token.len());
        let end = (start + cut).min(token.len());
        let changed = format!("{}{text}{}", &token[..start], &token[end..]);
        prop_assume!(changed != token);
        prop_assert!(ROSTER.verify(&changed, &id("loa-1"), at(1)).is_err());
    }

    #[test]
    fn no_text_at_all_is_obeyed_or_breaks_the_reader(text in ".{0,200}") {
        prop_assert!(ROSTER.verify(&text, &id("loa-1"), at(1)).is_err());
        prop_assert!(Roster::open(&text, FLEET.authority.certificate()).is_err());
    }
}

#[test]
fn a_roster_is_believed_from_its_own_authority_alone() {
    let fleet = Fleet::new();
    let other = Fleet::new();
    let token = other.authority.sign_roster(&other.keys, at(0));
    let opened = Roster::open(&token, fleet.authority.certificate());
    assert_eq!(opened.unwrap_err(), RosterError::BadSignature);

    let token = fleet.authority.sign_roster(&fleet.keys, at(0));
    let middle = token.len() / 2;
    let swapped = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{}{swapped}{}", &token[..middle], &token[middle + 1..]);
    let opened = Roster::open(&changed, fleet.authority.certificate());
    assert_eq!(opened.unwrap_err(), RosterError::BadSignature);
    assert_eq!(Roster::open(&token, fleet.authority.certificate()).unwrap().issued_at(), at(0));
}

#[test]
fn a_command_is_no_roster() {
    let fleet = Fleet::new();
    let opened = Roster::open(&fleet.the_box.sign(&order()), fleet.authority.certificate());
    assert_eq!(opened.unwrap_err(), RosterError::Malformed);
}

/// If this fails, do not change the test: boxes in the field read and write these bytes.
#[test]
fn the_payload_is_frozen() {
    let payload = serde_json::to_string(&CommandPayload::of(&order())).unwrap();
    assert_eq!(
        payload,
        r#"{"id":"01990000-0000-7000-8000-000000000001","to":"loa-1","issuer":"box-1","kind":"order.play","issued_at":"2027-01-15T08:00:00.000Z","not_after":"2027-01-15T08:01:00.000Z","data":{"volume":80}}"#
    );
}

/// RFC 8037 appendix A.3 and A.4.
#[test]
fn keys_and_signatures_are_those_of_the_standard() {
    let public = public_key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    assert_eq!(key_id(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
                 hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let token = Unverified::split(token).unwrap();
    let key = UnparsedPublicKey::new(&ED25519, public);
    assert!(key.verify(token.signed, &token.signature).is_ok());
}
