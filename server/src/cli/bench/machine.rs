//! What was it measured on? Facts of the machine that a figure is nothing without.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{now, quantile};

/// Appends whose sync is timed, and the bytes of each.
const SYNCS: usize = 200;
const APPEND: usize = 4_096;

/// Processor, cores, memory, kernel, and how long this folder's disk takes to make an append durable.
pub(super) fn facts(folder: &Path) -> Value {
    let line = |path: &str, name: &str| {
        let text = fs::read_to_string(path).ok()?;
        Some(text.lines().find_map(|line| line.strip_prefix(name))?.trim_start_matches([':', '\t', ' ']).trim().to_owned())
    };
    let memory = line("/proc/meminfo", "MemTotal").and_then(|text| text.strip_suffix(" kB")?.trim().parse::<u64>().ok());
    let syncs = sync_times(folder);
    json!({
        "processor": line("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map(std::num::NonZero::get).ok(),
        "memory_mb": memory.map(|kilobytes| kilobytes / 1_024),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
        "sync_ms": {"p50": quantile(&syncs, 0.5), "p99": quantile(&syncs, 0.99)},
        "load": fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next()?.parse::<f64>().ok()),
    })
}

/// Milliseconds of each sync, sorted; none if the folder cannot be written, which a server will say better.
fn sync_times(folder: &Path) -> Vec<f64> {
    let timed = || -> std::io::Result<Vec<f64>> {
        let mut file: File = tempfile::tempfile_in(folder)?;
        let mut times = Vec::with_capacity(SYNCS);
        for _ in 0..SYNCS {
            file.write_all(&[7; APPEND])?;
            let began = now();
            file.sync_data()?;
            times.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
        Ok(times)
    };
    let mut times = timed().unwrap_or_default();
    times.sort_by(f64::total_cmp);
    times
}
