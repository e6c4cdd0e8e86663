//! How are server-sent events taken apart, wherever the network cuts them?

/// The longest line of a stream.
const MAXIMUM_LINE: usize = 1 << 20;

/// Takes bytes and gives the data of whole events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: String,
}

impl Events {
    /// Takes what came; gives the data of the events that are complete now.
    ///
    /// # Errors
    /// If a line is too long.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Vec<String>, &'static str> {
        let mut events = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.line.push(byte);
                if self.line.len() > MAXIMUM_LINE {
                    return Err("a line of the stream is longer than 1 MiB");
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(&line)).into_owned();
            if line.is_empty() {
                if !self.data.is_empty() {
                    events.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn events_are_the_same_wherever_the_bytes_are_cut(texts in prop::collection::vec("[a-zé{} ]{1,20}", 0..8), cuts in prop::collection::vec(1..9_usize, 1..40), crlf: bool) {
            let end = if crlf { "\r\n" } else { "\n" };
            let whole: String = texts.iter().map(|text| format!(": comment{end}data: {text}{end}id: 1{end}{end}")).collect();
            let (mut events, mut found, mut rest) = (Events::default(), Vec::new(), whole.as_bytes());
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() { break; }
                let (now, later) = rest.split_at(cut.min(rest.len()));
                found.extend(events.take(now).unwrap());
                rest = later;
            }
            prop_assert_eq!(found, texts);
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        assert!(Events::default().take(&vec![b'a'; MAXIMUM_LINE + 1]).is_err());
    }
}
