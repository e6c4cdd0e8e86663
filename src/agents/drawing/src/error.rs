//! Why can a chart not be drawn?

/// Why a chart cannot be drawn, or a picture not be made of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option is wrong.
    #[error("{field}: {message}")]
    Option {
        /// The option, as `series[0].type`.
        field: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The picture is no SVG, or too large.
    #[error("the picture cannot be drawn: {0}")]
    Picture(String),
}

impl Error {
    pub(crate) fn option(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Option { field: field.into(), message: message.into() }
    }
}
