//! Which token comes next? The likeliest, or one by chance within what temperature and `top_p` leave.

use crate::tokenizer::Token;

/// Draws tokens; the same seed draws the same ones.
#[derive(Debug)]
pub(crate) struct Sampler {
    temperature: f32,
    top_p: f32,
    state: u64,
}

impl Sampler {
    pub(crate) const fn new(temperature: f32, top_p: f32, seed: u64) -> Self {
        Self { temperature, top_p, state: seed }
    }

    /// One of the tokens that are not at minus infinity; nothing if all are.
    pub(crate) fn choose(&mut self, logits: &[f32]) -> Option<Token> {
        let (best, most) = likeliest(logits)?;
        if self.temperature <= 0.0 {
            return Some(best);
        }
        // Below e^-16 of the likeliest, all tokens together have no weight to speak of.
        let floor = most - 16.0 * self.temperature;
        let weight = |logit: f32| ((logit - most) / self.temperature).exp();
        let mut candidates: Vec<(Token, f32)> =
            (0..).zip(logits).filter(|(_, logit)| **logit >= floor).map(|(token, logit)| (token, weight(*logit))).collect();
        candidates.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let all: f32 = candidates.iter().map(|(_, weight)| weight).sum();
        let mut kept = 0.0;
        let mut count = 0;
        for (_, weight) in &candidates {
            kept += weight;
            count += 1;
            if kept >= all * self.top_p {
                break;
            }
        }
        let mut left = self.uniform() * kept;
        for (token, weight) in &candidates[..count] {
            left -= weight;
            if left < 0.0 {
                return Some(*token);
            }
        }
        Some(candidates[count - 1].0)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014), its upper 24 bits as a share of one.
    fn uniform(&mut self) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32
    }
}

fn likeliest(logits: &[f32]) -> Option<(Token, f32)> {
    let mut best = None;
    let mut most = f32::NEG_INFINITY;
    for (token, logit) in (0..).zip(logits) {
        if *logit > most {
            (best, most) = (Some(token), *logit);
        }
    }
    best.map(|token| (token, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_as_often_as_their_likelihood_says() {
        let logits = [0.0, 1.0_f32.ln(), 3.0_f32.ln(), f32::NEG_INFINITY];
        let mut counts = [0_u32; 4];
        let mut sampler = Sampler::new(1.0, 1.0, 7);
        for _ in 0..20_000 {
            counts[sampler.choose(&logits).unwrap() as usize] += 1;
        }
        // One fifth, one fifth, three fifths; four standard deviations are 280.
        assert!(counts[0].abs_diff(4000) < 280 && counts[1].abs_diff(4000) < 280 && counts[2].abs_diff(12_000) < 280, "{counts:?}");
        assert_eq!(counts[3], 0);
    }

    #[test]
    fn top_p_leaves_the_likeliest_and_zero_temperature_takes_the_first_of_them() {
        let mut sampler = Sampler::new(1.0, 0.5, 1);
        assert!((0..200).all(|_| sampler.choose(&[1.0, 3.0, 0.0]) == Some(1)));
        assert_eq!(Sampler::new(0.0, 1.0, 1).choose(&[2.0, 5.0, 5.0]), Some(1));
        assert_eq!(Sampler::new(0.0, 1.0, 1).choose(&[f32::NEG_INFINITY, f32::NAN]), None);
    }
}
