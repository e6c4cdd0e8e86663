//! Which parts does a document have, once its Markdown is read?

mod read;

use baton_agents_drawing::Scene;

pub(crate) use read::blocks;

/// A stretch of text that looks the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) code: bool,
    pub(crate) struck: bool,
    pub(crate) link: Option<String>,
    /// Whether the line ends after it.
    pub(crate) ends_line: bool,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Heading {
        level: u8,
        text: Vec<Span>,
    },
    Paragraph(Vec<Span>),
    /// Below a picture or a table.
    Caption(Vec<Span>),
    List {
        first: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    Code(String),
    Quote(Vec<Block>),
    Table {
        head: Vec<Vec<Span>>,
        rows: Vec<Vec<Vec<Span>>>,
        right: Vec<bool>,
    },
    Rule,
    Picture(Picture),
    Chart(Scene),
}

/// A picture as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: PictureKind,
    pub(crate) alt: String,
}

/// How a picture's file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PictureKind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Svg,
}

impl PictureKind {
    /// What a file begins with says what it is, whatever it is called.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let head = &bytes[..bytes.len().min(512)];
        match head {
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            head if String::from_utf8_lossy(head).contains("<svg") => Some(Self::Svg),
            _ => None,
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// Text without any look.
pub(crate) fn plain(text: impl Into<String>) -> Vec<Span> {
    vec![Span { text: text.into(), ..Span::default() }]
}

/// What spans say.
pub(crate) fn text_of(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| if span.ends_line { format!("{} ", span.text) } else { span.text.clone() })
        .collect::<String>()
        .trim()
        .to_owned()
}
