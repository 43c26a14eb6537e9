//! Who a device is, and proof of it.
