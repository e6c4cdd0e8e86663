//! How claims, lines, conflicts, contracts and bargaining answer in tests.

use std::time::Duration;

use async_trait::async_trait;
use baton_domain::id::{BargainId, ConflictId, ContractId};
use baton_domain::page::Page;
use baton_domain::services::{Answer, ClaimService, ConflictService, ContractService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::claim::{
    BreakClaim, ClaimCheck, ClaimFilter, ClaimList, ClaimRelease, ClaimRenewal, ClaimRequest, ClaimView, Claimed,
};
use baton_domain::wire::conflict::{
    ConflictDetail, ConflictFilter, ConflictView, DismissConflict, LineDetail, LineFilter, LineForm, LineView, PutOutcome, PutVersion,
    ResolveConflict,
};
use baton_domain::wire::contract::{
    BargainDetail, BargainMove, BargainView, ContractDetail, ContractFilter, ContractMessage, ContractView, Mediation, NewBargain,
    NewContract,
};
use serde_json::{Value, json};

use super::Fake;
use super::samples::{of, page};

fn claim() -> Value {
    json!({"resource": "path:reports/2026", "holder": "user:operator", "by": "operator@example.com", "mode": "exclusive", "state": "held",
        "fence": 17, "since": "2026-01-31T08:30:00Z", "behind": []})
}

fn version() -> Value {
    json!({"number": 1, "artifact": "00000000-0000-0000-0000-000000000028", "sha256": super::HASH, "size": 5, "media_type": "text/plain",
        "by": "operator@example.com", "at": "2026-01-31T08:30:00Z"})
}

fn line() -> LineView {
    LineView { name: "report".into(), form: LineForm::Text, newest: of(version()), created_at: of(json!("2026-01-31T08:30:00Z")) }
}

fn conflict() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "line": "report", "state": "open", "escalated": true, "clean": false, "places": 1,
        "by": "operator@example.com", "opened_at": "2026-01-31T08:30:00Z", "revision": 1})
}

fn contract() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "title": "Sentiment", "skill": "nlp.sentiment", "state": "called", "bidders": 2,
        "bids": 1, "award": 0, "created_by": "operator@example.com", "created_at": "2026-01-31T08:30:00Z", "updated_at": "2026-01-31T08:30:00Z"})
}

fn bargain() -> Value {
    json!({"id": "00000000-0000-0000-0000-000000000028", "title": "GPU hours", "state": "open", "pot": 100, "parties": ["a", "b"], "round": 0,
        "rounds": 10, "accepted": [], "created_by": "operator@example.com", "created_at": "2026-01-31T08:30:00Z",
        "updated_at": "2026-01-31T08:30:00Z"})
}

#[async_trait]
impl ClaimService for Fake {
    async fn claim(&self, caller: &Caller, request: ClaimRequest, wait: Option<Duration>) -> Answer<Claimed> {
        self.0.allowed(caller, Permission::Work, format!("claim {} things {wait:?}", request.wanted.len()))?;
        Ok(of(json!({"complete": true, "claims": [claim()]})))
    }

    async fn renew(&self, caller: &Caller, renewal: ClaimRenewal) -> Answer<Vec<ClaimView>> {
        self.0.allowed(caller, Permission::Work, format!("renew {} claims", renewal.claims.len()))?;
        Ok(vec![of(claim())])
    }

    async fn release(&self, caller: &Caller, release: ClaimRelease) -> Answer<()> {
        self.0.allowed(caller, Permission::Work, format!("release {} claims", release.claims.len()))
    }

    async fn list(&self, caller: &Caller, filter: ClaimFilter) -> Answer<ClaimList> {
        self.0.allowed(caller, Permission::Read, format!("claims {filter:?}"))?;
        Ok(of(json!({"items": [claim()], "held": 1, "waiting": 0, "broken": [], "as_of": 7})))
    }

    async fn check(&self, caller: &Caller, check: ClaimCheck) -> Answer<ClaimView> {
        self.0.allowed(caller, Permission::Read, format!("check {} {}", check.resource, check.fence))?;
        Ok(of(claim()))
    }

    async fn break_claim(&self, caller: &Caller, which: BreakClaim) -> Answer<()> {
        self.0.allowed(caller, Permission::Operate, format!("break {} of {}", which.resource, which.holder))
    }
}

#[async_trait]
impl ConflictService for Fake {
    async fn lines(&self, caller: &Caller, filter: LineFilter) -> Answer<Page<LineView>> {
        self.0.allowed(caller, Permission::Read, format!("lines {filter:?}"))?;
        Ok(Page { items: vec![line()], ..page(json!(null)) })
    }

    async fn line(&self, caller: &Caller, name: &str, filter: LineFilter) -> Answer<LineDetail> {
        self.0.allowed(caller, Permission::Read, format!("line {name} {filter:?}"))?;
        Ok(LineDetail { line: line(), versions: vec![of(version())], next_cursor: None, conflicts: Vec::new(), as_of: of(json!(7)) })
    }

    async fn put(&self, caller: &Caller, name: &str, version: PutVersion) -> Answer<PutOutcome> {
        self.0.allowed(caller, Permission::Work, format!("put {} into {name}", version.artifact))?;
        Ok(PutOutcome::Stored { version: of(self::version()) })
    }

    async fn conflicts(&self, caller: &Caller, filter: ConflictFilter) -> Answer<Page<ConflictView>> {
        self.0.allowed(caller, Permission::Read, format!("conflicts {filter:?}"))?;
        Ok(page(conflict()))
    }

    async fn conflict(&self, caller: &Caller, id: ConflictId) -> Answer<ConflictDetail> {
        self.0.allowed(caller, Permission::Read, format!("conflict {id}"))?;
        let content = || of(json!({"number": 1, "artifact": "00000000-0000-0000-0000-000000000028", "media_type": "text/plain"}));
        Ok(ConflictDetail {
            conflict: of(conflict()),
            form: LineForm::Text,
            base: None,
            ours: content(),
            theirs: content(),
            regions: Vec::new(),
            choices: Vec::new(),
            as_of: of(json!(7)),
        })
    }

    async fn resolve(&self, caller: &Caller, id: ConflictId, how: ResolveConflict) -> Answer<ConflictView> {
        self.0.allowed(caller, Permission::Work, format!("resolve {id} {:?}", how.choice))?;
        Ok(of(conflict()))
    }

    async fn dismiss(&self, caller: &Caller, id: ConflictId, why: DismissConflict) -> Answer<ConflictView> {
        self.0.allowed(caller, Permission::Work, format!("dismiss {id}, {}", why.because))?;
        Ok(of(conflict()))
    }
}

#[async_trait]
impl ContractService for Fake {
    async fn call(&self, caller: &Caller, contract: NewContract, idempotency_key: Option<String>) -> Answer<ContractView> {
        self.0.allowed(caller, Permission::Work, format!("call for {} {idempotency_key:?}", contract.work.skill))?;
        Ok(of(self::contract()))
    }

    async fn contracts(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<ContractView>> {
        self.0.allowed(caller, Permission::Read, format!("contracts {filter:?}"))?;
        Ok(page(contract()))
    }

    async fn contract(&self, caller: &Caller, id: ContractId) -> Answer<ContractDetail> {
        self.0.allowed(caller, Permission::Read, format!("contract {id}"))?;
        let call = json!({"work": {"skill": "nlp.sentiment", "input": {}}});
        Ok(of(json!({"contract": contract(), "call": call, "bids": [], "awards": [], "as_of": 7})))
    }

    async fn tell(&self, caller: &Caller, id: ContractId, message: ContractMessage) -> Answer<ContractView> {
        self.0.allowed(caller, Permission::Work, format!("tell {id} {message:?}"))?;
        Ok(of(contract()))
    }

    async fn cancel(&self, caller: &Caller, id: ContractId) -> Answer<ContractView> {
        self.0.allowed(caller, Permission::Work, format!("cancel contract {id}"))?;
        Ok(of(contract()))
    }

    async fn open_bargain(&self, caller: &Caller, bargain: NewBargain, idempotency_key: Option<String>) -> Answer<BargainView> {
        self.0.allowed(caller, Permission::Work, format!("bargain over {} {idempotency_key:?}", bargain.title))?;
        Ok(of(self::bargain()))
    }

    async fn bargains(&self, caller: &Caller, filter: ContractFilter) -> Answer<Page<BargainView>> {
        self.0.allowed(caller, Permission::Read, format!("bargains {filter:?}"))?;
        Ok(page(bargain()))
    }

    async fn bargain(&self, caller: &Caller, id: BargainId) -> Answer<BargainDetail> {
        self.0.allowed(caller, Permission::Read, format!("bargain {id}"))?;
        let (bargain, as_of) = (of(bargain()), of(json!(7)));
        Ok(BargainDetail { bargain, parties: Vec::new(), mediation: Mediation::Nash, moves: Vec::new(), as_of })
    }

    async fn say(&self, caller: &Caller, id: BargainId, what: BargainMove) -> Answer<BargainView> {
        self.0.allowed(caller, Permission::Work, format!("say {what:?} in {id}"))?;
        Ok(of(bargain()))
    }
}
