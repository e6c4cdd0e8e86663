//! How long does one fact take in a `foreach` of 10,000 items, and how much is stored for it?
//!
//! `cargo run --release -p baton-workflow --example foreach`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures")]

use std::time::{Duration, Instant};

use baton_domain::time::Timestamp;
use baton_workflow::run::{Outcome, Usage};
use baton_workflow::{Fact, Plan, Run, Start, parse};
use serde_json::json;

const ITEMS: usize = 10_000;

fn main() {
    let text = "name: many\nversion: 1\ninputs: {list: {type: array, items: {type: object}}}\nsteps:\n  each:\n    uses: nlp.sentiment\n    foreach: {items: \"${{ inputs.list }}\", concurrency: 100}\n    with: {text: \"${{ item.text }} (${{ index }})\"}\n  sum: {uses: nlp.summarize, with: {text: \"${{ join(map(steps.each.output, r => r.label)) }}\"}}\noutputs: {labels: \"${{ length(steps.each.output) }}\"}\n";
    let plan = Plan::of(parse(text).unwrap()).unwrap();
    let list: Vec<_> = (0..ITEMS).map(|index| json!({"text": format!("A sentence of some length with number {index} in it.")})).collect();
    let at = Timestamp::from_millis(1_795_000_000_000);
    let begin = Instant::now();
    let start = Start { id: "01a228fb-0962-72a5-9aa6-cadc5edba8f3".into(), requested_by: "ada".into(), input: json!({"list": list}), at };
    let (mut run, effects) = Run::start(&plan, start).unwrap();
    println!("start: {:?}, {} commands", begin.elapsed(), effects.commands.len());
    let mut open: Vec<_> = effects.commands.iter().filter(|command| command.begins()).map(|command| command.key().clone()).collect();
    let mut times = Vec::new();
    let mut rows = 0;
    let mut bytes = 0;
    while let Some(key) = open.pop() {
        let output = json!({"label": "positive", "compound": 0.5, "sentences": [{"text": "A sentence of some length.", "compound": 0.5}]});
        let fact = Fact::Ended { key, outcome: Outcome::Completed(output), usage: Usage { tokens: 10, cost_micros: 1, tasks: 0 } };
        let begin = Instant::now();
        let effects = run.handle(&plan, at, &fact).unwrap();
        times.push(begin.elapsed());
        open.extend(effects.commands.iter().filter(|command| command.begins()).map(|command| command.key().clone()));
        rows += effects.items.len() + effects.steps.len() + usize::from(effects.header.is_some());
        bytes += serde_json::to_string(&(&effects.items, &effects.steps, &effects.header)).unwrap().len();
        if times.len() == ITEMS / 2 {
            let begin = Instant::now();
            let stored = run.rows();
            let size = serde_json::to_string(&stored).unwrap().len();
            let written = begin.elapsed();
            let begin = Instant::now();
            let loaded = Run::load(&plan, stored).unwrap();
            assert_eq!(loaded.outstanding(&plan).iter().filter(|command| command.begins()).count(), 100);
            println!("half way: all rows are {size} bytes ({written:?} to write), {:?} to load and ask again", begin.elapsed());
        }
    }
    let count = times.len();
    let whole: Duration = times.iter().sum();
    let last = times[ITEMS - 1];
    times.sort_unstable();
    println!(
        "{count} facts: median {:?}, 99 % {:?}, slowest {:?} (the one that ends the list: {last:?}), {whole:?} in all; {:.1} rows and {} bytes of JSON a fact",
        times[count / 2],
        times[count * 99 / 100],
        times[count - 1],
        rows as f64 / count as f64,
        bytes / count
    );
    println!("{}: {:?}", run.header().state.as_str(), run.header().outputs);
}
