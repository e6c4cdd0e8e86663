//! How long does it take to count 10,000 stored ballots over 50 options again, by each rule?
//!
//! ```text
//! cargo run --release --package baton-decisions --example retallies
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a measurement for people")]

use std::time::Instant;

use baton_decisions::decision::{DecisionRule, Scores};
use baton_decisions::lab::{BallotBox, BoxedBallot};
use baton_decisions::protocol::{Said, Spent};
use baton_decisions::roster::VoterId;

const BALLOTS: usize = 10_000;
const OPTIONS: usize = 50;
const ROUNDS: usize = 9;

fn main() {
    let mut seed = 7_u64;
    let mut draw = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % bound
    };
    let keys: Vec<String> = (0..OPTIONS).map(|option| format!("option {option}")).collect();
    let ballots = (0..BALLOTS).map(|voter| {
        let mut order = keys.clone();
        for place in (1..OPTIONS).rev() {
            order.swap(place, draw(place + 1));
        }
        BoxedBallot {
            voter: VoterId::named(format!("agent:{voter}")),
            weight: 1_000_000,
            confidence: None,
            corrected: 500_000,
            says: Said::Ranking { places: order.into_iter().map(|key| vec![key]).collect() },
            silent: vec![],
            spent: Spent::default(),
        }
    });
    let ballots = BallotBox {
        rule: DecisionRule::Borda,
        threshold: None,
        scale: Some(Scores::default()),
        quorum: 0,
        tie_break: vec![],
        seed: 1,
        forms: keys.clone(),
        keys: keys.clone(),
        ballots: ballots.collect(),
    };
    for rule in BallotBox::rules() {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(ballots.retally(rule).counted, BALLOTS);
                began.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{rule:>20}: median {:.1} ms, longest {:.1} ms", times[ROUNDS / 2], times[ROUNDS - 1]);
    }
}
