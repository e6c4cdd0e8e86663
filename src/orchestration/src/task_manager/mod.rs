//! What keeps tasks moving when nobody does: deadlines, leases, recovery.

pub(crate) mod deadlines;
pub(crate) mod heartbeat;
pub(crate) mod recovery;
