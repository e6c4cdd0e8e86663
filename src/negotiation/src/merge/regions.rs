//! Which parts of two sequences changed since a common one, and which of the changes meet?

use std::collections::HashMap;
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

/// How long two stretches may be to be searched for the fewest changes; noise of that length takes about a second.
const SEARCHED: usize = 100_000;

/// What was changed between two sequences: where in the first, and in the second.
fn changes(base: &[u32], other: &[u32]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut changes = Vec::new();
    compare(base, other, (0, 0), true, &mut changes);
    changes
}

/// Compares two stretches that begin at these places. What is too long for a search is first cut at the items that both have just once, in the longest
/// run that keeps their order, as patience diff does; where there are none, it is one change from beginning to end.
fn compare(base: &[u32], other: &[u32], at: (usize, usize), cut: bool, changes: &mut Vec<(Range<usize>, Range<usize>)>) {
    let alike = base.iter().zip(other).take_while(|(one, other)| one == other).count();
    let (base, other, at) = (&base[alike..], &other[alike..], (at.0 + alike, at.1 + alike));
    let alike = base.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (base, other) = (&base[..base.len() - alike], &other[..other.len() - alike]);
    let mut change = |from: Range<usize>, to: Range<usize>| {
        let (from, to) = (from.start + at.0..from.end + at.0, to.start + at.1..to.end + at.1);
        match changes.last_mut() {
            Some((before, after)) if before.end == from.start && after.end == to.start => (before.end, after.end) = (from.end, to.end),
            _ => changes.push((from, to)),
        }
    };
    if base.is_empty() && other.is_empty() {
        return;
    }
    if base.is_empty() || other.is_empty() {
        return change(0..base.len(), 0..other.len());
    }
    if base.len().max(other.len()) <= SEARCHED {
        for op in capture_diff_slices(Algorithm::Myers, base, other) {
            let (tag, from, to) = op.as_tag_tuple();
            if tag != DiffTag::Equal {
                change(from, to);
            }
        }
        return;
    }
    let anchors = if cut { anchors(base, other) } else { Vec::new() };
    if anchors.is_empty() {
        return change(0..base.len(), 0..other.len());
    }
    let (mut from, mut to) = (0, 0);
    for (next, place) in anchors.into_iter().chain([(base.len(), other.len())]) {
        compare(&base[from..next], &other[to..place], (at.0 + from, at.1 + to), false, changes);
        (from, to) = (next, place);
    }
}

/// The items that each sequence has just once: the longest run of them that is in the same order in both.
fn anchors(base: &[u32], other: &[u32]) -> Vec<(usize, usize)> {
    let once = |items: &[u32]| {
        let mut places: HashMap<u32, Option<usize>> = HashMap::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            places.entry(*item).and_modify(|place| *place = None).or_insert(Some(at));
        }
        places
    };
    let (in_base, in_other) = (once(base), once(other));
    let both = base.iter().enumerate().filter_map(|(at, item)| {
        in_base.get(item).copied().flatten()?;
        Some((at, in_other.get(item).copied().flatten()?))
    });
    let pairs: Vec<(usize, usize)> = both.collect();
    // The longest increasing subsequence: the end of the best run of each length, and what stood before each pair.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(pairs.len()));
    for (index, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < pair.1);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() { ends.push(index) } else { ends[length] = index }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        run.push(pairs[index]);
        next = before[index];
    }
    run.reverse();
    run
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

    #[test]
    fn long_sequences_are_cut_where_both_have_an_item_once() {
        assert_eq!(anchors(&[1, 2, 9, 9, 3, 4], &[4, 1, 9, 3, 2]), [(0, 1), (4, 3)]);
        let count = u32::try_from(SEARCHED).unwrap() * 3;
        let base: Vec<u32> = (0..count).collect();
        let mut other = base.clone();
        // Something at both ends, so that neither is alike, and a change inside.
        for at in [0, SEARCHED + 7, base.len() - 1] {
            other[at] = u32::MAX - u32::try_from(at).unwrap();
        }
        other.remove(SEARCHED * 2);
        let found: Vec<Range<usize>> = changes(&base, &other).into_iter().map(|(base, _)| base).collect();
        assert_eq!(found, [0..1, SEARCHED + 7..SEARCHED + 8, SEARCHED * 2..SEARCHED * 2 + 1, base.len() - 1..base.len()]);
        // Without any it is one change.
        let noise: Vec<u32> = base.iter().map(|item| item / 7 % 2).collect();
        assert_eq!(changes(&noise, &base.iter().map(|item| 5 + item % 2).collect::<Vec<_>>()), [(0..base.len(), 0..base.len())]);
    }
}
