//! How is a file that the input names read as text, and how is a name made for one that is written?

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;

/// A text file and its name.
pub(crate) struct TextFile {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Reads an artifact of at most so many bytes as UTF-8, without a byte order mark.
pub(crate) async fn text(context: &Context, field: &str, id: &str, maximum: u64) -> Result<TextFile, SkillError> {
    text_of(context, field, named(context, field, id)?, maximum).await
}

/// A file that the input names at this field.
pub(crate) fn named(context: &Context, field: &str, id: &str) -> Result<InputFile, SkillError> {
    context.file(id).map_err(|_| SkillError::input(field, format!("{id} is not among the artifacts of this input")))
}

/// The same of a file that is at hand.
pub(crate) async fn text_of(context: &Context, field: &str, file: InputFile, maximum: u64) -> Result<TextFile, SkillError> {
    if file.size > maximum {
        let message = format!("{field}: {} has {} bytes; at most {maximum} are read. Send a smaller file.", file.name, file.size);
        return Err(SkillError::new(Code::DocumentTooLarge, message));
    }
    let name = file.name.clone();
    let field = field.to_owned();
    let text = context
        .blocking(move |_| {
            let bytes =
                std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("{} cannot be read: {error}", file.name)))?;
            String::from_utf8(bytes).map_err(|error| {
                let offset = error.utf8_error().valid_up_to();
                let message = format!("{field}: the byte at offset {offset} of {} is not UTF-8; save the file as UTF-8.", file.name);
                SkillError::new(Code::WrongEncoding, message)
            })
        })
        .await?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok(TextFile { name, text })
}

/// A file name made of a title: letters, digits and hyphens, at most 60 characters; `fallback` if none are left.
pub(crate) fn name_of(title: &str, fallback: &str) -> String {
    let mut name = String::new();
    for character in title.chars() {
        if name.chars().count() >= 60 {
            break;
        }
        if character.is_alphanumeric() || matches!(character, '.' | '_') {
            name.extend(character.to_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() { fallback.to_owned() } else { name }
}

/// The text cut to so many bytes, and whether it was cut.
pub(crate) fn shown(text: &str, bytes: usize) -> (&str, bool) {
    if text.len() <= bytes {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(bytes)], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_hold_no_paths() {
        assert_eq!(name_of("../../etc/passwd", "document"), "etc-passwd");
        assert_eq!(name_of("Quarterly report: Q3 / 2026", "document"), "quarterly-report-q3-2026");
        assert_eq!(name_of("///", "document"), "document");
        assert!(name_of(&"long ".repeat(100), "document").chars().count() <= 60);
    }

    #[test]
    fn what_is_shown_ends_between_characters() {
        assert_eq!(shown("añb", 2), ("a", true));
        assert_eq!(shown("añb", 4), ("añb", false));
    }
}
