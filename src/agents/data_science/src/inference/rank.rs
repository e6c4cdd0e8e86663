//! Whether distributions are shifted, by ranks alone: Mann and Whitney, Wilcoxon's signed ranks, Kruskal and Wallis, Dunn.

use serde::Deserialize;

use super::sample::ranks;
use super::student::Alternative;
use crate::distribution::chi_square_above;
use crate::special::normal_tails;

/// How a probability is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Exactly in small samples without ties, else by the normal distribution.
    #[default]
    Auto,
    Exact,
    Asymptotic,
}

/// The most outcomes that an exact distribution is counted over: the product of the sizes.
pub(crate) const MAXIMUM_EXACT: usize = 40_000;
/// A sample this small is counted exactly (SciPy's bound).
const SMALL: usize = 8;
/// The most pairs of Wilcoxon's test that are counted exactly without being asked (SciPy's bound).
const SMALL_PAIRS: usize = 50;
/// The most pairs that are counted exactly at all.
pub(crate) const MAXIMUM_EXACT_PAIRS: usize = 500;

/// What a rank test gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ranked {
    /// U of the first sample, or the sum of the positive ranks.
    pub(crate) statistic: f64,
    /// The other sample's U, or the sum of the negative ranks.
    pub(crate) other: f64,
    pub(crate) p: f64,
    pub(crate) exact: bool,
    /// Rank-biserial correlation, −1 to 1; positive where the first is greater.
    pub(crate) biserial: f64,
}

/// Mann and Whitney's test of two samples. Exact only where there are no ties.
pub(crate) fn mann_whitney(first: &[f64], second: &[f64], alternative: Alternative, method: Method, continuity: bool) -> Ranked {
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let (ranks, ties) = ranks(&all);
    let (n, m) = (first.len() as f64, second.len() as f64);
    let statistic = ranks[..first.len()].iter().sum::<f64>() - n * (n + 1.0) / 2.0;
    let other = n * m - statistic;
    let exact = ties.is_empty()
        && first.len() * second.len() <= MAXIMUM_EXACT
        && match method {
            Method::Exact => true,
            Method::Auto => first.len() <= SMALL || second.len() <= SMALL,
            Method::Asymptotic => false,
        };
    let p = if exact {
        // The distribution is the same either way; the memory grows with the square of the second size.
        let counts = ways(first.len().max(second.len()), first.len().min(second.len()));
        // As many ways as reach U or more.
        let reach = |u: f64| counts[u as usize..].iter().sum::<f64>();
        match alternative {
            Alternative::TwoSided => (2.0 * reach(statistic.max(other))).min(1.0),
            Alternative::Greater => reach(statistic),
            Alternative::Less => reach(other),
        }
    } else {
        let total = n + m;
        let tied: f64 = ties.iter().map(|tie| tie * tie * tie - tie).sum();
        let deviation = (n * m / 12.0 * (total + 1.0 - tied / (total * (total - 1.0)))).sqrt();
        let (u, sides) = match alternative {
            Alternative::TwoSided => (statistic.max(other), 2.0),
            Alternative::Greater => (statistic, 1.0),
            Alternative::Less => (other, 1.0),
        };
        let z = (u - n * m / 2.0 - if continuity { 0.5 } else { 0.0 }) / deviation;
        (sides * normal_tails(z).1).min(1.0)
    };
    Ranked { statistic, other, p, exact, biserial: 2.0 * statistic / (n * m) - 1.0 }
}

/// The probability of each U of samples of these sizes, by their recurrence: the largest value is in one sample or in the other.
fn ways(first: usize, second: usize) -> Vec<f64> {
    // rows[j]: the distribution for i of the first and j of the second, as probabilities, which cannot overflow.
    let mut rows: Vec<Vec<f64>> = vec![vec![1.0]; second + 1];
    for i in 1..=first {
        let mut next: Vec<Vec<f64>> = Vec::with_capacity(second + 1);
        next.push(vec![1.0]);
        for j in 1..=second {
            let mut row = vec![0.0; i * j + 1];
            let share = i as f64 / (i + j) as f64;
            // The largest is of the first: it exceeds all j of the second.
            for (u, value) in rows[j].iter().enumerate() {
                row[u + j] += value * share;
            }
            for (u, value) in next[j - 1].iter().enumerate() {
                row[u] += value * (1.0 - share);
            }
            next.push(row);
        }
        rows = next;
    }
    rows.pop().unwrap_or_default()
}

/// Wilcoxon's signed-rank test of differences; zeros are left out. None if nothing is left.
pub(crate) fn wilcoxon(differences: &[f64], alternative: Alternative, method: Method, continuity: bool) -> Option<Ranked> {
    let left: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    if left.is_empty() {
        return None;
    }
    let (ranks, ties) = ranks(&left.iter().map(|difference| difference.abs()).collect::<Vec<f64>>());
    let statistic: f64 = ranks.iter().zip(&left).filter(|(_, difference)| **difference > 0.0).map(|(rank, _)| rank).sum();
    let count = left.len() as f64;
    let all = count * (count + 1.0) / 2.0;
    let other = all - statistic;
    let exact = ties.is_empty()
        && left.len() <= MAXIMUM_EXACT_PAIRS
        && match method {
            Method::Exact => true,
            Method::Auto => left.len() <= SMALL_PAIRS && left.len() == differences.len(),
            Method::Asymptotic => false,
        };
    let p = if exact {
        // Each rank is positive or not with the same probability.
        let mut counts = vec![1.0];
        for rank in 1..=left.len() {
            let mut next = vec![0.0; counts.len() + rank];
            for (sum, value) in counts.iter().enumerate() {
                next[sum] += value / 2.0;
                next[sum + rank] += value / 2.0;
            }
            counts = next;
        }
        let reach = |sum: f64| counts[sum as usize..].iter().sum::<f64>();
        match alternative {
            Alternative::TwoSided => (2.0 * reach(statistic.max(other))).min(1.0),
            Alternative::Greater => reach(statistic),
            Alternative::Less => reach(other),
        }
    } else {
        let tied: f64 = ties.iter().map(|tie| tie * tie * tie - tie).sum();
        let deviation = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0 - tied / 48.0).sqrt();
        let off = statistic - all / 2.0;
        let shift = match alternative {
            _ if !continuity => 0.0,
            Alternative::TwoSided => 0.5 * if off == 0.0 { 0.0 } else { off.signum() },
            Alternative::Greater => 0.5,
            Alternative::Less => -0.5,
        };
        alternative.of(normal_tails((off - shift) / deviation))
    };
    Some(Ranked { statistic, other, p, exact, biserial: (statistic - other) / all })
}

/// Kruskal and Wallis' test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kruskal {
    pub(crate) h: f64,
    pub(crate) degrees: f64,
    pub(crate) p: f64,
    /// The share of the variance of ranks that the groups explain: H / (n − 1).
    pub(crate) epsilon_squared: f64,
    /// The mean rank of each group.
    pub(crate) mean_ranks: Vec<f64>,
    /// The variance of a rank, ties considered: what Dunn's comparisons stand on.
    pub(crate) rank_variance: f64,
}

/// Of groups that are not all equal.
pub(crate) fn kruskal_wallis(groups: &[Vec<f64>]) -> Kruskal {
    let all: Vec<f64> = groups.iter().flatten().copied().collect();
    let (ranks, ties) = ranks(&all);
    let count = all.len() as f64;
    let tied: f64 = ties.iter().map(|tie| tie * tie * tie - tie).sum();
    let mut mean_ranks = Vec::with_capacity(groups.len());
    let (mut begin, mut squares) = (0, 0.0);
    for group in groups {
        let mean = ranks[begin..begin + group.len()].iter().sum::<f64>() / group.len() as f64;
        // About the mean of all ranks, where the usual formula takes a difference of large sums.
        squares += group.len() as f64 * (mean - (count + 1.0) / 2.0).powi(2);
        mean_ranks.push(mean);
        begin += group.len();
    }
    let rank_variance = count * (count + 1.0) / 12.0 - tied / (12.0 * (count - 1.0));
    let h = squares / rank_variance;
    let degrees = groups.len() as f64 - 1.0;
    Kruskal { h, degrees, p: chi_square_above(h, degrees), epsilon_squared: h / (count - 1.0), mean_ranks, rank_variance }
}

impl Kruskal {
    /// Dunn's comparison of two groups: z, and p of both sides.
    pub(crate) fn dunn(&self, groups: &[Vec<f64>], first: usize, second: usize) -> (f64, f64) {
        let size = |group: usize| groups[group].len() as f64;
        let z = (self.mean_ranks[first] - self.mean_ranks[second]) / (self.rank_variance * (1.0 / size(first) + 1.0 / size(second))).sqrt();
        (z, (2.0 * normal_tails(z.abs()).1).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ways_are_probabilities_that_mirror(first in 1usize..14, second in 1usize..14) {
            let found = ways(first, second);
            prop_assert_eq!(found.len(), first * second + 1);
            prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let other = ways(second, first);
            for (place, value) in found.iter().enumerate() {
                prop_assert!((value - found[first * second - place]).abs() < 1e-15 && (value - other[place]).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn one_value_against_many_needs_no_room() {
        let many: Vec<f64> = (0..20_000).map(f64::from).collect();
        let found = mann_whitney(&[-1.0], &many, Alternative::TwoSided, Method::Exact, true);
        assert!(found.exact && (found.p - 2.0 / 20_001.0).abs() < 1e-12, "{found:?}");
    }
}
