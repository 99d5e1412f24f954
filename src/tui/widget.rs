//! Drawn parts that pages are made of. Each is a function of what it shows, a theme and an area;
//! none holds state, waits or asks for the time.

pub mod arm_table;
pub mod blocks;
pub mod braille;
pub mod breaker_badge;
pub mod chain_table;
pub mod columns;
pub mod dialog;
pub mod event_log;
pub mod job_line;
pub mod job_table;
pub mod latency_histogram;
pub mod markers;
pub mod pen;
pub mod percentile_lines;
pub mod ratio_strip;
pub mod region_list;
pub mod routing_line;
pub mod scale;
pub mod scorecard;
pub mod sparkline_row;
pub mod special;
pub mod split_bars;
pub mod time_axis;
pub mod tune_dials;
pub mod verdict;
