//! Which stretches of code stand in several places?
//!
//! Copies are compared token by token, as CCFinder does (Kamiya, Kusumoto, Inoue 2002). Every window of N tokens gets a hash that is
//! rolled on from the window before (Karp and Rabin 1987); equal hashes, found by sorting, make a class. A class whose members all go
//! on into one other class of the same size is a part of a longer copy, so a chain of classes is one copy; it then grows to both sides
//! while the tokens of all places agree. Every copy is held against the first, token by token, before it is told: no hash is trusted.
//! The time is that of sorting the windows, and growing has a bound of its own.

pub(crate) mod tokens;

use std::collections::BTreeSet;

use baton_agents_runtime::{Context, SkillError};
use tokens::Token;

/// The most tokens that are compared; files beyond are left out.
pub(crate) const MAXIMUM_TOKENS: usize = 4_000_000;
/// The most steps that copies grow by, all together.
const GROWTH: u64 = 50_000_000;
/// The most places of one group that are kept.
const PLACES: usize = 1_000;
/// Steps between two looks at whether to stop.
const CHECK_EVERY: usize = 65_536;
/// The modulus of the hash, a Mersenne prime, and its base.
const MODULUS: u64 = (1 << 61) - 1;
const BASE: u64 = 0x1f3d_5b79_a6c4_e281 % MODULUS;

/// A place of a copy: which file, and its lines from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) line: usize,
    pub(crate) end_line: usize,
}

/// A stretch of code and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) tokens: usize,
    pub(crate) places: Vec<Place>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Duplication {
    /// The longest first.
    pub(crate) groups: Vec<Group>,
    /// How many lines of each file stand in a copy, the first one included.
    pub(crate) lines: Vec<usize>,
    pub(crate) tokens: usize,
}

/// All tokens in a row; a token of no other value stands between files.
struct Row<'a> {
    files: &'a [Vec<Token>],
    values: Vec<u64>,
    /// Where each file begins.
    starts: Vec<usize>,
}

impl Row<'_> {
    fn file(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn place(&self, at: usize, length: usize) -> Option<Place> {
        let file = self.file(at);
        let own = self.files.get(file)?;
        let begin = at - self.starts[file];
        let (first, last) = (own.get(begin)?, own.get(begin + length - 1)?);
        Some(Place { file, line: first.row as usize + 1, end_line: last.end_row as usize + 1 })
    }
}

/// Finds copies of at least so many tokens and lines among the tokens of files.
pub(crate) fn find(context: &Context, files: &[Vec<Token>], least_tokens: usize, least_lines: usize) -> Result<Duplication, SkillError> {
    let mut row = Row { files, values: Vec::new(), starts: Vec::new() };
    for (place, tokens) in files.iter().enumerate() {
        row.starts.push(row.values.len());
        row.values.extend(tokens.iter().map(|token| token.value));
        // Different for each file, so that no copy goes over the end of one.
        row.values.push(place as u64 ^ 0x8000_0000_0000_0000);
    }
    let tokens = row.values.len() - files.len();
    let windows = windows(context, &row.values, least_tokens)?;
    let groups = groups(context, &row, &windows, least_tokens, least_lines)?;
    let mut marked: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); files.len()];
    let mut kept: Vec<Group> = Vec::new();
    for group in groups {
        let mut new = 0;
        for place in &group.places {
            new += (place.line..=place.end_line).filter(|line| marked[place.file].insert(*line)).count();
        }
        // What only repeats a part of longer copies says nothing new.
        if new > 0 {
            kept.push(group);
        }
    }
    Ok(Duplication { groups: kept, lines: marked.iter().map(BTreeSet::len).collect(), tokens })
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let folded = (product & u128::from(MODULUS)) + (product >> 61);
    let folded = (folded & u128::from(MODULUS)) + (folded >> 61);
    u64::try_from(folded).unwrap_or(0) % MODULUS
}

/// The hash and the place of every window, sorted.
fn windows(context: &Context, values: &[u64], length: usize) -> Result<Vec<(u64, u32)>, SkillError> {
    if length == 0 || values.len() < length {
        return Ok(Vec::new());
    }
    let mut weight = 1;
    for _ in 1..length {
        weight = times(weight, BASE);
    }
    let mut hash = 0u64;
    let mut windows = Vec::with_capacity(values.len() - length + 1);
    for (place, value) in values.iter().enumerate() {
        if place.is_multiple_of(CHECK_EVERY) {
            context.check()?;
        }
        if place >= length {
            let leaving = times(values[place - length] % MODULUS, weight);
            hash = (hash + MODULUS - leaving) % MODULUS;
        }
        hash = (times(hash, BASE) + value % MODULUS) % MODULUS;
        if place + 1 >= length {
            windows.push((hash, u32::try_from(place + 1 - length).unwrap_or(u32::MAX)));
        }
    }
    windows.sort_unstable();
    context.check()?;
    Ok(windows)
}

fn groups(
    context: &Context,
    row: &Row<'_>,
    windows: &[(u64, u32)],
    least_tokens: usize,
    least_lines: usize,
) -> Result<Vec<Group>, SkillError> {
    const ALONE: u32 = u32::MAX;
    // The class of each window by its place, and where each class lies in the sorted windows.
    let mut class = vec![ALONE; row.values.len()];
    let mut classes: Vec<(usize, usize)> = Vec::new();
    let mut begin = 0;
    while begin < windows.len() {
        let hash = windows[begin].0;
        let end = begin + windows[begin..].partition_point(|window| window.0 == hash);
        if end - begin > 1 {
            let id = u32::try_from(classes.len()).unwrap_or(ALONE);
            for window in &windows[begin..end] {
                class[window.1 as usize] = id;
            }
            classes.push((begin, end));
        }
        begin = end;
    }
    let class_at = |at: usize| class.get(at).copied().filter(|id| *id != ALONE);
    // The class that all members of a class go on into, if it has no other members.
    let next = |id: u32| -> Option<u32> {
        let (begin, end) = classes[id as usize];
        let after = class_at(windows[begin].1 as usize + 1)?;
        let (next_begin, next_end) = classes[after as usize];
        let same = next_end - next_begin == end - begin
            && after != id
            && windows[begin..end].iter().zip(&windows[next_begin..next_end]).all(|(one, other)| one.1 + 1 == other.1);
        same.then_some(after)
    };
    let mut inner = vec![false; classes.len()];
    let mut follows = vec![ALONE; classes.len()];
    for (id, follow) in follows.iter_mut().enumerate() {
        if id.is_multiple_of(CHECK_EVERY) {
            context.check()?;
        }
        if let Some(after) = next(u32::try_from(id).unwrap_or(ALONE)) {
            inner[after as usize] = true;
            *follow = after;
        }
    }
    let mut budget = GROWTH;
    let mut found: Vec<Group> = Vec::new();
    let mut known: BTreeSet<(usize, usize, usize)> = BTreeSet::new();
    for id in 0..classes.len() {
        if id.is_multiple_of(1_024) {
            context.check()?;
        }
        if inner[id] {
            continue;
        }
        let mut length = least_tokens;
        let mut last = id;
        while follows[last] != ALONE {
            last = follows[last] as usize;
            length += 1;
        }
        let (begin, end) = classes[id];
        // Of what repeats itself, places that do not overlap.
        let mut starts: Vec<usize> = Vec::new();
        for window in &windows[begin..end] {
            let start = window.1 as usize;
            if starts.last().is_none_or(|last| start >= last + length) {
                starts.push(start);
            }
            if starts.len() >= PLACES {
                break;
            }
        }
        let Some(gap) = starts.windows(2).map(|pair| pair[1] - pair[0]).min() else { continue };
        let agree = |places: &[usize], offset: isize, budget: &mut u64| -> bool {
            let at = |place: usize| place.checked_add_signed(offset).and_then(|place| row.values.get(place));
            *budget = budget.saturating_sub(places.len() as u64);
            let Some(first) = places.first().and_then(|place| at(*place)) else { return false };
            *budget > 0 && places.iter().all(|place| at(*place) == Some(first))
        };
        let mut before = 0isize;
        while length + before.unsigned_abs() < gap && agree(&starts, before - 1, &mut budget) {
            before -= 1;
        }
        while length + before.unsigned_abs() < gap && agree(&starts, length as isize, &mut budget) {
            length += 1;
        }
        for start in &mut starts {
            *start = start.saturating_add_signed(before);
        }
        length += before.unsigned_abs();
        // Equal hashes are not yet equal tokens, and places that overlap are one.
        let first = starts[0];
        let mut places: Vec<usize> = Vec::new();
        for start in starts {
            let apart = places.last().is_none_or(|last| start >= last + length);
            if apart && row.values.get(start..start + length) == row.values.get(first..first + length) {
                places.push(start);
            }
        }
        if places.len() < 2 || !known.insert((places[0], length, places.len())) {
            continue;
        }
        let places: Vec<Place> = places.iter().filter_map(|start| row.place(*start, length)).collect();
        if places.len() > 1 && places.iter().all(|place| place.end_line - place.line + 1 >= least_lines) {
            found.push(Group { tokens: length, places });
        }
    }
    found.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| b.places.len().cmp(&a.places.len())).then_with(|| a.places.cmp(&b.places)));
    Ok(found)
}
