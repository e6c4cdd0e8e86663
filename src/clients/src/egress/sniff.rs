//! What is this content? Its bytes say; the declared type decides only between kinds of text.

/// A kind of content, as far as the skills tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// HTML or XHTML.
    Html,
    /// XML that is no XHTML: a feed, a sitemap, other.
    Xml,
    /// JSON.
    Json,
    /// PDF.
    Pdf,
    /// A zip archive; office documents are such.
    Zip,
    /// An internet message (RFC 5322).
    Mail,
    /// Other text.
    Text,
    /// A picture.
    Image,
    /// Anything else.
    Binary,
}

impl Media {
    /// Its name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::Mail => "mail",
            Self::Text => "text",
            Self::Image => "image",
            Self::Binary => "binary",
        }
    }

    /// Whether it can be read as text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Html | Self::Xml | Self::Json | Self::Mail | Self::Text)
    }
}

/// How many bytes of the beginning are looked at.
const LOOKED_AT: usize = 1445;

/// Beginnings that tell a kind for sure.
const MAGIC: &[(&[u8], Media)] = &[
    (b"%PDF-", Media::Pdf),
    (b"PK\x03\x04", Media::Zip),
    (b"PK\x05\x06", Media::Zip),
    (b"\x89PNG\r\n\x1a\n", Media::Image),
    (b"\xff\xd8\xff", Media::Image),
    (b"GIF87a", Media::Image),
    (b"GIF89a", Media::Image),
    (b"BM", Media::Image),
    (b"\x00\x00\x01\x00", Media::Image),
    (b"\x1f\x8b\x08", Media::Binary),
];

/// Elements whose start says that a text is HTML, as browsers take it (WHATWG MIME Sniffing, "identifying a resource with an unknown type").
const HTML: &[&str] = &[
    "<!doctype html",
    "<html",
    "<head",
    "<script",
    "<iframe",
    "<h1",
    "<div",
    "<font",
    "<table",
    "<a",
    "<style",
    "<title",
    "<b",
    "<body",
    "<br",
    "<p",
    "<!--",
    "<meta",
    "<section",
    "<article",
    "<main",
    "<ul",
    "<nav",
    "<span",
];

/// What the content is, by its first bytes and, between kinds of text, the declared type.
#[must_use]
pub fn sniff(declared: Option<&str>, bytes: &[u8]) -> Media {
    let start = &bytes[..bytes.len().min(LOOKED_AT)];
    if let Some((_, media)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return *media;
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Media::Image;
    }
    let utf16 = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    // Control characters that texts do not have.
    let binary = |byte: &u8| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f);
    if !utf16 && start.iter().any(binary) {
        return Media::Binary;
    }
    let text: String = start.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let text = text.trim_start_matches(['\u{ef}', '\u{bb}', '\u{bf}', '\u{ff}', '\u{fe}']).trim_start();
    let declared = declared.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if text.starts_with("<?xml") || text.starts_with("<rss") || text.starts_with("<feed") {
        let xhtml = declared == "application/xhtml+xml" || text.contains("<!doctype html") || text.contains("<html");
        return if xhtml { Media::Html } else { Media::Xml };
    }
    let tag = |name: &&str| {
        let rest = text.strip_prefix(*name);
        rest.is_some_and(|rest| *name == "<!--" || rest.starts_with([' ', '>', '\t', '\n', '\r', '/']) || rest.is_empty())
    };
    match declared.as_str() {
        "text/html" | "application/xhtml+xml" => return Media::Html,
        "message/rfc822" => return Media::Mail,
        // A server that does not know says these.
        "" | "text/plain" | "application/octet-stream" => {}
        json if json == "application/json" || json.ends_with("+json") => return Media::Json,
        xml if xml == "text/xml" || xml == "application/xml" || xml.ends_with("+xml") => {
            return if HTML[..2].iter().any(tag) { Media::Html } else { Media::Xml };
        }
        _ => {}
    }
    if HTML.iter().any(tag) {
        Media::Html
    } else if text.starts_with(['{', '[']) {
        Media::Json
    } else if is_mail(text, bytes.len() > LOOKED_AT) {
        Media::Mail
    } else if text.starts_with('<') && !declared.starts_with("text/plain") {
        Media::Xml
    } else {
        Media::Text
    }
}

/// Whether a text, which may have been cut, begins with header lines of a message, some of which messages always have.
fn is_mail(text: &str, cut: bool) -> bool {
    const NAMES: &[&str] = &["from", "received", "return-path", "date", "subject", "message-id", "mime-version", "to", "delivered-to"];
    // The last line may be half of one.
    let text = if cut { text.rsplit_once('\n').map_or(text, |(whole, _)| whole) } else { text };
    let names = text.lines().take(40).take_while(|line| !line.is_empty()).filter(|line| !line.starts_with([' ', '\t']));
    let mut known = 0;
    for line in names {
        match line.split_once(':') {
            Some((name, _)) if !name.contains(' ') => known += usize::from(NAMES.contains(&name)),
            _ if line.starts_with("from ") => {}
            _ => return false,
        }
    }
    known >= 2
}
