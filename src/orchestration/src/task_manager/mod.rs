//! What keeps tasks moving when nobody does: deadlines, leases, recovery.

pub(crate) mod cancel;
pub(crate) mod deadlines;
pub(crate) mod dependencies;
pub(crate) mod heartbeat;
pub(crate) mod quarantine;
pub(crate) mod recovery;
pub(crate) mod refusals;
pub(crate) mod voting;
