//! What is recorded of who asked and who was refused? A row with who, what, of what and from where; never a secret.

use std::sync::Arc;
use std::time::Duration;

use baton_domain::id::AuditId;
use baton_domain::ports::Sources;
use baton_domain::problem::Problem;
use baton_domain::services::ClientInfo;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use baton_storage::{AuditRow, Store};
use parking_lot::Mutex;

/// Refusals of nobody in particular that are recorded a minute; the rest is only logged, so that a stranger cannot fill
/// the disk.
const ANONYMOUS_A_MINUTE: u32 = 60;

/// What was done or asked, as it stands in a row.
pub(crate) mod action {
    pub(crate) const FIRST_RUN: &str = "auth.first_run";
    pub(crate) const LOGIN: &str = "auth.login";
    pub(crate) const LOGOUT: &str = "auth.logout";
    pub(crate) const REFRESH_REUSE: &str = "auth.refresh_reuse";
    pub(crate) const LIST_USERS: &str = "user.list";
    pub(crate) const CREATE_USER: &str = "user.create";
    pub(crate) const CHANGE_USER: &str = "user.change";
    pub(crate) const LIST_KEYS: &str = "key.list";
    pub(crate) const CREATE_KEY: &str = "key.create";
    pub(crate) const REVOKE_KEY: &str = "key.revoke";
}

/// Where a call came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    request_id: Option<String>,
    address: Option<String>,
}

impl From<&ClientInfo> for Trail {
    fn from(client: &ClientInfo) -> Self {
        Self { request_id: client.request_id.clone(), address: client.address.map(|address| address.to_string()) }
    }
}

impl From<&Caller> for Trail {
    fn from(caller: &Caller) -> Self {
        Self { request_id: caller.request_id.clone(), address: None }
    }
}

/// Makes the rows, and stores those of refusals; the row of a change is stored with the change.
pub(crate) struct Journal {
    store: Arc<dyn Store>,
    sources: Sources,
    /// Since when anonymous refusals are counted, and how many there were.
    anonymous: Mutex<(Timestamp, u32)>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Journal")
    }
}

impl Journal {
    pub(crate) fn new(store: Arc<dyn Store>, sources: Sources) -> Self {
        let anonymous = Mutex::new((sources.clock.now(), 0));
        Self { store, sources, anonymous }
    }

    /// The row of something that is allowed and done.
    pub(crate) fn done(&self, principal: Principal, action: &str, target: Option<String>, trail: impl Into<Trail>) -> AuditRow {
        self.row(principal, action, target, trail.into(), None)
    }

    /// The row of something that is refused with this code.
    pub(crate) fn denied(
        &self,
        principal: Principal,
        action: &str,
        target: Option<String>,
        trail: impl Into<Trail>,
        code: &str,
    ) -> AuditRow {
        self.row(principal, action, target, trail.into(), Some(code.to_owned()))
    }

    /// Stores the row of a refused sign-in.
    pub(crate) async fn refused_sign_in(&self, client: &ClientInfo, action: &str, target: Option<String>, problem: &Problem) {
        let row = self.denied(Principal::Anonymous, action, target, client, &problem.code);
        self.store_refusal(row).await;
    }

    /// Stores the row of a call that nobody in particular made and that no lock-out counts.
    pub(crate) async fn refused_stranger(&self, client: &ClientInfo, action: &str, problem: &Problem) {
        if self.has_room_for_anonymous() {
            self.refused_sign_in(client, action, None, problem).await;
        } else {
            tracing::warn!(action, code = %problem.code, address = ?client.address, "refused a call without credentials");
        }
    }

    /// Stores the row of a refused call. What failed in storage was not refused.
    pub(crate) async fn refused_call(&self, caller: &Caller, action: &str, target: Option<String>, problem: &Problem) {
        if problem.status >= 500 {
            return;
        }
        if caller.principal == Principal::Anonymous && !self.has_room_for_anonymous() {
            tracing::warn!(action, code = %problem.code, request_id = ?caller.request_id, "refused a call without credentials");
            return;
        }
        let row = self.denied(caller.principal.clone(), action, target, caller, &problem.code);
        self.store_refusal(row).await;
    }

    async fn store_refusal(&self, row: AuditRow) {
        let (action, code) = (row.action.clone(), row.code.clone());
        // The refusal stands even if it cannot be recorded; failing the call instead would tell the caller less.
        if let Err(error) = self.store.audit(vec![row]).await {
            tracing::error!(%error, action, code, "a refusal could not be recorded");
        }
    }

    fn has_room_for_anonymous(&self) -> bool {
        let now = self.sources.clock.now();
        let mut anonymous = self.anonymous.lock();
        if now.since(anonymous.0) >= Duration::from_secs(60) || now < anonymous.0 {
            *anonymous = (now, 0);
        }
        anonymous.1 = anonymous.1.saturating_add(1);
        anonymous.1 <= ANONYMOUS_A_MINUTE
    }

    fn row(&self, principal: Principal, action: &str, target: Option<String>, trail: Trail, code: Option<String>) -> AuditRow {
        AuditRow {
            id: AuditId::new(self.sources.ids.next()),
            at: self.sources.clock.now(),
            principal,
            action: action.to_owned(),
            target,
            allowed: code.is_none(),
            code,
            request_id: trail.request_id,
            address: trail.address,
        }
    }
}
