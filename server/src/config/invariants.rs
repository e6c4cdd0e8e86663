//! How often is it looked at whether what is stored keeps to the catalogue of invariants, and at how much of it?

use std::time::Duration;

/// The settings of the watch over the invariants.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct InvariantsConfig {
    /// Seconds between two looks at whether what is stored keeps to the catalogue of invariants; 0 never looks. Of several servers, one does.
    #[arg(long, env = "BATON_CHECK_INVARIANTS_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) check_invariants_seconds: u64,
    /// The most tasks that one look takes, the newest and those that changed last; each costs a few short reads.
    #[arg(long, env = "BATON_CHECK_INVARIANTS_TASKS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) check_invariants_tasks: u32,
}

impl InvariantsConfig {
    /// How often; none if never.
    pub(crate) fn every(self) -> Option<Duration> {
        Some(self.check_invariants_seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        invariants: InvariantsConfig,
    }

    fn parsed(arguments: &[&str]) -> Option<(Option<u64>, u32)> {
        let arguments = std::iter::once("baton").chain(arguments.iter().copied());
        let invariants = Command::try_parse_from(arguments).ok()?.invariants;
        Some((invariants.every().map(|every| every.as_secs()), invariants.check_invariants_tasks))
    }

    #[test]
    fn both_have_their_defaults_and_their_bounds() {
        assert_eq!(parsed(&[]), Some((Some(300), 200)));
        assert_eq!(parsed(&["--check-invariants-seconds=0", "--check-invariants-tasks=2000"]), Some((None, 2_000)));
        for wrong in ["--check-invariants-seconds=86401", "--check-invariants-tasks=0", "--check-invariants-tasks=2001"] {
            assert_eq!(parsed(&[wrong]), None, "{wrong}");
        }
    }
}
