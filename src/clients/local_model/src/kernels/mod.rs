//! Which code multiplies the matrices? Chosen when the model is loaded, by what this processor can do.
//!
//! One binary carries both kinds: `avx2` for processors with AVX2, FMA and F16C (nearly all since 2013), and `portable`
//! for all others. They compute the same sums of whole numbers; only floats are added in another order.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
mod quantize;

pub(crate) use quantize::{Activations, half_to_float};

use crate::gguf::Format;

/// The numbers of a block of quantized ones.
pub(crate) const BLOCK: usize = 32;

/// The code that multiplies. A value that says AVX2 is only made where the processor has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernels(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

/// One piece of work: what is called through the one door below.
enum Work<'a> {
    Rows { format: Format, rows: &'a [u8], input: &'a Activations, out: &'a mut [f32] },
    Attend { query: &'a [f32], keys: &'a [f32], values: &'a [f32], scores: &'a mut Vec<f32>, out: &'a mut [f32] },
}

impl Kernels {
    /// The fastest that this processor runs.
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c") {
            return Self(Kind::Avx2);
        }
        Self::portable()
    }

    /// Those that every processor runs.
    #[must_use]
    pub const fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// What they are called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
        }
    }

    /// Multiplies rows of a matrix with the input of one or several tokens; `out` has the tokens of a row side by side.
    pub(crate) fn rows(self, format: Format, rows: &[u8], input: &Activations, out: &mut [f32]) {
        self.run(Work::Rows { format, rows, input, out });
    }

    /// One head's attention for one token: `keys` and `values` are those of all positions it may look at, each as long
    /// as `query`. `scores` is scratch space.
    pub(crate) fn attend(self, query: &[f32], keys: &[f32], values: &[f32], scores: &mut Vec<f32>, out: &mut [f32]) {
        self.run(Work::Attend { query, keys, values, scores, out });
    }

    #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "the one call into code that needs more than every x86-64 has"))]
    fn run(self, work: Work<'_>) {
        match self.0 {
            Kind::Portable => portable::run(work),
            // SAFETY: `avx2::run` needs AVX2, FMA and F16C, and nothing else: its code is safe Rust. `Kind::Avx2` is only
            // made in `best`, after the processor was asked for all three.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { avx2::run(work) },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn halves(x: f32) -> [u8; 2] {
        quantize::float_to_half(x).to_le_bytes()
    }

    /// Rows of this format, from bytes of noise: the scales are made small and finite.
    fn matrix(format: Format, blocks: usize, noise: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, chunk) in noise.chunks_exact(32).take(blocks).enumerate() {
            let scale = 0.01 + index as f32 * 0.003;
            match format {
                Format::Q4_0 => out.extend(halves(scale).iter().chain(&chunk[..16])),
                Format::Q4_1 => out.extend(halves(scale).iter().chain(&halves(-scale * 7.0)).chain(&chunk[..16])),
                Format::Q8_0 => out.extend(halves(scale).iter().chain(chunk)),
                Format::F16 => out.extend(chunk.iter().flat_map(|byte| halves(f32::from(*byte) / 100.0 - 1.0))),
                Format::F32 => out.extend(chunk.iter().flat_map(|byte| (f32::from(*byte) / 100.0 - 1.0).to_le_bytes())),
            }
        }
        out
    }

    /// The rows' numbers in full.
    fn plain(format: Format, rows: &[u8]) -> Vec<f32> {
        let mut out = Vec::new();
        for block in rows.chunks_exact(format.block_bytes()) {
            quantize::block_to_floats(format, block, &mut out);
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn both_kinds_agree_with_plain_multiplication(
            noise in proptest::collection::vec(any::<u8>(), 32 * 12),
            input in proptest::collection::vec(-3.0_f32..3.0, 4 * 32 * 7),
            tokens in 1_usize..=7,
        ) {
            for format in [Format::Q4_0, Format::Q4_1, Format::Q8_0, Format::F16, Format::F32] {
                let (width, count) = (4 * BLOCK, 3);
                let rows = matrix(format, 12, &noise);
                let acts = Activations::new(&input[..tokens * width], width);
                let floats = plain(format, &rows);
                let (mut one, mut other) = (vec![0.0; count * tokens], vec![0.0; count * tokens]);
                Kernels::portable().rows(format, &rows, &acts, &mut one);
                Kernels::best().rows(format, &rows, &acts, &mut other);
                for row in 0..count {
                    for token in 0..tokens {
                        let pairs = || floats[row * width..][..width].iter().zip(&input[token * width..][..width]);
                        let exact: f32 = pairs().map(|(a, b)| a * b).sum();
                        let size: f32 = pairs().map(|(a, b)| (a * b).abs()).sum();
                        let (one, other) = (one[row * tokens + token], other[row * tokens + token]);
                        prop_assert!((one - other).abs() <= 1e-5 * size.max(1.0), "{format:?}: {one} and {other}");
                        // Input of 8 bits: half a step of 1/127 of the largest, for each number.
                        let weight: f32 = floats[row * width..][..width].iter().map(|w| w.abs()).sum();
                        prop_assert!((one - exact).abs() <= 3.0 / 254.0 * weight + 1e-3, "{format:?}: {one}, not {exact}");
                    }
                }
            }
        }

        #[test]
        fn both_kinds_attend_alike_and_as_the_definition_says(
            query in proptest::collection::vec(-2.0_f32..2.0, 64),
            keys in proptest::collection::vec(-2.0_f32..2.0, 64 * 9),
            values in proptest::collection::vec(-2.0_f32..2.0, 64 * 9),
        ) {
            let (mut one, mut other) = (vec![0.0; 64], vec![0.0; 64]);
            Kernels::portable().attend(&query, &keys, &values, &mut Vec::new(), &mut one);
            Kernels::best().attend(&query, &keys, &values, &mut Vec::new(), &mut other);
            let weights: Vec<f64> = keys.chunks(64)
                .map(|key| (key.iter().zip(&query).map(|(a, b)| f64::from(a * b)).sum::<f64>() / 8.0).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for at in 0..64 {
                let exact: f64 = weights.iter().zip(values.chunks(64)).map(|(w, value)| w / sum * f64::from(value[at])).sum();
                prop_assert!((f64::from(one[at]) - exact).abs() < 1e-4);
                prop_assert!((one[at] - other[at]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn a_token_gets_the_same_numbers_alone_and_among_others() {
        let input: Vec<f32> = (0..6 * 64).map(|n| ((n * 37 % 101) as f32 - 50.0) / 25.0).collect();
        let noise: Vec<u8> = (0..=255).cycle().take(64).collect();
        for kernels in [Kernels::portable(), Kernels::best()] {
            for format in [Format::Q4_0, Format::Q4_1, Format::Q8_0, Format::F16, Format::F32] {
                let row = matrix(format, 2, &noise);
                let mut together = vec![0.0; 6];
                kernels.rows(format, &row, &Activations::new(&input, 64), &mut together);
                for (token, expected) in together.iter().enumerate() {
                    let mut alone = [0.0];
                    kernels.rows(format, &row, &Activations::new(&input[token * 64..][..64], 64), &mut alone);
                    assert_eq!(alone[0].to_bits(), expected.to_bits(), "{format:?} of {}", kernels.name());
                }
            }
        }
    }

    #[test]
    fn there_is_one_unsafe_block_in_the_crate() {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries
                .map(|path| {
                    if path.is_dir() {
                        count(&path)
                    } else {
                        std::fs::read_to_string(path).unwrap().matches(concat!("unsafe", " {")).count()
                    }
                })
                .sum()
        }
        assert_eq!(count(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), 1);
    }
}
