//! How records are cut out of JSON that is too large to be held: bytes pass through a window, and what is kept is one record.

use std::io::Read;

use super::utf8::Utf8Reader;
use crate::limits::{MAXIMUM_DEPTH, MAXIMUM_RECORD_BYTES};

/// Bytes that are read at once.
const WINDOW: usize = 256 << 10;

/// Why a document cannot be cut into records.
#[derive(Debug)]
pub(crate) enum Trouble {
    Io(std::io::Error),
    /// It ends within a value.
    Cut,
    /// One value has more bytes than are kept.
    Long,
    /// One value is nested deeper than is read.
    Deep,
    /// Something else stands where this should.
    Expected(&'static str),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Goes through JSON byte by byte. Only brackets and strings are told apart here; what a value is made of is read later.
pub(crate) struct Scanner<R> {
    inner: Utf8Reader<R>,
    window: Vec<u8>,
    at: usize,
    filled: usize,
    /// Bytes of the text before the window; a byte order mark is not counted.
    before: u64,
}

impl<R: Read> Scanner<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner: Utf8Reader::new(inner), window: vec![0; WINDOW], at: 0, filled: 0, before: 0 }
    }

    /// How many bytes have passed.
    pub(crate) fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    fn refill(&mut self) -> Result<bool, Trouble> {
        self.before += self.filled as u64;
        (self.at, self.filled) = (0, 0);
        self.filled = self.inner.read(&mut self.window)?;
        Ok(self.filled > 0)
    }

    /// The next byte that is no white space; it stays where it is.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        loop {
            while self.at < self.filled {
                let byte = self.window[self.at];
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return Ok(Some(byte));
                }
                self.at += 1;
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    /// Passes over the byte that was peeked at.
    pub(crate) fn pass(&mut self) {
        self.at += 1;
    }

    /// Passes over a byte that must stand there.
    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Trouble> {
        match self.peek()? {
            Some(found) if found == byte => {
                self.pass();
                Ok(())
            }
            Some(_) => Err(Trouble::Expected(what)),
            None => Err(Trouble::Cut),
        }
    }

    /// Passes over so many bytes.
    pub(crate) fn skip_to(&mut self, offset: u64) -> Result<(), Trouble> {
        while self.offset() < offset {
            if self.at == self.filled && !self.refill()? {
                return Err(Trouble::Cut);
            }
            let left = usize::try_from(offset - self.offset()).unwrap_or(usize::MAX);
            self.at += left.min(self.filled - self.at);
        }
        Ok(())
    }

    /// Passes over one value. It is put into `kept` where there is one, and must then not have more than the allowed bytes. `pulse` is
    /// called now and then, and may stop it.
    pub(crate) fn value<E>(
        &mut self,
        mut kept: Option<&mut Vec<u8>>,
        pulse: &mut impl FnMut(u64) -> Result<(), E>,
    ) -> Result<Result<(), E>, Trouble> {
        let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
        let Some(first) = self.peek()? else { return Err(Trouble::Cut) };
        let nested = matches!(first, b'{' | b'[');
        let mut begun = false;
        loop {
            let start = self.at;
            let mut ended = false;
            while self.at < self.filled {
                let byte = self.window[self.at];
                if in_string {
                    if escaped {
                        escaped = false;
                    } else if byte == b'\\' {
                        escaped = true;
                    } else if byte == b'"' {
                        in_string = false;
                        ended = depth == 0;
                    }
                } else {
                    match byte {
                        b'"' if !begun || nested => in_string = true,
                        b'{' | b'[' if nested => {
                            depth += 1;
                            if depth > MAXIMUM_DEPTH {
                                return Err(Trouble::Deep);
                            }
                        }
                        b'}' | b']' if nested => {
                            depth -= 1;
                            ended = depth == 0;
                        }
                        // A number or a word ends before what follows it.
                        b',' | b'}' | b']' | b':' | b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'[' | b'"' if !nested => {
                            if let Some(kept) = kept.as_deref_mut() {
                                kept.extend_from_slice(&self.window[start..self.at]);
                            }
                            return if begun { Ok(Ok(())) } else { Err(Trouble::Expected("a value")) };
                        }
                        _ => {}
                    }
                }
                begun = true;
                self.at += 1;
                if ended {
                    break;
                }
            }
            if let Some(kept) = kept.as_deref_mut() {
                if kept.len() + (self.at - start) > MAXIMUM_RECORD_BYTES {
                    return Err(Trouble::Long);
                }
                kept.extend_from_slice(&self.window[start..self.at]);
            }
            if ended {
                return Ok(Ok(()));
            }
            if let Err(stop) = pulse(self.offset()) {
                return Ok(Err(stop));
            }
            if !self.refill()? {
                // A number or a word may be the last of a file.
                return if begun && !nested && !in_string && depth == 0 { Ok(Ok(())) } else { Err(Trouble::Cut) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn values(text: &str) -> Result<Vec<String>, Trouble> {
        let mut scanner = Scanner::new(text.as_bytes());
        let mut all = Vec::new();
        while scanner.peek()?.is_some() {
            let mut kept = Vec::new();
            let _ = scanner.value(Some(&mut kept), &mut |_| Ok::<(), ()>(()))?;
            all.push(String::from_utf8(kept).unwrap());
        }
        Ok(all)
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\]]{0,12}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a-z\"\\\\}]{0,4}", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_cut_where_they_end(all in proptest::collection::vec(any_json(), 0..6)) {
            let text: String = all.iter().map(|value| format!("{value} \n")).collect();
            let cut = values(&text).unwrap();
            prop_assert_eq!(cut, all.iter().map(Value::to_string).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_breaks_it(text in "[\\PC{}\\[\\]\",:\\\\0-9 ]{0,60}") {
            let _ = values(&text);
        }
    }

    #[test]
    fn what_is_cut_or_too_deep_is_told() {
        assert!(matches!(values("{\"a\": [1"), Err(Trouble::Cut)));
        assert!(matches!(values("\"a"), Err(Trouble::Cut)));
        assert!(matches!(values(&"[".repeat(MAXIMUM_DEPTH + 1)), Err(Trouble::Deep)));
        assert!(values(&format!("{}{}", "[".repeat(MAXIMUM_DEPTH), "]".repeat(MAXIMUM_DEPTH))).is_ok());
    }
}
