//! The gateway: builds the parts, connects them, runs them, stops them in order.

pub mod order;
