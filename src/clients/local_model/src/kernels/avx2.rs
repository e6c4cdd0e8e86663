//! How are matrices multiplied with AVX2? Four tokens at a time share what is unpacked of a weight.
//!
//! Vectors are read from arrays by `bytemuck`, so that nothing here points into memory by itself.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_and_si128, _mm_cvtph_ps, _mm_cvtsi32_si128, _mm_set1_epi8, _mm_srli_epi16, _mm256_abs_epi8,
    _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps,
    _mm256_set_m128i, _mm256_set1_epi16, _mm256_set1_ps, _mm256_setzero_ps, _mm256_sign_epi8,
};

use super::quantize::{Block, TOKENS};
use super::{Activations, BLOCK, Work, half_to_float};
use crate::gguf::Format;

/// Floats in a vector.
const LANES: usize = 8;

const Q4_0: u8 = 0;
const Q4_1: u8 = 1;
const Q8_0: u8 = 2;

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn run(work: Work<'_>) {
    match work {
        Work::Rows { format, rows, input, out } => match format {
            Format::Q4_0 => multiply::<Q4_0, 18>(rows, input, out),
            Format::Q4_1 => multiply::<Q4_1, 20>(rows, input, out),
            Format::Q8_0 => multiply::<Q8_0, 34>(rows, input, out),
            Format::F16 | Format::F32 => plain(format, rows, input, out),
        },
        Work::Attend { query, keys, values, scores, out } => attend(query, keys, values, scores, out),
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn multiply<const KIND: u8, const BYTES: usize>(rows: &[u8], input: &Activations, out: &mut [f32]) {
    let count = input.width / BLOCK;
    let (rows, _) = rows.as_chunks::<BYTES>();
    // Two rows share what is read of the input.
    let (pairs, outs) = (rows.chunks(2 * count), out.chunks_mut(2 * input.tokens));
    for (rows, out) in pairs.zip(outs) {
        if rows.len() == 2 * count {
            let (a, b) = rows.split_at(count);
            let (out_a, out_b) = out.split_at_mut(input.tokens);
            tiles::<KIND, BYTES, 2>([a, b], input, [out_a, out_b]);
        } else {
            tiles::<KIND, BYTES, 1>([rows], input, [out]);
        }
    }
}

/// `R` rows with all tokens.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn tiles<const KIND: u8, const BYTES: usize, const R: usize>(rows: [&[[u8; BYTES]]; R], input: &Activations, out: [&mut [f32]; R]) {
    let count = input.width / BLOCK;
    let fours = input.tokens / TOKENS;
    for (at, blocks) in input.fours.chunks_exact(count).enumerate() {
        let sums = tile::<KIND, BYTES, TOKENS, R>(rows, blocks);
        for r in 0..R {
            out[r][at * TOKENS..][..TOKENS].copy_from_slice(&sums[r]);
        }
    }
    for (at, blocks) in input.ones.chunks_exact(count).enumerate() {
        let sums = tile::<KIND, BYTES, 1, R>(rows, blocks);
        for r in 0..R {
            out[r][fours * TOKENS + at] = sums[r][0];
        }
    }
}

/// `R` rows with `N` tokens. Each sum is made in the same order, whatever they are.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn tile<const KIND: u8, const BYTES: usize, const N: usize, const R: usize>(
    rows: [&[[u8; BYTES]]; R],
    blocks: &[Block<N>],
) -> [[f32; N]; R] {
    let ones = _mm256_set1_epi16(1);
    let mut totals = [[_mm256_setzero_ps(); N]; R];
    let mut offsets = [[0.0_f32; N]; R];
    let whole = rows.iter().all(|row| row.len() == blocks.len());
    // Said once, so that no index below needs to be checked.
    if !whole {
        return offsets;
    }
    for (at, block) in blocks.iter().enumerate() {
        for r in 0..R {
            let weights = &rows[r][at];
            let halves = _mm_cvtph_ps(_mm_cvtsi32_si128(i32::from_le_bytes([weights[0], weights[1], weights[2], weights[3]])));
            let [scale, second, _, _]: [f32; 4] = bytemuck::cast(halves);
            let weights = if KIND == Q8_0 { eight(weights) } else { four(weights, BYTES - BLOCK / 2) };
            let magnitudes = _mm256_abs_epi8(weights);
            let offset = if KIND == Q4_1 { second } else { -8.0 * scale };
            for t in 0..N {
                let x: __m256i = bytemuck::cast(block.bytes[t]);
                // The instruction wants one side without a sign: the weights' signs move to the input. Two products of at
                // most 128 * 127 stay within 16 bits.
                let pairs = if KIND == Q8_0 {
                    _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(x, weights))
                } else {
                    _mm256_maddubs_epi16(weights, x)
                };
                let sum = _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, ones));
                totals[r][t] = _mm256_fmadd_ps(_mm256_set1_ps(scale * block.scales[t]), sum, totals[r][t]);
                if KIND != Q8_0 {
                    offsets[r][t] = offset.mul_add(block.sums[t], offsets[r][t]);
                }
            }
        }
    }
    for r in 0..R {
        for t in 0..N {
            offsets[r][t] += sum_of(totals[r][t]);
        }
    }
    offsets
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn four<const BYTES: usize>(block: &[u8; BYTES], from: usize) -> __m256i {
    let mut packed = [0; BLOCK / 2];
    packed.copy_from_slice(&block[from..]);
    let packed: __m128i = bytemuck::cast(packed);
    let mask = _mm_set1_epi8(15);
    _mm256_set_m128i(_mm_and_si128(_mm_srli_epi16::<4>(packed), mask), _mm_and_si128(packed, mask))
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn eight<const BYTES: usize>(block: &[u8; BYTES]) -> __m256i {
    let mut bytes = [0; BLOCK];
    bytes.copy_from_slice(&block[2..]);
    bytemuck::cast(bytes)
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sum_of(vector: __m256) -> f32 {
    let [a, b, c, d, e, f, g, h]: [f32; LANES] = bytemuck::cast(vector);
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

#[target_feature(enable = "avx2,fma,f16c")]
fn plain(format: Format, rows: &[u8], input: &Activations, out: &mut [f32]) {
    let row_bytes = input.width * format.block_bytes();
    let mut row = vec![0.0; input.width];
    for (bytes, out) in rows.chunks_exact(row_bytes).zip(out.chunks_exact_mut(input.tokens)) {
        if format == Format::F16 {
            widen(bytes, &mut row);
        } else {
            for (number, bytes) in row.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *number = f32::from_le_bytes(*bytes);
            }
        }
        for (token, out) in out.iter_mut().enumerate() {
            *out = dot(&row, &input.floats[token * input.width..][..input.width]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen(halves: &[u8], out: &mut [f32]) {
    let (vectors, rest) = halves.as_chunks::<16>();
    let (out, last) = out.split_at_mut(vectors.len() * LANES);
    for (out, halves) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(vectors) {
        *out = bytemuck::cast(_mm256_cvtph_ps(bytemuck::cast::<[u8; 16], __m128i>(*halves)));
    }
    for (out, half) in last.iter_mut().zip(rest.as_chunks::<2>().0) {
        *out = half_to_float(u16::from_le_bytes(*half));
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    // Two sums, so that one addition need not wait for the other.
    let mut sums = [_mm256_setzero_ps(); 2];
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        sums[at % 2] = _mm256_fmadd_ps(bytemuck::cast(*a), bytemuck::cast(*b), sums[at % 2]);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sum_of(_mm256_add_ps(sums[0], sums[1])) + rest
}

#[target_feature(enable = "avx2,fma,f16c")]
fn attend(query: &[f32], keys: &[f32], values: &[f32], scores: &mut Vec<f32>, out: &mut [f32]) {
    let width = query.len();
    let scale = 1.0 / (width as f32).sqrt();
    scores.clear();
    for key in keys.chunks_exact(width) {
        scores.push(dot(key, query) * scale);
    }
    super::quantize::softmax(scores);
    out.fill(0.0);
    for (weight, value) in scores.iter().zip(values.chunks_exact(width)) {
        let (vectors, rest) = out.as_chunks_mut::<LANES>();
        let (value, value_rest) = value.as_chunks::<LANES>();
        for (out, value) in vectors.iter_mut().zip(value) {
            let product = _mm256_mul_ps(_mm256_set1_ps(*weight), bytemuck::cast(*value));
            *out = bytemuck::cast(_mm256_add_ps(bytemuck::cast(*out), product));
        }
        for (out, value) in rest.iter_mut().zip(value_rest) {
            *out += weight * value;
        }
    }
}
