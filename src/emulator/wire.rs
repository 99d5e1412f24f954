//! What travels on the wire: request bodies into facts, answers into bytes.
//!
//! Pure and without waiting: nothing here knows the time, the world or a socket.
#![allow(
    clippy::struct_field_names,
    reason = "members are named as they are on the wire"
)]

pub mod answer;
pub mod ask;
pub mod cloudtrail;
pub mod control;
pub mod converse;
pub mod count;
pub mod error;
pub mod eventstream;
pub mod guardrail;
pub mod invoke;
pub mod monitoring;
pub mod openai;
pub mod prefix;
pub mod records;
pub mod rpc;
pub mod script;
pub mod service_quotas;
pub mod services;
pub mod sts;
pub mod traits;
pub mod weight;
