use std::fmt;

const LOWER: &[u8; 16] = b"0123456789abcdef";

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectName {
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum ParseError {
    Length(usize),
    Character(usize),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Length(n) => write!(f, "expected 40 digits, got {n}"),
            ParseError::Character(i) => write!(f, "invalid digit at position {i}"),
        }
    }
}

impl std::error::Error for ParseError {}

pub fn encode(data: &[u8]) -> String {
    let mut out = Vec::with_capacity(data.len() * 2);
    for &b in data {
        out.push(LOWER[usize::from(b >> 4)]);
        out.push(LOWER[usize::from(b & 0x0f)]);
    }
    // SAFETY: only bytes of LOWER, which is ASCII, were pushed.
    unsafe { String::from_utf8_unchecked(out) }
}

impl ObjectName {
    pub fn from_bytes(raw: &[u8; 20]) -> Self {
        ObjectName { text: encode(raw) }
    }

    pub fn parse(input: &[u8]) -> Result<Self, ParseError> {
        if input.len() != 40 {
            return Err(ParseError::Length(input.len()));
        }
        if let Some(i) = input.iter().position(|b| !b.is_ascii_hexdigit()) {
            return Err(ParseError::Character(i));
        }
        // SAFETY: every byte is an ASCII hex digit.
        let text = unsafe { std::str::from_utf8_unchecked(input) };
        Ok(ObjectName { text: text.to_ascii_lowercase() })
    }

    pub fn short(&self) -> &str {
        &self.text[..8]
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_other_characters() {
        let mut s = [b'a'; 40];
        s[7] = 0xff;
        assert_eq!(ObjectName::parse(&s).err(), Some(ParseError::Character(7)));
    }
}
