//! Are splits feasible, worth taking, Pareto optimal, symmetric, and the best by their rule? Do bargainings end?

use std::collections::BTreeMap;

use crate::chance::{Chance, computed, took};
use baton_domain::problem::Code;
use baton_domain::time::Timestamp;
use baton_negotiation::bargain::*;

fn claimant(key: &str, pieces: &[(u64, u64)], least: u64) -> Claimant {
    let pieces = pieces.iter().map(|(units, worth)| Piece { units: *units, worth: *worth }).collect();
    Claimant { key: key.into(), pieces, least }
}

/// Up to `most` claimants with up to three pieces each, who insist on little or nothing.
fn some(chance: &mut Chance, most: usize) -> Vec<Claimant> {
    (0..1 + chance.below(most))
        .map(|number| {
            let mut worths: Vec<u64> = (0..1 + chance.below(3)).map(|_| chance.below(7) as u64).collect();
            worths.sort_unstable_by(|one, other| other.cmp(one));
            let pieces: Vec<(u64, u64)> = worths.into_iter().map(|worth| (1 + chance.below(4) as u64, worth)).collect();
            let mut claimant = claimant(&format!("claimant {number}"), &pieces, 0);
            if chance.one_in(2) {
                claimant.least = chance.below(1 + claimant.worth(2) as usize) as u64;
            }
            claimant
        })
        .collect()
}

/// Every way to split, by going through all of them.
fn every_split(pot: u64, count: usize) -> Vec<Vec<u64>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    (0..=pot)
        .flat_map(|own| {
            every_split(pot - own, count - 1).into_iter().map(move |mut rest| {
                rest.push(own);
                rest
            })
        })
        .collect()
}

#[test]
fn splits_are_the_best_of_all_there_are() {
    let (mut agreed, mut failed) = (0, 0);
    for seed in 0..3_000 {
        let mut chance = Chance(seed);
        let claimants = some(&mut chance, 4);
        let pot = chance.below(9) as u64;
        let gains = |units: &[u64]| -> Option<Vec<u64>> {
            units.iter().zip(&claimants).map(|(units, claimant)| claimant.worth(*units).checked_sub(claimant.least)).collect()
        };
        let all: Vec<Vec<u64>> = every_split(pot, claimants.len()).iter().filter_map(|units| gains(units)).collect();
        for method in [Method::Nash, Method::MaxMin] {
            let found = match split(pot, &claimants, method, seed) {
                Ok(found) => found,
                Err(problem) => {
                    assert!(problem.is(Code::NoAgreement) && all.is_empty(), "seed {seed}: {problem}");
                    failed += 1;
                    continue;
                }
            };
            agreed += 1;
            let units: Vec<u64> = found.portions.iter().map(|portion| portion.units).collect();
            assert_eq!(units.iter().sum::<u64>() + found.left, pot, "feasible");
            let mine = gains(&units).expect("nobody gets less than it insists on");
            assert_eq!(mine, found.portions.iter().map(|portion| portion.gain).collect::<Vec<_>>());
            let dominated = all.iter().any(|other| *other != mine && other.iter().zip(&mine).all(|(other, mine)| other >= mine));
            assert!(!dominated, "seed {seed}: Pareto");
            let value = |gains: &[u64]| match method {
                // First how many gain, then their product.
                Method::Nash => {
                    let above: Vec<u64> = gains.iter().copied().filter(|gain| *gain > 0).collect();
                    vec![above.len() as u64, above.iter().product()]
                }
                Method::MaxMin => {
                    let mut gains = gains.to_vec();
                    gains.sort_unstable();
                    gains
                }
            };
            let best = all.iter().map(|gains| value(gains)).max().unwrap();
            assert_eq!(value(&mine), best, "seed {seed}: {method:?} of {pot} for {claimants:?}");
        }
    }
    println!("agreed {agreed}, failed {failed}");
    assert!(agreed > 2_000 && failed > 200);
}

#[test]
fn neither_order_nor_unit_nor_name_gives_an_advantage() {
    for seed in 0..1_000 {
        let mut chance = Chance(seed);
        let claimants = some(&mut chance, 6);
        let pot = chance.below(40) as u64;
        for method in [Method::Nash, Method::MaxMin] {
            let Ok(found) = split(pot, &claimants, method, seed) else { continue };
            let by_key =
                |split: &Split| split.portions.iter().map(|portion| (portion.key.clone(), portion.units)).collect::<BTreeMap<_, _>>();
            let mut turned = claimants.clone();
            turned.reverse();
            let other = chance.below(turned.len());
            turned.swap(0, other);
            assert_eq!(by_key(&split(pot, &turned, method, seed).unwrap()), by_key(&found), "seed {seed}");
            assert_eq!(split(pot, &claimants, method, seed).unwrap(), found, "deterministic");
            if method == Method::Nash {
                // Nash's axiom: whoever counts in cents instead of francs gets the same.
                let mut scaled = claimants.clone();
                let which = chance.below(scaled.len());
                scaled[which].least *= 100;
                scaled[which].pieces.iter_mut().for_each(|piece| piece.worth *= 100);
                // Where not everybody can gain, gains are compared as they are.
                if found.portions.iter().all(|portion| portion.gain > 0) {
                    let scaled: Vec<u64> =
                        split(pot, &scaled, method, seed).unwrap().portions.iter().map(|portion| portion.units).collect();
                    let units: Vec<u64> = found.portions.iter().map(|portion| portion.units).collect();
                    assert_eq!(scaled, units, "seed {seed}: {claimants:?}");
                }
            }
        }
    }
    // Who wants the same gets the same, but for the last unit, which is drawn by lot.
    let mut luck = [0_u32; 3];
    for seed in 0..300 {
        let same: Vec<Claimant> = ["ada", "bob", "cyd"].iter().map(|key| claimant(key, &[(4, 9), (90, 3)], 0)).collect();
        for method in [Method::Nash, Method::MaxMin] {
            let units: Vec<u64> = split(31, &same, method, seed).unwrap().portions.iter().map(|portion| portion.units).collect();
            assert!(units.iter().all(|units| (10..=11).contains(units)) && units.iter().sum::<u64>() == 31);
            luck[units.iter().position(|units| *units == 11).unwrap()] += 1;
        }
    }
    assert!(luck.iter().all(|luck| *luck > 120), "{luck:?}");
}

#[test]
fn nash_of_linear_utilities_is_what_the_formula_says() {
    // Two with linear utilities share what is left after their reservations equally, whatever a unit is worth to each.
    let two = [claimant("a", &[(1_000, 7)], 70), claimant("b", &[(1_000, 2)], 80)];
    let units: Vec<u64> = split(150, &two, Method::Nash, 0).unwrap().portions.iter().map(|portion| portion.units).collect();
    assert_eq!(units, [10 + 50, 40 + 50]);
    // Max-min makes the gains equal instead: 22 units at 7 are worth 77 units at 2.
    let units: Vec<u64> = split(149, &two, Method::MaxMin, 0).unwrap().portions.iter().map(|portion| portion.units).collect();
    assert_eq!(units, [10 + 22, 40 + 77]);
}

#[test]
fn a_large_pot_is_split_soon() {
    let claimants: Vec<Claimant> = (0..MAXIMUM_CLAIMANTS)
        .map(|number| claimant(&number.to_string(), &[(500, 1_000 + number as u64), (MAXIMUM_UNITS, 1 + number as u64 % 7)], 10))
        .collect();
    let begun = computed();
    let found = split(MAXIMUM_UNITS, &claimants, Method::Nash, 1).unwrap();
    took("1,000,000 units among 1,000 claimants", begun, 5);
    assert_eq!(found.left, 0);
}

#[test]
fn what_cannot_be_bargained_over_is_refused() {
    let good = || claimant("a", &[(5, 3), (5, 2)], 0);
    let mut wrong: Vec<(u64, Vec<Claimant>, &str)> = vec![
        (MAXIMUM_UNITS + 1, vec![good()], "pot"),
        (1, vec![], "claimants"),
        (1, vec![good(), good()], "claimants/1/key"),
        (1, vec![claimant("a", &[], 0)], "claimants/0/pieces"),
        (1, vec![claimant("a", &[(5, 2), (5, 3)], 0)], "claimants/0/pieces"),
        (1, vec![claimant("a", &[(0, 2)], 0)], "claimants/0/pieces"),
        (1, vec![claimant("a", &[(1, MAXIMUM_WORTH + 1)], 0)], "claimants/0/pieces"),
        (1, vec![claimant("a", &[(1, 1); MAXIMUM_PIECES + 1], 0)], "claimants/0/pieces"),
    ];
    wrong.push((1, (0..=MAXIMUM_CLAIMANTS).map(|number| claimant(&number.to_string(), &[(1, 1)], 0)).collect(), "claimants"));
    for (pot, claimants, field) in wrong {
        let problem = split(pot, &claimants, Method::Nash, 0).unwrap_err();
        assert!(problem.is(Code::InvalidBargain) && problem.errors[0].field == field, "{problem}");
    }
    assert!(split(9, &[claimant("a", &[(5, 3)], 16)], Method::Nash, 0).unwrap_err().is(Code::NoAgreement));
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn terms(parties: Vec<Claimant>, pot: u64, rounds: u32) -> Terms {
    Terms { pot, parties, rounds, turn_ms: 1_000, mediated_by: None, seed: 3 }
}

#[test]
fn automated_parties_agree_by_the_last_round_wherever_they_can() {
    let (mut agreed, mut early) = (0, 0);
    for seed in 0..1_500 {
        let mut chance = Chance(seed);
        let parties = some(&mut chance, 5);
        let (pot, rounds) = (chance.below(30) as u64, 1 + chance.below(12) as u32);
        let Ok(mut bargaining) = Bargaining::open(Terms { seed, ..terms(parties.clone(), pot, rounds) }, at(0)) else { continue };
        let feasible = split(pot, &parties, Method::Nash, seed).is_ok();
        let stubbornness: Vec<u32> = parties.iter().map(|_| 1 + chance.below(3) as u32).collect();
        let of = |key: &str| stubbornness[parties.iter().position(|party| party.key == key).unwrap()];
        let mut now = 0;
        for _ in 0..1_000 {
            let State::Open { round, proposer, offer, .. } = bargaining.state.clone() else { break };
            now += 1;
            if offer.is_none() {
                match bargaining.propose(&proposer, round, of(&proposer)) {
                    Ok(shares) => bargaining.make(Move::Offer { by: proposer, round, shares }, at(now)).unwrap(),
                    Err(problem) => {
                        assert!(problem.is(Code::NoAgreement) && !feasible);
                        now += 1_000;
                        bargaining.make(Move::Tick, at(now)).unwrap();
                    }
                }
                continue;
            }
            for party in parties.iter().filter(|party| party.key != proposer) {
                let by = party.key.clone();
                if bargaining.would_accept(&by, of(&by)) {
                    bargaining.make(Move::Accept { by, round }, at(now)).unwrap();
                } else {
                    bargaining.make(Move::Reject { by, round }, at(now)).unwrap();
                    break;
                }
            }
        }
        match &bargaining.state {
            State::Agreed { round, shares } => {
                agreed += 1;
                early += usize::from(round + 1 < rounds);
                assert!(shares.values().sum::<u64>() <= pot && parties.iter().all(|party| party.accepts(shares[&party.key])));
            }
            State::Failed => assert!(!feasible, "seed {seed}"),
            other => panic!("{other:?}"),
        }
    }
    println!("agreed {agreed}, before the last round {early}");
    assert!(agreed > 500 && early > 100);
}

#[test]
fn silence_is_no_and_the_rounds_end() {
    let parties = || vec![claimant("a", &[(10, 1)], 2), claimant("b", &[(10, 1)], 2)];
    let mut bargaining = Bargaining::open(terms(parties(), 10, 3), at(0)).unwrap();
    let State::Open { proposer: first, .. } = bargaining.state.clone() else { panic!() };
    bargaining.make(Move::Tick, at(1_500)).unwrap();
    let State::Open { round, proposer: second, due, .. } = bargaining.state.clone() else { panic!() };
    assert!(round == 1 && second != first && due == at(2_000), "the second turn began when the first ended");
    let shares = BTreeMap::from([(first.clone(), 1), (second.clone(), 9)]);
    let offer = Move::Offer { by: second.clone(), round: 1, shares };
    bargaining.make(offer.clone(), at(1_600)).unwrap();
    let before = bargaining.clone();
    bargaining.make(offer, at(1_700)).unwrap();
    assert_eq!(bargaining, before, "the same again");
    assert!(bargaining.make(Move::Accept { by: first.clone(), round: 0 }, at(1_700)).unwrap_err().is(Code::NotYourTurn));
    assert!(bargaining.make(Move::Accept { by: "c".into(), round: 1 }, at(1_700)).unwrap_err().is(Code::NotYourTurn));
    assert!(
        bargaining.make(Move::Accept { by: first.clone(), round: 1 }, at(1_700)).unwrap_err().is(Code::InvalidOffer),
        "1 is less than 2"
    );
    bargaining.make(Move::Reject { by: first.clone(), round: 1 }, at(1_800)).unwrap();
    let wrong = |shares: &[(&str, u64)]| Move::Offer {
        by: first.clone(),
        round: 2,
        shares: shares.iter().map(|(key, units)| ((*key).to_owned(), *units)).collect(),
    };
    for shares in [&[("a", 5)][..], &[("a", 5), ("b", 6)], &[("a", u64::MAX), ("b", 6)], &[("a", 5), ("c", 5)], &[("a", 1), ("b", 1)]] {
        assert!(bargaining.make(wrong(shares), at(1_900)).unwrap_err().is(Code::InvalidOffer), "{shares:?}");
    }
    bargaining.make(Move::Tick, at(99_000)).unwrap();
    assert!(bargaining.state == State::Failed && bargaining.next_tick().is_none());
    assert!(bargaining.make(wrong(&[("a", 5), ("b", 5)]), at(99_001)).unwrap_err().is(Code::BargainClosed));
    // Or somebody settles it for them.
    let mut bargaining = Bargaining::open(Terms { mediated_by: Some(Method::Nash), ..terms(parties(), 10, 1) }, at(0)).unwrap();
    bargaining.make(Move::Tick, at(1_000)).unwrap();
    let shares = BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 5)]);
    assert_eq!(bargaining.state, State::Mediated { method: Method::Nash, shares });
}

#[test]
fn a_bargaining_has_two_parties_and_bounds() {
    let party = |key: &str| claimant(key, &[(10, 1)], 0);
    let two = || vec![party("a"), party("b")];
    let open = |terms: Terms| Bargaining::open(terms, at(0)).unwrap_err();
    for (field, terms) in [
        ("parties", terms(vec![party("a")], 1, 1)),
        ("rounds", terms(two(), 1, 0)),
        ("rounds", terms(two(), 1, MAXIMUM_ROUNDS + 1)),
        ("turn_ms", Terms { turn_ms: 0, ..terms(two(), 1, 1) }),
        ("turn_ms", Terms { turn_ms: MAXIMUM_TURN_MS + 1, ..terms(two(), 1, 1) }),
    ] {
        let problem = open(terms);
        assert!(problem.is(Code::InvalidBargain) && problem.errors[0].field == field);
    }
    // The largest numbers there are.
    let rich = claimant("a", &[(MAXIMUM_UNITS, MAXIMUM_WORTH)], 0);
    let bargaining = Bargaining::open(terms(vec![rich, party("b")], MAXIMUM_UNITS, MAXIMUM_ROUNDS), at(0)).unwrap();
    let last = bargaining.aspiration("a", 998, u32::MAX).unwrap();
    assert!(last > 0 && last < MAXIMUM_UNITS * MAXIMUM_WORTH / 100);
    // Aspirations fall from the best to the least, and stay there.
    let bargaining = Bargaining::open(terms(vec![claimant("a", &[(10, 10)], 20), party("b")], 10, MAXIMUM_ROUNDS), at(0)).unwrap();
    for stubbornness in [0, 1, 3, u32::MAX] {
        let all: Vec<u64> = (0..=MAXIMUM_ROUNDS).map(|round| bargaining.aspiration("a", round, stubbornness).unwrap()).collect();
        assert!(all[0] == 100 && all[999] == 20 && all[1_000] == 20 && all.windows(2).all(|pair| pair[0] >= pair[1]));
    }
}

#[test]
fn a_no_or_the_last_yes_may_come_twice() {
    let parties = vec![claimant("a", &[(10, 1)], 0), claimant("b", &[(10, 1)], 0)];
    let mut bargaining = Bargaining::open(terms(parties, 10, 2), at(0)).unwrap();
    for round in 0..2 {
        let State::Open { proposer, .. } = bargaining.state.clone() else { panic!() };
        let other = if proposer == "a" { "b" } else { "a" }.to_owned();
        let shares = BTreeMap::from([("a".to_owned(), 5), ("b".to_owned(), 5)]);
        bargaining.make(Move::Offer { by: proposer, round, shares }, at(1)).unwrap();
        let last = if round == 0 { Move::Reject { by: other, round } } else { Move::Accept { by: other, round } };
        bargaining.make(last.clone(), at(2)).unwrap();
        let before = bargaining.clone();
        bargaining.make(last, at(3)).unwrap();
        assert_eq!(bargaining, before);
    }
    assert!(matches!(bargaining.state, State::Agreed { round: 1, .. }));
}
