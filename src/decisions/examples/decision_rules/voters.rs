//! Voters of known accuracy, correlation and calibration, and one that is faulty.

use std::collections::BTreeMap;

use baton_decisions::protocol::Said;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Above 0 and below 1.
    pub(crate) fn share(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }

    fn gumbel(&mut self) -> f64 {
        -(-self.share().ln()).ln()
    }
}

/// How voters speak of their confidence.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Confidence {
    /// As often right as they say.
    Calibrated,
    /// Three times as many log-odds as they should.
    Over,
    /// From one half to 1, whatever they think.
    Noise,
}

/// An electorate.
#[derive(Clone)]
pub(crate) struct Electorate {
    /// How often each puts the right option first.
    pub(crate) accuracies: Vec<f64>,
    /// With what chance a voter sees what all see instead of what it sees alone.
    pub(crate) shared: f64,
    pub(crate) confidence: Confidence,
    /// What share of the errors falls on one wrong option; evenly on all if there is none.
    pub(crate) tempting: Option<f64>,
    /// Whether what follows the first place is a lot and says nothing.
    pub(crate) only_first: bool,
    /// Whether the last one always says the same wrong thing, and is sure of it.
    pub(crate) faulty: bool,
}

/// What one voter thinks of the options.
pub(crate) struct View {
    /// The more the better.
    pub(crate) utilities: Vec<f64>,
    pub(crate) confidence: f64,
    offset: f64,
    spread: f64,
}

impl View {
    /// The options from the best to the worst.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.utilities.len()).collect();
        order.sort_by(|one, other| self.utilities[*other].total_cmp(&self.utilities[*one]));
        order
    }

    pub(crate) fn choice(&self, keys: &[String]) -> Said {
        Said::Choice { choice: keys[self.order()[0]].clone() }
    }

    pub(crate) fn ranking(&self, keys: &[String]) -> Said {
        Said::Ranking { places: self.order().into_iter().map(|option| vec![keys[option].clone()]).collect() }
    }

    fn mean(&self) -> f64 {
        self.utilities.iter().sum::<f64>() / self.utilities.len() as f64
    }

    /// Those that are better than what it thinks of all on average.
    pub(crate) fn approvals(&self, keys: &[String]) -> Said {
        let mean = self.mean();
        Said::Approvals {
            choices: self.order().into_iter().filter(|option| self.utilities[*option] > mean).map(|option| keys[option].clone()).collect(),
        }
    }

    /// Whole numbers from 0 to 10; some are generous, some are strict, some use more of the scale.
    pub(crate) fn scores(&self, keys: &[String]) -> Said {
        let mean = self.mean();
        let score = |utility: f64| (5.0 + self.offset + 1.5 * self.spread * (utility - mean)).round().clamp(0.0, 10.0);
        let scores: BTreeMap<String, f64> = keys.iter().cloned().zip(self.utilities.iter().map(|utility| score(*utility))).collect();
        Said::Scores { scores }
    }
}

impl Electorate {
    /// What each thinks of a question whose right answer is option 0. Utilities are Gumbel noise, and `ln(p (m - 1) / (1 - p))` more for the right
    /// option: so it is first with chance `p` exactly (Luce, 1959; Plackett, 1975). What all see is one such noise for all. A tempting option 1 has
    /// as much more as makes it that share of the errors; the right one's lead grows with it.
    pub(crate) fn views(&self, options: usize, draw: &mut Draw) -> Vec<View> {
        let common: Vec<f64> = (0..options).map(|_| draw.gumbel()).collect();
        let last = self.accuracies.len() - 1;
        self.accuracies
            .iter()
            .enumerate()
            .map(|(place, accuracy)| {
                let others = options as f64 - 2.0;
                let pull = self.tempting.map_or(1.0, |share| share * others / (1.0 - share));
                let lead = (accuracy * (pull + others) / (1.0 - accuracy)).ln();
                let own: Vec<f64> = (0..options).map(|_| draw.gumbel()).collect();
                let together = draw.share() < self.shared;
                let (offset, spread, noise) = (2.0 * draw.share() - 1.0, 0.7 + 0.6 * draw.share(), 0.5 + 0.5 * draw.share());
                let mut utilities = if together { common.clone() } else { own };
                utilities[0] += lead;
                utilities[1] += pull.ln();
                if self.faulty && place == last {
                    let wrong = |option: usize| if option == 1 { 100.0 } else { -((option == 0) as usize as f64) * 100.0 };
                    return View { utilities: (0..options).map(wrong).collect(), confidence: 1.0, offset, spread };
                }
                let sure = posterior(&utilities, lead);
                if self.only_first {
                    let best = (0..options).max_by(|one, other| utilities[*one].total_cmp(&utilities[*other])).unwrap_or(0);
                    let rest: Vec<usize> = (0..options).filter(|option| *option != best).collect();
                    for place in (1..rest.len()).rev() {
                        utilities.swap(rest[place], rest[draw.below(place + 1)]);
                    }
                }
                let confidence = match self.confidence {
                    Confidence::Calibrated => sure,
                    Confidence::Over => {
                        let odds = (sure / (1.0 - sure)).powi(3);
                        if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 }
                    }
                    Confidence::Noise => noise,
                };
                View { utilities, confidence, offset, spread }
            })
            .collect()
    }
}

/// With what chance the first option is the right one, as somebody knows who knows how such utilities come about: Gumbel's density of each, shifted by
/// the lead, against that without.
fn posterior(utilities: &[f64], lead: f64) -> f64 {
    let weight = |utility: &f64| (lead - (-utility).exp() * (lead.exp() - 1.0)).exp();
    let weights: Vec<f64> = utilities.iter().map(weight).collect();
    let best = utilities.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).map_or(0, |(place, _)| place);
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 { (weights[best] / sum).clamp(0.0, 1.0) } else { 1.0 / utilities.len() as f64 }
}
