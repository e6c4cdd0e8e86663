//! From where to where do scores go?

use crate::ballot::{BallotError, MAXIMUM_SCORE, PARTS, parts};

/// The least and the greatest score of a question. Where it is known, no opinion is the least score, a ballot of another kind gives the greatest to
/// what it puts first, and it can be told when nobody can catch the leader any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scale {
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl Scale {
    /// From one number to a greater one, both within a million of zero.
    ///
    /// # Errors
    /// [`BallotError::Scale`] for anything else.
    pub fn new(least: f64, most: f64) -> Result<Self, BallotError> {
        let fits = |bound: f64| bound.is_finite() && bound.abs() <= MAXIMUM_SCORE;
        if !fits(least) || !fits(most) || parts(least) >= parts(most) {
            return Err(BallotError::Scale);
        }
        Ok(Self { least: parts(least), most: parts(most) })
    }

    /// The least score.
    #[must_use]
    pub fn least(self) -> f64 {
        self.least as f64 / PARTS
    }

    /// The greatest score.
    #[must_use]
    pub fn most(self) -> f64 {
        self.most as f64 / PARTS
    }

    /// Whether this is a score of the scale.
    #[must_use]
    pub fn contains(self, score: f64) -> bool {
        score.is_finite() && score.abs() <= MAXIMUM_SCORE && (self.least..=self.most).contains(&parts(score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_goes_up() {
        for (least, most) in [(1.0, 1.0), (2.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (0.0, 2e6), (0.0, 1e-9)] {
            assert_eq!(Scale::new(least, most), Err(BallotError::Scale), "{least} to {most}");
        }
        let scale = Scale::new(-1.0, 5.0).unwrap();
        assert_eq!((scale.least(), scale.most()), (-1.0, 5.0));
        assert!(scale.contains(-1.0) && scale.contains(5.0) && !scale.contains(5.1) && !scale.contains(f64::NAN));
    }
}
