//! What is a share worth to whoever gets it?

use std::collections::BTreeSet;

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};

/// The most units that a pot has. Larger budgets are split in larger units, as thousands of tokens.
pub const MAXIMUM_UNITS: u64 = 1_000_000;
/// The most claimants of one pot.
pub const MAXIMUM_CLAIMANTS: usize = 1_000;
/// The most pieces of a utility.
pub const MAXIMUM_PIECES: usize = 64;
/// The most that a unit is worth.
pub const MAXIMUM_WORTH: u64 = 1_000_000_000;
/// The longest name of a claimant in bytes.
const MAXIMUM_KEY: usize = 200;

/// So many units that are worth so much each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// How many.
    pub units: u64,
    /// What each of them is worth.
    pub worth: u64,
}

/// Somebody who wants a part of the pot.
///
/// Its utility is given in pieces, each unit of a later one worth at most as much as of the one before (it is concave); beyond the last, more is worth
/// nothing. The numbers of one claimant say nothing about those of another: Nash's split does not compare them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimant {
    /// Its name.
    pub key: String,
    /// What its units are worth to it, the first ones first.
    pub pieces: Vec<Piece>,
    /// What it has without an agreement: it takes no share that is worth less.
    pub least: u64,
}

impl Claimant {
    /// What so many units are worth to it.
    #[must_use]
    pub fn worth(&self, units: u64) -> u64 {
        let mut left = units;
        let mut worth = 0_u64;
        for piece in &self.pieces {
            let taken = left.min(piece.units);
            worth = worth.saturating_add(taken.saturating_mul(piece.worth));
            left -= taken;
        }
        worth
    }

    /// The fewest units that are worth so much; nothing if all it wants is worth less.
    #[must_use]
    pub fn units_for(&self, worth: u64) -> Option<u64> {
        let (mut units, mut left) = (0_u64, worth);
        for piece in &self.pieces {
            if left == 0 {
                break;
            }
            if piece.worth == 0 {
                return None;
            }
            let needed = left.div_ceil(piece.worth).min(piece.units);
            units += needed;
            left = left.saturating_sub(needed * piece.worth);
        }
        (left == 0).then_some(units)
    }

    /// Whether a share is worth what it insists on.
    #[must_use]
    pub fn accepts(&self, units: u64) -> bool {
        self.worth(units) >= self.least
    }
}

/// Whether these can bargain over such a pot.
///
/// # Errors
/// [`Code::InvalidBargain`], naming the field.
pub fn check(pot: u64, claimants: &[Claimant]) -> Result<(), Problem> {
    let wrong = |field: String, what: &str| {
        Err(Problem::new(Code::InvalidBargain, format!("`{field}` cannot be bargained over: {what}")).with_field(field, what))
    };
    if pot > MAXIMUM_UNITS {
        return wrong("pot".into(), "a pot has at most 1,000,000 units. Count in larger ones.");
    }
    if claimants.is_empty() || claimants.len() > MAXIMUM_CLAIMANTS {
        return wrong("claimants".into(), "there are 1 to 1,000 claimants.");
    }
    let mut keys = BTreeSet::new();
    for (at, claimant) in claimants.iter().enumerate() {
        if claimant.key.is_empty() || claimant.key.len() > MAXIMUM_KEY || !keys.insert(claimant.key.as_str()) {
            return wrong(format!("claimants/{at}/key"), "each has a name of its own, of 1 to 200 bytes.");
        }
        if claimant.pieces.is_empty() || claimant.pieces.len() > MAXIMUM_PIECES {
            return wrong(format!("claimants/{at}/pieces"), "a utility has 1 to 64 pieces.");
        }
        let too_large = |piece: &Piece| piece.units == 0 || piece.units > MAXIMUM_UNITS || piece.worth > MAXIMUM_WORTH;
        if claimant.pieces.iter().any(too_large) {
            return wrong(format!("claimants/{at}/pieces"), "a piece has 1 to 1,000,000 units, each worth at most 1,000,000,000.");
        }
        if claimant.pieces.windows(2).any(|pair| matches!(pair, [one, next] if next.worth > one.worth)) {
            return wrong(format!("claimants/{at}/pieces"), "a later unit is worth at most as much as an earlier one.");
        }
    }
    Ok(())
}
