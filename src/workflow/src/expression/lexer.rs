//! Into which words does the text of an expression fall?

use crate::problem::Position;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Whole(i64),
    Decimal(f64),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Longer ones first: `==` is not twice `=`.
const SIGNS: [&str; 26] = [
    "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "(", ")", "[", "]", ",", ".", "?", ":", "!", "<", ">", "+", "-", "*", "/", "%", "{",
    "}",
];

/// What cannot be a word of an expression.
#[derive(Debug)]
pub(super) struct Misspelt {
    pub(super) at: Position,
    pub(super) message: String,
}

/// Reads one word. `offset` is where the text stands, in bytes; what is given back is the word and where it ends.
pub(super) fn next(text: &str, mut offset: usize, locate: &dyn Fn(usize) -> Position) -> Result<(Token, usize, usize), Misspelt> {
    let rest = &text[offset..];
    offset += rest.len() - rest.trim_start().len();
    let rest = &text[offset..];
    let wrong = |message: String| Misspelt { at: locate(offset), message };
    let Some(first) = rest.chars().next() else {
        return Ok((Token::End, offset, offset));
    };
    if first.is_ascii_alphabetic() || first == '_' {
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(rest.len());
        return Ok((Token::Name(rest[..length].to_owned()), offset, offset + length));
    }
    if first.is_ascii_digit() {
        return number(rest).map(|(token, length)| (token, offset, offset + length)).map_err(wrong);
    }
    if first == '\'' || first == '"' {
        return quoted(rest, first).map(|(text, length)| (Token::Text(text), offset, offset + length)).map_err(wrong);
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), offset, offset + sign.len())),
        None => Err(wrong(format!("`{first}` has no meaning in an expression"))),
    }
}

fn number(text: &str) -> Result<(Token, usize), String> {
    let digits = |from: usize| from + text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    let mut whole = true;
    if text[end..].starts_with('.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
        whole = false;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['-', '+']));
        if digits(end + 1 + sign) > end + 1 + sign {
            end = digits(end + 1 + sign);
            whole = false;
        }
    }
    let word = &text[..end];
    if text[end..].starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_') {
        return Err(format!("`{word}` is followed by a letter"));
    }
    let large = || format!("the number `{word}` is too large");
    let token = if whole {
        Token::Whole(word.parse().map_err(|_| large())?)
    } else {
        Token::Decimal(word.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(large)?)
    };
    Ok((token, end))
}

/// `'…'` in which a quote is doubled, or `"…"` with escapes by `\`.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((index, letter)) = letters.next() {
        match letter {
            _ if letter == quote => match letters.peek() {
                Some((_, next)) if *next == quote && quote == '\'' => {
                    letters.next();
                    value.push(quote);
                }
                _ => return Ok((value, index + 1)),
            },
            '\\' if quote == '"' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                _ => return Err("after `\\` stands one of n, t, \" and \\".to_owned()),
            },
            _ => value.push(letter),
        }
    }
    Err("a text does not end".to_owned())
}
