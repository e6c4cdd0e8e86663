//! Where a file stops being UTF-8: a reader that checks what passes through it and drops a byte order mark.

use std::fmt;
use std::io::{self, Read};

/// The first byte that is no UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotUtf8 {
    /// Its offset in the file; the first byte is 0.
    pub(crate) offset: u64,
    /// Whether the file begins as UTF-16 does.
    pub(crate) utf16: bool,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the byte at offset {} is not UTF-8", self.offset)?;
        if self.utf16 {
            f.write_str("; the file begins like UTF-16")?;
        }
        f.write_str("; save the file as UTF-8 and send it again")
    }
}

impl std::error::Error for NotUtf8 {}

/// Passes on what it reads as long as it is UTF-8; then fails with [`NotUtf8`] inside an [`io::Error`].
pub(crate) struct Utf8Reader<R> {
    inner: R,
    /// Bytes given out or dropped so far.
    passed: u64,
    /// The beginning of a character whose rest is still to come.
    open: Vec<u8>,
    begun: bool,
    utf16: bool,
}

const MARK: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> Utf8Reader<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, passed: 0, open: Vec::with_capacity(4), begun: false, utf16: false }
    }

    /// Reads the first three bytes, and drops them if they are a byte order mark.
    fn begin(&mut self) -> io::Result<Vec<u8>> {
        self.begun = true;
        let mut first = Vec::with_capacity(3);
        (&mut self.inner).take(3).read_to_end(&mut first)?;
        self.utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
        if first == MARK {
            self.passed = 3;
            first.clear();
        }
        Ok(first)
    }

    fn check(&mut self, fresh: &[u8]) -> io::Result<()> {
        let held = self.open.len();
        let mut seen = std::mem::take(&mut self.open);
        // What is held back was given out already; only the check still waits for it.
        let start = self.passed - held as u64;
        let result = if held == 0 {
            std::str::from_utf8(fresh).map(|_| ()).map_err(|error| (error, fresh))
        } else {
            seen.extend_from_slice(fresh);
            std::str::from_utf8(&seen).map(|_| ()).map_err(|error| (error, seen.as_slice()))
        };
        if let Err((error, bytes)) = result {
            let valid = error.valid_up_to();
            if error.error_len().is_some() {
                let problem = NotUtf8 { offset: start + valid as u64, utf16: self.utf16 };
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            self.open = bytes[valid..].to_vec();
        }
        self.passed += fresh.len() as u64;
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.len() < 4 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a buffer of at least four bytes is needed"));
        }
        let mut count = 0;
        if !self.begun {
            let first = self.begin()?;
            buffer[..first.len()].copy_from_slice(&first);
            count = first.len();
        }
        let more = self.inner.read(&mut buffer[count..])?;
        count += more;
        if count == 0 {
            return match self.open.len() {
                0 => Ok(0),
                held => {
                    let problem = NotUtf8 { offset: self.passed - held as u64, utf16: self.utf16 };
                    Err(io::Error::new(io::ErrorKind::InvalidData, problem))
                }
            };
        }
        self.check(&buffer[..count])?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    /// Gives at most so many bytes at a time, as a pipe may.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn read_all(bytes: &[u8], step: usize) -> Result<Vec<u8>, u64> {
        let mut reader = Utf8Reader::new(Slow(bytes, step));
        let (mut all, mut buffer) = (Vec::new(), [0; 64]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(all),
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => return Err(error.get_ref().and_then(|inner| inner.downcast_ref::<NotUtf8>()).unwrap().offset),
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_dropped_and_only_at_the_beginning() {
        assert_eq!(read_all(b"\xef\xbb\xbfa", 1).unwrap(), b"a");
        assert_eq!(read_all("a\u{feff}".as_bytes(), 2).unwrap(), "a\u{feff}".as_bytes());
    }

    #[test]
    fn offsets_count_the_byte_order_mark() {
        assert_eq!(read_all(b"\xef\xbb\xbfab\xff", 64), Err(5));
        assert_eq!(read_all(b"ab\xe2\x82", 1), Err(2));
    }

    proptest! {
        #[test]
        fn the_offset_is_the_one_that_the_whole_file_has(bytes in proptest::collection::vec(any::<u8>(), 0..80), step in 1usize..9) {
            match std::str::from_utf8(&bytes) {
                Ok(text) => {
                    let whole = read_all(&bytes, step).unwrap();
                    prop_assert_eq!(whole, text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes());
                }
                Err(error) => prop_assert_eq!(read_all(&bytes, step), Err(error.valid_up_to() as u64)),
            }
        }

        #[test]
        fn text_passes_unchanged_whatever_the_steps(text in "\\PC{0,40}", step in 1usize..9) {
            let whole = read_all(text.as_bytes(), step).unwrap();
            prop_assert_eq!(whole, text.strip_prefix('\u{feff}').unwrap_or(&text).as_bytes());
        }
    }
}
