//! Which form a table file has, told from its content: never from its name.

use super::delimiter::Delimiter;

/// The form of a table file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// CSV, TSV and their like.
    Delimited(Delimiter),
    /// One JSON document: an array of records, or an object that holds one.
    Json,
    /// Records in JSON, one after the other.
    Lines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// As people read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Delimited(delimiter) => delimiter.name(),
            Self::Json => "JSON",
            Self::Lines => "NDJSON",
            Self::Parquet => "Parquet",
        }
    }
}

/// What the first bytes of a file can be told to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Neither of the others: records of fields.
    Delimited,
    /// Begins with an array.
    Array,
    /// Begins with an object.
    Object,
    Parquet,
    /// Parquet that nobody can read without a key.
    Encrypted,
}

/// Looks at the beginning of a file. A header such as `[id],[name]` is none of JSON: what follows its first bracket cannot.
pub(crate) fn look(sample: &[u8]) -> Look {
    match sample {
        [b'P', b'A', b'R', b'1', ..] => return Look::Parquet,
        [b'P', b'A', b'R', b'E', ..] => return Look::Encrypted,
        _ => {}
    }
    let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
    let next = |text: &[u8]| text[1..].trim_ascii_start().first().copied();
    match text.first() {
        Some(b'{') if matches!(next(text), Some(b'"' | b'}') | None) => Look::Object,
        Some(b'[') => match next(text) {
            Some(b'{' | b'[' | b']' | b'"' | b'-' | b'0'..=b'9') | None => Look::Array,
            _ => Look::Delimited,
        },
        _ => Look::Delimited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        for (sample, expected) in [
            (&b"PAR1\x15\x04"[..], Look::Parquet),
            (b"PARE\x15\x04", Look::Encrypted),
            (b"PARTY,AGE\n", Look::Delimited),
            (b"\xef\xbb\xbf\n [ {\"a\": 1}]", Look::Array),
            (b"[]", Look::Array),
            (b"[1, 2]", Look::Array),
            (b"{\"a\": 1}\n{\"a\": 2}", Look::Object),
            (b"{}", Look::Object),
            (b"[id],[name]\n1,2\n", Look::Delimited),
            (b"{curly},b\n", Look::Delimited),
            (b"a,b\n{\"x\": 1},2\n", Look::Delimited),
            (b"", Look::Delimited),
        ] {
            assert_eq!(look(sample), expected, "{}", String::from_utf8_lossy(sample));
        }
    }
}
