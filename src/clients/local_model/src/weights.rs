//! What is the model made of? The tensors of a llama-like network, found in the file and checked against its figures.

use std::ops::Range;

use crate::LocalModelError;
use crate::gguf::{Format, Gguf, Tensor, bad};
use crate::kernels::BLOCK;

/// The figures of the network.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Numbers of a token's state.
    pub(crate) width: usize,
    /// Numbers within a feed-forward step.
    pub(crate) inner: usize,
    pub(crate) layers: usize,
    /// Heads that ask, and heads that are asked.
    pub(crate) heads: usize,
    pub(crate) key_heads: usize,
    /// Numbers of a head.
    pub(crate) head: usize,
    pub(crate) vocabulary: usize,
    pub(crate) context: usize,
    pub(crate) epsilon: f32,
    pub(crate) rope_base: f32,
}

/// A matrix within the file; its rows make the output's numbers.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub(crate) format: Format,
    pub(crate) bytes: Range<usize>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Matrix {
    /// Bytes of a row.
    pub(crate) const fn row_bytes(&self) -> usize {
        self.columns / self.format.block_len() * self.format.block_bytes()
    }
}

/// The tensors of one layer.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) attention_norm: Vec<f32>,
    pub(crate) query: Matrix,
    pub(crate) key: Matrix,
    pub(crate) value: Matrix,
    pub(crate) output: Matrix,
    pub(crate) feed_norm: Vec<f32>,
    pub(crate) gate: Matrix,
    pub(crate) up: Matrix,
    pub(crate) down: Matrix,
}

/// All of them, with the file's bytes.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) file: Vec<u8>,
    pub(crate) shape: Shape,
    pub(crate) embedding: Matrix,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: Vec<f32>,
    /// The embedding itself, where the file has no other.
    pub(crate) head: Matrix,
    pub(crate) parameters: u64,
}

impl Weights {
    pub(crate) fn read(file: Vec<u8>, gguf: &Gguf) -> Result<Self, LocalModelError> {
        match gguf.text("general.architecture") {
            Some("llama") => {}
            other => return Err(bad(format!("the architecture {other:?} is not supported, llama is"))),
        }
        let shape = shape(gguf)?;
        let finder = Finder { file: &file, gguf };
        let kv = shape.key_heads * shape.head;
        let embedding = finder.matrix("token_embd.weight", shape.vocabulary, shape.width)?;
        let layers = (0..shape.layers).map(|layer| {
            let matrix = |name: &str, rows, columns| finder.matrix(&format!("blk.{layer}.{name}.weight"), rows, columns);
            let vector = |name: &str| finder.vector(&format!("blk.{layer}.{name}.weight"), shape.width);
            Ok(Layer {
                attention_norm: vector("attn_norm")?,
                query: matrix("attn_q", shape.width, shape.width)?,
                key: matrix("attn_k", kv, shape.width)?,
                value: matrix("attn_v", kv, shape.width)?,
                output: matrix("attn_output", shape.width, shape.width)?,
                feed_norm: vector("ffn_norm")?,
                gate: matrix("ffn_gate", shape.inner, shape.width)?,
                up: matrix("ffn_up", shape.inner, shape.width)?,
                down: matrix("ffn_down", shape.width, shape.inner)?,
            })
        });
        let layers = layers.collect::<Result<Vec<_>, LocalModelError>>()?;
        let norm = finder.vector("output_norm.weight", shape.width)?;
        let head = match gguf.tensors.contains_key("output.weight") {
            true => finder.matrix("output.weight", shape.vocabulary, shape.width)?,
            false => embedding.clone(),
        };
        let parameters = gguf.tensors.values().map(|tensor| tensor.shape.iter().product::<usize>() as u64).sum();
        Ok(Self { embedding, layers, norm, head, parameters, shape, file })
    }
}

fn shape(gguf: &Gguf) -> Result<Shape, LocalModelError> {
    let count = |name: &str, most| gguf.count(&format!("llama.{name}"), 1, most);
    let width = count("embedding_length", 16_384)?;
    let heads = count("attention.head_count", 256)?;
    let key_heads = count("attention.head_count_kv", heads)?;
    let inner = count("feed_forward_length", 65_536)?;
    let head = width / heads;
    if head * heads != width || !heads.is_multiple_of(key_heads) || !head.is_multiple_of(2) {
        return Err(bad(format!("{heads} heads and {key_heads} key heads do not divide {width}")));
    }
    if !width.is_multiple_of(BLOCK) || !inner.is_multiple_of(BLOCK) {
        return Err(bad(format!("the widths {width} and {inner} are no multiples of {BLOCK}")));
    }
    if gguf.meta.contains_key("llama.rope.dimension_count") && gguf.count("llama.rope.dimension_count", 1, head)? != head {
        return Err(bad("positions that turn only part of a head are not supported".into()));
    }
    if gguf.meta.keys().any(|key| key.starts_with("llama.rope.scaling")) || gguf.tensors.contains_key("rope_freqs.weight") {
        return Err(bad("scaled positions are not supported".into()));
    }
    if gguf.tensors.keys().any(|name| name.ends_with(".bias") || name.contains("_exps") || name.contains("_q_norm")) {
        return Err(bad("biases, experts and norms of heads are not supported".into()));
    }
    let positive = |key: &str| gguf.real(key).filter(|x| *x > 0.0);
    Ok(Shape {
        width,
        inner,
        layers: count("block_count", 256)?,
        heads,
        key_heads,
        head,
        vocabulary: gguf.list("tokenizer.ggml.tokens")?.len(),
        context: count("context_length", 1 << 20)?,
        epsilon: positive("llama.attention.layer_norm_rms_epsilon").ok_or_else(|| bad("its epsilon is missing".into()))? as f32,
        rope_base: positive("llama.rope.freq_base").unwrap_or(10_000.0) as f32,
    })
}

struct Finder<'a> {
    file: &'a [u8],
    gguf: &'a Gguf,
}

impl Finder<'_> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<&Tensor, LocalModelError> {
        let tensor = self.gguf.tensors.get(name).ok_or_else(|| bad(format!("the tensor {name} is missing")))?;
        if tensor.shape != shape {
            return Err(bad(format!("the tensor {name} has the shape {:?}, expected {shape:?}", tensor.shape)));
        }
        Ok(tensor)
    }

    fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix, LocalModelError> {
        let tensor = self.tensor(name, &[columns, rows])?;
        Ok(Matrix { format: tensor.format, bytes: tensor.bytes.clone(), rows, columns })
    }

    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, LocalModelError> {
        let tensor = self.tensor(name, &[length])?;
        if tensor.format != Format::F32 {
            return Err(bad(format!("the tensor {name} is not in F32")));
        }
        Ok(self.file[tensor.bytes.clone()].as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
