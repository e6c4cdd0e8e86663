//! How well is the article of a page found? Runs the skill on the labelled pages of `src/agents/web_automation/labels` and prints F1 by page.
//!
//! `cargo run --release -p baton-agents-web-automation --example article_f1 -- DIR/pages [tuned|held-out|all] [DUMP]`: DIR is what
//! `src/agents/web_automation/labels/labels.py` wrote; DUMP is a folder to write the found texts to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement"
)]

#[path = "../../data_science/tests/harness/mod.rs"]
mod harness;
#[path = "../tests/web/mod.rs"]
mod web;

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use baton_agents_web_automation::ARTICLE;
use serde_json::{Value, json};

/// A Chinese or Japanese character stands for itself.
fn alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// The bag of a text's tokens, as `src/agents/web_automation/labels/README.md` says.
fn tokens(text: &str) -> HashMap<String, usize> {
    let text = text.to_lowercase();
    let mut bag = HashMap::new();
    let mut token = String::new();
    for c in text.chars().chain([' ']) {
        let letter = c.is_alphanumeric();
        if (!letter || alone(c)) && !token.is_empty() {
            *bag.entry(std::mem::take(&mut token)).or_default() += 1;
        }
        if alone(c) && letter {
            *bag.entry(c.to_string()).or_default() += 1;
        } else if letter {
            token.push(c);
        }
    }
    bag
}

/// Precision, recall and F1 of two bags.
fn score(label: &str, found: &str) -> (f64, f64, f64) {
    let (label, found) = (tokens(label), tokens(found));
    let shared: usize = label.iter().map(|(token, count)| *count.min(found.get(token).unwrap_or(&0))).sum();
    let all = |bag: &HashMap<String, usize>| bag.values().sum::<usize>().max(1) as f64;
    let (precision, recall) = (shared as f64 / all(&found), shared as f64 / all(&label));
    (precision, recall, if shared == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) })
}

/// Whether a fact of the page was found: the label's words stand in it.
fn fits(label: &Value, found: &Value) -> Option<bool> {
    // A day, for a time of that day.
    if found.as_str().is_some_and(|found| label.as_str().is_some_and(|label| found.starts_with(label))) {
        return Some(true);
    }
    let label = tokens(label.as_str()?);
    let found = tokens(found.as_str().unwrap_or_default());
    Some(label.keys().all(|token| found.contains_key(token)))
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(arguments.get(1).expect("the folder of pages"));
    let part = arguments.get(2).map_or("tuned", String::as_str);
    let labels: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("labels.json")).unwrap()).unwrap();
    let mut lines = Vec::new();
    let mut facts: HashMap<&str, (usize, usize)> = HashMap::new();
    for label in &labels {
        let held_out = label["sha256"].as_str().unwrap().ends_with(|c: char| c >= '8');
        if part != "all" && held_out != (part == "held-out") {
            continue;
        }
        let id = label["id"].as_str().unwrap();
        let Ok(html) = std::fs::read(folder.join(format!("{id}.html"))) else {
            lines.push((-1.0, format!("{id:28} absent")));
            continue;
        };
        let expected = std::fs::read_to_string(folder.join(format!("{id}.txt"))).unwrap();
        let began = Instant::now();
        let ended = web::on_file(ARTICLE, &html, json!({}));
        let milliseconds = began.elapsed().as_millis();
        let (result, stored) = match ended.result {
            Ok(value) => (value, ended.stored),
            Err(failure) => {
                lines.push((0.0, format!("{id:28} failed: {} {}", failure.code, failure.message)));
                continue;
            }
        };
        let text =
            stored.first().map_or_else(|| result["text"].as_str().unwrap().to_owned(), |file| String::from_utf8(file.2.clone()).unwrap());
        if let Some(dump) = arguments.get(3) {
            std::fs::create_dir_all(dump).unwrap();
            std::fs::write(Path::new(dump).join(format!("{id}.txt")), &text).unwrap();
        }
        let (precision, recall, f1) = score(&expected, &text);
        let mut line = format!("{id:28} F1 {f1:.3}  precision {precision:.3}  recall {recall:.3}  {milliseconds:4} ms");
        for (name, key, label) in
            [("title", "title", &label["title"]), ("author", "byline", &label["author"]), ("date", "published", &label["date"])]
        {
            if let Some(fits) = fits(label, &result[key]) {
                let count = facts.entry(name).or_default();
                count.1 += 1;
                count.0 += usize::from(fits);
                if !fits {
                    line += &format!("  {name} {} for {label}", result[key]);
                }
            }
        }
        lines.push((f1, line));
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, line) in &lines {
        println!("{line}");
    }
    let scored: Vec<f64> = lines.iter().map(|line| line.0).filter(|f1| *f1 >= 0.0).collect();
    println!("{part}: mean F1 {:.4} of {} pages; {facts:?}", scored.iter().sum::<f64>() / scored.len().max(1) as f64, scored.len());
}
