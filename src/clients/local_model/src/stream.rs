//! When may written text be shown? At whole characters, and never a part of what may become a stop text.

/// The text of an answer as it grows.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Bytes of a character that is not whole yet.
    open: Vec<u8>,
    text: String,
    /// Bytes of the text that were shown.
    shown: usize,
    stops: Vec<String>,
}

impl Stream {
    pub(crate) fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), ..Self::default() }
    }

    /// Adds bytes and shows what may be shown. True: a stop text was written; the answer ends before it.
    pub(crate) fn push(&mut self, bytes: &[u8], show: &mut dyn FnMut(&str)) -> bool {
        self.open.extend_from_slice(bytes);
        let before = self.text.len();
        self.take_whole();
        // A stop text may have begun in what was there before.
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let mut from = before.saturating_sub(longest).max(self.shown);
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        if let Some(at) = self.stops.iter().filter_map(|stop| self.text[from..].find(stop.as_str())).min() {
            self.text.truncate(from + at);
            self.open.clear();
            self.show(self.text.len(), show);
            return true;
        }
        let held = self.stops.iter().map(|stop| overlap(&self.text, stop)).max().unwrap_or(0);
        self.show(self.text.len() - held, show);
        false
    }

    /// Shows what was held back, and gives the whole text.
    pub(crate) fn finish(mut self, show: &mut dyn FnMut(&str)) -> String {
        if !self.open.is_empty() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
        self.show(self.text.len(), show);
        self.text
    }

    /// Moves whole characters to the text; bytes that can never become one turn into a replacement character.
    fn take_whole(&mut self) {
        loop {
            match std::str::from_utf8(&self.open) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.open.clear();
                    return;
                }
                Err(error) => {
                    let (whole, broken) = (error.valid_up_to(), error.error_len());
                    self.text.push_str(&String::from_utf8_lossy(&self.open[..whole]));
                    self.open.drain(..whole + broken.unwrap_or(0));
                    if broken.is_none() {
                        return;
                    }
                    self.text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }

    fn show(&mut self, until: usize, show: &mut dyn FnMut(&str)) {
        if until > self.shown {
            show(&self.text[self.shown..until]);
            self.shown = until;
        }
    }
}

/// Bytes at the end of the text with which the stop text begins.
fn overlap(text: &str, stop: &str) -> usize {
    stop.char_indices().map(|(at, _)| at).skip(1).filter(|at| text.ends_with(&stop[..*at])).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However the bytes come, the same is shown as is answered, and it ends before the first stop text.
        #[test]
        fn what_is_shown_is_what_is_answered(text in "[ab€𝄞]{0,40}", cuts in proptest::collection::vec(1_usize..5, 0..60)) {
            let stops = vec!["a€b".to_owned(), "bb".to_owned()];
            let expected = stops.iter().filter_map(|stop| text.find(stop.as_str())).min().map_or(text.as_str(), |at| &text[..at]);
            let mut stream = Stream::new(&stops);
            let (mut shown, mut rest, mut cuts) = (String::new(), text.as_bytes(), cuts.into_iter());
            while !rest.is_empty() {
                let (now, later) = rest.split_at(cuts.next().unwrap_or(3).min(rest.len()));
                rest = later;
                if stream.push(now, &mut |text| shown.push_str(text)) {
                    break;
                }
            }
            let answer = stream.finish(&mut |text| shown.push_str(text));
            prop_assert_eq!(&shown, &answer);
            prop_assert_eq!(answer, expected);
        }
    }

    #[test]
    fn bytes_that_are_no_text_become_replacement_characters() {
        let (mut stream, mut shown) = (Stream::new(&[]), String::new());
        assert!(!stream.push(b"a\xff\xe2\x82", &mut |text| shown.push_str(text)));
        assert_eq!(shown, "a\u{fffd}");
        assert_eq!(stream.finish(&mut |text| shown.push_str(text)), "a\u{fffd}\u{fffd}");
    }
}
