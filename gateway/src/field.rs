//! What a field technician or a developer runs by hand: identities now, diagnosis later.

pub mod provision;
