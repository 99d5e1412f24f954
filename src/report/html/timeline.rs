//! What happened when: one drawing of the run, and one for each way of calling, on the same axis of
//! time, so that a line through one goes through all.
//!
//! Each is drawn twice, for a wide page and for a narrow one; the page's style shows one of them.

mod axis;
mod course;
mod lane;

pub(super) use axis::{Log, Shape};
pub(super) use course::course;
pub(super) use lane::{PALETTE, Scale, lane};
