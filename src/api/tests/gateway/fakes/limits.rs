//! How concurrency limits answer in tests.

use async_trait::async_trait;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, LimitService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::limit::{LimitScope, LimitView, NewLimit};

use super::{Fake, START};

#[async_trait]
impl LimitService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<Vec<LimitView>> {
        self.0.allowed(caller, Permission::Read, "limits".into())?;
        Ok(Vec::new())
    }

    async fn set(&self, caller: &Caller, limit: NewLimit) -> Answer<LimitView> {
        self.0.allowed(caller, Permission::Operate, format!("limit {} {} {}", limit.scope, limit.name, limit.maximum))?;
        let maximum = u32::try_from(limit.maximum).map_err(|_| Problem::new(Code::InvalidLimit, "Use a number in range."))?;
        let (scope, name) = (limit.scope, limit.name);
        let updated_at = Timestamp::from_millis(START);
        Ok(LimitView { scope, name, maximum, running: 0, updated_at, updated_by: caller.principal.label().to_owned() })
    }

    async fn remove(&self, caller: &Caller, scope: LimitScope, name: String) -> Answer<()> {
        self.0.allowed(caller, Permission::Operate, format!("unlimit {scope} {name}"))
    }
}
