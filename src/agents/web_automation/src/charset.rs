//! In which encoding is a text of the web? What its mark says, then the header, then the page itself, then its bytes.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How much of a page is searched for its own word on its encoding, as browsers do.
const PRESCAN: usize = 1024;

/// The text of a body. What does not decode becomes U+FFFD.
#[must_use]
pub fn decode(content_type: Option<&str>, bytes: &[u8]) -> String {
    // A byte order mark wins over everything (WHATWG Encoding, "decode").
    let encoding = content_type.and_then(label).or_else(|| within(bytes)).unwrap_or_else(|| guess(bytes));
    encoding.decode(bytes).0.into_owned()
}

/// The encoding that a content type names.
fn label(content_type: &str) -> Option<&'static Encoding> {
    let parameter = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    Encoding::for_label(parameter.as_bytes())
}

/// The encoding that the start of a page names: `<meta charset=…>`, its older form, or XML's declaration.
fn within(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]).to_ascii_lowercase();
    let place = if start.trim_start().starts_with("<?xml") { start.find("encoding=").map(|at| at + "encoding=".len()) } else { None };
    let place = place.or_else(|| {
        let meta = start.find("<meta")?;
        start[meta..].find("charset=").map(|at| meta + at + "charset=".len())
    })?;
    let name: String = start[place..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_graphic() && !"\"'>;/?".contains(*c))
        .collect();
    let named = Encoding::for_label(name.as_bytes())?;
    // A page that could be read so far as ASCII is not in UTF-16, whatever it says.
    Some(if named == encoding_rs::UTF_16LE || named == encoding_rs::UTF_16BE { UTF_8 } else { named })
}

/// UTF-8 if it is that, else what the oldest pages are in.
fn guess(bytes: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        // A text that was cut within a character is still UTF-8.
        Err(error) if error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}
