//! Where a skill's text comes from: the input itself or a file that it names.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

/// The longest text within an input, in characters.
pub const MAXIMUM_TEXT_CHARACTERS: usize = 200_000;
/// The largest text file, in bytes.
pub const MAXIMUM_FILE_BYTES: u64 = 5 << 20;

/// The text of an input that has either `text` or `artifact`, without a byte order mark.
pub(crate) async fn of(context: &Context, text: Option<String>, artifact: Option<&str>) -> Result<String, SkillError> {
    let text = match (text, artifact) {
        (Some(text), None) => {
            let length = text.chars().count();
            if length > MAXIMUM_TEXT_CHARACTERS {
                let message = format!("the text has {length} characters; at most {MAXIMUM_TEXT_CHARACTERS} are read. Upload it as a file.");
                return Err(SkillError::new(Code::TextTooLong, message));
            }
            text
        }
        (None, Some(id)) => read(context, id).await?,
        _ => return Err(SkillError::input("text", "give either a text or an artifact, not both and not neither")),
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    // Marks that are not seen: soft hyphens, zero-width spaces, direction and byte order marks.
    let unseen = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
    };
    if text.chars().all(unseen) {
        return Err(SkillError::new(Code::EmptyText, "the text has no characters to read. Send a text with words."));
    }
    Ok(text)
}

async fn read(context: &Context, id: &str) -> Result<String, SkillError> {
    let file = context.file(id)?;
    if file.size > MAXIMUM_FILE_BYTES {
        let message = format!("{} has {} bytes; at most {MAXIMUM_FILE_BYTES} are read. Split the file.", file.name, file.size);
        return Err(SkillError::new(Code::TextTooLong, message));
    }
    context
        .blocking(move |_| {
            let bytes = std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
            let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
            String::from_utf8(bytes).map_err(|error| {
                let offset = error.utf8_error().valid_up_to();
                let hint = if utf16 { "; the file begins like UTF-16" } else { "" };
                let message = format!("the byte at offset {offset} is not UTF-8{hint}; save the file as UTF-8 and send it again.");
                SkillError::new(Code::WrongEncoding, message)
            })
        })
        .await
}

/// The text, cut to so many characters.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}
