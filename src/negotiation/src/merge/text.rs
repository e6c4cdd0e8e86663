//! What do two changes of one text make together?

use std::collections::{BTreeSet, HashMap};

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};

use super::regions::{By, regions};

/// The largest text in bytes.
pub const MAXIMUM_TEXT: usize = 4 * 1024 * 1024;
/// The most lines of a text.
pub const MAXIMUM_LINES: usize = 1_000_000;
/// The shortest marker of a conflict.
const MARKER: usize = 7;
/// The longest marker of a conflict: longer ones would multiply a text that has many conflicts.
const MAXIMUM_MARKER: usize = 64;
/// The longest label in bytes.
const MAXIMUM_LABEL: usize = 100;

/// What the sides are called where they conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// What is stored now.
    pub ours: String,
    /// What both stand on.
    pub base: String,
    /// What was to be stored.
    pub theirs: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self { ours: "ours".into(), base: "base".into(), theirs: "theirs".into() }
    }
}

/// A part that both changed, and not alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// From which line of the base, from 1.
    pub line: usize,
    /// What it was.
    pub base: String,
    /// What one made of it.
    pub ours: String,
    /// What the other made of it.
    pub theirs: String,
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedText {
    /// The text; conflicts stand in it between markers, the base's part among them.
    pub text: String,
    /// The conflicts, from the top.
    pub conflicts: Vec<Hunk>,
}

/// What to take of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// What it was.
    Base,
    /// What one made of it.
    Ours,
    /// What the other made of it.
    Theirs,
    /// What one made of it, and then what the other did.
    Both,
}

/// Merges two changes of a text, line by line. A line keeps its own ending.
///
/// # Errors
/// [`Code::MergeTooLarge`] for texts beyond the bounds.
pub fn merge_texts(base: &str, ours: &str, theirs: &str, labels: &Labels) -> Result<MergedText, Problem> {
    let mut conflicts = Vec::new();
    let used: BTreeSet<usize> = [base, ours, theirs].into_iter().flat_map(str::lines).flat_map(marker_widths).collect();
    let longest = used.last().copied().unwrap_or(0).max(MARKER - 1) + 1;
    // Longer than all if that is short enough, and otherwise at least as long as none.
    let free = || (MARKER..=MAXIMUM_MARKER).rev().find(|width| !used.contains(width));
    let width = if longest <= MAXIMUM_MARKER { Some(longest) } else { free() };
    let width = width.ok_or_else(|| {
        let detail = "Lines of the texts begin with markers of every length from 7 to 64, so that no conflict could be marked.";
        Problem::new(Code::MergeTooLarge, detail)
    })?;
    let text = merge_with(base, ours, theirs, |hunk, text| {
        for (sign, label, part) in [('<', Some(&labels.ours), &hunk.ours), ('|', Some(&labels.base), &hunk.base), ('=', None, &hunk.theirs)]
        {
            marker(text, sign, width, label);
            text.push_str(part);
        }
        marker(text, '>', width, Some(&labels.theirs));
        conflicts.push(hunk);
        Ok(())
    })?;
    Ok(MergedText { text, conflicts })
}

/// Merges, and settles each conflict as it was picked, from the top.
///
/// # Errors
/// [`Code::MergeTooLarge`] for texts beyond the bounds, [`Code::ConflictMoved`] if there are not as many conflicts as picks.
pub fn settle_texts(base: &str, ours: &str, theirs: &str, picks: &[Pick]) -> Result<String, Problem> {
    let mut left = picks.iter();
    let wrong = || Problem::new(Code::ConflictMoved, format!("There are not {} conflicts. Look at the conflicts again.", picks.len()));
    let text = merge_with(base, ours, theirs, |hunk, text| {
        let parts: &[&str] = match left.next().ok_or_else(wrong)? {
            Pick::Base => &[&hunk.base],
            Pick::Ours => &[&hunk.ours],
            Pick::Theirs => &[&hunk.theirs],
            Pick::Both => &[&hunk.ours, &hunk.theirs],
        };
        for part in parts {
            end_line(text);
            text.push_str(part);
        }
        Ok(())
    })?;
    if left.next().is_some() { Err(wrong()) } else { Ok(text) }
}

fn merge_with(
    base: &str,
    ours: &str,
    theirs: &str,
    mut conflict: impl FnMut(Hunk, &mut String) -> Result<(), Problem>,
) -> Result<String, Problem> {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut lines = [Vec::new(), Vec::new(), Vec::new()];
    let mut numbers = [Vec::new(), Vec::new(), Vec::new()];
    for ((text, lines), numbers) in [base, ours, theirs].into_iter().zip(&mut lines).zip(&mut numbers) {
        if text.len() > MAXIMUM_TEXT {
            return Err(Problem::new(Code::MergeTooLarge, format!("A text has {} bytes; a merge reads 4 MiB.", text.len())));
        }
        for line in text.split_inclusive('\n') {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            numbers.push(*known.entry(line).or_insert(next));
            lines.push(line);
        }
        if lines.len() > MAXIMUM_LINES {
            return Err(Problem::new(Code::MergeTooLarge, format!("A text has {} lines; a merge reads 1,000,000.", lines.len())));
        }
    }
    let [base, ours, theirs] = lines;
    let part = |lines: &[&str], range: std::ops::Range<usize>| lines.get(range).unwrap_or_default().concat();
    let mut text = String::new();
    for region in regions(&numbers[0], &numbers[1], &numbers[2]) {
        match region.by {
            By::Conflict => {
                let line = region.base.start + 1;
                let hunk =
                    Hunk { line, base: part(&base, region.base), ours: part(&ours, region.ours), theirs: part(&theirs, region.theirs) };
                conflict(hunk, &mut text)?;
            }
            by => {
                let (lines, range) = if by == By::Theirs { (&theirs, region.theirs) } else { (&ours, region.ours) };
                let lines = lines.get(range).unwrap_or_default();
                if !lines.is_empty() {
                    end_line(&mut text);
                }
                lines.iter().for_each(|line| text.push_str(line));
            }
        }
    }
    Ok(text)
}

/// A last line without an end must not run into what follows it.
fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// How many signs of a marker a line begins with, if any: markers are made of another length, so that they can be told from the text.
fn marker_widths(line: &str) -> Option<usize> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '<' | '|' | '=' | '>'))?;
    Some(line.chars().take_while(|found| *found == sign).count())
}

fn marker(text: &mut String, sign: char, width: usize, label: Option<&String>) {
    end_line(text);
    text.extend(std::iter::repeat_n(sign, width));
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        text.push(' ');
        let mut left = MAXIMUM_LABEL;
        for letter in label.chars() {
            left = left.saturating_sub(letter.len_utf8());
            if left == 0 {
                break;
            }
            text.push(if letter.is_control() { ' ' } else { letter });
        }
    }
    text.push('\n');
}
