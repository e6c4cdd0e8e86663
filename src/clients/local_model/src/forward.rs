//! What does the network say to some tokens? One pass through its layers, for one token or for many side by side.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::LocalModelError;
use crate::gguf::Format;
use crate::kernels::{Activations, BLOCK, Kernels, half_to_float};
use crate::tokenizer::Token;
use crate::weights::{Matrix, Shape, Weights};

/// Tokens that are read side by side: more gain nothing, and a cancelled reading goes on for a layer of so many.
pub(crate) const BATCH: usize = 32;
/// Rows of a matrix that one thread takes at a time.
const ROWS: usize = 48;

/// What the network keeps of the tokens that it has seen: their keys and values, by layer and head.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) tokens: Vec<Token>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
}

impl Memory {
    pub(crate) fn new(shape: &Shape) -> Self {
        let lists = shape.layers * shape.key_heads;
        Self { tokens: Vec::new(), keys: vec![Vec::new(); lists], values: vec![Vec::new(); lists] }
    }

    /// Bytes held for a token.
    pub(crate) const fn bytes_per_token(shape: &Shape) -> usize {
        shape.layers * shape.key_heads * shape.head * 2 * size_of::<f32>()
    }
}

/// The network, ready to run.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) weights: Weights,
    pub(crate) kernels: Kernels,
    pub(crate) pool: rayon::ThreadPool,
    /// How far each pair of a head turns with each position.
    frequencies: Vec<f32>,
}

impl Network {
    pub(crate) fn new(weights: Weights, kernels: Kernels, pool: rayon::ThreadPool) -> Self {
        let (head, base) = (weights.shape.head, f64::from(weights.shape.rope_base));
        let frequencies = (0..head / 2).map(|pair| base.powf(-2.0 * pair as f64 / head as f64) as f32).collect();
        Self { weights, kernels, pool, frequencies }
    }

    /// Reads tokens behind those in memory, and answers with the last one's state, ready for [`Self::logits`].
    pub(crate) fn read(&self, tokens: &[Token], memory: &mut Memory, cancel: &AtomicBool) -> Result<Vec<f32>, LocalModelError> {
        let mut last = Vec::new();
        for batch in tokens.chunks(BATCH) {
            let states = self.states(batch, memory, cancel)?;
            last = states[states.len() - self.weights.shape.width..].to_vec();
        }
        Ok(last)
    }

    /// How likely each token is to be the next, before they are made to sum to one.
    pub(crate) fn logits(&self, state: &[f32]) -> Vec<f32> {
        self.pool.install(|| self.multiply(&self.weights.head, &Activations::new(state, self.weights.shape.width)))
    }

    /// The states of at most [`BATCH`] tokens after the last layer and its norm.
    pub(crate) fn states(&self, tokens: &[Token], memory: &mut Memory, cancel: &AtomicBool) -> Result<Vec<f32>, LocalModelError> {
        self.pool.install(|| {
            let result = self.layers(tokens, memory, cancel);
            if result.is_err() {
                // Some layers may have seen them, others not.
                let seen = memory.tokens.len();
                let per_token = self.weights.shape.head;
                memory.keys.iter_mut().chain(&mut memory.values).for_each(|list| list.truncate(seen * per_token));
            }
            result
        })
    }

    fn layers(&self, tokens: &[Token], memory: &mut Memory, cancel: &AtomicBool) -> Result<Vec<f32>, LocalModelError> {
        let shape = &self.weights.shape;
        let (count, width) = (tokens.len(), shape.width);
        let first = memory.tokens.len();
        let mut states = Vec::with_capacity(count * width);
        for token in tokens {
            self.embed(*token, &mut states);
        }
        let turns = self.turns(first, count);
        for (index, layer) in self.weights.layers.iter().enumerate() {
            if cancel.load(Ordering::Relaxed) {
                return Err(LocalModelError::Cancelled);
            }
            let input = Activations::new(&normed(&states, &layer.attention_norm, shape.epsilon), width);
            let (mut query, (mut key, value)) =
                (self.by_token(&layer.query, &input), (self.by_token(&layer.key, &input), self.by_token(&layer.value, &input)));
            turn(&mut query, &turns, shape.head, shape.heads);
            turn(&mut key, &turns, shape.head, shape.key_heads);
            let lists = index * shape.key_heads..(index + 1) * shape.key_heads;
            for (list, numbers) in [(&mut memory.keys, &key), (&mut memory.values, &value)] {
                for (head, list) in list[lists.clone()].iter_mut().enumerate() {
                    for token in numbers.chunks_exact(shape.key_heads * shape.head) {
                        list.extend_from_slice(&token[head * shape.head..][..shape.head]);
                    }
                }
            }
            let attended = self.attend(&query, &memory.keys[lists.clone()], &memory.values[lists], first);
            self.add(&layer.output, &Activations::new(&attended, width), &mut states);

            if cancel.load(Ordering::Relaxed) {
                return Err(LocalModelError::Cancelled);
            }
            let input = Activations::new(&normed(&states, &layer.feed_norm, shape.epsilon), width);
            let (mut gate, up) = (self.by_token(&layer.gate, &input), self.by_token(&layer.up, &input));
            for (gate, up) in gate.iter_mut().zip(&up) {
                *gate = *gate / (1.0 + (-*gate).exp()) * up;
            }
            self.add(&layer.down, &Activations::new(&gate, shape.inner), &mut states);
        }
        memory.tokens.extend_from_slice(tokens);
        Ok(normed(&states, &self.weights.norm, shape.epsilon))
    }

    /// Rows of the matrix times each token's input, by row.
    fn multiply(&self, matrix: &Matrix, input: &Activations) -> Vec<f32> {
        let mut out = vec![0.0; matrix.rows * input.tokens];
        let bytes = &self.weights.file[matrix.bytes.clone()];
        out.par_chunks_mut(ROWS * input.tokens)
            .zip(bytes.par_chunks(ROWS * matrix.row_bytes()))
            .for_each(|(out, rows)| self.kernels.rows(matrix.format, rows, input, out));
        out
    }

    /// The same, by token.
    fn by_token(&self, matrix: &Matrix, input: &Activations) -> Vec<f32> {
        let by_row = self.multiply(matrix, input);
        if input.tokens == 1 {
            return by_row;
        }
        let mut out = vec![0.0; by_row.len()];
        for (row, numbers) in by_row.chunks_exact(input.tokens).enumerate() {
            for (token, number) in numbers.iter().enumerate() {
                out[token * matrix.rows + row] = *number;
            }
        }
        out
    }

    /// Adds rows of the matrix times each token's input to the states.
    fn add(&self, matrix: &Matrix, input: &Activations, states: &mut [f32]) {
        for (row, numbers) in self.multiply(matrix, input).chunks_exact(input.tokens).enumerate() {
            for (token, number) in numbers.iter().enumerate() {
                states[token * matrix.rows + row] += number;
            }
        }
    }

    fn attend(&self, query: &[f32], keys: &[Vec<f32>], values: &[Vec<f32>], first: usize) -> Vec<f32> {
        let shape = &self.weights.shape;
        let group = shape.heads / shape.key_heads;
        let mut out = vec![0.0; query.len()];
        out.par_chunks_mut(shape.head).zip(query.par_chunks(shape.head)).enumerate().for_each_init(
            Vec::new,
            |scores, (at, (out, query))| {
                let (token, head) = (at / shape.heads, at % shape.heads / group);
                let seen = (first + token + 1) * shape.head;
                self.kernels.attend(query, &keys[head][..seen], &values[head][..seen], scores, out);
            },
        );
        out
    }

    /// The numbers that stand for a token.
    fn embed(&self, token: Token, out: &mut Vec<f32>) {
        let matrix = &self.weights.embedding;
        let row = &self.weights.file[matrix.bytes.clone()][token as usize * matrix.row_bytes()..][..matrix.row_bytes()];
        let half = |block: &[u8], at: usize| half_to_float(u16::from_le_bytes([block[at], block[at + 1]]));
        for block in row.chunks_exact(matrix.format.block_bytes()) {
            let mut nibbles = |from: usize, scale: f32, offset: f32| {
                for shift in [0, 4] {
                    out.extend(block[from..from + BLOCK / 2].iter().map(|byte| scale * f32::from(byte >> shift & 15) + offset));
                }
            };
            match matrix.format {
                Format::F32 => out.push(f32::from_le_bytes([block[0], block[1], block[2], block[3]])),
                Format::F16 => out.push(half(block, 0)),
                Format::Q4_0 => nibbles(2, half(block, 0), -8.0 * half(block, 0)),
                Format::Q4_1 => nibbles(4, half(block, 0), half(block, 2)),
                Format::Q8_0 => out.extend(block[2..].iter().map(|byte| half(block, 0) * f32::from(*byte as i8))),
            }
        }
    }

    /// Cosine and sine for each position and pair.
    fn turns(&self, first: usize, count: usize) -> Vec<(f32, f32)> {
        let angles = (first..first + count).flat_map(|position| self.frequencies.iter().map(move |frequency| position as f32 * frequency));
        angles.map(|angle| (angle.cos(), angle.sin())).collect()
    }
}

/// Turns the pairs of each head by their position (RoPE, neighbours as pairs).
fn turn(rows: &mut [f32], turns: &[(f32, f32)], head: usize, heads: usize) {
    for (row, turns) in rows.chunks_exact_mut(head * heads).zip(turns.chunks_exact(head / 2)) {
        for head in row.chunks_exact_mut(head) {
            for (pair, (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(turns) {
                let [a, b] = *pair;
                *pair = [a * cos - b * sin, a * sin + b * cos];
            }
        }
    }
}

/// Each row scaled to a root mean square of one, times the weights (RMSNorm).
fn normed(rows: &[f32], weights: &[f32], epsilon: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(weights.len()) {
        let mean = row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / row.len() as f64;
        let scale = 1.0 / (mean as f32 + epsilon).sqrt();
        out.extend(row.iter().zip(weights).map(|(x, weight)| x * scale * weight));
    }
    out
}
