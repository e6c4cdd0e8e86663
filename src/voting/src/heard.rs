//! Of how many may an option be judged, where some ballots may not speak of all options?

use crate::ballot::Ballot;

/// What ballots weigh that are counted, and what those of them weigh together that may speak of each option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Of all that say anything, in millionths.
    pub(crate) all: i128,
    /// By option.
    pub(crate) of: Vec<i128>,
}

impl Heard {
    /// `counts` says which ballots a rule reads, of those that say anything.
    pub(crate) fn of(options: usize, ballots: &[Ballot], counts: impl Fn(&Ballot) -> bool) -> Self {
        let (mut all, mut counted) = (0, 0);
        let mut deaf = vec![0_i128; options];
        for ballot in ballots.iter().filter(|ballot| ballot.speaks()) {
            let weight = i128::from(ballot.weight.0);
            all += weight;
            if counts(ballot) {
                counted += weight;
                for option in &ballot.silent {
                    if let Some(deaf) = deaf.get_mut(*option) {
                        *deaf += weight;
                    }
                }
            }
        }
        Self { all, of: deaf.into_iter().map(|deaf| counted - deaf).collect() }
    }

    /// What an option would have of all ballots if those that may not speak of it were as those that may. Nothing where nobody may.
    pub(crate) fn projected(&self, option: usize, sum: i128) -> i128 {
        projected(sum, self.of.get(option).copied().unwrap_or(0), self.all)
    }
}

/// So much of so many, as much of all: rounded down, and only once, so that equal shares stay equal.
pub(crate) fn projected(sum: i128, heard: i128, all: i128) -> i128 {
    if heard == all {
        return sum;
    }
    if heard <= 0 {
        return 0;
    }
    // In two parts, since a sum of scores times a weight may be beyond what can be counted.
    sum.div_euclid(heard) * all + sum.rem_euclid(heard) * all / heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_grow_and_equal_ones_stay_equal() {
        assert_eq!((projected(7, 3, 3), projected(2, 3, 6), projected(-2, 3, 6), projected(5, 0, 6)), (7, 4, -4, 0));
        assert_eq!(projected(1_000_000, 3_000_000, 7_000_000), projected(2_000_000, 6_000_000, 7_000_000));
        let most = 1_000_000_000_000_i128 * 10_000_000_000_000_000;
        assert_eq!(projected(most, 10_000_000_000_000_000, 20_000_000_000_000_000), 2 * most, "the largest scores of the heaviest voters");
    }
}
