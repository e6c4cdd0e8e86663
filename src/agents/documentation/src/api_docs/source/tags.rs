//! How do descriptions that are written in other forms than Markdown become Markdown: JSDoc, Javadoc, and plain text?

use std::fmt::Write;

/// Text as Python and Go write it: paragraphs, with code where rows are indented and examples where they begin as at a prompt; fields
/// as `:param name:` become a list.
pub(super) fn plain_text(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    let mut blank = true;
    for row in text.lines() {
        let empty = row.trim().is_empty();
        let code = row.starts_with("    ") || row.starts_with('\t') || row.starts_with(">>>") || (fenced && row.starts_with("..."));
        if code && !fenced && blank {
            out.push_str("```text\n");
            fenced = true;
        } else if fenced && !code && !empty && blank {
            out.truncate(out.trim_end().len());
            out.push_str("\n```\n\n");
            fenced = false;
        }
        if fenced {
            out.push_str(row.trim_end());
            out.push('\n');
        } else if let Some((name, meaning)) = parameter(row) {
            let _ = writeln!(out, "- `{name}`: {}", meaning.trim());
        } else {
            out.push_str(&escaped(row.trim_end()));
            out.push('\n');
        }
        // An example may follow at once what it belongs to.
        blank = empty || row.trim_end().ends_with(':') || (fenced && !code);
    }
    if fenced {
        out.truncate(out.trim_end().len());
        out.push_str("\n```\n");
    }
    out
}

/// `:param name: meaning`, `:returns: meaning`.
fn parameter(row: &str) -> Option<(&str, &str)> {
    let rest = row.trim_start().strip_prefix(':')?;
    let (name, meaning) = rest.split_once(':')?;
    let known = ["param", "arg", "return", "rtype", "type", "raise", "yield", "keyword", "var", "ivar", "cvar"];
    known.iter().any(|word| name.starts_with(word)).then(|| (name.strip_prefix("param ").unwrap_or(name), meaning))
}

/// A description with tags as JSDoc and Javadoc have them. `html`: the description is HTML, as Java's is.
pub(super) fn tagged(text: &str, html: bool) -> String {
    let (mut description, mut tags): (String, Vec<(String, String)>) = (String::new(), Vec::new());
    let mut in_code = false;
    for row in text.lines() {
        in_code ^= row.trim_start().starts_with("```");
        let tag = row.trim_start().strip_prefix('@').filter(|rest| !in_code && rest.starts_with(|first: char| first.is_ascii_alphabetic()));
        match (tag, tags.last_mut()) {
            (Some(tag), _) => {
                let (name, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
                tags.push((name.to_owned(), rest.to_owned()));
            }
            (None, Some((_, rest))) => {
                rest.push('\n');
                rest.push_str(row);
            }
            (None, None) => {
                description.push_str(row);
                description.push('\n');
            }
        }
    }
    let convert = |text: &str| if html { of_html(text) } else { inline_tags(text) };
    let mut out = convert(description.trim());
    if tags.iter().any(|(name, _)| name == "deprecated") {
        out.push_str("\n\n*Deprecated.*");
    }
    for (title, names) in [
        ("Parameters", &["param", "arg", "argument", "typeParam", "template"][..]),
        ("Returns", &["returns", "return"]),
        ("Throws", &["throws", "exception"]),
    ] {
        let rows: Vec<&String> = tags.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, rest)| rest).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(out, "\n\n**{title}**\n\n");
        for rest in rows {
            let _ = writeln!(out, "- {}", listed(title, rest, &convert));
        }
    }
    for (_, example) in tags.iter().filter(|(name, _)| name == "example") {
        let example = example.trim();
        if example.contains("```") {
            let _ = write!(out, "\n\n{example}");
        } else {
            let _ = write!(out, "\n\n````text\n{}\n````", example.replace("````", ""));
        }
    }
    out.trim().to_owned()
}

fn listed(title: &str, rest: &str, convert: &dyn Fn(&str) -> String) -> String {
    let rest = rest.trim();
    let (kind, rest) = match rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some((kind, rest)) => (kind.trim(), rest.trim_start()),
        None => ("", rest),
    };
    let one_line = |text: &str| convert(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = if kind.is_empty() { String::new() } else { format!(" ({})", kind.replace('`', "")) };
    if title == "Returns" {
        return format!("{}{kind}", one_line(rest)).trim().to_owned();
    }
    let (name, meaning) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let meaning = one_line(meaning.trim_start().trim_start_matches('-'));
    let name = name.trim_matches(['[', ']', '`']);
    format!("`{name}`{kind}{}{meaning}", if meaning.is_empty() { "" } else { ": " })
}

/// `{@code x}` and `{@link x}` become code.
fn inline_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{@") {
        let Some(end) = rest[at..].find('}') else { break };
        out.push_str(&rest[..at]);
        let inner = &rest[at + 2..at + end];
        let content = inner.split_once(char::is_whitespace).map_or("", |(_, content)| content.trim());
        if !content.is_empty() {
            let _ = write!(out, "`{}`", content.replace('`', "").replace('#', "."));
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

/// The few elements that descriptions in HTML use.
fn of_html(text: &str) -> String {
    let text = inline_tags(text);
    let mut out = String::new();
    let mut rest = text.as_str();
    let mut pre = false;
    while let Some(at) = rest.find(['<', '&', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // What is code already is no HTML.
        if let Some(end) = rest[1..].find('`').filter(|_| rest.starts_with('`')) {
            out.push_str(&rest[..end + 2]);
            rest = &rest[end + 2..];
            continue;
        }
        let entity = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&amp;", "&"),
            ("&nbsp;", " "),
            ("&quot;", "\""),
            ("&#64;", "@"),
            ("&#123;", "{"),
            ("&#125;", "}"),
        ];
        if let Some((written, meant)) = entity.iter().find(|(written, _)| rest.starts_with(written)) {
            out.push_str(if *meant == "<" && !pre { "\\<" } else { meant });
            rest = &rest[written.len()..];
            continue;
        }
        let is_tag = rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/');
        let Some(end) = rest.find('>').filter(|end| is_tag && rest.starts_with('<') && *end < 400) else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        let name: String = rest[1..end].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let closes = rest[1..].starts_with('/');
        match (name.to_ascii_lowercase().as_str(), closes) {
            ("p" | "br" | "div" | "ul" | "ol" | "dl" | "table" | "tr" | "h1" | "h2" | "h3" | "h4", false) => out.push_str("\n\n"),
            ("ul" | "ol" | "dl", true) => out.push_str("\n\n"),
            ("li" | "dt", false) => out.push_str("\n- "),
            ("code" | "tt", _) if !pre => out.push('`'),
            ("em" | "i", _) if !pre => out.push('*'),
            ("b" | "strong", _) if !pre => out.push_str("**"),
            ("pre", false) => {
                pre = true;
                out.push_str("\n\n````text\n");
            }
            ("pre", true) if pre => {
                pre = false;
                out.push_str("\n````\n\n");
            }
            _ => {}
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    if pre {
        out.push_str("\n````\n");
    }
    out
}

/// What Markdown would take for more than text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for (place, character) in text.char_indices() {
        code ^= character == '`';
        let special = matches!(character, '*' | '<' | '[' | ']' | '_') && !code;
        let heading = character == '#' && text[..place].trim().is_empty();
        if special || heading {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_lists() {
        let text = "Adds *two*.\n@param {number} a - the first\n@param [b] the {@link Other#one} second\n  one\n@returns {number} the sum\n@example\nadd(1)\n";
        assert_eq!(
            tagged(text, false),
            "Adds *two*.\n\n**Parameters**\n\n- `a` (number): the first\n- `b`: the `Other.one` second one\n\n\n**Returns**\n\n- the sum (number)\n\n\n````text\nadd(1)\n````"
        );
    }

    #[test]
    fn html_becomes_markdown() {
        assert_eq!(
            tagged("A <b>list</b> of {@code List<T>}:<pre>\n a < b\n</pre> &lt;x>\n", true),
            "A **list** of `List<T>`:\n\n````text\n\n a < b\n\n````\n\n \\<x>"
        );
    }

    #[test]
    fn plain_text_keeps_its_code() {
        assert_eq!(
            plain_text("Adds.\n\n>>> add(1)\n2\n\n:param a: the first\nUse *args."),
            "Adds.\n\n```text\n>>> add(1)\n2\n```\n\n- `a`: the first\nUse \\*args.\n"
        );
    }
}
