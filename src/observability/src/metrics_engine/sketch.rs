//! How are quantiles kept in little memory, and merged? In a DDSketch: counts of logarithmic bins.
//!
//! After C. Masson, J. E. Rim and H. K. Lee, "DDSketch: A fast and fully-mergeable quantile sketch with relative-error
//! guarantees", VLDB 2019. Bin `i` counts the values in (γ^(i-1), γ^i] with γ = (1 + α) / (1 - α); any value of a bin is
//! within the relative error α of 2γ^i / (γ + 1). At most 2,048 bins are kept: beyond that the lowest are put together,
//! so that only the lowest quantiles lose their precision. Which values are put together depends on the values alone,
//! not on their order, so merging sketches gives exactly the sketch of all their values.

use std::collections::BTreeMap;

/// The relative error of quantiles.
pub const RELATIVE_ERROR: f64 = 0.01;
/// The most bins that are kept.
pub const MAXIMUM_BINS: usize = 2_048;
/// Values below this count as zero.
pub const SMALLEST: f64 = 1e-3;
/// Values above this count as it.
pub const LARGEST: f64 = 1e15;

const GAMMA: f64 = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR);
/// ln γ, which no constant expression can compute; a test compares it.
const LN_GAMMA: f64 = 0.020_000_666_706_669_435;
/// The bins of the smallest and the largest value.
const LOWEST_BIN: i32 = -346;
const HIGHEST_BIN: i32 = 1_728;

/// The first byte of the encoding.
const VERSION: u8 = 1;

/// Counts of values from which quantiles with a bounded relative error are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    zeros: u64,
    bins: BTreeMap<i32, u64>,
}

/// Why bytes are no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Made by a version that this program does not know.
    #[error("version {0} of the encoding is not known")]
    Version(u8),
    /// Not what this encoding writes.
    #[error("the bytes are damaged: {0}")]
    Damaged(&'static str),
}

impl Sketch {
    /// Counts a value. Negative values count as zero; what is not a number does not count.
    pub fn record(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        if value < SMALLEST {
            self.zeros = self.zeros.saturating_add(1);
            return;
        }
        // In range of i32 by a wide margin: see LOWEST_BIN and HIGHEST_BIN.
        let bin = (value.min(LARGEST).ln() / LN_GAMMA).ceil() as i32;
        self.add(bin, 1);
        self.collapse();
    }

    /// Adds all values of another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.zeros = self.zeros.saturating_add(other.zeros);
        for (&bin, &count) in &other.bins {
            self.add(bin, count);
        }
        self.collapse();
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bins.values().fold(self.zeros, |sum, count| sum.saturating_add(*count))
    }

    /// How many bins are kept.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.bins.len()
    }

    /// The value with this share of the others below it, 0 to 1; `None` if nothing was counted.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = (share.clamp(0.0, 1.0) * (count - 1) as f64).floor() as u64;
        let mut seen = self.zeros;
        if seen > rank {
            return Some(0.0);
        }
        for (&bin, &count) in &self.bins {
            seen = seen.saturating_add(count);
            if seen > rank {
                return Some(middle(bin));
            }
        }
        // Only rounding of a rank beyond 2^53 gets here.
        self.bins.keys().next_back().map(|&bin| middle(bin))
    }

    fn add(&mut self, bin: i32, count: u64) {
        let counted = self.bins.entry(bin).or_default();
        *counted = counted.saturating_add(count);
    }

    fn collapse(&mut self) {
        while self.bins.len() > MAXIMUM_BINS {
            let Some((_, count)) = self.bins.pop_first() else { return };
            if let Some(mut lowest) = self.bins.first_entry() {
                *lowest.get_mut() = lowest.get().saturating_add(count);
            }
        }
    }

    /// The sketch as bytes: a version, then as varints the zeros, the number of bins, and for each bin the distance
    /// from the one before and its count.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + self.bins.len() * 3);
        bytes.push(VERSION);
        write_varint(&mut bytes, self.zeros);
        write_varint(&mut bytes, self.bins.len() as u64);
        let mut previous = LOWEST_BIN - 1;
        for (&bin, &count) in &self.bins {
            write_varint(&mut bytes, u64::from((bin - previous).unsigned_abs()));
            write_varint(&mut bytes, count);
            previous = bin;
        }
        bytes
    }

    /// The sketch that was written as these bytes; no bytes are an empty sketch.
    ///
    /// # Errors
    /// If this encoding did not write them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let Some((&version, mut rest)) = bytes.split_first() else { return Ok(Self::default()) };
        if version != VERSION {
            return Err(Error::Version(version));
        }
        let zeros = read_varint(&mut rest)?;
        let count = read_varint(&mut rest)?;
        if count > MAXIMUM_BINS as u64 {
            return Err(Error::Damaged("too many bins"));
        }
        let mut bins = BTreeMap::new();
        let mut previous = i64::from(LOWEST_BIN) - 1;
        for _ in 0..count {
            let distance = i64::try_from(read_varint(&mut rest)?).map_err(|_| Error::Damaged("a bin out of range"))?;
            let bin = previous.saturating_add(distance);
            if distance == 0 || bin > i64::from(HIGHEST_BIN) {
                return Err(Error::Damaged("a bin out of range"));
            }
            let counted = read_varint(&mut rest)?;
            if counted == 0 {
                return Err(Error::Damaged("an empty bin"));
            }
            bins.insert(i32::try_from(bin).map_err(|_| Error::Damaged("a bin out of range"))?, counted);
            previous = bin;
        }
        if rest.is_empty() { Ok(Self { zeros, bins }) } else { Err(Error::Damaged("bytes are left over")) }
    }
}

/// The value that is within the relative error of all values of a bin.
fn middle(bin: i32) -> f64 {
    (f64::from(bin) * LN_GAMMA).exp() * 2.0 / (GAMMA + 1.0)
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Result<u64, Error> {
    let mut value = 0u64;
    for shift in (0..u64::BITS).step_by(7) {
        let Some((&byte, rest)) = bytes.split_first() else { return Err(Error::Damaged("bytes are missing")) };
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return Err(Error::Damaged("a number is too large"));
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            // One number, one spelling: no empty last byte.
            return if byte == 0 && shift > 0 { Err(Error::Damaged("a number is padded")) } else { Ok(value) };
        }
    }
    Err(Error::Damaged("a number is too long"))
}

#[cfg(test)]
#[path = "sketch_tests.rs"]
mod tests;
