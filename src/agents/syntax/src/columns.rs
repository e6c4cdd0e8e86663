//! In which column, counted in characters, does a byte stand? Asked in the order of the source, a line is counted once.

/// Counts columns and remembers where it was: a line of megabytes with thousands of places would else be counted thousands of times.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns {
    line_start: usize,
    byte: usize,
    characters: usize,
}

impl Columns {
    /// The column of a byte, from 1, in the line that begins `within` bytes before it.
    pub fn of(&mut self, text: &str, byte: usize, within: usize) -> usize {
        let line_start = byte.saturating_sub(within);
        if line_start != self.line_start || byte < self.byte {
            *self = Self { line_start, byte: line_start, characters: 0 };
        }
        self.characters += text.get(self.byte..byte).map_or(0, |piece| piece.chars().count());
        self.byte = byte;
        self.characters + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters_in_whatever_order() {
        let text = "añb\ncdé f";
        let mut columns = Columns::default();
        assert_eq!(columns.of(text, 3, 3), 3);
        assert_eq!(columns.of(text, 0, 0), 1);
        assert_eq!(columns.of(text, 9, 4), 4);
        assert_eq!(columns.of(text, 7, 2), 3);
        assert_eq!(columns.of(text, 10, 5), 5);
    }
}
