//! May this caller do this? Who is refused is remembered in the audit record.

use baton_domain::problem::Problem;
use baton_domain::user::{Caller, Permission, Principal};
use baton_observability::Auditor;

/// Lets calls through, or refuses and records them.
#[derive(Clone)]
pub(crate) struct Gate {
    auditor: Auditor,
}

impl Gate {
    pub(crate) const fn new(auditor: Auditor) -> Self {
        Self { auditor }
    }

    /// Lets the call go on only if the caller's role includes the permission; `action` names what was asked, as
    /// `task.cancel`.
    ///
    /// # Errors
    /// Those of [`Caller::require`].
    pub(crate) fn require(&self, caller: &Caller, permission: Permission, action: &str) -> Result<(), Problem> {
        caller.require(permission).inspect_err(|problem| {
            // Nobody is no principal; anybody could fill the record in nobody's name.
            if caller.principal != Principal::Anonymous {
                self.auditor.record(caller, action, None, Err(problem));
            }
        })
    }
}
