//! What a field technician, a script or a developer runs by hand: bulletins, places, reports and
//! identities now, diagnosis later.

mod account;
pub mod audit;
pub mod bulletin;
pub mod places;
pub mod provision;
pub mod report;
mod when;
