//! Which parts of two sequences changed since a common one, and which of the changes meet?

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Who changed a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Nobody.
    Nobody,
    /// One side, or both alike.
    Ours,
    /// The other side.
    Theirs,
    /// Both, and not alike.
    Conflict,
}

/// A part of all three sequences; the parts follow one another without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) by: By,
    pub(super) base: Range<usize>,
    pub(super) ours: Range<usize>,
    pub(super) theirs: Range<usize>,
}

/// What was changed between two sequences: where in the first, and in the second.
fn changes(base: &[u32], other: &[u32]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut changes: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, base, other) {
        let (tag, from, to) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            continue;
        }
        match changes.last_mut() {
            Some((before, after)) if before.end == from.start && after.end == to.start => (before.end, after.end) = (from.end, to.end),
            _ => changes.push((from, to)),
        }
    }
    changes
}

/// One side's changes, taken one after the other.
struct Side {
    changes: std::iter::Peekable<std::vec::IntoIter<(Range<usize>, Range<usize>)>>,
    /// Up to where in this side all is taken.
    at: usize,
}

impl Side {
    fn new(base: &[u32], other: &[u32]) -> Self {
        Self { changes: changes(base, other).into_iter().peekable(), at: 0 }
    }

    fn next_start(&mut self) -> Option<usize> {
        self.changes.peek().map(|(base, _)| base.start)
    }

    /// Takes the next change if it meets what was taken so far: it overlaps it, or touches it.
    fn take_up_to(&mut self, end: usize) -> Option<usize> {
        let (base, other) = self.changes.next_if(|(base, _)| base.start <= end)?;
        // From where the change begins in this side to where it ends, and what lies before it is equal.
        self.at = other.end;
        Some(base.end)
    }
}

/// The parts of a three-way merge, as diff3 finds them (Khanna, Kunal and Pierce, 2007): changes of the two sides that overlap or touch are one part.
pub(super) fn regions(base: &[u32], ours: &[u32], theirs: &[u32]) -> Vec<Region> {
    let (mut one, mut other) = (Side::new(base, ours), Side::new(base, theirs));
    let mut regions = Vec::new();
    let mut at = 0;
    loop {
        let start = [one.next_start(), other.next_start()].into_iter().flatten().min();
        let stable = start.unwrap_or(base.len()) - at;
        if stable > 0 {
            regions.push(Region {
                by: By::Nobody,
                base: at..at + stable,
                ours: one.at..one.at + stable,
                theirs: other.at..other.at + stable,
            });
            one.at += stable;
            other.at += stable;
        }
        let Some(start) = start else { return regions };
        let (from_one, from_other) = (one.at, other.at);
        let (mut end, mut end_one, mut end_other) = (start, start, start);
        loop {
            if let Some(to) = one.take_up_to(end) {
                (end, end_one) = (end.max(to), to);
            } else if let Some(to) = other.take_up_to(end) {
                (end, end_other) = (end.max(to), to);
            } else {
                break;
            }
        }
        // A side whose last change ended earlier goes on unchanged to the end of the part.
        one.at += end - end_one;
        other.at += end - end_other;
        let region = Region { by: By::Conflict, base: start..end, ours: from_one..one.at, theirs: from_other..other.at };
        let (was, mine, its) = (base.get(region.base.clone()), ours.get(region.ours.clone()), theirs.get(region.theirs.clone()));
        let by = if mine == its || its == was {
            By::Ours
        } else if mine == was {
            By::Theirs
        } else {
            By::Conflict
        };
        at = end;
        regions.push(Region { by, ..region });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_touch_are_one() {
        let found: Vec<(By, Range<usize>)> = regions(&[1, 2, 3, 4, 5, 6], &[1, 9, 3, 4, 5, 6, 7], &[1, 2, 8, 4, 5, 6])
            .into_iter()
            .map(|part| (part.by, part.base))
            .collect();
        assert_eq!(found, [(By::Nobody, 0..1), (By::Conflict, 1..3), (By::Nobody, 3..6), (By::Ours, 6..6)]);
        let apart: Vec<By> = regions(&[1, 2, 3], &[9, 2, 3], &[1, 2, 8]).into_iter().map(|part| part.by).collect();
        assert_eq!(apart, [By::Ours, By::Nobody, By::Theirs]);
        assert!(regions(&[], &[], &[]).is_empty());
    }
}
