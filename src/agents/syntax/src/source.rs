//! Where the source to read comes from: the input itself or a file that it names.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

/// The largest source, in bytes.
pub const MAXIMUM_BYTES: u64 = 2 << 20;

/// A source and the name of its file, if it came as one.
#[derive(Debug, Clone)]
pub struct Source {
    /// The text.
    pub text: String,
    /// The name.
    pub file_name: Option<String>,
}

/// The source of an input that has either `source` or `artifact`, without a byte order mark.
pub async fn of(context: &Context, source: Option<String>, artifact: Option<&str>) -> Result<Source, SkillError> {
    match (source, artifact) {
        (Some(text), None) => {
            within(text.len() as u64, "the source")?;
            Ok(Source { text: without_mark(text), file_name: None })
        }
        (None, Some(id)) => read(context, id).await,
        _ => Err(SkillError::input("source", "give either a source or an artifact, not both and not neither")),
    }
}

fn within(bytes: u64, what: &str) -> Result<(), SkillError> {
    if bytes <= MAXIMUM_BYTES {
        return Ok(());
    }
    let message = format!("{what} has {bytes} bytes; at most {MAXIMUM_BYTES} are read. Split it, or leave generated code out.");
    Err(SkillError::new(Code::SourceTooLarge, message))
}

fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

async fn read(context: &Context, id: &str) -> Result<Source, SkillError> {
    let file = context.file(id)?;
    within(file.size, &file.name)?;
    context
        .blocking(move |_| {
            let bytes = std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let offset = error.utf8_error().valid_up_to();
                let message = format!("the byte at offset {offset} is not UTF-8; save the file as UTF-8 and send it again.");
                SkillError::new(Code::WrongEncoding, message)
            })?;
            Ok(Source { text: without_mark(text), file_name: Some(file.name) })
        })
        .await
}

/// The text, cut to so many characters.
pub fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The column of a byte, in characters, counted from 1.
pub fn column(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    before[start..].chars().count() + 1
}
