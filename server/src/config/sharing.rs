//! How are deadlocks broken between those who share things?

use baton_sharing::{Loss, Policy, VictimRule};

/// The settings of claims.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SharingConfig {
    /// Who gives way where claims wait for one another in a circle: youngest, lowest_priority, least_work or fewest_claims. The same on every server.
    #[arg(long, env = "BATON_DEADLOCK_VICTIM", default_value_t = VictimRule::default(), value_parser = victim)]
    pub(crate) deadlock_victim: VictimRule,
    /// What that costs it: its request, or everything that it holds and waits for. The same on every server.
    #[arg(long, env = "BATON_DEADLOCK_LOSS", default_value_t = Loss::default(), value_parser = loss)]
    pub(crate) deadlock_loss: Loss,
}

impl SharingConfig {
    /// How deadlocks are broken.
    pub(crate) const fn policy(&self) -> Policy {
        Policy { rule: self.deadlock_victim, loss: self.deadlock_loss }
    }
}

fn victim(text: &str) -> Result<VictimRule, String> {
    let known = VictimRule::ALL.map(VictimRule::as_str).join(", ");
    VictimRule::ALL.into_iter().find(|rule| rule.as_str() == text).ok_or_else(|| format!("{text:?} is no rule: expected one of {known}"))
}

fn loss(text: &str) -> Result<Loss, String> {
    let known = Loss::ALL.map(Loss::as_str).join(", ");
    Loss::ALL.into_iter().find(|loss| loss.as_str() == text).ok_or_else(|| format!("{text:?} is no loss: expected one of {known}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        sharing: SharingConfig,
    }

    fn parsed(arguments: &[&str]) -> Result<Policy, String> {
        let arguments = std::iter::once("baton").chain(arguments.iter().copied());
        Command::try_parse_from(arguments).map(|command| command.sharing.policy()).map_err(|error| error.to_string())
    }

    #[test]
    fn rules_are_read_and_unknown_ones_refused_with_the_known_ones() {
        assert_eq!(parsed(&[]), Ok(Policy::default()));
        let told = parsed(&["--deadlock-victim=fewest_claims", "--deadlock-loss=everything"]);
        assert_eq!(told, Ok(Policy { rule: VictimRule::FewestClaims, loss: Loss::Everything }));
        for rule in VictimRule::ALL {
            assert_eq!(parsed(&[&format!("--deadlock-victim={rule}")]).map(|policy| policy.rule), Ok(rule));
            assert_eq!(serde_json::to_value(rule).ok(), Some(rule.as_str().into()), "the word of the wire");
        }
        let error = parsed(&["--deadlock-victim=oldest"]).unwrap_err();
        assert!(error.contains("youngest, lowest_priority, least_work, fewest_claims"), "{error}");
        assert!(parsed(&["--deadlock-loss=nothing"]).unwrap_err().contains("request, everything"));
    }
}
