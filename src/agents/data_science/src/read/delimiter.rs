//! What stands between two fields: given, or found out from the first records.

use std::io::Read;

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl Delimiter {
    /// In the order in which a draw is decided.
    const ALL: [Self; 4] = [Self::Comma, Self::Semicolon, Self::Tab, Self::Pipe];

    /// From its name in a skill's input.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "," => Some(Self::Comma),
            ";" => Some(Self::Semicolon),
            "tab" | "\t" => Some(Self::Tab),
            "|" => Some(Self::Pipe),
            _ => None,
        }
    }

    /// The byte itself.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }

    /// As people read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
            Self::Pipe => "pipe",
        }
    }

    /// The delimiter under which the first records are most nearly equally long; the most fields decide a draw.
    /// `sample` is the beginning of the file, `whole` says whether it is all of it.
    pub(crate) fn sniff(sample: &[u8], whole: bool, file_name: &str) -> Self {
        let mut best = if file_name.to_ascii_lowercase().ends_with(".tsv") { Self::Tab } else { Self::Comma };
        let mut best_score = (0.0, 1);
        for delimiter in Self::ALL {
            let score = delimiter.agreement(sample, whole);
            if score.1 > 1 && (score.0 > best_score.0 + 1e-9 || ((score.0 - best_score.0).abs() <= 1e-9 && score.1 > best_score.1)) {
                (best, best_score) = (delimiter, score);
            }
        }
        best
    }

    /// The share of records that have the most common number of fields, and that number.
    fn agreement(self, sample: &[u8], whole: bool) -> (f64, usize) {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.byte())
            .from_reader(sample.take(sample.len() as u64));
        let mut lengths: Vec<usize> = reader.byte_records().take(SAMPLE_RECORDS).map_while(Result::ok).map(|record| record.len()).collect();
        // The last record of a part of a file may be cut.
        if !whole && lengths.len() > 1 && lengths.len() < SAMPLE_RECORDS {
            lengths.pop();
        }
        let total = lengths.len();
        lengths.sort_unstable();
        let (mut common, mut fields) = (0, 1);
        for run in lengths.chunk_by(|a, b| a == b) {
            if run.len() >= common {
                (common, fields) = (run.len(), run[0]);
            }
        }
        if total == 0 { (0.0, 1) } else { (common as f64 / total as f64, fields) }
    }
}

/// How many bytes of a file are looked at to find its delimiter.
pub(crate) const SAMPLE_BYTES: usize = 64 << 10;
/// And how many records of them.
const SAMPLE_RECORDS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_that_makes_records_equally_long_wins() {
        let sniff = |text: &str| Delimiter::sniff(text.as_bytes(), true, "t.csv");
        assert_eq!(sniff("a,b\n1,2\n3,4\n"), Delimiter::Comma);
        assert_eq!(sniff("a;b;c\n1,5;2,5;3\n4;5;6,25\n"), Delimiter::Semicolon);
        assert_eq!(sniff("a\tb\nx, y\tz\n"), Delimiter::Tab);
        assert_eq!(sniff("a|b|c\n1|2|3\n"), Delimiter::Pipe);
        assert_eq!(sniff("name,note\n\"x\",\"a;b;c\"\n\"y\",\"d\"\n"), Delimiter::Comma);
    }

    #[test]
    fn one_column_falls_back_on_the_name() {
        assert_eq!(Delimiter::sniff(b"a\n1\n2\n", true, "t.csv"), Delimiter::Comma);
        assert_eq!(Delimiter::sniff(b"a\n1\n2\n", true, "T.TSV"), Delimiter::Tab);
        assert_eq!(Delimiter::sniff(b"", true, "t.csv"), Delimiter::Comma);
    }

    #[test]
    fn a_ragged_record_does_not_hide_the_delimiter() {
        assert_eq!(Delimiter::sniff(b"a,b,c\n1,2,3\n1,2\n4,5,6\n", true, "t.csv"), Delimiter::Comma);
    }
}
