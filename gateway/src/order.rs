//! Orders between a box and its clusters: the data of the signed commands `order.play` and
//! `order.stop`. Who may sign them is `provisioning`'s matter, what they do the player's.

pub mod wire;

/// Command kinds, as in the signed envelope.
pub const KIND_PLAY: &str = "order.play";
pub const KIND_STOP: &str = "order.stop";

/// What a cluster's status says when it takes `resume = "duck"`. One that does not say so refuses an
/// order that has it, as no policy that it knows.
pub const CAN_DUCK: &str = "duck";
