//! What do some words ask for? Judged by hundreds of requests of which that is known, and not by single words.
//!
//! A log-linear model (multinomial logistic regression, trained by AdaGrad: Duchi, Hazan and Singer, 2011) over stems, pairs of them and groups of
//! words that mean much the same. It is learnt from the requests when the first plan is asked for, and takes the same course each time.

mod features;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use self::features::features;
use crate::words::{Token, tokens};

/// Words that ask for nothing: greetings, reasons, deadlines, what is there.
pub(crate) const NOTHING: &str = "none";

/// Words that ask for what no skill does.
pub(crate) const IMPOSSIBLE: &str = "refuse";

/// Requests by what they ask for: a line `= name`, then one request a line.
pub(crate) const EXAMPLES: [&str; 12] = [
    include_str!("examples/indirect.txt"),
    include_str!("examples/language.txt"),
    include_str!("examples/data.txt"),
    include_str!("examples/code.txt"),
    include_str!("examples/web.txt"),
    include_str!("examples/documents.txt"),
    include_str!("examples/talk.txt"),
    include_str!("examples/others1.txt"),
    include_str!("examples/others2.txt"),
    include_str!("examples/others3.txt"),
    include_str!("examples/others4.txt"),
    include_str!("examples/varied.txt"),
];

/// How often all requests are gone through.
const ROUNDS: usize = 24;
/// How far a step goes, before AdaGrad divides it.
const STEP: f32 = 0.35;
/// How much each weight is drawn to nothing at a step.
const DECAY: f32 = 2e-4;

/// What was learnt.
struct Model {
    names: Vec<&'static str>,
    features: BTreeMap<String, usize>,
    /// Of each feature, a weight for each name.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::learnt(&examples()));

/// The requests that are known, with what they ask for.
fn examples() -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for text in EXAMPLES {
        let mut name = NOTHING;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix("= ") {
                Some(next) => name = next,
                None => found.push((name, line)),
            }
        }
    }
    found
}

/// The names of what can be asked for.
pub(crate) fn names() -> &'static [&'static str] {
    &MODEL.names
}

/// How much some words speak for each of `names`, as logarithms of odds.
pub(crate) fn judge(words: &[Token]) -> Vec<f32> {
    MODEL.judge(words)
}

impl Model {
    fn learnt(examples: &[(&'static str, &'static str)]) -> Self {
        let mut names: Vec<&'static str> = examples.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let read: Vec<(usize, Vec<String>)> =
            examples.iter().map(|(name, text)| (names.binary_search(name).unwrap_or_default(), features(&tokens(text)))).collect();
        // What is seen only once tells nothing of pairs.
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for feature in read.iter().flat_map(|(_, features)| features) {
            *seen.entry(feature).or_default() += 1;
        }
        let known = seen.iter().filter(|(feature, times)| **times > 1 || !feature.contains(' '));
        let features: BTreeMap<String, usize> = known.enumerate().map(|(number, (feature, _))| ((*feature).to_owned(), number)).collect();
        let mut often = vec![0.0_f32; names.len()];
        for (name, _) in &read {
            often[*name] += 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few dozen names, some thousand requests")]
        let usual = read.len() as f32 / names.len().max(1) as f32;
        let rows: Vec<(usize, Vec<usize>, f32)> = read
            .iter()
            .map(|(name, words)| {
                (*name, words.iter().filter_map(|word| features.get(word).copied()).collect(), (usual / often[*name]).sqrt())
            })
            .collect();
        let mut model = Self { weights: vec![0.0; features.len() * names.len()], bias: vec![0.0; names.len()], names, features };
        model.train(&rows);
        model
    }

    fn train(&mut self, rows: &[(usize, Vec<usize>, f32)]) {
        let width = self.names.len();
        let mut squares = vec![1e-2_f32; self.weights.len()];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // Numerical Recipes' generator shuffles: always the same way.
        let mut chance: u32 = 20_261_130;
        for _ in 0..ROUNDS {
            for place in (1..order.len()).rev() {
                chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                order.swap(place, (chance >> 8) as usize % (place + 1));
            }
            for row in &order {
                let (name, found, weight) = &rows[*row];
                let chances = softmax(&self.sums(found));
                let scale = scale(found.len());
                for (class, chance) in chances.iter().enumerate() {
                    let slope = (chance - if class == *name { 1.0 } else { 0.0 }) * weight;
                    // What hardly matters is not reckoned.
                    if slope.abs() < 1e-3 {
                        continue;
                    }
                    self.bias[class] -= 0.01 * slope;
                    for feature in found {
                        let at = feature * width + class;
                        let step = slope * scale + DECAY * self.weights[at];
                        squares[at] += step * step;
                        self.weights[at] -= STEP * step / squares[at].sqrt();
                    }
                }
            }
        }
    }

    fn sums(&self, found: &[usize]) -> Vec<f32> {
        let width = self.names.len();
        let scale = scale(found.len());
        let mut sums = self.bias.clone();
        for feature in found {
            let weights = &self.weights[feature * width..(feature + 1) * width];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * scale;
            }
        }
        sums
    }

    fn judge(&self, words: &[Token]) -> Vec<f32> {
        let found: Vec<usize> = features(words).iter().filter_map(|feature| self.features.get(feature).copied()).collect();
        self.sums(&found)
    }
}

/// Long requests weigh no more than short ones.
fn scale(features: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand words at most")]
    let many = features.max(4) as f32;
    many.sqrt().recip()
}

/// Logarithms of odds as chances that add up to one.
pub(crate) fn softmax(sums: &[f32]) -> Vec<f32> {
    let most = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: Vec<f32> = sums.iter().map(|sum| (sum - most).exp()).collect();
    let total: f32 = all.iter().sum();
    all.into_iter().map(|one| one / total).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
mod tests {
    use super::*;

    fn best(model: &Model, text: &str) -> &'static str {
        let sums = model.judge(&tokens(text));
        let place = (0..sums.len()).max_by(|one, other| sums[*one].total_cmp(&sums[*other])).unwrap();
        model.names[place]
    }

    #[test]
    fn requests_in_new_words_are_understood() {
        for (text, name) in [
            ("Could you boil the whole thing down to three sentences?", "summarize"),
            ("Which of the meters show strange readings?", "anomalies"),
            ("What will we sell over the next five months?", "forecast"),
            ("Good morning!", NOTHING),
            ("Ring up the plumber.", IMPOSSIBLE),
        ] {
            assert_eq!(best(&MODEL, text), name, "{text}");
        }
    }

    #[test]
    fn what_is_learnt_of_four_fifths_holds_for_the_rest() {
        let all = examples();
        let (mut right, mut asked) = (0, 0);
        for part in 0..5 {
            let known: Vec<_> = all.iter().enumerate().filter(|(number, _)| number % 5 != part).map(|(_, one)| *one).collect();
            let model = Model::learnt(&known);
            for (_, (name, text)) in all.iter().enumerate().filter(|(number, _)| number % 5 == part) {
                let found = best(&model, text);
                asked += 1;
                right += usize::from(found == *name);
                if found != *name {
                    println!("{name} taken for {found}: {text}");
                }
            }
        }
        println!("{right} of {asked}, {} features", MODEL.features.len());
        assert!(right * 100 >= asked * 55, "{right} of {asked}");
    }
}
