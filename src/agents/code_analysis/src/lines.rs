//! Which lines hold code, which only comments, and which nothing.

use serde::Serialize;

/// Lines by what they hold. A line with code and a comment holds code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub(crate) struct Lines {
    pub(crate) total: usize,
    pub(crate) code: usize,
    pub(crate) comment: usize,
    pub(crate) blank: usize,
}

impl Lines {
    /// The lines of two sources together.
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            code: self.code + other.code,
            comment: self.comment + other.comment,
            blank: self.blank + other.blank,
        }
    }
}

/// Marks lines while a tree is walked.
pub(crate) struct Marks {
    code: Vec<bool>,
    comment: Vec<bool>,
}

impl Marks {
    /// For a source.
    pub(crate) fn of(text: &str) -> Self {
        let total = text.lines().count();
        Self { code: vec![false; total], comment: vec![false; total] }
    }

    /// For a source that was not understood: what is not blank counts as code.
    pub(crate) fn unread(text: &str) -> Self {
        let code: Vec<bool> = text.lines().map(|line| !line.trim().is_empty()).collect();
        Self { comment: vec![false; code.len()], code }
    }

    /// A token of code from one line to another, both included.
    pub(crate) fn code(&mut self, from: usize, to: usize) {
        mark(&mut self.code, from, to);
    }

    /// A comment.
    pub(crate) fn comment(&mut self, from: usize, to: usize) {
        mark(&mut self.comment, from, to);
    }

    /// The counts.
    pub(crate) fn count(&self) -> Lines {
        let total = self.code.len();
        let code = self.code.iter().filter(|marked| **marked).count();
        let comment = self.comment.iter().zip(&self.code).filter(|(comment, code)| **comment && !**code).count();
        Lines { total, code, comment, blank: total - code - comment }
    }
}

fn mark(lines: &mut [bool], from: usize, to: usize) {
    let end = to.saturating_add(1).min(lines.len());
    if from < end {
        lines[from..end].fill(true);
    }
}
