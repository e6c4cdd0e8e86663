//! How are matrices multiplied on any processor?

use super::{Activations, BLOCK, Work, half_to_float};
use crate::gguf::Format;

pub(super) fn run(work: Work<'_>) {
    match work {
        Work::Rows { format, rows, input, out } => multiply(format, rows, input, out),
        Work::Attend { query, keys, values, scores, out } => attend(query, keys, values, scores, out),
    }
}

fn multiply(format: Format, rows: &[u8], input: &Activations, out: &mut [f32]) {
    let row_bytes = input.width / format.block_len() * format.block_bytes();
    for (row, out) in rows.chunks_exact(row_bytes).zip(out.chunks_exact_mut(input.tokens)) {
        for (token, out) in out.iter_mut().enumerate() {
            *out = match format {
                Format::F32 | Format::F16 => plain(format, row, &input.floats[token * input.width..][..input.width]),
                Format::Q4_0 | Format::Q4_1 | Format::Q8_0 => blocks(format, row, input, token),
            };
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

fn blocks(format: Format, row: &[u8], input: &Activations, token: usize) -> f32 {
    let count = input.width / BLOCK;
    let bytes = input.bytes[token * input.width..][..input.width].chunks_exact(BLOCK);
    let scales = &input.scales[token * count..][..count];
    let sums = &input.sums[token * count..][..count];
    let mut total = 0.0;
    for (((block, bytes), scale), sum) in row.chunks_exact(format.block_bytes()).zip(bytes).zip(scales).zip(sums) {
        let d = half(block, 0);
        total += match format {
            Format::Q4_0 => d * scale * nibbles(&block[2..], bytes) as f32 - 8.0 * d * sum,
            Format::Q4_1 => d * scale * nibbles(&block[4..], bytes) as f32 + half(block, 2) * sum,
            _ => d * scale * block[2..].iter().zip(bytes).map(|(w, x)| i32::from(*w as i8) * i32::from(*x)).sum::<i32>() as f32,
        };
    }
    total
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
