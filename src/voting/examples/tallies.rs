//! How long does a tally of 10,000 ballots over 50 options take, by each rule?
//!
//! Over strict opinions of all options with one vote each, over ballots that leave out their author's own answer, over ballots on which
//! options tie, over votes of different weight, and over all of that together.
//!
//! ```text
//! cargo run --release --package baton-voting --example tallies
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement for people")]

use std::time::Instant;

use baton_voting::{Ballot, Opinion, Rule, Weight, tally};

const BALLOTS: usize = 10_000;
const OPTIONS: usize = 50;
const ROUNDS: usize = 15;

/// What is different about the ballots.
struct Case {
    name: &'static str,
    /// Each leaves out one option, as its author's own.
    own: bool,
    /// Of the options of a ranking most share a place with others; scores go from 0 to 4, not to 100.
    ties: bool,
    /// A vote weighs from a tenth to three.
    weights: bool,
}

const CASES: [Case; 5] = [
    Case { name: "strict", own: false, ties: false, weights: false },
    Case { name: "own answer left out", own: true, ties: false, weights: false },
    Case { name: "ties", own: false, ties: true, weights: false },
    Case { name: "weights", own: false, ties: false, weights: true },
    Case { name: "all of it", own: true, ties: true, weights: true },
];

/// Numbers by chance, the same ones each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn ranking(&mut self, case: &Case, voter: usize) -> Ballot {
        let mut order: Vec<usize> = (0..OPTIONS).collect();
        for place in (1..OPTIONS).rev() {
            order.swap(place, self.below(place + 1));
        }
        order.retain(|option| !is_own(case, voter, *option));
        let mut places: Vec<Vec<usize>> = Vec::with_capacity(OPTIONS);
        for option in order {
            match places.last_mut() {
                Some(place) if case.ties && self.below(4) > 0 => place.push(option),
                _ => places.push(vec![option]),
            }
        }
        self.ballot(case, voter, Opinion::Ranking(places))
    }

    fn scores(&mut self, case: &Case, voter: usize) -> Ballot {
        let bound = if case.ties { 5 } else { 101 };
        let mut scores = Vec::with_capacity(OPTIONS);
        for option in 0..OPTIONS {
            let score = self.below(bound) as f64;
            scores.push((!is_own(case, voter, option)).then_some(score));
        }
        self.ballot(case, voter, Opinion::Scores(scores))
    }

    fn ballot(&mut self, case: &Case, voter: usize, opinion: Opinion) -> Ballot {
        let weight = if case.weights { Weight::new(0.1 + self.below(2_900) as f64 / 1_000.0) } else { Ok(Weight::ONE) };
        let silent = (0..OPTIONS).filter(|option| is_own(case, voter, *option)).collect();
        let ballot = Ballot::new(weight.unwrap_or(Weight::ONE), opinion).without(silent);
        assert_eq!(ballot.check(OPTIONS), Ok(()));
        ballot
    }
}

/// Whether a voter may say nothing of an option: each option is the own one of as many voters.
const fn is_own(case: &Case, voter: usize, option: usize) -> bool {
    case.own && voter % OPTIONS == option
}

fn main() {
    let mut draw = Draw(7);
    let mut longest = 0.0_f64;
    for case in &CASES {
        let rankings: Vec<Ballot> = (0..BALLOTS).map(|voter| draw.ranking(case, voter)).collect();
        let scores: Vec<Ballot> = (0..BALLOTS).map(|voter| draw.scores(case, voter)).collect();
        for rule in Rule::ALL {
            for (kind, ballots) in [("rankings", &rankings), ("scores", &scores)] {
                let mut times: Vec<f64> = (0..ROUNDS)
                    .map(|_| {
                        let began = Instant::now();
                        let counted = tally(rule, OPTIONS, ballots);
                        assert_eq!(counted.counted, BALLOTS);
                        began.elapsed().as_secs_f64() * 1_000.0
                    })
                    .collect();
                times.sort_by(f64::total_cmp);
                longest = longest.max(times[ROUNDS - 1]);
                println!("{rule:>15} over {kind}, {}: median {:.1} ms, longest {:.1} ms", case.name, times[ROUNDS / 2], times[ROUNDS - 1]);
            }
        }
    }
    println!("longest of all {longest:.1} ms");
}
