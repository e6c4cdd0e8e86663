//! Which blocks does a text in Markdown have? The part of CommonMark, with GitHub's tables, that skills write.
//!
//! A parser of all of CommonMark would be a tenth of what a first page may load. What is not known here stays as it was written: nothing is
//! ever left out, and nothing becomes HTML that the view does not make itself.

/// How deep lists and quotes lie within one another; what lies deeper is read as text.
const DEEPEST: usize = 6;
/// The most cells of a row.
const CELLS: usize = 40;

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block<'t> {
    /// Its level, from 1, and its text.
    Heading(usize, &'t str),
    /// Its lines.
    Paragraph(Vec<&'t str>),
    /// Code as it is, line by line.
    Code(Vec<&'t str>),
    Quote(Vec<Block<'t>>),
    List {
        /// The number of the first item, if it is numbered.
        from: Option<u32>,
        items: Vec<Vec<Block<'t>>>,
    },
    /// The head, then the other rows.
    Table(Vec<&'t str>, Vec<Vec<&'t str>>),
    Rule,
}

/// The blocks of a text.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    of_lines(&text.lines().collect::<Vec<_>>(), 0)
}

fn of_lines<'t>(lines: &[&'t str], depth: usize) -> Vec<Block<'t>> {
    let mut found = Vec::new();
    let mut rest = lines;
    while let Some((first, after)) = rest.split_first() {
        if first.trim().is_empty() {
            rest = after;
            continue;
        }
        let (block, taken) = if depth < DEEPEST { block(rest, depth) } else { paragraph(rest) };
        found.push(block);
        rest = rest.get(taken.max(1)..).unwrap_or_default();
    }
    found
}

/// The first block of these lines, of which the first is not empty, and how many lines it has.
fn block<'t>(lines: &[&'t str], depth: usize) -> (Block<'t>, usize) {
    let first = lines.first().copied().unwrap_or_default();
    if let Some(fence) = fence(first) {
        let inner: Vec<_> = lines.iter().skip(1).take_while(|line| !line.trim_start().starts_with(fence)).copied().collect();
        let taken = inner.len() + 2;
        return (Block::Code(inner), taken.min(lines.len()));
    }
    if let Some((level, text)) = heading(first) {
        return (Block::Heading(level, text), 1);
    }
    if is_rule(first) {
        return (Block::Rule, 1);
    }
    if first.trim_start().starts_with('>') {
        let quoted: Vec<_> = lines.iter().map_while(|line| line.trim_start().strip_prefix('>')).collect();
        let inner: Vec<_> = quoted.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        return (Block::Quote(of_lines(&inner, depth + 1)), quoted.len());
    }
    if let Some(item) = item(first) {
        return list(lines, item.number, depth);
    }
    table(lines).unwrap_or_else(|| paragraph(lines))
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.trim_start().starts_with(fence))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

fn is_rule(line: &str) -> bool {
    let signs: Vec<char> = line.chars().filter(|sign| !sign.is_whitespace()).collect();
    signs.len() >= 3 && signs.first().is_some_and(|first| "-*_".contains(*first) && signs.iter().all(|sign| sign == first))
}

/// How a line begins an item of a list.
struct Item<'t> {
    number: Option<u32>,
    /// How far its text stands from the margin, in bytes, which are all spaces, digits and a mark.
    within: usize,
    text: &'t str,
}

fn item(line: &str) -> Option<Item<'_>> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|mark| text.strip_prefix(mark)) {
        return (!is_rule(line)).then_some(Item { number: None, within: indent + 2, text: rest });
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?;
    let rest = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    Some(Item { number: Some(text.get(..digits)?.parse().ok()?), within: indent + digits + 2, text: rest })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn list<'t>(lines: &[&'t str], from: Option<u32>, depth: usize) -> (Block<'t>, usize) {
    let margin = lines.first().map_or(0, |line| indent(line));
    let mut items: Vec<Vec<&'t str>> = Vec::new();
    let (mut within, mut taken) = (0, 0);
    for line in lines {
        let begins = item(line).filter(|item| indent(line) <= margin + 1 && item.number.is_some() == from.is_some());
        if let Some(item) = begins {
            within = item.within;
            items.push(vec![item.text]);
        } else if line.trim().is_empty() {
            if let Some(item) = items.last_mut() {
                item.push("");
            }
        } else if indent(line) > margin && !items.is_empty() {
            if let Some(item) = items.last_mut() {
                item.push(line.get(within.min(indent(line))..).unwrap_or(line));
            }
        } else {
            // A line that goes on without being indented belongs to the item, unless an empty one was before it.
            let goes_on = items.last().and_then(|item| item.last()).is_some_and(|last| !last.is_empty()) && begins_nothing(line);
            match items.last_mut() {
                Some(item) if goes_on => item.push(line),
                _ => break,
            }
        }
        taken += 1;
    }
    let items = items.iter().map(|item| of_lines(item, depth + 1)).collect();
    (Block::List { from, items }, taken)
}

fn begins_nothing(line: &str) -> bool {
    fence(line).is_none() && heading(line).is_none() && !is_rule(line) && item(line).is_none() && !line.trim_start().starts_with('>')
}

fn table<'t>(lines: &[&'t str]) -> Option<(Block<'t>, usize)> {
    let (head, under) = (lines.first()?, lines.get(1)?);
    let is_line = |cell: &&str| !cell.is_empty() && cell.chars().all(|sign| "-: ".contains(sign)) && cell.contains('-');
    let (head, under) = (cells(head)?, cells(under)?);
    if head.len() != under.len() || !under.iter().all(is_line) {
        return None;
    }
    let rows: Vec<_> = lines.iter().skip(2).map_while(|line| cells(line)).collect();
    let taken = rows.len() + 2;
    Some((Block::Table(head, rows), taken))
}

/// The cells of a line with bars; none if it has no bar.
fn cells(line: &str) -> Option<Vec<&str>> {
    if !line.contains('|') {
        return None;
    }
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = if line.ends_with("\\|") { line } else { line.strip_suffix('|').unwrap_or(line) };
    let (mut found, mut start, mut before) = (Vec::new(), 0, ' ');
    for (place, sign) in line.char_indices() {
        if sign == '|' && before != '\\' && found.len() + 1 < CELLS {
            found.push(line.get(start..place).unwrap_or_default().trim());
            start = place + 1;
        }
        before = sign;
    }
    found.push(line.get(start..).unwrap_or_default().trim());
    Some(found)
}

fn paragraph<'t>(lines: &[&'t str]) -> (Block<'t>, usize) {
    let mut found = Vec::new();
    for line in lines {
        if line.trim().is_empty() || (!found.is_empty() && !begins_nothing(line)) {
            break;
        }
        found.push(*line);
    }
    let taken = found.len();
    (Block::Paragraph(found), taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Block<'_> {
        Block::Paragraph(vec![text])
    }

    #[test]
    fn blocks_are_told_apart() {
        let text = "# A title #\nFirst line  \nsecond\n\n---\n> said\n> twice\n\n```rust\n# no title\n```\nend";
        let expected = vec![
            Block::Heading(1, "A title"),
            Block::Paragraph(vec!["First line  ", "second"]),
            Block::Rule,
            Block::Quote(vec![Block::Paragraph(vec!["said", "twice"])]),
            Block::Code(vec!["# no title"]),
            line("end"),
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn lists_lie_within_lists_and_go_on_over_lines() {
        let text = "- one\n  more\n  - inner\n- two\n\n3. third\n4. fourth";
        let inner = Block::List { from: None, items: vec![vec![line("inner")]] };
        let expected = vec![
            Block::List { from: None, items: vec![vec![Block::Paragraph(vec!["one", "more"]), inner], vec![line("two")]] },
            Block::List { from: Some(3), items: vec![vec![line("third")], vec![line("fourth")]] },
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn a_table_needs_its_line_and_bars_can_be_escaped() {
        let text = "| a | b |\n|---|:-:|\n| 1 | x \\| y |\nafter";
        assert_eq!(blocks(text), vec![Block::Table(vec!["a", "b"], vec![vec!["1", "x \\| y"]]), line("after")]);
        assert_eq!(blocks("a | b\nc | d"), vec![Block::Paragraph(vec!["a | b", "c | d"])]);
    }

    #[test]
    fn what_lies_too_deep_or_does_not_end_is_kept_as_text() {
        let deep = "> ".repeat(40) + "word";
        assert!(format!("{:?}", blocks(&deep)).contains("> word"));
        assert_eq!(blocks("```\nnever ends"), vec![Block::Code(vec!["never ends"])]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_left_out_and_every_text_ends(text in "([-#>|`*0-9. a\\n]|\\PC){0,200}") {
            let seen = format!("{:?}", blocks(&text));
            for word in text.split(|sign: char| !sign.is_alphabetic()).filter(|word| word.is_ascii()) {
                let is_fence = text.lines().any(|line| fence(line).is_some() && line.contains(word));
                proptest::prop_assert!(is_fence || seen.contains(word), "{word}");
            }
        }
    }
}
