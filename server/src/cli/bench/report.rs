//! How is a figure told? As one JSON object on a line: what, how much, of which unit, how it was set, on which machine, beside what.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{BenchConfig, machine, now, process};
use crate::start_error::StartError;

/// Prints figures.
pub(super) struct Report {
    machine: Value,
}

impl Report {
    /// Looks at the machine.
    pub(super) fn new(config: &BenchConfig) -> Result<Self, StartError> {
        let folder = config.data.clone().unwrap_or_else(std::env::temp_dir);
        Ok(Self { machine: shortened(machine::facts(&folder)) })
    }

    /// Prints a figure; `more` is an object whose members are added.
    #[expect(clippy::print_stdout, reason = "the figures are what the command is for")]
    pub(super) fn figure(&self, name: &str, value: f64, unit: &str, setting: &str, more: Value) {
        let more = shortened(more);
        let mut line = json!({"peer": "baton", "figure": name, "value": rounded(value), "unit": unit, "setting": setting});
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
            line.insert("version".to_owned(), json!(crate::wiring::VERSION));
            line.insert("machine".to_owned(), self.machine.clone());
        }
        println!("{line}");
    }
}

/// The same with every number rounded.
fn shortened(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map_or(Value::Null, |number| json!(rounded(number))),
        Value::Array(items) => items.into_iter().map(shortened).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, shortened(value))).collect(),
        other => other,
    }
}

/// Three digits after the point are more than a noisy machine can tell.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// What the machine did during a measurement.
pub(super) struct Watch {
    server: u32,
    began: Instant,
    before: [Duration; 3],
}

impl Watch {
    /// From now on.
    pub(super) fn start(server: u32) -> Result<Self, StartError> {
        Ok(Self { server, before: Self::read(server)?, began: now() })
    }

    fn read(server: u32) -> Result<[Duration; 3], StartError> {
        Ok([process::cpu(server)?, process::cpu(std::process::id())?, process::all_cpu()?])
    }

    /// How many cores the server, this client and everybody else kept busy since. A database server is among the others.
    pub(super) fn cores(&self) -> Result<Value, StartError> {
        let after = Self::read(self.server)?;
        let span = self.began.elapsed().as_secs_f64().max(0.001);
        let [server, client, all] = [0, 1, 2].map(|index| after[index].saturating_sub(self.before[index]).as_secs_f64() / span);
        Ok(json!({"server": server, "client": client, "others": (all - server - client).max(0.0)}))
    }
}
