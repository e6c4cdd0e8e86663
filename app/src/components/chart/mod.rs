//! How does the dashboard draw numbers over time, and keep them readable without seeing them?
//!
//! Options are built in Rust as ECharts has them ([`throughput_options`], [`latency_options`]); [`Chart`] draws them in the
//! browser and shows their data as a table everywhere; [`Sparkline`] needs no library at all.

mod data_table;
mod echarts;
pub mod figure;
pub(crate) mod figures;
mod options;
pub mod sparkline;
mod surroundings;
mod theme;

pub use figure::Chart;
pub(crate) use options::{correlation_options, histogram_options};
pub use options::{latency_options, throughput_options};
pub use sparkline::Sparkline;
