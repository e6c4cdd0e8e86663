//! Which names and patterns are well-formed, and which names a pattern matches.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::problem::{Code, Problem};

/// The longest name or pattern, in bytes.
pub const MAXIMUM_BYTES: usize = 200;
/// The most tokens of a name or pattern.
pub const MAXIMUM_TOKENS: usize = 16;
/// The longest token, in bytes.
pub const MAXIMUM_TOKEN_BYTES: usize = 64;

/// Why a text is no topic name or no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidTopic {
    /// Nothing at all.
    Empty,
    /// More than [`MAXIMUM_BYTES`].
    TooLong,
    /// More than [`MAXIMUM_TOKENS`].
    TooDeep,
    /// A dot at the beginning or the end, or two in a row.
    EmptyToken,
    /// More than [`MAXIMUM_TOKEN_BYTES`] between two dots.
    LongToken,
    /// Something else than a-z, 0-9, `_` and `-`.
    Character(char),
    /// `*` or `>` where a name is expected, or within a token.
    Wildcard,
    /// `>` before the end.
    RestNotLast,
}

impl fmt::Display for InvalidTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty; use tokens between dots, as orders.created"),
            Self::TooLong => write!(f, "is longer than {MAXIMUM_BYTES} bytes"),
            Self::TooDeep => write!(f, "has more than {MAXIMUM_TOKENS} tokens"),
            Self::EmptyToken => f.write_str("has an empty token; put exactly one dot between two tokens"),
            Self::LongToken => write!(f, "has a token longer than {MAXIMUM_TOKEN_BYTES} bytes"),
            Self::Character(c) => write!(f, "contains {c:?}; use a-z, 0-9, _ and -, with dots between tokens"),
            Self::Wildcard => f.write_str("has a wildcard where none may be: * and > stand for whole tokens, and in patterns only"),
            Self::RestNotLast => f.write_str("has > before its end; it stands for all the rest"),
        }
    }
}

impl std::error::Error for InvalidTopic {}

impl InvalidTopic {
    /// The refusal of a request whose field holds such a text.
    #[must_use]
    pub fn in_field(self, field: &str) -> Problem {
        let message = format!("It {self}.");
        Problem::new(Code::MalformedTopic, format!("Correct {} and send the request again.", field.trim_start_matches('/')))
            .with_field(field, message)
    }
}

fn check(text: &str, wildcards: bool) -> Result<(), InvalidTopic> {
    if text.is_empty() {
        return Err(InvalidTopic::Empty);
    }
    if text.len() > MAXIMUM_BYTES {
        return Err(InvalidTopic::TooLong);
    }
    let tokens = text.split('.').count();
    if tokens > MAXIMUM_TOKENS {
        return Err(InvalidTopic::TooDeep);
    }
    for (index, token) in text.split('.').enumerate() {
        match token {
            "" => return Err(InvalidTopic::EmptyToken),
            "*" if wildcards => {}
            ">" if wildcards && index + 1 == tokens => {}
            ">" if wildcards => return Err(InvalidTopic::RestNotLast),
            _ if token.len() > MAXIMUM_TOKEN_BYTES => return Err(InvalidTopic::LongToken),
            _ => {
                let wrong = token.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_' | '-'));
                match wrong {
                    None => {}
                    Some('*' | '>') => return Err(InvalidTopic::Wildcard),
                    Some(c) => return Err(InvalidTopic::Character(c)),
                }
            }
        }
    }
    Ok(())
}

/// Whether a pattern matches a name; both well-formed. Looks at each token once.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.split('.'), name.split('.'));
    loop {
        match (pattern.next(), name.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some(wanted), Some(token)) if wanted == "*" || wanted == token => {}
            _ => return false,
        }
    }
}

macro_rules! topic_text {
    ($(#[$doc:meta])* $name:ident, $wildcards:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// From text.
            ///
            /// # Errors
            /// Why it is malformed.
            pub fn parse(text: &str) -> Result<Self, InvalidTopic> {
                check(text, $wildcards).map(|()| Self(text.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Its tokens.
            pub fn tokens(&self) -> impl Iterator<Item = &str> {
                self.0.split('.')
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidTopic;

            fn from_str(text: &str) -> Result<Self, InvalidTopic> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(|error| de::Error::custom(format!("{text:?} {error}")))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).max_length(Some(MAXIMUM_BYTES)).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

topic_text!(
    /// The name of a topic: `orders.created`.
    TopicName,
    false
);
topic_text!(
    /// Which topics somebody wants: `orders.*` one more token, `orders.>` one or more, or a plain name.
    TopicPattern,
    true
);

impl TopicPattern {
    /// Whether this topic is wanted.
    #[must_use]
    pub fn matches(&self, name: &TopicName) -> bool {
        matches(&self.0, &name.0)
    }
}

impl From<TopicName> for TopicPattern {
    fn from(name: TopicName) -> Self {
        Self(name.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_names_are_refused_with_their_reason() {
        let long = "a".repeat(MAXIMUM_TOKEN_BYTES + 1);
        let deep = vec!["a"; MAXIMUM_TOKENS + 1].join(".");
        let longest = vec!["a".repeat(MAXIMUM_TOKEN_BYTES); 4].join(".");
        for (text, wrong) in [
            ("", InvalidTopic::Empty),
            (".", InvalidTopic::EmptyToken),
            ("a..b", InvalidTopic::EmptyToken),
            (".a", InvalidTopic::EmptyToken),
            ("a.", InvalidTopic::EmptyToken),
            ("Orders", InvalidTopic::Character('O')),
            ("a b", InvalidTopic::Character(' ')),
            ("a.ü", InvalidTopic::Character('ü')),
            ("a/b", InvalidTopic::Character('/')),
            ("a.*", InvalidTopic::Wildcard),
            ("a.>", InvalidTopic::Wildcard),
            (&long, InvalidTopic::LongToken),
            (&deep, InvalidTopic::TooDeep),
            (&longest, InvalidTopic::TooLong),
        ] {
            assert_eq!(TopicName::parse(text), Err(wrong), "{text}");
        }
        for text in ["a", "orders.created", "a-b.c_d.0", &"a".repeat(MAXIMUM_TOKEN_BYTES), &vec!["a"; MAXIMUM_TOKENS].join(".")] {
            assert!(TopicName::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn wildcards_stand_for_whole_tokens_and_the_rest_stands_last() {
        for (text, wrong) in [
            ("a*", InvalidTopic::Wildcard),
            ("a.b>", InvalidTopic::Wildcard),
            ("**", InvalidTopic::Wildcard),
            (">.a", InvalidTopic::RestNotLast),
            ("a.>.*", InvalidTopic::RestNotLast),
        ] {
            assert_eq!(TopicPattern::parse(text), Err(wrong), "{text}");
        }
        for text in ["*", ">", "*.*", "a.*.b", "*.>"] {
            assert!(TopicPattern::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn patterns_match_as_in_nats() {
        for (pattern, name, wanted) in [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            ("a.b.c", "a.b", false),
            ("*", "a", true),
            ("*", "a.b", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*.c", "a.b.c", true),
            (">", "a.b.c", true),
            ("a.>", "a.b", true),
            ("a.>", "a.b.c", true),
            ("a.>", "a", false),
            ("*.>", "a", false),
            ("*.>", "a.b", true),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
