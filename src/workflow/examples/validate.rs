//! How long does it take to read and check a workflow of 1,000 steps?
//!
//! `cargo run --release -p baton-workflow --example validate`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures")]

use std::fmt::Write as _;
use std::time::Instant;

use baton_workflow::{Known, parse, validate};
use serde_json::Value;

fn main() {
    let rows: Vec<Value> = serde_json::from_str(include_str!("../tests/catalogue/skills.json")).unwrap();
    let mut known = Known::new();
    for row in &rows {
        known.add_skill(row["name"].as_str().unwrap(), row["input"].clone(), row["output"].clone());
    }
    // Four lanes that read one another, with conditions, lists and a report of all at the end of each ten.
    let mut text =
        "name: large\nversion: 1\ninputs: {text: string, files: {type: array, items: {type: string, format: artifact}}}\nsteps:\n"
            .to_owned();
    for step in 0..1_000 {
        let before = |back: usize| format!("steps.s{}.output", step - back);
        let _ = match step % 4 {
            _ if step < 4 => writeln!(text, "  s{step}: {{uses: nlp.summarize, with: {{text: \"${{{{ inputs.text }}}}\"}}}}"),
            0 => writeln!(
                text,
                "  s{step}: {{uses: nlp.summarize, with: {{text: \"${{{{ {}.text + inputs.text }}}}\", sentences: 5}}}}",
                before(4)
            ),
            1 => writeln!(
                text,
                "  s{step}: {{uses: nlp.summarize, if: \"length({}.text) > 10\", with: {{text: \"${{{{ {}.text }}}}\"}}, retry: 3}}",
                before(1),
                before(1)
            ),
            2 => writeln!(
                text,
                "  s{step}: {{uses: nlp.summarize, foreach: [a, b, c], with: {{text: \"${{{{ item }}}} of ${{{{ index }}}}\"}}, needs: [s{}]}}",
                step - 4
            ),
            _ => writeln!(
                text,
                "  s{step}: {{uses: nlp.summarize, with: {{text: \"${{{{ join(map({}, r => r.text)) }}}}\"}}, timeout: 5m}}",
                before(1)
            ),
        };
    }
    let mut read = Vec::new();
    let mut checked = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        let workflow = parse(&text).unwrap();
        read.push(start.elapsed());
        let start = Instant::now();
        validate(&workflow, &known).unwrap_or_else(|problems| {
            println!("{problems:#?}");
            std::process::exit(1);
        });
        checked.push(start.elapsed());
    }
    read.sort_unstable();
    checked.sort_unstable();
    println!(
        "{} bytes, 1,000 steps: read {:?}, checked {:?} (median of 21); slowest {:?} and {:?}",
        text.len(),
        read[10],
        checked[10],
        read[20],
        checked[20]
    );
}
