//! How long does a tally of 10,000 ballots over 50 options take, by each rule?
//!
//! ```text
//! cargo run --release --package baton-voting --example tallies
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement for people")]

use std::time::Instant;

use baton_voting::{Ballot, Opinion, Rule, tally};

const BALLOTS: usize = 10_000;
const OPTIONS: usize = 50;
const ROUNDS: usize = 15;

fn main() {
    let mut seed = 7_u64;
    let mut draw = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or(0) % bound
    };
    let rankings: Vec<Ballot> = (0..BALLOTS)
        .map(|_| {
            let mut order: Vec<usize> = (0..OPTIONS).collect();
            for place in (1..OPTIONS).rev() {
                order.swap(place, draw(place + 1));
            }
            Ballot::of(Opinion::Ranking(order.into_iter().map(|option| vec![option]).collect()))
        })
        .collect();
    let scores: Vec<Ballot> =
        (0..BALLOTS).map(|_| Ballot::of(Opinion::Scores((0..OPTIONS).map(|_| Some(draw(101) as f64)).collect()))).collect();
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
            println!("{rule:>15} over {kind}: median {:.1} ms, longest {:.1} ms", times[ROUNDS / 2], times[ROUNDS - 1]);
        }
    }
}
