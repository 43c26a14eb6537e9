//! Helpers that run whole systems against real brokers, cameras and sound.
