//! Which HTML is written for Markdown?

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd};

/// Text as HTML shows it.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Whether an address may stand in a link: of the web, of mail, or within the document; never a script or a file.
pub(crate) fn is_safe_address(address: &str) -> bool {
    // Browsers leave out white space and control characters before they look at the scheme.
    let address: String = address.chars().filter(|character| !character.is_whitespace() && !character.is_control()).collect();
    let scheme_ends = address.find(':');
    let path_begins = address.find(['/', '?', '#']);
    match (scheme_ends, path_begins) {
        (Some(scheme), path) if path.is_none_or(|path| scheme < path) => {
            matches!(address[..scheme].to_ascii_lowercase().as_str(), "http" | "https" | "mailto" | "tel")
        }
        _ => !address.starts_with("//") && !address.starts_with("/\\") && !address.starts_with('\\'),
    }
}

/// Whether a picture is part of the document.
fn is_own_picture(address: &str) -> bool {
    ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,", "data:image/svg+xml;base64,"]
        .iter()
        .any(|prefix| {
            address.starts_with(prefix)
                && address[prefix.len()..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        })
}

/// The HTML of a Markdown text.
pub(crate) fn to_html(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 3 / 2);
    let mut events: Vec<Event<'_>> = harmless(Parser::new_ext(markdown, super::options())).collect();
    identify(&mut events);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    html
}

/// Gives headings the ids by which links within the document know them: their words, in small letters, with hyphens between.
fn identify(events: &mut [Event<'_>]) {
    let mut taken: HashMap<String, usize> = HashMap::new();
    for place in 0..events.len() {
        if !matches!(events[place], Event::Start(Tag::Heading { .. })) {
            continue;
        }
        let mut slug = String::new();
        for event in &events[place + 1..] {
            match event {
                Event::Text(text) | Event::Code(text) => slug.push_str(text),
                Event::End(TagEnd::Heading(_)) => break,
                _ => {}
            }
        }
        let slug: String =
            slug.to_lowercase().chars().map(|character| if character.is_alphanumeric() { character } else { '-' }).take(80).collect();
        let slug = slug.trim_matches('-').to_owned();
        let count = taken.entry(slug.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { slug } else { format!("{slug}-{count}") };
        if let Event::Start(Tag::Heading { id, .. }) = &mut events[place]
            && !name.is_empty()
        {
            *id = Some(name.into());
        }
    }
}

/// The events without what could do harm.
fn harmless<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    // What each open link or picture ends with; nothing where its beginning was left out.
    let mut ends: Vec<Option<TagEnd>> = Vec::new();
    events.filter_map(move |event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let safe = is_safe_address(&dest_url);
            ends.push(safe.then_some(TagEnd::Link));
            safe.then_some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            if is_own_picture(&dest_url) {
                ends.push(Some(TagEnd::Image));
                return Some(Event::Start(Tag::Image { link_type, dest_url, title, id }));
            }
            // A picture from elsewhere would tell its host who reads the document; a link to it says where it is.
            if is_safe_address(&dest_url) {
                ends.push(Some(TagEnd::Link));
                let title = if title.is_empty() { CowStr::Borrowed("A picture that is not part of this document") } else { title };
                return Some(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            ends.push(None);
            None
        }
        Event::End(TagEnd::Link | TagEnd::Image) => ends.pop().flatten().map(Event::End),
        other => Some(other),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The elements that Markdown becomes.
    const ELEMENTS: &[&str] = &[
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "img",
        "hr",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "input",
        "sup",
        "div",
    ];

    /// Every element of an HTML text; each `<` begins one, since text has none.
    fn elements(html: &str) -> Vec<&str> {
        html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or("")).collect()
    }

    proptest! {
        #[test]
        fn no_markup_comes_through_but_markdowns_own(text in "[a-z<>/=\"'()\\[\\]!:;&#`*_|\\- \n]{0,120}|(<|script|img|onerror|javascript:|\\]\\(|!\\[|\\[|\\)|>| |x|\n|=|\"){0,40}") {
            let html = to_html(&text);
            for element in elements(&html) {
                let name = element.trim_start_matches('/').split([' ', '/']).next().unwrap_or("");
                prop_assert!(ELEMENTS.contains(&name), "{text:?} brought {element:?}: {html}");
                let mut quoted = false;
                let attributes: String = element.chars().filter(|character| { if *character == '"' { quoted = !quoted; } !quoted }).collect();
                prop_assert!(!attributes.contains(" on") && !attributes.contains("style"), "{text:?} brought {element:?}");
                prop_assert!(!element.to_lowercase().contains("href=\"javascript:"), "{text:?} brought {element:?}");
            }
        }
    }

    #[test]
    fn scripts_are_text_and_bad_links_are_words() {
        assert_eq!(to_html("a <script>alert(1)</script>"), "<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
        assert_eq!(to_html("[x](javascript:alert(1))"), "<p>x</p>\n");
        assert_eq!(to_html("[x](https://example.org/a)"), "<p><a href=\"https://example.org/a\">x</a></p>\n");
        let elsewhere = to_html("![seen](https://example.org/pixel.png)");
        assert!(!elsewhere.contains("<img") && elsewhere.contains("<a href"), "{elsewhere}");
        assert!(to_html("![dot](data:image/png;base64,AAAA)").contains("<img src=\"data:image/png;base64,AAAA\" alt=\"dot\""));
    }

    #[test]
    fn headings_can_be_linked_to() {
        assert_eq!(
            to_html("# Schema `Pet`\n\n# Schema Pet"),
            "<h1 id=\"schema-pet\">Schema <code>Pet</code></h1>\n<h1 id=\"schema-pet-2\">Schema Pet</h1>\n"
        );
    }

    #[test]
    fn addresses_of_scripts_and_files_are_not_safe() {
        for address in [
            "javascript:alert(1)",
            "JaVa\tScript:x",
            " data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "//evil.example",
            "\\\\host\\x",
        ] {
            assert!(!is_safe_address(address), "{address}");
        }
        for address in ["https://example.org", "mailto:a@b.c", "#part", "a/b?c:d", "page.html"] {
            assert!(is_safe_address(address), "{address}");
        }
    }
}
