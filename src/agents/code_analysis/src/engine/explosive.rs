//! Can a backtracking regular expression take exponential time?
//!
//! It can if a repetition stands in another so that the text within the inner one can also be shared out among rounds of the outer one:
//! what stands beside the inner repetition may be empty, or fits what the inner one repeats (after Weideman et al., "Analyzing Matching
//! Time Behavior of Backtracking Regular Expression Matchers", 2016, which decides this exactly; this looks at its common shapes). The
//! same is so for a repeated choice of which two alternatives fit one character.

/// The longest expression and the deepest nesting that are looked at.
const LENGTH: usize = 2_000;
const DEPTH: u32 = 24;
/// From this many rounds on a bounded repetition counts as one without an end.
const MANY: u32 = 20;

/// A set of ASCII characters; what is beyond counts as one.
type Set = [u128; 2];

const NONE: Set = [0, 0];
const ANY: Set = [u128::MAX, 1];

fn meets(one: Set, other: Set) -> bool {
    one[0] & other[0] != 0 || one[1] & other[1] != 0
}

fn joined(one: Set, other: Set) -> Set {
    [one[0] | other[0], one[1] | other[1]]
}

fn single(character: char) -> Set {
    match u32::from(character) {
        code if code < 128 => [1u128 << code, 0],
        _ => [0, 1],
    }
}

fn named(letter: char) -> Option<Set> {
    let of = |fits: fn(u8) -> bool| (0..128u8).filter(|code| fits(*code)).fold(NONE, |set, code| joined(set, single(char::from(code))));
    let set = match letter.to_ascii_lowercase() {
        'd' => of(|code| code.is_ascii_digit()),
        'w' => of(|code| code.is_ascii_alphanumeric() || code == b'_'),
        's' => of(|code| matches!(code, b' ' | 9..=13)),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { [!set[0], 1] } else { set })
}

#[derive(Debug, Clone)]
enum Part {
    /// An anchor, a look-around, a reference.
    Nothing,
    One(Set),
    Sequence(Vec<Part>),
    Choice(Vec<Part>),
    /// `varies`: how many rounds there are is open, if only between two bounds.
    Repeated {
        least: u32,
        many: bool,
        varies: bool,
        part: Box<Part>,
    },
}

impl Part {
    fn may_be_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::One(_) => false,
            Self::Sequence(parts) => parts.iter().all(Self::may_be_empty),
            Self::Choice(parts) => parts.iter().any(Self::may_be_empty),
            Self::Repeated { least, part, .. } => *least == 0 || part.may_be_empty(),
        }
    }

    /// Whether a text of characters of this set alone fits.
    fn fits_within(&self, set: Set) -> bool {
        match self {
            Self::Nothing => true,
            Self::One(own) => meets(*own, set),
            Self::Sequence(parts) => parts.iter().all(|part| part.may_be_empty() || part.fits_within(set)),
            Self::Choice(parts) => parts.iter().any(|part| part.fits_within(set)),
            Self::Repeated { least, part, .. } => *least == 0 || part.fits_within(set),
        }
    }

    /// The sets that are repeated without an end somewhere in this so that all beside them can be of the same set.
    fn repeated_alone(&self, depth: u32) -> Vec<Set> {
        if depth > DEPTH {
            return Vec::new();
        }
        match self {
            Self::Nothing | Self::One(_) => Vec::new(),
            Self::Choice(parts) => parts.iter().flat_map(|part| part.repeated_alone(depth + 1)).take(16).collect(),
            Self::Repeated { varies, part, .. } => match part.as_ref() {
                Self::One(set) if *varies => vec![*set],
                Self::Choice(parts) if *varies => {
                    let ones = parts.iter().filter_map(|part| if let Self::One(set) = part { Some(*set) } else { None });
                    let all: Vec<Set> = ones.chain(part.repeated_alone(depth + 1)).take(16).collect();
                    all
                }
                _ => part.repeated_alone(depth + 1),
            },
            Self::Sequence(parts) => {
                let mut found = Vec::new();
                for (place, part) in parts.iter().enumerate() {
                    for set in part.repeated_alone(depth + 1) {
                        let beside = parts.iter().enumerate().filter(|(other, _)| *other != place);
                        if beside.map(|(_, part)| part).all(|part| part.may_be_empty() || part.fits_within(set)) {
                            found.push(set);
                        }
                    }
                }
                found.truncate(16);
                found
            }
        }
    }

    fn is_explosive(&self, depth: u32) -> bool {
        if depth > DEPTH {
            return false;
        }
        match self {
            Self::Nothing | Self::One(_) => false,
            Self::Sequence(parts) | Self::Choice(parts) => parts.iter().any(|part| part.is_explosive(depth + 1)),
            Self::Repeated { many, part, .. } => {
                part.is_explosive(depth + 1) || (*many && (!part.repeated_alone(depth + 1).is_empty() || is_ambiguous(part)))
            }
        }
    }
}

/// Whether two alternatives of a choice fit one and the same text of one character.
fn is_ambiguous(part: &Part) -> bool {
    let Part::Choice(parts) = part else { return false };
    let ones: Vec<Set> = parts
        .iter()
        .filter_map(|part| match part {
            Part::One(set) => Some(*set),
            Part::Sequence(inner) if inner.len() == 1 => {
                if let Part::One(set) = &inner[0] {
                    Some(*set)
                } else {
                    None
                }
            }
            _ => None,
        })
        .collect();
    ones.iter().enumerate().any(|(place, one)| ones.iter().skip(place + 1).any(|other| meets(*one, *other)))
}

struct Reader<'a> {
    characters: std::iter::Peekable<std::str::Chars<'a>>,
}

impl Reader<'_> {
    fn choice(&mut self, depth: u32) -> Part {
        let mut parts = Vec::new();
        loop {
            parts.push(self.sequence(depth));
            if self.characters.peek() != Some(&'|') {
                break;
            }
            self.characters.next();
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Part::Choice(parts) }
    }

    fn sequence(&mut self, depth: u32) -> Part {
        let mut parts = Vec::new();
        while let Some(next) = self.characters.peek().copied() {
            if matches!(next, '|' | ')') {
                break;
            }
            self.characters.next();
            let part = self.atom(next, depth);
            let part = self.repeated(part);
            parts.push(part);
        }
        if parts.len() == 1 { parts.swap_remove(0) } else { Part::Sequence(parts) }
    }

    fn atom(&mut self, first: char, depth: u32) -> Part {
        match first {
            '^' | '$' => Part::Nothing,
            '.' => Part::One([ANY[0] & !(single('\n')[0] | single('\r')[0]), ANY[1]]),
            '[' => Part::One(self.class()),
            '(' => self.group(depth),
            '\\' => self.escaped().map_or(Part::Nothing, Part::One),
            other => Part::One(single(other)),
        }
    }

    fn group(&mut self, depth: u32) -> Part {
        let mut empty = false;
        if self.characters.peek() == Some(&'?') {
            self.characters.next();
            match self.characters.next() {
                Some('=' | '!') => empty = true,
                Some('<') => {
                    if matches!(self.characters.peek(), Some('=' | '!')) {
                        empty = true;
                        self.characters.next();
                    } else {
                        self.skip_name();
                    }
                }
                Some('P') => {
                    self.characters.next();
                    self.skip_name();
                }
                // Atomic groups do not go back.
                Some('>') => empty = true,
                _ => {}
            }
        }
        let inner = if depth > DEPTH { Part::Nothing } else { self.choice(depth + 1) };
        if self.characters.peek() == Some(&')') {
            self.characters.next();
        }
        if empty { Part::Nothing } else { inner }
    }

    fn skip_name(&mut self) {
        for character in self.characters.by_ref() {
            if character == '>' {
                break;
            }
        }
    }

    fn escaped(&mut self) -> Option<Set> {
        let letter = self.characters.next()?;
        match letter {
            'b' | 'B' | 'A' | 'Z' | 'z' | 'G' => None,
            '1'..='9' => None,
            'n' => Some(single('\n')),
            't' => Some(single('\t')),
            'r' => Some(single('\r')),
            'p' | 'P' => {
                if self.characters.peek() == Some(&'{') {
                    for character in self.characters.by_ref() {
                        if character == '}' {
                            break;
                        }
                    }
                }
                Some(ANY)
            }
            _ => Some(named(letter).unwrap_or_else(|| single(letter))),
        }
    }

    fn class(&mut self) -> Set {
        let mut set = NONE;
        let mut last: Option<char> = None;
        let negated = self.characters.peek() == Some(&'^');
        if negated {
            self.characters.next();
        }
        let mut first = true;
        while let Some(character) = self.characters.next() {
            match character {
                ']' if !first => break,
                '\\' => {
                    let letter = self.characters.peek().copied();
                    set = joined(set, self.escaped().unwrap_or(NONE));
                    last = letter;
                }
                '-' => match (last, self.characters.peek().copied()) {
                    (Some(from), Some(to)) if to != ']' && from <= to => {
                        self.characters.next();
                        for code in u32::from(from)..=u32::from(to).min(128) {
                            set = joined(set, char::from_u32(code).map_or(NONE, single));
                        }
                        last = None;
                    }
                    _ => set = joined(set, single('-')),
                },
                other => {
                    set = joined(set, single(other));
                    last = Some(other);
                }
            }
            first = false;
        }
        if negated { [!set[0], 1] } else { set }
    }

    fn repeated(&mut self, part: Part) -> Part {
        let (least, many) = match self.characters.peek() {
            Some('*') => (0, true),
            Some('+') => (1, true),
            Some('?') => (0, false),
            Some('{') => {
                let mut ahead = self.characters.clone();
                ahead.next();
                let inner: String = ahead.by_ref().take_while(|character| *character != '}').take(16).collect();
                let (low, high) = inner.split_once(',').unwrap_or((&inner, &inner));
                let Ok(least) = low.trim().parse::<u32>() else { return part };
                let open = high.trim().is_empty();
                let high = high.trim().parse::<u32>().unwrap_or(least);
                let (many, varies) = (open || (high >= MANY && high > least), open || (least > 0 && high > least));
                self.characters = ahead;
                return self.lazy(Part::Repeated { least, many, varies, part: Box::new(part) });
            }
            _ => return part,
        };
        self.characters.next();
        self.lazy(Part::Repeated { least, many, varies: many, part: Box::new(part) })
    }

    /// Lazy repetitions go back as greedy ones do; possessive ones do not.
    fn lazy(&mut self, part: Part) -> Part {
        match self.characters.peek() {
            Some('?') => {
                self.characters.next();
                part
            }
            Some('+') => {
                self.characters.next();
                Part::Nothing
            }
            _ => part,
        }
    }
}

/// The expression that a literal of a program is, without its quotes; of several literals side by side all.
fn content(literal: &str) -> String {
    let trimmed = literal.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    if !trimmed.starts_with(['"', '\'', '`']) {
        return literal.to_owned();
    }
    let prefix = &literal[..literal.len() - trimmed.len()];
    let raw = prefix.contains(['r', 'R']);
    let inner = trimmed.trim_matches(['"', '\'', '`']);
    if raw { inner.to_owned() } else { inner.replace("\\\\", "\\") }
}

/// Whether the regular expression that the literal of a text holds can take exponential time.
pub(super) fn is_explosive_text(literal: &str) -> bool {
    is_explosive(&content(literal))
}

/// Whether a regular expression can take exponential time.
pub(super) fn is_explosive(text: &str) -> bool {
    if text.len() > LENGTH || !text.contains(['+', '*', '{']) {
        return false;
    }
    let mut reader = Reader { characters: text.chars().peekable() };
    let mut parts = Vec::new();
    // A bracket too many ends a part.
    while reader.characters.peek().is_some() {
        parts.push(reader.choice(0));
        reader.characters.next();
    }
    Part::Sequence(parts).is_explosive(0)
}

#[cfg(test)]
mod tests {
    use super::{is_explosive, is_explosive_text};

    #[test]
    fn repetitions_that_share_their_text_are_told_from_those_that_cannot() {
        let exponential = [
            r"^(a+)+$",
            r"(\w+\s?)*$",
            r"^([a-zA-Z0-9]+\.?)+@",
            r"^(\d|\w)+$",
            r"(.*,)*x",
            r"((ab)*c?|(\s+))+$",
            r"^([a-z]{2,4})+$",
            r"^(?:[^\s,]+[,\s]*)+$",
            r"([a-z]+)*\1",
            r"(a|a)*b",
            r"(?P<n>x*)*y",
            r"^(([a-z])+.)+[A-Z]([a-z])+$",
        ];
        for pattern in exponential {
            assert!(is_explosive(pattern), "{pattern}");
        }
        for literal in ["r'^(\\s*\\w+)*$'", "\"^(\\\\w+)+$\""] {
            assert!(is_explosive_text(literal), "{literal}");
        }
        let harmless = [
            r#""(?:\\.|[^\\"\r\n])*""#,
            r"^\w+(,\w+)*$",
            r"^[a-z]+(-[a-z]+)*$",
            r"^(\d{1,3}\.){3}\d{1,3}$",
            r"^([^/]+/)*[^/]+$",
            r"(?:a|b)+",
            r"^\s*(\w+)\s*$",
            r"(\.[a-z]+)*",
            r#""([^"\\]|\\.)*""#,
            r"[\w.+-]+@\w+",
            r"^(?>a+)+$",
            r"(a{1,3}b)+",
            "",
            "((((",
            "))))",
            "[",
            "a{",
        ];
        for pattern in harmless {
            assert!(!is_explosive(pattern), "{pattern}");
        }
    }
}
