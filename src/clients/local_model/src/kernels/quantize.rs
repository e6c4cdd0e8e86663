//! How are numbers written in 8 bits and in halves? The input of a multiplication is rounded to 8 bits by blocks of 32.

use super::BLOCK;
#[cfg(test)]
use crate::gguf::Format;

/// 32 numbers of each of `N` tokens, in 8 bits: what a block of weights is multiplied with lies side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<const N: usize> {
    /// The numbers as multiples of their scale.
    pub(crate) bytes: [[i8; BLOCK]; N],
    pub(crate) scales: [f32; N],
    /// The sum of the numbers.
    pub(crate) sums: [f32; N],
}

/// Tokens that are multiplied side by side.
pub(crate) const TOKENS: usize = 4;

/// The input of a multiplication: one row for each token, in full and in 8 bits.
#[derive(Debug, Default)]
pub(crate) struct Activations {
    /// Numbers of a row.
    pub(crate) width: usize,
    pub(crate) tokens: usize,
    pub(crate) floats: Vec<f32>,
    /// Four tokens after four tokens, each with all its blocks.
    pub(crate) fours: Vec<Block<TOKENS>>,
    /// The tokens that are left.
    pub(crate) ones: Vec<Block<1>>,
}

impl Activations {
    /// Rounds rows of `width` numbers. A width that is no multiple of 32 has no blocks: only plain formats take it.
    pub(crate) fn new(rows: &[f32], width: usize) -> Self {
        let mut out = Self { width, tokens: rows.len() / width.max(1), floats: rows.to_vec(), ..Self::default() };
        if !width.is_multiple_of(BLOCK) {
            return out;
        }
        let fours = rows.chunks_exact(TOKENS * width);
        let rest = fours.remainder();
        out.fours = fours.flat_map(|rows| blocks(rows, width)).collect();
        out.ones = rest.chunks_exact(width).flat_map(|row| blocks(row, width)).collect();
        out
    }
}

/// The blocks of `N` rows.
fn blocks<const N: usize>(rows: &[f32], width: usize) -> impl Iterator<Item = Block<N>> {
    (0..width).step_by(BLOCK).map(move |at| {
        let mut block = Block { bytes: [[0; BLOCK]; N], scales: [0.0; N], sums: [0.0; N] };
        for token in 0..N {
            let numbers = &rows[token * width + at..][..BLOCK];
            let largest = numbers.iter().fold(0.0_f32, |most, x| if x.abs() > most { x.abs() } else { most });
            let scale = largest / 127.0;
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            let mut sum = 0_i32;
            for (byte, x) in block.bytes[token].iter_mut().zip(numbers) {
                *byte = nearest(x * inverse);
                sum += i32::from(*byte);
            }
            block.scales[token] = scale;
            block.sums[token] = scale * sum as f32;
        }
        block
    })
}

/// The whole number nearest to one of -127 to 127. Adding 1.5 * 2^23 pushes the fraction out of the float, and needs no call.
fn nearest(x: f32) -> i8 {
    const PUSH: f32 = 12_582_912.0;
    ((x + PUSH).to_bits() as i32 - PUSH.to_bits() as i32) as i8
}

/// Turns scores into shares that sum to one.
#[inline]
pub(crate) fn softmax(scores: &mut [f32]) {
    let most = scores.iter().fold(f32::NEG_INFINITY, |most, score| most.max(*score));
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}

/// A half (IEEE 754 binary16) as a float.
pub(crate) fn half_to_float(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half & 0x3ff);
    match exponent {
        // Subnormal: multiples of 2^-24.
        0 => f32::from_bits(sign | (fraction as f32 * f32::from_bits(0x3380_0000)).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | (fraction << 13)),
        _ => f32::from_bits(sign | ((exponent + 112) << 23) | (fraction << 13)),
    }
}

/// The half below a float of ordinary size; the tests write weights with it.
#[cfg(test)]
pub(crate) fn float_to_half(x: f32) -> u16 {
    let bits = x.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 112;
    if exponent <= 0 {
        return (bits >> 16 & 0x8000) as u16;
    }
    (bits >> 16 & 0x8000) as u16 | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16
}

/// A block's numbers in full, by the definition of its format.
#[cfg(test)]
pub(crate) fn block_to_floats(format: Format, block: &[u8], out: &mut Vec<f32>) {
    let half = |at: usize| half_to_float(u16::from_le_bytes([block[at], block[at + 1]]));
    let nibbles = |from: usize| block[from..].iter().map(|b| b & 15).chain(block[from..].iter().map(|b| b >> 4)).map(f32::from);
    match format {
        Format::F32 => out.push(f32::from_le_bytes(block.try_into().unwrap())),
        Format::F16 => out.push(half(0)),
        Format::Q4_0 => out.extend(nibbles(2).map(|q| half(0) * (q - 8.0))),
        Format::Q4_1 => out.extend(nibbles(4).map(|q| half(0) * q + half(2))),
        Format::Q8_0 => out.extend(block[2..].iter().map(|q| half(0) * f32::from(*q as i8))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_as_ieee_754_says() {
        for (half, float) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65_504.0), (0x0400, 6.103_515_6e-5), (0x0001, 5.960_464_5e-8), (0x3555, 0.333_251_95)]
        {
            assert_eq!(half_to_float(half), float);
        }
        assert!(half_to_float(0x7c00).is_infinite() && half_to_float(0x7e00).is_nan());
        assert_eq!(half_to_float(0x8000).to_bits(), (-0.0_f32).to_bits());
    }

    #[test]
    fn zeros_stay_zeros_and_the_largest_is_exact() {
        let mut row = vec![0.0; 64];
        row[40] = -5.0;
        let acts = Activations::new(&row, 64);
        let [zeros, other] = acts.ones[..] else { panic!("two blocks") };
        assert_eq!((zeros.scales, zeros.sums, other.bytes[0][8]), ([0.0], [0.0], -127));
        assert!((other.sums[0] + 5.0).abs() < 1e-6);
        for x in [-127.0, -126.6, -0.4, 0.0, 0.6, 1.49, 126.7, 127.0_f32] {
            assert_eq!(nearest(x), x.round() as i8);
        }
    }
}
