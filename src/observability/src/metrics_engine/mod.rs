//! How much is done, how fast, and how well? Counts and latency sketches per skill and agent, in buckets of 10 seconds.
//!
//! The engine reports to the [`MetricsRecorder`], which counts in memory. The [`MetricsFlusher`] stores the buckets that
//! changed, every second. [`Analytics`] makes charts of what is stored and of what is still in memory.

mod analytics;
mod day;
mod flusher;
mod gather;
mod recorder;
mod rollup;
pub mod sketch;
mod window;

pub use analytics::Analytics;
pub use flusher::MetricsFlusher;
pub use recorder::MetricsRecorder;

/// The width of a bucket in milliseconds.
const BUCKET_MILLIS: i64 = baton_domain::wire::metrics::BUCKET_SECONDS as i64 * 1000;
