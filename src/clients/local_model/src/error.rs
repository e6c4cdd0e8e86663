//! What can go wrong with the model in the process, and whose fault is it?

use thiserror::Error;

/// Why the local model did not load or did not answer.
#[derive(Debug, Error)]
pub enum LocalModelError {
    /// The file could not be read or written.
    #[error("{action} {path}: {source}")]
    File {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are not those that were expected.
    #[error("{what} has the SHA-256 {found}, expected {expected}: fetch it again")]
    Hash {
        /// What was hashed.
        what: String,
        /// In hexadecimal.
        expected: String,
        /// In hexadecimal.
        found: String,
    },
    /// The archive does not carry the weights, or is damaged.
    #[error("the archive of the weights is not usable: {0}")]
    Archive(String),
    /// The file of weights is damaged, or of a kind that this engine does not run.
    #[error("the file of weights is not usable: {0}")]
    Weights(String),
    /// The request asks for what cannot be given; the text says what to change.
    #[error("{0}")]
    Request(String),
    /// The prompt and the answer do not fit into what the model can hold in view.
    #[error("the prompt has {prompt} tokens and the answer may have {answer}; together at most {context} fit: shorten one of them")]
    TooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens wanted for the answer.
        answer: usize,
        /// Tokens that fit.
        context: usize,
    },
    /// The schema asks for something that answers cannot be held to.
    #[error("the schema at {at} cannot be kept to: {why}")]
    Schema {
        /// JSON Pointer into the schema.
        at: String,
        /// What is not supported, and what to write instead.
        why: String,
    },
    /// The caller took the request back.
    #[error("the generation was cancelled")]
    Cancelled,
}
