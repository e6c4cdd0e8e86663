//! How does text become the model's tokens, and back? Byte-level BPE, by the vocabulary and merges of the GGUF file.
//!
//! Text is cut into words as GPT-2 does, with each digit a word of its own (the pre-tokenizer `smollm`), and the pairs of a
//! word are merged by rank. What a text says can never become a control token: those are not made by merges.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::LocalModelError;
use crate::gguf::{Gguf, Meta, bad};

/// A token's number in the vocabulary.
pub(crate) type Token = u32;

/// The kinds of tokens that stand for text in GGUF: 1 normal, 4 user-defined, 6 a byte.
const TEXT_KINDS: [i128; 3] = [1, 4, 6];

/// The vocabulary.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    /// The bytes that each token stands for; none for control tokens.
    bytes: Vec<Option<Box<[u8]>>>,
    of_byte: [Token; 256],
    merges: HashMap<(Token, Token), (u32, Token)>,
    control: HashMap<String, Token>,
    /// Ends an answer.
    pub(crate) end: Token,
}

impl Tokenizer {
    pub(crate) fn read(gguf: &Gguf) -> Result<Self, LocalModelError> {
        match (gguf.text("tokenizer.ggml.model"), gguf.text("tokenizer.ggml.pre")) {
            (Some("gpt2"), Some("smollm")) => {}
            (model, pre) => return Err(bad(format!("the tokenizer {model:?} with {pre:?} is not supported, only gpt2 with smollm is"))),
        }
        let words = gguf.list("tokenizer.ggml.tokens")?;
        let kinds = gguf.list("tokenizer.ggml.token_type")?;
        let (mut by_text, mut bytes, mut control) = (HashMap::new(), Vec::new(), HashMap::new());
        let of_char = bytes_of_chars();
        for (index, word) in words.iter().enumerate() {
            let Meta::Text(word) = word else { return Err(bad("a token is no text".into())) };
            let text = matches!(kinds.get(index), Some(Meta::Whole(kind)) if TEXT_KINDS.contains(kind));
            let spelled: Option<Box<[u8]>> = word.chars().map(|c| of_char.get(&c).copied()).collect();
            if text {
                by_text.insert(word.as_str(), index as Token);
            } else {
                control.insert(word.clone(), index as Token);
            }
            bytes.push(spelled.filter(|_| text));
        }
        let mut of_byte = [0; 256];
        for (c, byte) in &of_char {
            let mut buffer = [0; 4];
            // A byte that the vocabulary lacks is left out of texts and never written; SmolLM2 lacks a few that no UTF-8 has.
            of_byte[usize::from(*byte)] = by_text.get(&*c.encode_utf8(&mut buffer)).copied().unwrap_or(NO_TOKEN);
        }
        let mut merges = HashMap::new();
        for (rank, merge) in gguf.list("tokenizer.ggml.merges")?.iter().enumerate() {
            let Meta::Text(merge) = merge else { return Err(bad("a merge is no text".into())) };
            let pair = merge.split_once(' ').and_then(|(left, right)| {
                let both = by_text.get(format!("{left}{right}").as_str())?;
                Some((*by_text.get(left)?, *by_text.get(right)?, *both))
            });
            let (left, right, both) = pair.ok_or_else(|| bad(format!("the merge {merge:?} names tokens that are not there")))?;
            merges.entry((left, right)).or_insert((rank as u32, both));
        }
        let end = gguf.count("tokenizer.ggml.eos_token_id", 0, bytes.len().saturating_sub(1))? as Token;
        Ok(Self { bytes, of_byte, merges, control, end })
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What a token stands for; nothing for control tokens.
    pub(crate) fn bytes(&self, token: Token) -> Option<&[u8]> {
        self.bytes.get(token as usize)?.as_deref()
    }

    /// A control token by its name.
    pub(crate) fn control(&self, name: &str) -> Result<Token, LocalModelError> {
        self.control.get(name).copied().ok_or_else(|| bad(format!("the vocabulary lacks {name}")))
    }

    /// The bytes that have a token of their own.
    pub(crate) fn has_byte(&self, byte: u8) -> bool {
        self.of_byte[usize::from(byte)] != NO_TOKEN
    }

    /// The tokens of a text.
    pub(crate) fn encode(&self, text: &str, out: &mut Vec<Token>) {
        for word in words(text) {
            self.merge(word.as_bytes(), out);
        }
    }

    /// Merges the pairs of a word, the lowest rank first, with a heap: a word may be as long as the text.
    fn merge(&self, word: &[u8], out: &mut Vec<Token>) {
        struct Piece {
            token: Token,
            before: usize,
            after: usize,
        }
        const NONE: usize = usize::MAX;
        let tokens: Vec<Token> = word.iter().map(|byte| self.of_byte[usize::from(*byte)]).filter(|token| *token != NO_TOKEN).collect();
        let count = tokens.len();
        let mut pieces: Vec<Piece> = tokens
            .into_iter()
            .enumerate()
            .map(|(at, token)| Piece { token, before: at.wrapping_sub(1), after: if at + 1 < count { at + 1 } else { NONE } })
            .collect();
        let mut heap = BinaryHeap::new();
        let offer = |heap: &mut BinaryHeap<_>, pieces: &[Piece], left: usize| {
            let right = pieces[left].after;
            if right != NONE
                && let Some((rank, both)) = self.merges.get(&(pieces[left].token, pieces[right].token))
            {
                heap.push(Reverse((*rank, left, pieces[left].token, pieces[right].token, *both)));
            }
        };
        for left in 0..count {
            offer(&mut heap, &pieces, left);
        }
        while let Some(Reverse((_, left, first, second, both))) = heap.pop() {
            let right = pieces[left].after;
            // What was merged since then is no longer that pair.
            if pieces[left].token != first || right == NONE || pieces[right].token != second {
                continue;
            }
            pieces[left].token = both;
            pieces[left].after = pieces[right].after;
            pieces[right].token = NO_TOKEN;
            if pieces[left].after != NONE {
                let after = pieces[left].after;
                pieces[after].before = left;
            }
            offer(&mut heap, &pieces, left);
            if pieces[left].before != NONE {
                offer(&mut heap, &pieces, pieces[left].before);
            }
        }
        out.extend(pieces.into_iter().map(|piece| piece.token).filter(|token| *token != NO_TOKEN));
    }
}

const NO_TOKEN: Token = Token::MAX;

/// GPT-2 writes each byte as a printable character; this is that table, turned around.
fn bytes_of_chars() -> HashMap<char, u8> {
    let mut spare = 0;
    (0..=u8::MAX)
        .map(|byte| {
            if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
                return (char::from(byte), byte);
            }
            spare += 1;
            (char::from_u32(255 + spare).unwrap_or(char::REPLACEMENT_CHARACTER), byte)
        })
        .collect()
}

fn is_letter(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_number(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Number
}

/// The words of a text: numbers digit by digit; between them `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    // Bytes up to the next number; looked for once, or a long text would be searched anew for each of its words.
    let mut plain = 0;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if plain == 0 {
            plain = rest.find(is_number).unwrap_or(rest.len());
        }
        let length = if plain == 0 { first.len_utf8() } else { word(&rest[..plain]) };
        plain = plain.saturating_sub(length);
        let (word, after) = rest.split_at(length);
        rest = after;
        Some(word)
    })
}

/// Bytes of the first word of a text that is not empty and has no numbers.
fn word(text: &str) -> usize {
    for ending in ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"] {
        if text.starts_with(ending) {
            return ending.len();
        }
    }
    let (space, body) = text.strip_prefix(' ').map_or((0, text), |body| (1, body));
    let run = |of: fn(char) -> bool| body.find(|c| !of(c)).unwrap_or(body.len());
    match body.chars().next() {
        Some(c) if is_letter(c) => space + run(is_letter),
        Some(c) if !c.is_whitespace() => space + run(|c| !c.is_whitespace() && !is_letter(c)),
        _ => {
            let spaces = text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len());
            let last = text[..spaces].chars().next_back().map_or(0, char::len_utf8);
            // The last of several spaces belongs to the word behind them.
            if spaces < text.len() && spaces > last { spaces - last } else { spaces }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_gpt2_does_and_digits_stand_alone() {
        let cut = |text| words(text).collect::<Vec<_>>();
        assert_eq!(cut("It's  12 o'clock,\n\n x"), ["It", "'s", "  ", "1", "2", " o", "'", "clock", ",", "\n\n", " x"]);
        assert_eq!(cut("a   b"), ["a", "  ", " b"]);
        assert_eq!(cut("héllo wörld!?"), ["héllo", " wörld", "!?"]);
        assert_eq!(cut("end  "), ["end", "  "]);
        assert_eq!(words("").count(), 0);
    }
}
