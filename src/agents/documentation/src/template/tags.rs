//! How long are the tags of a template?

/// The sum of the squares of the lengths of all tags, in bytes. Text within quotes belongs to its tag, also where it looks like the
/// tag's end.
pub(super) fn squares(source: &str) -> u64 {
    let bytes = source.as_bytes();
    let (mut at, mut sum) = (0, 0_u64);
    while at + 1 < bytes.len() {
        let close = match &bytes[at..at + 2] {
            b"{{" => b"}}",
            b"{%" => b"%}",
            b"{#" => {
                at = source[at + 2..].find("#}").map_or(bytes.len(), |end| at + 2 + end + 2);
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        let begin = at;
        at += 2;
        let mut quote = None;
        while at < bytes.len() {
            match (quote, bytes[at]) {
                (Some(_), b'\\') => at += 1,
                (Some(open), byte) if byte == open => quote = None,
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (None, _) if bytes[at..].starts_with(close) => break,
                _ => {}
            }
            at += 1;
        }
        let length = (at - begin) as u64;
        sum = sum.saturating_add(length * length);
        at += 2;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reaches_to_its_end() {
        assert_eq!(squares("text {{ a }} more {% b %}"), 5 * 5 + 5 * 5);
        assert_eq!(squares("{{ '}}' ~ 1 }}"), 12 * 12);
        assert_eq!(squares(r#"{{ "\"}}" }}"#), 10 * 10);
        assert_eq!(squares("{# {{ no tag }} #} text"), 0);
        assert_eq!(squares("{{ open"), 7 * 7);
    }
}
