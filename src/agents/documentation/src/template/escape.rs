//! How does data keep its meaning within Markdown?

use std::fmt::Write;

use minijinja::{AutoEscape, Error, Output, State, Value, escape_formatter};

/// Writes a value as the format wants it.
pub(super) fn formatter(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match state.auto_escape() {
        AutoEscape::Custom(name) if name == "markdown" => {
            // The engine lets no missing value come here unless it may write nothing.
            if value.is_undefined() || value.is_none() {
                return Ok(());
            }
            if value.is_safe() || value.is_number() {
                return out.write_str(&value.to_string()).map_err(Error::from);
            }
            out.write_str(&markdown(&value.to_string())).map_err(Error::from)
        }
        _ if value.is_none() => Ok(()),
        _ => escape_formatter(out, state, value),
    }
}

/// Text as Markdown that shows exactly this text.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            escaped.push('\n');
        }
        let line = line.trim_end_matches('\r');
        // A line that begins with four spaces or a tab would be code.
        let content = if number > 0 { line.trim_start() } else { line };
        let digits = content.chars().take_while(char::is_ascii_digit).count();
        for (place, character) in content.char_indices() {
            let begins = place == 0 && matches!(character, '#' | '+' | '-' | '=' | ':');
            let numbers = place == digits
                && (1..=9).contains(&digits)
                && matches!(character, '.' | ')')
                && content[place + 1..].chars().next().is_none_or(char::is_whitespace);
            if begins || numbers || matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$') {
                let _ = write!(escaped, "\\{character}");
            } else {
                escaped.push(character);
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a reader sees of a Markdown text, with its white space made single spaces.
    fn seen(markdown: &str) -> (String, bool) {
        use pulldown_cmark::{Event, Parser, Tag};
        let (mut text, mut plain) = (String::new(), true);
        for event in Parser::new_ext(markdown, crate::markdown::options()) {
            match event {
                Event::Text(piece) => text.push_str(&piece),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                Event::Start(Tag::Paragraph) => text.push(' '),
                Event::End(_) => {}
                _ => plain = false,
            }
        }
        (text.split_whitespace().collect::<Vec<_>>().join(" "), plain)
    }

    proptest! {
        #[test]
        fn data_is_read_as_it_stands_and_never_as_markup(text in "[ -~äж\\n]{0,80}") {
            let (shown, plain) = seen(&markdown(&text));
            prop_assert!(plain, "{text:?} became markup: {}", markdown(&text));
            prop_assert_eq!(shown, text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(markdown("Costs 3.50 (about), e.g. on-call!"), "Costs 3.50 (about), e.g. on-call!");
        assert_eq!(markdown("1. first"), "1\\. first");
    }
}
