//! How is it tried out that an attempt ends at its limits? By a skill that takes ever more of one thing, in a process of its own.

use std::io::Write;

use baton_domain::agent::Limits;
use serde_json::{Value, json};

use crate::{Context, SkillError};

/// What one attempt of it may use: little, so that a try is short.
pub(super) const LIMITS: Limits =
    Limits { memory_bytes: 128 << 20, cpu_seconds: 1, file_bytes: 1 << 20, open_files: 64, result_bytes: 1 << 20 };
/// Where nothing stops it, it gives up at this many times its limit, and has succeeded.
const TIMES: u64 = 16;
/// Bytes of memory that it takes at once.
const BLOCK: usize = 4 << 20;
/// Bytes that it writes at once.
const CHUNK: usize = 64 << 10;
/// Rounds of work that take far longer than its limit of CPU on any machine.
const ROUNDS: u64 = 200_000;

/// Takes more and more of what is named.
pub(super) fn exhaust(context: &Context, what: &str) -> Result<Value, SkillError> {
    match what {
        "memory" => memory(context),
        "file" => file(context),
        _ => cpu(context),
    }
}

/// Holds more and more memory, of which hardly any is touched: the limit is on addresses.
fn memory(context: &Context) -> Result<Value, SkillError> {
    let (mut held, mut taken) = (Vec::new(), 0);
    while taken < LIMITS.memory_bytes * TIMES {
        context.check()?;
        let mut block = Vec::<u8>::with_capacity(BLOCK);
        block.push(1);
        held.push(std::hint::black_box(block));
        taken += BLOCK as u64;
    }
    Ok(json!({"bytes": taken, "blocks": held.len()}))
}

/// Writes a longer and longer file.
fn file(context: &Context) -> Result<Value, SkillError> {
    let cannot = |error: std::io::Error| SkillError::internal(format!("cannot write: {error}"));
    let mut file = std::fs::File::create(context.scratch()?.join("exhaust.bin")).map_err(cannot)?;
    let mut written = 0;
    while written < LIMITS.file_bytes * TIMES {
        context.check()?;
        file.write_all(&[1; CHUNK]).map_err(cannot)?;
        written += CHUNK as u64;
    }
    Ok(json!({"bytes": written}))
}

/// Works on and on.
fn cpu(context: &Context) -> Result<Value, SkillError> {
    let mut state = 1_u64;
    for _ in 0..ROUNDS {
        context.check()?;
        state = super::generate(state);
    }
    Ok(json!({"last": state}))
}
