//! What is known of a voter? How often it was right, what its confidence is worth, what it costs.
//!
//! A record is sums of whole numbers: records of two times or two servers add up to one, in any order.

use serde::{Deserialize, Serialize};

use crate::protocol::Spent;

/// Into how many equal parts confidences from 0 to 1 are put.
pub(super) const BINS: usize = 10;
/// What a confidence of 1 is in the sums.
const PARTS: f64 = 10_000.0;
/// How many answers the belief that nothing is known weighs, when a confidence is corrected.
const CALIBRATION_STRENGTH: f64 = 10.0;

/// One answer that was later found right or wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// Whether it was right.
    pub right: bool,
    /// How sure the voter was, from 0 to 1, if it said so.
    pub confidence: Option<f64>,
    /// What the answer took.
    pub spent: Spent,
}

/// Answers whose confidence lay in one tenth of the scale. Confidences are summed in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bin {
    /// How many answers.
    pub count: u64,
    /// How many of them were right.
    pub right: u64,
    /// The sum of the confidences.
    pub confidence: u64,
    /// The sum of their squares.
    pub squares: u64,
    /// The sum of the confidences of those that were right.
    pub right_confidence: u64,
}

/// What is known of a voter in one skill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// How many answers were held against a later verdict.
    pub answers: u64,
    /// How many agreed with it.
    pub right: u64,
    /// What all answers took.
    pub spent: Spent,
    /// Those with a confidence, by tenths of it; empty if none had one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<Bin>,
}

/// What is believed before anything is known: an accuracy, and how many answers that belief weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The accuracy, from 0 to 1.
    pub mean: f64,
    /// How many answers it weighs.
    pub strength: f64,
}

impl Default for Prior {
    fn default() -> Self {
        Self { mean: 0.5, strength: 10.0 }
    }
}

impl Prior {
    /// What all voters together had right, as the belief about each.
    #[must_use]
    pub fn pooled<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let (answers, right) =
            records.into_iter().fold((0, 0), |(answers, right), record| (answers + record.answers, right + record.right));
        let usual = Self::default();
        // The pool too begins with no knowledge.
        Self { mean: usual.shrunk(right, answers), ..usual }
    }

    /// A share that with few answers stays near to what was believed.
    #[must_use]
    pub fn shrunk(self, right: u64, of: u64) -> f64 {
        (right as f64 + self.mean * self.strength) / (of as f64 + self.strength)
    }
}

/// How good confidences were: the mean squared distance to what came true (Brier, 1950), and its parts (Murphy, 1973, with the part within
/// bins after Stephenson, Coelho and Jolliffe, 2008): `score = reliability - resolution + uncertainty + within`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Brier {
    /// 0 is best; 0.25 is what somebody has who always says one half.
    pub score: f64,
    /// How far confidences lie from the shares that were right: 0 is best.
    pub reliability: f64,
    /// How well they tell right from wrong: more is better.
    pub resolution: f64,
    /// How uncertain the questions were.
    pub uncertainty: f64,
    /// What differs within tenths: variance of the confidences less twice their covariance with being right.
    pub within: f64,
    /// The expected calibration error: the mean distance between confidence and share of right ones over tenths.
    pub calibration_error: f64,
    /// Of how many answers.
    pub answers: u64,
}

impl Record {
    /// A record of these answers.
    #[must_use]
    pub fn of(observations: &[Observation]) -> Self {
        let mut record = Self::default();
        observations.iter().for_each(|one| record.add(one));
        record
    }

    /// Adds one answer. A confidence that is no number from 0 to 1 is as none.
    pub fn add(&mut self, one: &Observation) {
        self.answers += 1;
        self.right += u64::from(one.right);
        self.spent = self.spent.plus(one.spent);
        let Some(confidence) = one.confidence.filter(|confidence| (0.0..=1.0).contains(confidence)) else { return };
        if self.bins.is_empty() {
            self.bins = vec![Bin::default(); BINS];
        }
        let parts = (confidence * PARTS).round() as u64;
        if let Some(bin) = self.bins.get_mut(place(confidence)) {
            bin.count += 1;
            bin.right += u64::from(one.right);
            bin.confidence += parts;
            bin.squares += parts * parts;
            bin.right_confidence += parts * u64::from(one.right);
        }
    }

    /// Adds another record.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.answers += other.answers;
        self.right += other.right;
        self.spent = self.spent.plus(other.spent);
        if self.bins.is_empty() {
            self.bins.clone_from(&other.bins);
            return self;
        }
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            bin.count += more.count;
            bin.right += more.right;
            bin.confidence += more.confidence;
            bin.squares += more.squares;
            bin.right_confidence += more.right_confidence;
        }
        self
    }

    /// How often it was right, if ever held against anything.
    #[must_use]
    pub fn agreement(&self) -> Option<f64> {
        (self.answers > 0).then(|| self.right as f64 / self.answers as f64)
    }

    /// How often it is believed to be right: with few answers near to the prior.
    #[must_use]
    pub fn accuracy(&self, prior: Prior) -> f64 {
        prior.shrunk(self.right, self.answers)
    }

    /// How good its confidences were, if it gave any.
    #[must_use]
    pub fn brier(&self) -> Option<Brier> {
        let answers: u64 = self.bins.iter().map(|bin| bin.count).sum();
        if answers == 0 {
            return None;
        }
        let all = answers as f64;
        let base = self.bins.iter().map(|bin| bin.right).sum::<u64>() as f64 / all;
        let (mut squared, mut reliability, mut resolution, mut within, mut error) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for bin in self.bins.iter().filter(|bin| bin.count > 0) {
            let count = bin.count as f64;
            let (right, confidence) = (bin.right as f64 / count, bin.confidence as f64 / PARTS / count);
            let (squares, both) = (bin.squares as f64 / PARTS / PARTS, bin.right_confidence as f64 / PARTS);
            squared += squares - 2.0 * both + bin.right as f64;
            reliability += count * (confidence - right).powi(2);
            resolution += count * (right - base).powi(2);
            within += squares - count * confidence * confidence - 2.0 * (both - count * confidence * right);
            error += count * (confidence - right).abs();
        }
        Some(Brier {
            score: squared / all,
            reliability: reliability / all,
            resolution: resolution / all,
            uncertainty: base * (1.0 - base),
            within: within / all,
            calibration_error: error / all,
            answers,
        })
    }

    /// What its confidences are worth.
    #[must_use]
    pub fn calibration(&self) -> Calibration {
        Calibration(self.bins.iter().map(|bin| (bin.count, bin.right)).collect())
    }
}

fn place(confidence: f64) -> usize {
    ((confidence * BINS as f64) as usize).min(BINS - 1)
}

/// How often a voter was right by tenths of its confidence: count and right ones. What it says now is worth what that was worth before. With few answers
/// the word of the voter counts, halfway drawn to one half: models are surer than they should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calibration(Vec<(u64, u64)>);

impl Calibration {
    /// What a confidence is worth; one half for a voter that says none.
    #[must_use]
    pub fn corrected(&self, confidence: Option<f64>) -> f64 {
        let Some(confidence) = confidence.filter(|confidence| (0.0..=1.0).contains(confidence)) else { return 0.5 };
        let (count, right) = self.0.get(place(confidence)).copied().unwrap_or_default();
        Prior { mean: 0.5 + (confidence - 0.5) / 2.0, strength: CALIBRATION_STRENGTH }.shrunk(right.min(count), count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observations() -> impl Strategy<Value = Vec<Observation>> {
        let one = (any::<bool>(), prop::option::weighted(0.8, 0.0_f64..=1.0), 0_u64..100).prop_map(|(right, confidence, tokens)| {
            Observation { right, confidence, spent: Spent { tokens, cost_millionths: tokens * 3 } }
        });
        prop::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn records_add_up_in_any_order((all, turned) in observations().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())), cut in any::<prop::sample::Index>()) {
            let whole = Record::of(&all);
            prop_assert_eq!(&whole, &Record::of(&turned));
            let (one, other) = turned.split_at(if turned.is_empty() { 0 } else { cut.index(turned.len()) });
            prop_assert_eq!(whole, Record::of(one).plus(&Record::of(other)));
        }

        #[test]
        fn the_score_is_that_of_its_definition_and_its_parts_add_up(all in observations()) {
            let sure: Vec<(f64, f64)> = all.iter().filter_map(|one| Some((one.confidence?, f64::from(u8::from(one.right))))).collect();
            let Some(brier) = Record::of(&all).brier() else { prop_assert!(sure.is_empty()); return Ok(()) };
            let by_definition = sure.iter().map(|(confidence, right)| (confidence - right).powi(2)).sum::<f64>() / sure.len() as f64;
            prop_assert!((brier.score - by_definition).abs() < 2e-4, "{brier:?} {by_definition}");
            let parts = brier.reliability - brier.resolution + brier.uncertainty + brier.within;
            prop_assert!((brier.score - parts).abs() < 1e-9, "{brier:?}");
            prop_assert!(brier.reliability >= 0.0 && brier.resolution >= -1e-12 && (0.0..=1.0).contains(&brier.calibration_error));
        }
    }

    fn answers(count: usize, right: usize, confidence: f64) -> Vec<Observation> {
        (0..count).map(|place| Observation { right: place < right, confidence: Some(confidence), spent: Spent::default() }).collect()
    }

    #[test]
    fn known_figures() {
        // Four answers at 0.9, three right: (3 * 0.01 + 0.81) / 4.
        let brier = Record::of(&answers(4, 3, 0.9)).brier().unwrap();
        assert!((brier.score - 0.21).abs() < 1e-9 && (brier.calibration_error - 0.15).abs() < 1e-9, "{brier:?}");
        assert!((brier.uncertainty - 0.1875).abs() < 1e-9 && brier.resolution.abs() < 1e-12);
        assert_eq!(Record::default().brier(), None);
    }

    #[test]
    fn little_is_known_of_who_answered_little() {
        let prior = Prior { mean: 0.7, strength: 10.0 };
        let one = Record::of(&answers(1, 0, 0.9));
        assert!((one.accuracy(prior) - 7.0 / 11.0).abs() < 1e-9);
        assert!((Record::of(&answers(1_000, 900, 0.9)).accuracy(prior) - 0.9).abs() < 0.01);
        assert!((Record::default().accuracy(prior) - 0.7).abs() < 1e-9);
        assert!((Prior::pooled([&Record::of(&answers(90, 80, 0.9))]).mean - 0.85).abs() < 1e-9);
    }

    #[test]
    fn confidence_is_worth_what_it_was_worth() {
        let braggart = Record::of(&answers(200, 100, 0.99)).calibration();
        assert!((braggart.corrected(Some(0.95)) - 0.511).abs() < 0.01, "{}", braggart.corrected(Some(0.95)));
        assert!((Calibration::default().corrected(Some(0.9)) - 0.7).abs() < 1e-9, "halfway to one half");
        for nothing in [None, Some(f64::NAN), Some(1.5), Some(-0.1)] {
            assert!((braggart.corrected(nothing) - 0.5).abs() < 1e-12);
        }
    }
}
