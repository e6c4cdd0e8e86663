//! Does the event stream keep its promises over a real log?

mod following;
mod no_gap_no_repetition;
mod real_log;
mod retention;
