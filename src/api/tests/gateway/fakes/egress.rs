//! How the rules of egress answer in tests.

use async_trait::async_trait;
use baton_domain::egress::EgressPolicy;
use baton_domain::services::{Answer, EgressService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::egress::{EgressRules, EgressView};

use super::{Fake, START};

#[async_trait]
impl EgressService for Fake {
    async fn get(&self, caller: &Caller) -> Answer<EgressView> {
        self.0.allowed(caller, Permission::Operate, "egress".into())?;
        Ok(EgressView { rules: EgressRules::default(), bounds: EgressPolicy::default().bounds(), updated_at: None, updated_by: None })
    }

    async fn set(&self, caller: &Caller, rules: EgressRules) -> Answer<EgressView> {
        self.0.allowed(caller, Permission::Administer, format!("set egress {:?} {:?}", rules.allow, rules.deny))?;
        let updated_at = Some(Timestamp::from_millis(START));
        let updated_by = Some(caller.principal.label().to_owned());
        Ok(EgressView { rules, bounds: EgressPolicy::default().bounds(), updated_at, updated_by })
    }
}
