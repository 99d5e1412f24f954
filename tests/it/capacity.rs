//! Capacity: whether what it says of quotas is right, on worlds it was not tuned on, and what it says
//! when little can be read.

mod held;
mod trouble;
mod world;
