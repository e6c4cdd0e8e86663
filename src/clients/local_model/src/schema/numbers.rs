//! Which digits make a number within a range? Ranges are cut into patterns of digits, without leading zeros.

use super::compile::Compiler;
use super::grammar::{Node, NodeId, schema_error};
use crate::LocalModelError;

/// The largest number written where the schema sets no bound: all whole numbers to here are exact in JavaScript too.
pub(super) const LARGEST: i128 = 999_999_999_999_999;
/// Digits behind the point, where the range does not ask for more.
const DECIMALS: u32 = 4;
/// Digits behind the point at most.
const MOST_DECIMALS: u32 = 12;

/// The bounds of a number, as its schema has them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    pub(super) least: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) most: Option<f64>,
    pub(super) below: Option<f64>,
}

impl Bounds {
    pub(super) fn allow(&self, x: f64) -> bool {
        self.least.is_none_or(|bound| x >= bound)
            && self.above.is_none_or(|bound| x > bound)
            && self.most.is_none_or(|bound| x <= bound)
            && self.below.is_none_or(|bound| x < bound)
    }

    const fn none(&self) -> bool {
        self.least.is_none() && self.above.is_none() && self.most.is_none() && self.below.is_none()
    }

    /// The first and last multiple of 10^-decimals within the bounds, as multiples.
    fn multiples(&self, decimals: u32) -> (i128, i128) {
        let unit = 10_f64.powi(decimals as i32);
        let largest = LARGEST * 10_i128.pow(decimals);
        let low = self.least.into_iter().chain(self.above).fold(f64::NEG_INFINITY, f64::max);
        let high = self.most.into_iter().chain(self.below).fold(f64::INFINITY, f64::min);
        let mut first = if low.is_finite() { (low * unit).ceil() as i128 } else { -largest };
        let mut last = if high.is_finite() { (high * unit).floor() as i128 } else { largest };
        if low.is_finite() && !high.is_finite() {
            last = last.max(first.saturating_add(largest));
        }
        if high.is_finite() && !low.is_finite() {
            first = first.min(last.saturating_sub(largest));
        }
        // What is written is what is compared: rounding must not let a number out of its range, by a step or two.
        for _ in 0..3 {
            first += i128::from(first <= last && !self.allow(written(first, decimals)));
            last -= i128::from(first <= last && !self.allow(written(last, decimals)));
        }
        (first, last)
    }
}

/// The number that a reader makes of so many multiples.
fn written(multiples: i128, decimals: u32) -> f64 {
    let unit = 10_u128.pow(decimals);
    let size = multiples.unsigned_abs();
    let text = format!("{}{}.{:0width$}", if multiples < 0 { "-" } else { "" }, size / unit, size % unit, width = decimals as usize);
    text.trim_end_matches('.').parse().unwrap_or(f64::NAN)
}

impl Compiler<'_> {
    /// A whole number.
    pub(super) fn integer(&mut self, at: &str, bounds: &Bounds) -> Result<NodeId, LocalModelError> {
        let (first, last) = bounds.multiples(0);
        self.multiples(first, last, 0)?.ok_or_else(|| schema_error(at, "no whole number lies within the bounds"))
    }

    /// A number, perhaps with digits behind the point.
    pub(super) fn number(&mut self, at: &str, bounds: &Bounds) -> Result<NodeId, LocalModelError> {
        if bounds.none() {
            return self.any_number();
        }
        let mut choices = Vec::new();
        for decimals in 0..=MOST_DECIMALS {
            if decimals > DECIMALS && !choices.is_empty() {
                break;
            }
            let (first, last) = bounds.multiples(decimals);
            choices.extend(self.multiples(first, last, decimals)?);
        }
        if choices.is_empty() {
            return Err(schema_error(at, "no number of at most 12 decimals lies within the bounds"));
        }
        self.push(Node::Choice(choices))
    }

    /// A number without bounds, but of a size that all readers hold.
    fn any_number(&mut self) -> Result<NodeId, LocalModelError> {
        let nothing = self.push(Node::Sequence(Box::default()))?;
        let minus = self.literal("-")?;
        let sign = self.push(Node::Choice(vec![nothing, minus]))?;
        let zero = self.literal("0")?;
        let leading = self.push(Node::Digit(b'1', b'9'))?;
        let more = self.digits(0, 14)?;
        let whole = self.push(Node::Sequence([leading, more].into()))?;
        let whole = self.push(Node::Choice(vec![zero, whole]))?;
        let point = self.literal(".")?;
        let decimals = self.digits(1, 6)?;
        let decimals = self.push(Node::Sequence([point, decimals].into()))?;
        let decimals = self.push(Node::Choice(vec![nothing, decimals]))?;
        self.push(Node::Sequence([sign, whole, decimals].into()))
    }

    fn digits(&mut self, least: u32, most: u32) -> Result<NodeId, LocalModelError> {
        let digit = self.push(Node::Digit(b'0', b'9'))?;
        self.push(Node::Repeat { first: digit, further: digit, least, most })
    }

    /// All multiples of 10^-decimals from the first to the last; nothing if there are none.
    fn multiples(&mut self, first: i128, last: i128, decimals: u32) -> Result<Option<NodeId>, LocalModelError> {
        let mut choices = Vec::new();
        if first < 0 && first <= last {
            let sizes = self.sizes(last.min(-1).unsigned_abs(), first.unsigned_abs(), decimals)?;
            let minus = self.literal("-")?;
            choices.push(self.push(Node::Sequence([minus, sizes].into()))?);
        }
        if last >= 0 && first <= last {
            choices.push(self.sizes(first.max(0).unsigned_abs(), last.unsigned_abs(), decimals)?);
        }
        if choices.is_empty() { Ok(None) } else { self.push(Node::Choice(choices)).map(Some) }
    }

    /// The same without signs, by how many digits they have.
    fn sizes(&mut self, first: u128, last: u128, decimals: u32) -> Result<NodeId, LocalModelError> {
        let mut choices = Vec::new();
        let shortest = decimals as usize + 1;
        for length in shortest.. {
            let lowest = if length == shortest { 0 } else { 10_u128.pow(length as u32 - 1) };
            let highest = 10_u128.pow(length as u32) - 1;
            if lowest > last {
                break;
            }
            if highest >= first {
                let digits = |n: u128| format!("{n:0length$}").into_bytes();
                choices.push(self.pattern(&digits(first.max(lowest)), &digits(last.min(highest)), decimals as usize)?);
            }
        }
        self.push(Node::Choice(choices))
    }

    /// Digits from the low to the high ones, of one length, with a point before the last `decimals`.
    fn pattern(&mut self, low: &[u8], high: &[u8], decimals: usize) -> Result<NodeId, LocalModelError> {
        if low.is_empty() {
            return self.push(Node::Sequence(Box::default()));
        }
        if low.len() == decimals {
            let point = self.literal(".")?;
            let rest = self.pattern(low, high, 0)?;
            return self.push(Node::Sequence([point, rest].into()));
        }
        let zeros = |digits: &[u8]| digits.iter().all(|digit| *digit == b'0');
        let nines = |digits: &[u8]| digits.iter().all(|digit| *digit == b'9');
        if decimals == 0 && zeros(low) && nines(high) {
            return self.digits(low.len() as u32, low.len() as u32);
        }
        let ((from, low), (to, high)) = ((low[0], &low[1..]), (high[0], &high[1..]));
        if from == to {
            return self.digit_and(from, to, low, high, decimals);
        }
        let (least, most) = (vec![b'0'; low.len()], vec![b'9'; low.len()]);
        let (mut inner_from, mut inner_to) = (from, to);
        let mut choices = Vec::new();
        if !zeros(low) {
            choices.push(self.digit_and(from, from, low, &most, decimals)?);
            inner_from += 1;
        }
        if !nines(high) {
            choices.push(self.digit_and(to, to, &least, high, decimals)?);
            inner_to -= 1;
        }
        if inner_from <= inner_to {
            choices.push(self.digit_and(inner_from, inner_to, &least, &most, decimals)?);
        }
        self.push(Node::Choice(choices))
    }

    fn digit_and(&mut self, from: u8, to: u8, low: &[u8], high: &[u8], decimals: usize) -> Result<NodeId, LocalModelError> {
        let digit = self.push(Node::Digit(from, to))?;
        let rest = self.pattern(low, high, decimals)?;
        self.push(Node::Sequence([digit, rest].into()))
    }
}
