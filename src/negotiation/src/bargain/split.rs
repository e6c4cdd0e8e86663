//! Which split of a pot is fair?

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};

use super::utility::{Claimant, check};
use crate::lot::lot;

/// What makes a split fair. Both begin with what each insists on, and give out whatever is worth something to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// As many gain as can, and the product of their gains is the largest (Nash, 1950): it does not matter in which unit each counts its utility.
    #[default]
    Nash,
    /// The least gain is the largest, then the second least, and so on (Kalai, 1977): for claimants who count in the same unit.
    MaxMin,
}

/// What one gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Who.
    pub key: String,
    /// How many units.
    pub units: u64,
    /// What they are worth to it.
    pub worth: u64,
    /// How much more than what it insists on.
    pub gain: u64,
}

/// A split, in the order of the claimants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// What each gets.
    pub portions: Vec<Portion>,
    /// What nobody has a use for.
    pub left: u64,
}

/// Splits a pot. Exact: the utilities are concave, so the logarithm of a gain is too, and giving each next unit to whom it raises the product most
/// leads to the largest product (Fox, 1966; the ratios are compared crosswise in whole numbers). With `n` units and `c` claimants that takes `n log c`
/// steps. Where there are too few units for everybody to gain, as many gain as can. What ties is settled by a lot of the claimant's name.
///
/// # Errors
/// [`Code::InvalidBargain`] for what cannot be bargained over, [`Code::NoAgreement`] if what they insist on is more than the pot.
pub fn split(pot: u64, claimants: &[Claimant], method: Method, seed: u64) -> Result<Split, Problem> {
    check(pot, claimants)?;
    let mut units = Vec::with_capacity(claimants.len());
    for claimant in claimants {
        let Some(needed) = claimant.units_for(claimant.least) else {
            let detail = format!("{} insists on {}, and no share is worth that to it.", claimant.key, claimant.least);
            return Err(Problem::new(Code::NoAgreement, detail));
        };
        units.push(needed);
    }
    let needed: u64 = units.iter().sum();
    let Some(mut left) = pot.checked_sub(needed) else {
        let detail = format!("Together they insist on {needed} units, and there are {pot}.");
        return Err(Problem::new(Code::NoAgreement, detail));
    };
    let next = |at: usize, units: u64| -> Option<Next> {
        let claimant = claimants.get(at)?;
        let worth = claimant.worth(units);
        let more = claimant.worth(units + 1);
        let gain = worth - claimant.least.min(worth);
        (more > worth).then(|| Next { method, gain, after: more - claimant.least.min(more), lot: lot(seed, &claimant.key), at })
    };
    let mut heap: BinaryHeap<Next> = units.iter().enumerate().filter_map(|(at, units)| next(at, *units)).collect();
    while left > 0 {
        let Some(best) = heap.pop() else { break };
        left -= 1;
        if let Some(own) = units.get_mut(best.at) {
            *own += 1;
            heap.extend(next(best.at, *own));
        }
    }
    let portions = claimants.iter().zip(units).map(|(claimant, units)| {
        let worth = claimant.worth(units);
        Portion { key: claimant.key.clone(), units, worth, gain: worth - claimant.least }
    });
    Ok(Split { portions: portions.collect(), left })
}

/// What a next unit would do to a gain; the greatest gets it.
#[derive(PartialEq, Eq)]
struct Next {
    method: Method,
    gain: u64,
    after: u64,
    lot: u64,
    at: usize,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_method = match self.method {
            // Who gains nothing yet comes first, for the product is nothing until it does.
            Method::Nash => match (self.gain, other.gain) {
                (0, 0) => self.after.cmp(&other.after),
                (0, _) => Ordering::Greater,
                (_, 0) => Ordering::Less,
                _ => (u128::from(self.after) * u128::from(other.gain)).cmp(&(u128::from(other.after) * u128::from(self.gain))),
            },
            // Where not all who have the least can be raised, those are whom it raises most.
            Method::MaxMin => Reverse(self.gain).cmp(&Reverse(other.gain)).then(self.after.cmp(&other.after)),
        };
        by_method.then(self.lot.cmp(&other.lot)).then(self.at.cmp(&other.at).reverse())
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
