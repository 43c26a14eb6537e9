//! The packets in which a cluster asks its box for the time: RFC 5905's four timestamps, keyed.
//!
//! A request and a reply are 96 bytes each, so the server amplifies nothing. Integers are big endian:
//!
//! | bytes | request | reply |
//! |---|---|---|
//! | 0..4 | `VNT1` | `VNT1` |
//! | 4 | 1 | 2 |
//! | 5 | 0 | 1: the box's clock is trusted |
//! | 6..8 | 0 | 0 |
//! | 8..24 | id of the key | the same |
//! | 24..40 | nonce | the same |
//! | 40..48 | 0 | when the request came in, ns since 1970 |
//! | 48..56 | 0 | when the reply went out, ns since 1970 |
//! | 56..64 | 0 | 0 |
//! | 64..96 | HMAC-SHA256 (RFC 2104) over bytes 0..64 | likewise |
//!
//! The key comes from `POST /v1/time-key` of the content server, over mutual TLS.

pub mod wire;

use jiff::Timestamp;
use ring::hmac;

pub const PACKET_BYTES: usize = 96;
const SIGNED_BYTES: usize = 64;
const MAGIC: &[u8; 4] = b"VNT1";
const REQUEST: u8 = 1;
const REPLY: u8 = 2;

pub type KeyId = [u8; 16];
pub type Nonce = [u8; 16];
pub type Packet = [u8; PACKET_BYTES];

/// A shared key: 32 random bytes that both ends hold until they expire.
#[derive(Clone)]
pub struct TimeKey {
    pub id: KeyId,
    secret: hmac::Key,
}

/// What a box says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    pub nonce: Nonce,
    pub received_at: Timestamp,
    pub sent_at: Timestamp,
    pub is_trusted: bool,
}

impl TimeKey {
    pub fn new(id: KeyId, secret: &[u8; 32]) -> Self {
        Self { id, secret: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    pub fn request(&self, nonce: Nonce) -> Packet {
        self.seal(REQUEST, false, nonce, 0, 0)
    }

    pub fn reply(&self, reply: &Reply) -> Packet {
        let nanos = |at: Timestamp| i64::try_from(at.as_nanosecond()).unwrap_or(0);
        let (received_at, sent_at) = (nanos(reply.received_at), nanos(reply.sent_at));
        self.seal(REPLY, reply.is_trusted, reply.nonce, received_at, sent_at)
    }

    /// The nonce of a request under this key; `None` for anything else.
    pub fn open_request(&self, packet: &Packet) -> Option<Nonce> {
        self.open(REQUEST, packet)?;
        field(packet, 24)
    }

    /// `None` for anything but a reply under this key. The caller compares the nonce.
    pub fn open_reply(&self, packet: &Packet) -> Option<Reply> {
        self.open(REPLY, packet)?;
        let time = |at| {
            let nanos = i64::from_be_bytes(field(packet, at)?);
            Timestamp::from_nanosecond(i128::from(nanos)).ok()
        };
        Some(Reply {
            nonce: field(packet, 24)?,
            received_at: time(40)?,
            sent_at: time(48)?,
            is_trusted: packet[5] == 1,
        })
    }

    fn seal(&self, kind: u8, trusted: bool, nonce: Nonce, received: i64, sent: i64) -> Packet {
        let mut packet = [0; PACKET_BYTES];
        packet[..4].copy_from_slice(MAGIC);
        packet[4] = kind;
        packet[5] = u8::from(trusted);
        packet[8..24].copy_from_slice(&self.id);
        packet[24..40].copy_from_slice(&nonce);
        packet[40..48].copy_from_slice(&received.to_be_bytes());
        packet[48..56].copy_from_slice(&sent.to_be_bytes());
        let tag = hmac::sign(&self.secret, &packet[..SIGNED_BYTES]);
        packet[SIGNED_BYTES..].copy_from_slice(tag.as_ref());
        packet
    }

    fn open(&self, kind: u8, packet: &Packet) -> Option<()> {
        let is_ours = packet.starts_with(MAGIC) && packet[4] == kind && key_id(packet) == self.id;
        let (signed, tag) = packet.split_at(SIGNED_BYTES);
        (is_ours && hmac::verify(&self.secret, signed, tag).is_ok()).then_some(())
    }
}

impl std::fmt::Debug for TimeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TimeKey").finish_non_exhaustive()
    }
}

/// Which key a packet names, before anything of it is believed.
pub fn key_id(packet: &Packet) -> KeyId {
    field(packet, 8).unwrap_or_default()
}

fn field<const N: usize>(packet: &Packet, at: usize) -> Option<[u8; N]> {
    packet.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> TimeKey {
        TimeKey::new([n; 16], &[n; 32])
    }

    #[test]
    fn question_and_answer_are_read_back() {
        let at = |ns| Timestamp::from_nanosecond(ns).unwrap();
        let asked = key(1).request([7; 16]);
        assert_eq!(key(1).open_request(&asked), Some([7; 16]));
        let reply = Reply {
            nonce: [7; 16],
            received_at: at(1_800_000_000_123_456_789),
            sent_at: at(1_800_000_000_123_500_000),
            is_trusted: true,
        };
        assert_eq!(key(1).open_reply(&key(1).reply(&reply)), Some(reply));
    }

    #[test]
    fn a_changed_bit_another_key_and_a_question_as_answer_are_nothing() {
        let asked = key(1).request([7; 16]);
        for bit in 0..PACKET_BYTES * 8 {
            let mut packet = asked;
            packet[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key(1).open_request(&packet), None, "bit {bit}");
        }
        let other = TimeKey::new([1; 16], &[2; 32]);
        assert_eq!(other.open_request(&asked), None);
        assert_eq!(key(1).open_reply(&asked), None);
    }
}
