//! Does the engine run any llama-like file, and survive damaged ones? Small files of noise, in each format.

use std::sync::atomic::AtomicBool;

use baton_domain::model::Message;
use baton_local_model::{Generation, Kernels, LoadOptions, LocalModel, LocalModelError};
use serde_json::json;

const VOCABULARY: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

struct Writer(Vec<u8>);

impl Writer {
    fn text(&mut self, text: &str) {
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend(text.bytes());
    }
    fn key(&mut self, key: &str, kind: u32) {
        self.text(key);
        self.0.extend(kind.to_le_bytes());
    }
    fn list(&mut self, key: &str, kind: u32, count: usize) {
        self.key(key, 9);
        self.0.extend(kind.to_le_bytes());
        self.0.extend((count as u64).to_le_bytes());
    }
}

/// GPT-2's characters for bytes.
fn byte_words() -> Vec<String> {
    let mut spare = 256;
    (0..=255_u32)
        .map(|byte| {
            let plain = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
            let code = if plain {
                byte
            } else {
                {
                    spare += 1;
                    spare - 1
                }
            };
            char::from_u32(code).unwrap().to_string()
        })
        .collect()
}

/// A network of two layers; matrices in this format, filled with noise.
fn file(code: u32, block_len: usize, block_bytes: usize) -> Vec<u8> {
    let words: Vec<String> = VOCABULARY.iter().map(|word| (*word).to_owned()).chain(byte_words()).collect();
    let (width, inner, heads, kv, layers) = (64_usize, 96_usize, 4_u32, 32_usize, 2_usize);
    let mut matrices = vec![("token_embd.weight".to_owned(), width, words.len()), ("output_norm.weight".to_owned(), width, 0)];
    for layer in 0..layers {
        let parts = [
            ("attn_norm", width, 0),
            ("attn_q", width, width),
            ("attn_k", width, kv),
            ("attn_v", width, kv),
            ("attn_output", width, width),
            ("ffn_norm", width, 0),
            ("ffn_gate", width, inner),
            ("ffn_up", width, inner),
            ("ffn_down", inner, width),
        ];
        matrices.extend(parts.iter().map(|(name, columns, rows)| (format!("blk.{layer}.{name}.weight"), *columns, *rows)));
    }
    let mut out = Writer(b"GGUF".to_vec());
    out.0.extend(3_u32.to_le_bytes());
    out.0.extend((matrices.len() as u64).to_le_bytes());
    out.0.extend(16_u64.to_le_bytes());
    for (key, text) in [
        ("general.architecture", "llama"),
        ("general.name", "noise"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "smollm"),
        ("tokenizer.chat_template", "<|im_start|>"),
    ] {
        out.key(key, 8);
        out.text(text);
    }
    for (key, n) in [
        ("llama.block_count", layers as u32),
        ("llama.context_length", 512),
        ("llama.embedding_length", width as u32),
        ("llama.feed_forward_length", inner as u32),
        ("llama.attention.head_count", heads),
        ("llama.attention.head_count_kv", 2),
        ("tokenizer.ggml.eos_token_id", 2),
    ] {
        out.key(key, 4);
        out.0.extend(n.to_le_bytes());
    }
    out.key("llama.attention.layer_norm_rms_epsilon", 6);
    out.0.extend(1e-5_f32.to_le_bytes());
    out.list("tokenizer.ggml.tokens", 8, words.len());
    words.iter().for_each(|word| out.text(word));
    out.list("tokenizer.ggml.token_type", 5, words.len());
    (0..words.len()).for_each(|index| out.0.extend(if index < 3 { 3_i32 } else { 1 }.to_le_bytes()));
    out.list("tokenizer.ggml.merges", 8, 0);
    let mut data = Vec::new();
    let mut state = 88_172_645_463_325_252_u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    for (name, columns, rows) in &matrices {
        out.text(name);
        let vector = *rows == 0;
        out.0.extend(if vector { 1_u32 } else { 2 }.to_le_bytes());
        out.0.extend((*columns as u64).to_le_bytes());
        if !vector {
            out.0.extend((*rows as u64).to_le_bytes());
        }
        out.0.extend(if vector { 0_u32 } else { code }.to_le_bytes());
        out.0.extend((data.len() as u64).to_le_bytes());
        if vector {
            data.extend((0..*columns).flat_map(|_| 1.0_f32.to_le_bytes()));
        } else {
            for _ in 0..columns * rows / block_len {
                match code {
                    0 => data.extend((f32::from(noise()) / 500.0 - 0.25).to_le_bytes()),
                    1 => data.extend([noise(), 0x30 | (noise() & 0x83)]),
                    // A scale of about 1/64, and for Q4_1 a least value of some minus 1/8.
                    _ => {
                        data.extend([noise(), 0x24]);
                        if code == 3 {
                            data.extend([noise(), 0xAF]);
                        }
                        let head = if code == 3 { 4 } else { 2 };
                        data.extend((head..block_bytes).map(|_| noise()));
                    }
                }
            }
        }
        data.resize(data.len().next_multiple_of(32), 0);
    }
    out.0.resize(out.0.len().next_multiple_of(32), 0);
    out.0.extend(data);
    out.0
}

const FORMATS: [(u32, usize, usize); 5] = [(0, 1, 4), (1, 1, 2), (2, 32, 18), (3, 32, 20), (8, 32, 34)];

fn load(file: Vec<u8>, kernels: Kernels) -> Result<LocalModel, LocalModelError> {
    LocalModel::from_bytes(file, &LoadOptions { threads: 1, kernels, ..LoadOptions::default() })
}

#[test]
fn each_format_runs_and_both_kinds_of_code_agree() {
    for (code, len, bytes) in FORMATS {
        let one = load(file(code, len, bytes), Kernels::best()).unwrap();
        let other = load(file(code, len, bytes), Kernels::portable()).unwrap();
        let tokens = one.tokens("The quick brown fox jumps over the lazy dog, twice and thrice.");
        let ((a, x), (b, y)) = (one.likeliest(&tokens).unwrap(), other.likeliest(&tokens).unwrap());
        assert!((x - y).abs() < 0.02 * x.abs().max(1.0), "format {code}: {a} with {x}, {b} with {y}");
    }
}

/// A network that learned nothing still writes nothing but what fits.
#[test]
fn a_model_of_noise_keeps_to_a_schema() {
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string", "maxLength": 8 }, "age": { "type": "integer", "minimum": 0, "maximum": 99 },
        "tags": { "type": "array", "items": { "enum": ["a", "b"] }, "maxItems": 3 } }, "required": ["name", "age", "tags"], "additionalProperties": false });
    let model = load(file(3, 32, 20), Kernels::best()).unwrap();
    let messages = [Message::user("?")];
    for seed in 0..100 {
        let request = Generation { schema: Some(&schema), maximum_tokens: 70, temperature: 2.0, seed, ..Generation::new(&messages) };
        let answer = model.generate(&request, &AtomicBool::new(false), &mut |_| {}).unwrap();
        assert!(jsonschema::is_valid(&schema, &answer.json.unwrap()), "{}", answer.text);
    }
    let scant = Generation { schema: Some(&schema), maximum_tokens: 20, ..Generation::new(&messages) };
    let refused = model.generate(&scant, &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(refused, Err(LocalModelError::Schema { .. })), "{refused:?}");
}

/// Cut anywhere, or with any byte of the header changed: an error or a model, never a panic.
#[test]
fn damaged_files_are_refused() {
    let good = file(2, 32, 18);
    for at in (0..good.len()).step_by(97).chain(0..64) {
        assert!(load(good[..at].to_vec(), Kernels::portable()).is_err(), "cut at {at}");
    }
    for at in (0..10_000).step_by(3) {
        for value in [0, 0xff] {
            let mut damaged = good.clone();
            damaged[at] = value;
            if let Ok(model) = load(damaged, Kernels::portable()) {
                let _ = model.likeliest(&model.tokens("a"));
            }
        }
    }
}
