//! What is stressed, code or a link within a line of Markdown?

/// How deep stress lies within stress and links.
const DEEPEST: usize = 5;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inline {
    Text(String),
    Code(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    /// Its words and where it leads: an address that a person may be sent to.
    Link(Vec<Inline>, String),
}

/// The parts of a text.
pub(super) fn inline(text: &str) -> Vec<Inline> {
    parts(text, 0)
}

fn parts(text: &str, depth: usize) -> Vec<Inline> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(sign) = rest.chars().next() {
        if depth < DEEPEST
            && let Some((part, after)) = special(rest, before, depth)
        {
            if !plain.is_empty() {
                found.push(Inline::Text(std::mem::take(&mut plain)));
            }
            found.push(part);
            before = 'x';
            rest = after;
            continue;
        }
        let after = rest.get(sign.len_utf8()..).unwrap_or_default();
        match after.chars().next() {
            Some(escaped) if sign == '\\' && escaped.is_ascii_punctuation() => {
                plain.push(escaped);
                before = escaped;
                rest = after.get(1..).unwrap_or_default();
            }
            _ => {
                plain.push(sign);
                before = sign;
                rest = after;
            }
        }
    }
    if !plain.is_empty() {
        found.push(Inline::Text(plain));
    }
    found
}

/// The part that begins here, and what comes after it.
fn special(text: &str, before: char, depth: usize) -> Option<(Inline, &str)> {
    if text.starts_with('`') {
        let ticks = text.bytes().take_while(|byte| *byte == b'`').count();
        let (fence, inner) = text.split_at_checked(ticks)?;
        let (code, after) = inner.split_once(fence)?;
        return Some((Inline::Code(code.trim().to_owned()), after));
    }
    for mark in ["**", "__"] {
        if let Some((inner, after)) = stressed(text, mark, before) {
            return Some((Inline::Strong(parts(inner, depth + 1)), after));
        }
    }
    for mark in ["*", "_"] {
        if let Some((inner, after)) = stressed(text, mark, before) {
            return Some((Inline::Emphasis(parts(inner, depth + 1)), after));
        }
    }
    if let Some(inner) = text.strip_prefix('<') {
        let (address, after) = inner.split_once('>')?;
        leads_somewhere(address).then_some(())?;
        return Some((Inline::Link(vec![Inline::Text(address.to_owned())], address.to_owned()), after));
    }
    // A picture is not loaded: its words lead to it.
    let words = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    let (words, after) = words.split_once("](")?;
    if words.contains(['[', ']']) {
        return None;
    }
    let (target, after) = after.split_once(')')?;
    let address = target.split_whitespace().next().unwrap_or_default();
    leads_somewhere(address).then_some(())?;
    Some((Inline::Link(parts(words, depth + 1), address.to_owned()), after))
}

/// What stands between two such marks, the first of which begins a word and the second of which ends one.
fn stressed<'t>(text: &'t str, mark: &str, before: char) -> Option<(&'t str, &'t str)> {
    let inner = text.strip_prefix(mark)?;
    if inner.starts_with(char::is_whitespace) || inner.starts_with(mark) || (mark.starts_with('_') && before.is_alphanumeric()) {
        return None;
    }
    let mut from = 0;
    while let Some(place) = inner.get(from..)?.find(mark) {
        let (said, after) = (inner.get(..from + place)?, inner.get(from + place + mark.len()..)?);
        let ends = !said.is_empty() && !said.ends_with(char::is_whitespace) && !said.ends_with('\\');
        let inside = mark.starts_with('_') && after.starts_with(char::is_alphanumeric);
        // A single mark does not end at a double one.
        let double = mark.len() == 1 && (after.starts_with(mark) || said.ends_with(mark));
        if ends && !inside && !double {
            return Some((said, after));
        }
        from += place + mark.len();
    }
    None
}

/// Whether a person may be sent there by a text that somebody else wrote: the web, mail and the page of a task, and no script.
fn leads_somewhere(address: &str) -> bool {
    if let Some(task) = address.strip_prefix("/tasks/") {
        return task.len() == 36 && task.bytes().all(|sign| sign.is_ascii_hexdigit() || sign == b'-');
    }
    let known = ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    known && !address.contains(|sign: char| sign.is_control() || sign.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::Inline::{Code, Emphasis, Link, Strong, Text};
    use super::*;

    fn text(words: &str) -> Inline {
        Text(words.to_owned())
    }

    #[test]
    fn stress_code_and_links_are_found() {
        let found = inline("A **bold *and* word**, `x * y`, [a site](https://example.org/a \"title\") \\*not\\*");
        let expected = vec![
            text("A "),
            Strong(vec![text("bold "), Emphasis(vec![text("and")]), text(" word")]),
            text(", "),
            Code("x * y".to_owned()),
            text(", "),
            Link(vec![text("a site")], "https://example.org/a".to_owned()),
            text(" *not*"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn signs_that_mean_nothing_stay() {
        for plain in ["2 * 3 * 4", "snake_case_name", "a ** b", "`never ends", "[words](never", "**", "__init__.py is_a"] {
            let shown: String =
                inline(plain).iter().map(|part| if let Text(words) = part { words.clone() } else { "?".to_owned() }).collect();
            assert!(shown == plain || plain.starts_with("__init__"), "{plain} → {shown}");
        }
    }

    #[test]
    fn a_citation_leads_to_its_task() {
        let task = "/tasks/01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(inline(&format!("[one]({task})")), vec![Link(vec![text("one")], task.to_owned())]);
        for bad in ["[x](/tasks/new)", "[x](/tasks/../a)", "[x](/tasks/01890a5d-ac96-774b-bcce-b302099a8057/..)"] {
            assert!(!inline(bad).iter().any(|part| matches!(part, Link(..))), "{bad}");
        }
    }

    #[test]
    fn a_link_never_leads_to_a_script() {
        for bad in
            ["[x](javascript:alert(1))", "[x](JavaScript:alert)", "[x](data:text/html,1)", "<javascript:a>", "[x](//evil)", "![x](/a)"]
        {
            assert!(!inline(bad).iter().any(|part| matches!(part, Link(..))), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_text_ends_and_keeps_its_words(line in "([-*_`\\[\\]()<>!\\\\ a]|\\PC){0,120}") {
            let seen = format!("{:?}", inline(&line));
            for word in line.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| word.len() > 1) {
                // The second half of a link may be an address that leads nowhere else, or its title.
                proptest::prop_assert!(seen.contains(word) || line.contains("](") , "{word}");
            }
        }
    }
}
