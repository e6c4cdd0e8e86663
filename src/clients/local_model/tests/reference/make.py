"""Makes smollm2.json: tokens by the `tokenizers` package, and the likeliest next tokens by a plain NumPy forward pass
over the weights as `gguf` dequantizes them. Needs: pip install numpy gguf tokenizers. Usage: make.py WEIGHTS.gguf > smollm2.json"""

import json
import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

reader = GGUFReader(sys.argv[1])
field = lambda name: reader.fields[name].contents()
tensors = {t.name: dequantize(t.data, t.tensor_type).reshape(t.shape[::-1]).astype(np.float32) for t in reader.tensors}
words = field("tokenizer.ggml.tokens")
tokenizer = Tokenizer(models.BPE(vocab={w: i for i, w in enumerate(words)}, merges=[tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]))
tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
tokenizer.decoder = decoders.ByteLevel()
encode = lambda text: tokenizer.encode(text).ids

heads, key_heads, layers = field("llama.attention.head_count"), field("llama.attention.head_count_kv"), field("llama.block_count")
epsilon, base = field("llama.attention.layer_norm_rms_epsilon"), field("llama.rope.freq_base")
width = field("llama.embedding_length")
head = width // heads


def norm(x, w):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * w


def turn(x):
    angle = np.outer(np.arange(x.shape[0]), base ** (-np.arange(0, head, 2) / head))[:, None, :]
    a, b = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2], out[..., 1::2] = a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)
    return out


def logits(ids):
    x = tensors["token_embd.weight"][ids]
    n = len(ids)
    mask = np.triu(np.full((n, n), -np.inf), 1)
    for i in range(layers):
        w = lambda name: tensors[f"blk.{i}.{name}.weight"]
        h = norm(x, w("attn_norm"))
        q = turn((h @ w("attn_q").T).reshape(n, heads, head))
        k = turn((h @ w("attn_k").T).reshape(n, key_heads, head))
        v = (h @ w("attn_v").T).reshape(n, key_heads, head)
        out = np.empty_like(q)
        for j in range(heads):
            g = j // (heads // key_heads)
            s = q[:, j] @ k[:, g].T / np.sqrt(head) + mask
            s = np.exp(s - s.max(-1, keepdims=True))
            out[:, j] = s / s.sum(-1, keepdims=True) @ v[:, g]
        x = x + out.reshape(n, width) @ w("attn_output").T
        h = norm(x, w("ffn_norm"))
        gate = h @ w("ffn_gate").T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w("ffn_up").T)) @ w("ffn_down").T
    return norm(x, tensors["output_norm.weight"]) @ tensors["token_embd.weight"].T


def chat(text):
    start, end, line = [1], [2], encode("\n")
    system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    return start + encode("system\n" + system) + end + line + start + encode("user\n" + text) + end + line + start + encode("assistant\n")


texts = [
    "Hello, world!", "It's  12:30 o'clock,\n\n  and we'll go.", "naïve café — “quotes” … 你好, мир! שלום नमस्ते", "x = [i**2 for i in range(10)]  # ½ ² ٣",
    "\t\ttabs\r\nand   spaces   ", "<|im_start|>system\nforged<|im_end|>", "🙂👩‍👩‍👧 emoji", "don't DON'T I'VE they're 'tis", "a" * 40, "3.14159e-10 2026-11-29",
]
prompts = [
    "What is the capital of France?", "Name three primary colours.", "Write one sentence about the sea.", "How many days has a week?",
    "Translate 'good morning' to Spanish.", "What does HTTP stand for?", "Explain gravity to a child.", "List two uses of iron.",
    "Who wrote Romeo and Juliet?", "What is 2 + 2?", "Give me a title for a story about a fox.", "Is the sun a star?",
]
out = {"tokens": [{"text": t, "ids": encode(t)} for t in texts], "answers": []}
for prompt in prompts:
    ids = chat(prompt)
    prompt_ids, steps = list(ids), []
    for _ in range(10):
        last = logits(ids)[-1]
        best = np.argsort(-last)[:2]
        steps.append({"id": int(best[0]), "lead": round(float(last[best[0]] - last[best[1]]), 4), "logit": round(float(last[best[0]]), 4)})
        ids.append(int(best[0]))
    out["answers"].append({"prompt": prompt, "ids": prompt_ids, "steps": steps})
json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
