//! How able is a model? A skill states the least able one that it is fit for, and is refused below it.

use serde::{Deserialize, Serialize};

use crate::named::named_enum;

named_enum!(
    /// How able a model is, by what it can be trusted with. The order is from the least to the most able.
    ModelTier {
        /// Below a billion parameters, as the one built in: continues and rephrases short texts.
        Tiny = "tiny",
        /// One to ten billion: summarizes, rewrites and answers from a text before it.
        Small = "small",
        /// Ten to a hundred billion: translates, explains code, keeps to a schema of some size.
        Medium = "medium",
        /// The best there are.
        Large = "large",
    }
);

/// What a skill needs of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelNeed {
    /// The least able model that it is fit for.
    pub least: ModelTier,
    /// Whether the skill also works, with less, where no such model can be had.
    #[serde(default)]
    pub optional: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_in_order() {
        assert!(ModelTier::Tiny < ModelTier::Small && ModelTier::Small < ModelTier::Medium && ModelTier::Medium < ModelTier::Large);
    }
}
