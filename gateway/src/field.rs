//! What a field technician, a script or a developer runs by hand: bulletins and identities now,
//! diagnosis later.

pub mod audit;
pub mod bulletin;
pub mod provision;
