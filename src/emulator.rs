//! Bedrock on loopback: an emulator that is faithful on the wire.
//!
//! [`world`] decides, without sockets or JSON: `(now, call) -> decision`. [`service`] turns an
//! HTTP request into a call and a decision into a response, waiting where the decision says so;
//! it is shared by [`server`] (a loopback port) and by the SDK's in-process transport. [`route`]
//! reads who calls what; [`signature`] verifies how they signed, where that is wanted; [`wire`] holds
//! the bodies.

pub mod api;
pub mod principal;
pub mod route;
pub mod s3;
pub mod server;
pub mod service;
pub mod signature;
pub mod wire;
pub mod world;
