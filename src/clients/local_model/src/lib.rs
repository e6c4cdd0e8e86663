//! The language model that runs inside the process, where no other is set up.
//!
//! A small llama-like network (SmolLM2-135M-Instruct by default) from a GGUF file, on the CPU: its own loader, tokenizer,
//! kernels and sampler, and answers held to a JSON Schema by what may come next. Everything here is synchronous and keeps
//! cores busy; who serves it bounds how many calls run at once. Why it is its own engine: `docs/adr/029`.

pub mod archive;
mod chat;
mod error;
mod forward;
mod generate;
mod gguf;
mod kernels;
mod model;
mod sampler;
pub mod schema;
mod stream;
mod tokenizer;
mod weights;

pub use error::LocalModelError;
pub use generate::{Answer, Generation};
pub use kernels::Kernels;
pub use model::{Description, LoadOptions, LocalModel};
