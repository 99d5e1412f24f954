//! Written and read again.
