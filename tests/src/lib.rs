//! Runs whole systems against real brokers, cameras and sound. The tests are in `tests/`.

pub mod broker;
pub mod footage;
pub mod namespace;
pub mod reporting;
pub mod sim_camera;
pub mod sim_link;
pub mod sim_speakers;
pub mod small_disk;
pub mod small_ward;
pub mod street;
pub mod tiny_model;
pub mod watched;
