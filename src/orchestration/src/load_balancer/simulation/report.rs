//! How are the figures of a simulation written down?

use std::fmt::Write;

use baton_domain::agent::Strategy;

use super::{fleets, simulate};

/// A Markdown table of all fleets and strategies, for `docs/load-balancing.md`.
#[must_use]
pub fn markdown(tasks: usize, seed: u64) -> String {
    let mut text = String::from(
        "| fleet | strategy | p50 ms | p99 ms | to round robin | p99.9 ms | completed | attempts a task | over its slots |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for fleet in fleets() {
        let base = simulate(&fleet, Strategy::RoundRobin, tasks, seed);
        for &strategy in Strategy::ALL {
            let seen = if strategy == Strategy::RoundRobin { base.clone() } else { simulate(&fleet, strategy, tasks, seed) };
            // Writing into a string cannot fail.
            let _ = writeln!(
                text,
                "| {} | `{strategy}` | {:.1} | {:.1} | {:.2} | {:.1} | {:.2} % | {:.3} | {} |",
                fleet.name,
                seen.p50_ms,
                seen.p99_ms,
                seen.p99_ms / base.p99_ms,
                seen.p999_ms,
                seen.success * 100.0,
                seen.attempts,
                seen.over_slots,
            );
        }
    }
    text
}
