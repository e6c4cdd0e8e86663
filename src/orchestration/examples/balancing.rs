//! Which strategy does how well, and what does a choice cost? Prints the tables of `docs/load-balancing.md`.
//!
//! `cargo run --release -p baton-orchestration --example balancing` for both; `-- simulation` and `-- cost` for one of them.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it prints what it measured, with a real clock")]

use std::time::Instant;

use baton_orchestration::load_balancer::{measure, simulation};

fn main() {
    let wanted = std::env::args().nth(1);
    let wants = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    if wants("simulation") {
        print!("{}", simulation::markdown(simulation::TASKS, simulation::SEED));
    }
    if wants("cost") {
        let began = Instant::now();
        println!(
            "| strategy | choice of 10, µs | of 10,000, µs | ratio | task of 10, µs | of 10,000, µs |\n|---|---:|---:|---:|---:|---:|"
        );
        for (few, many) in measure::few_and_many(&|| began.elapsed()) {
            let ratio = many.micros / few.micros;
            println!(
                "| `{}` | {:.2} | {:.2} | {ratio:.2} | {:.2} | {:.2} |",
                few.strategy, few.micros, many.micros, few.task_micros, many.task_micros,
            );
        }
    }
}
