//! How are matrices multiplied on any processor?

use super::quantize::{Block, TOKENS};
use super::{Activations, BLOCK, Work, half_to_float};
use crate::gguf::Format;

pub(super) fn run(work: Work<'_>) {
    match work {
        Work::Rows { format, rows, input, out } => multiply(format, rows, input, out),
        Work::Attend { query, keys, values, scores, out } => attend(query, keys, values, scores, out),
    }
}

fn multiply(format: Format, rows: &[u8], input: &Activations, out: &mut [f32]) {
    let (row_bytes, count) = (input.width / format.block_len() * format.block_bytes(), input.width / BLOCK);
    for (row, out) in rows.chunks_exact(row_bytes).zip(out.chunks_exact_mut(input.tokens)) {
        if matches!(format, Format::F32 | Format::F16) {
            for (token, out) in out.iter_mut().enumerate() {
                *out = plain(format, row, &input.floats[token * input.width..][..input.width]);
            }
            continue;
        }
        let (fours, ones) = out.as_chunks_mut::<TOKENS>();
        for (out, blocks) in fours.iter_mut().zip(input.fours.chunks_exact(count)) {
            *out = row_by_tokens(format, row, blocks);
        }
        for (out, blocks) in ones.iter_mut().zip(input.ones.chunks_exact(count)) {
            [*out] = row_by_tokens(format, row, blocks);
        }
    }
}

fn plain(format: Format, row: &[u8], input: &[f32]) -> f32 {
    match format {
        Format::F16 => row.chunks_exact(2).zip(input).map(|(w, x)| half(w, 0) * x).sum(),
        _ => row.chunks_exact(4).zip(input).map(|(w, x)| f32::from_le_bytes([w[0], w[1], w[2], w[3]]) * x).sum(),
    }
}

fn half(bytes: &[u8], at: usize) -> f32 {
    half_to_float(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn row_by_tokens<const N: usize>(format: Format, row: &[u8], blocks: &[Block<N>]) -> [f32; N] {
    let mut totals = [0.0; N];
    for (weights, block) in row.chunks_exact(format.block_bytes()).zip(blocks) {
        let d = half(weights, 0);
        for ((total, bytes), (scale, sum)) in totals.iter_mut().zip(&block.bytes).zip(block.scales.iter().zip(&block.sums)) {
            *total += match format {
                Format::Q4_0 => d * scale * nibbles(&weights[2..], bytes) as f32 - 8.0 * d * sum,
                Format::Q4_1 => d * scale * nibbles(&weights[4..], bytes) as f32 + half(weights, 2) * sum,
                _ => d * scale * weights[2..].iter().zip(bytes).map(|(w, x)| i32::from(*w as i8) * i32::from(*x)).sum::<i32>() as f32,
            };
        }
    }
    totals
}

/// The low halves of the bytes are the first sixteen numbers, the high halves the others.
fn nibbles(packed: &[u8], bytes: &[i8]) -> i32 {
    let (low, high) = bytes.split_at(BLOCK / 2);
    packed.iter().zip(low).zip(high).map(|((w, l), h)| i32::from(w & 15) * i32::from(*l) + i32::from(w >> 4) * i32::from(*h)).sum()
}

fn attend(query: &[f32], keys: &[f32], values: &[f32], scores: &mut Vec<f32>, out: &mut [f32]) {
    let width = query.len();
    let scale = 1.0 / (width as f32).sqrt();
    scores.clear();
    scores.extend(keys.chunks_exact(width).map(|key| key.iter().zip(query).map(|(a, b)| a * b).sum::<f32>() * scale));
    super::quantize::softmax(scores);
    out.fill(0.0);
    for (weight, value) in scores.iter().zip(values.chunks_exact(width)) {
        for (out, value) in out.iter_mut().zip(value) {
            *out += weight * value;
        }
    }
}
