//! How is a long text cut for a model: at paragraphs, then at sentences, then at spaces, with what stood between kept?

use unicode_segmentation::UnicodeSegmentation;

/// A piece and the white space behind it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) after: String,
}

/// Cuts a text into pieces of at most so many characters. All pieces with what is behind them are the text, less white space before it.
pub(crate) fn cut(text: &str, most: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = String::new();
    let mut size = 0;
    for line in text.trim_start().split_inclusive('\n') {
        for unit in units(line, most) {
            let length = unit.chars().count();
            if size + length > most && !open.is_empty() {
                close(&mut pieces, &mut open);
                size = 0;
            }
            open.push_str(unit);
            size += length;
        }
    }
    if !open.is_empty() {
        close(&mut pieces, &mut open);
    }
    pieces
}

/// The text of pieces that were worked on.
pub(crate) fn join<'a>(pieces: &[Piece], texts: impl Iterator<Item = &'a str>) -> String {
    pieces.iter().zip(texts).flat_map(|(piece, text)| [text, piece.after.as_str()]).collect::<String>().trim_end().to_owned()
}

fn close(pieces: &mut Vec<Piece>, open: &mut String) {
    let text = open.trim();
    let before = open.len() - open.trim_start().len();
    if let Some(last) = pieces.last_mut() {
        last.after.push_str(&open[..before]);
    }
    if !text.is_empty() {
        pieces.push(Piece { text: text.to_owned(), after: open[before + text.len()..].to_owned() });
    }
    open.clear();
}

/// A line as one, if it is short enough; else its sentences; else its words; else stretches of characters.
fn units(line: &str, most: usize) -> Vec<&str> {
    let fits = |text: &str| text.chars().count() <= most;
    if fits(line) {
        return vec![line];
    }
    let mut units = Vec::new();
    for sentence in line.split_sentence_bounds() {
        if fits(sentence) {
            units.push(sentence);
            continue;
        }
        for word in sentence.split_inclusive(char::is_whitespace) {
            let mut rest = word;
            while let Some((end, _)) = rest.char_indices().nth(most) {
                units.push(&rest[..end]);
                rest = &rest[end..];
            }
            units.push(rest);
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_lie_between_sentences() {
        let pieces = cut("One is here. Two is there.\n\nThree is far. Four.", 30);
        assert_eq!(
            pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>(),
            ["One is here. Two is there.", "Three is far. Four."]
        );
        assert_eq!(pieces[0].after, "\n\n");
        let pieces = cut("One is here. Two is there.", 14);
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>(), ["One is here.", "Two is there."]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in "[ a-zé.!?漢\n]{0,300}", most in 1_usize..60) {
            let pieces = cut(&text, most);
            prop_assert!(pieces.iter().all(|piece| piece.text.chars().count() <= most && !piece.text.trim().is_empty()));
            prop_assert_eq!(join(&pieces, pieces.iter().map(|piece| piece.text.as_str())), text.trim());
        }
    }
}
