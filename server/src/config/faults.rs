//! Where is this process to die? Nowhere, unless a test says so.

use baton_storage::fault_points::{self, DieAt};

/// For tests of what is left when a server dies. It has no environment variable, so that no environment can set it by chance.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct FaultsConfig {
    /// Dies at this point, as `after_commit` or, the third time it comes there, `after_commit:3`.
    #[arg(long, hide = true)]
    die_at: Option<DieAt>,
}

impl FaultsConfig {
    /// Arms what is asked for.
    pub(crate) fn arm(self) {
        if let Some(die_at) = self.die_at {
            tracing::warn!(point = %die_at.point, arrival = die_at.arrival, "this process was told to die at a point");
            fault_points::arm(die_at);
        }
    }
}
