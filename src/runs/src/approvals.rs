//! What do people see of what runs ask them for, and how do they decide?

use std::collections::BTreeSet;

use async_trait::async_trait;
use baton_domain::id::{ApprovalId, EventSeq, JournalId, RunId};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ApprovalService};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalState, ApprovalSummary, ApprovalVerdict, MAXIMUM_COMMENT};
use baton_storage::{JournalHead, JournalKind, JournalQuery};
use baton_workflow::Fact;
use baton_workflow::run::Key;

use crate::asked::{Closing, Question, summary_in};
use crate::live::Live;
use crate::paging;
use crate::record::{Opening, broken, journal};
use crate::runs::{Runs, person};
use crate::start::name_of;

/// What somebody is told who has asked for what is to be approved.
const ASKED: &str =
    "Whoever asked for the run, or began it anew, may not decide on its approvals, nor may their API keys. Ask somebody else.";

/// Why somebody may not decide now, whoever asked for it.
fn hindered(caller: &Caller, summary: &ApprovalSummary, now: baton_domain::time::Timestamp) -> Option<String> {
    let person = person(caller);
    let named = |who: &String| match who.strip_prefix("role:") {
        Some(role) => person.roles.iter().any(|known| known == role.trim()),
        None => who.eq_ignore_ascii_case(&person.name),
    };
    if summary.state != ApprovalState::Open {
        return Some(format!("It is {}.", summary.state));
    }
    if now >= summary.expires_at {
        return Some("Its time is over.".to_owned());
    }
    if let Err(problem) = caller.require(Permission::Work) {
        return Some(problem.detail);
    }
    (!summary.who.is_empty() && !summary.who.iter().any(named)).then(|| format!("Only {} may decide.", summary.who.join(", ")))
}

impl Runs {
    async fn asked_for(&self, caller: &Caller, id: ApprovalId) -> Answer<(JournalHead, EventSeq)> {
        let found = self.parts.journals.journal(JournalId::new(*id.as_uuid())).await?;
        let missing = || Problem::new(Code::NoSuchApproval, format!("There is no approval {id}."));
        found.filter(|(head, _)| head.project == caller.project && head.kind == JournalKind::Approval).ok_or_else(missing)
    }

    /// Why somebody may never decide on this approval, if so: a machine where a person is asked, or whoever asked for the run, by themselves or through a
    /// key that they made.
    async fn barred(&self, caller: &Caller, head: &JournalHead, summary: &ApprovalSummary) -> Answer<Option<String>> {
        let own = name_of(&caller.principal);
        if matches!(caller.principal, Principal::ApiKey { .. }) && !summary.who.contains(&own) {
            return Ok(Some(format!("A person is asked, not an API key. One decides only where the approval's `who` names it: `{own}`.")));
        }
        let mut asked: BTreeSet<String> = std::iter::once(summary.requested_by.clone()).chain(summary.retried_by.clone()).collect();
        let mut askers = vec![head.created_by.clone()];
        if let Some(run) = head.parent {
            askers.extend(self.parts.journals.journal(run).await?.map(|(head, _)| head.created_by));
            if let Some(opening) = self.parts.journals.journal_opening(run).await? {
                let Opening { beginning, askers: above, .. } = serde_json::from_value(opening).map_err(broken)?;
                asked.extend(beginning.others);
                askers.extend(above);
            }
        }
        for asker in askers {
            self.known_as(&asker, &mut asked).await?;
        }
        let mut deciding = BTreeSet::new();
        self.known_as(&caller.principal, &mut deciding).await?;
        Ok((!asked.is_disjoint(&deciding)).then(|| ASKED.to_owned()))
    }

    /// By what somebody is known: by who they are, by their name, and a key by who made it.
    async fn known_as(&self, principal: &Principal, known: &mut BTreeSet<String>) -> Answer<()> {
        known.extend([principal.tag(), name_of(principal)]);
        if let Principal::ApiKey { id, .. } = principal {
            known.extend(self.parts.identities.api_key(*id).await?.map(|key| key.created_by));
        }
        Ok(())
    }

    async fn decide(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict, agrees: bool) -> Answer<ApprovalSummary> {
        caller.require(Permission::Work)?;
        let comment = verdict.comment.filter(|comment| !comment.trim().is_empty());
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > MAXIMUM_COMMENT) {
            return Err(Problem::invalid_field("/comment", format!("use at most {MAXIMUM_COMMENT} characters")));
        }
        let (head, _) = self.asked_for(caller, id).await?;
        let key = head.key.as_deref().and_then(Key::parse).ok_or_else(|| broken("the approval has no key"))?;
        let run = head.parent.map(|parent| RunId::new(*parent.as_uuid())).ok_or_else(|| broken("the approval has no run"))?;
        let (by, hash) = (person(caller), verdict.hash);
        if let Some(why) = self.barred(caller, &head, &summary_in(&head)?).await? {
            return Err(Problem::new(Code::ApprovalForbidden, why));
        }
        let (of, own, said, name) = (key.clone(), caller.principal.tag(), comment.clone(), by.name.clone());
        let fact = move |live: &Live| {
            // Once more, on the newest of it: by who they are, too, for an address may have changed since.
            if live.askers().iter().any(|asked| asked.tag() == own) {
                return Err(Problem::new(Code::ApprovalForbidden, ASKED));
            }
            let (key, hash, by, comment) = (of.clone(), hash.clone(), by.clone(), said.clone());
            Ok(if agrees { Fact::Approved { key, hash, by, comment } } else { Fact::Refused { key, hash, by, comment } })
        };
        self.act(caller, run, fact).await?;
        // What counts is stored; the list follows here, so that the answer shows it.
        let closing = Closing {
            key: key.clone(),
            state: if agrees { ApprovalState::Approved } else { ApprovalState::Refused },
            by: Some(name),
            comment: comment.clone(),
            at: self.parts.sources.clock.now(),
            actor: caller.principal.clone(),
        };
        match self.close(caller.project, &closing).await {
            Ok(Some(summary)) => Ok(summary),
            // It is put right later.
            Ok(None) | Err(_) => {
                let mut summary = summary_in(&head)?;
                summary.state = closing.state;
                (summary.decided_by, summary.comment, summary.decided_at) = (closing.by, closing.comment, Some(closing.at));
                Ok(summary)
            }
        }
    }
}

#[async_trait]
impl ApprovalService for Runs {
    async fn list(&self, caller: &Caller, filter: ApprovalFilter) -> Answer<Page<ApprovalSummary>> {
        caller.require(Permission::Read)?;
        let limit = paging::limit(filter.limit)?;
        let before: Option<ApprovalId> = paging::cursor(filter.cursor.as_deref())?;
        let query = JournalQuery {
            project: caller.project,
            kind: JournalKind::Approval,
            name: None,
            state: None,
            live: filter.open,
            parent: filter.run.map(journal),
            before: before.map(|id| JournalId::new(*id.as_uuid())),
            limit: limit + 1,
        };
        let page = self.parts.journals.journals(&query).await?;
        let mut heads = page.items;
        let next_cursor = paging::cut(&mut heads, limit, |last| last.id.to_string());
        Ok(Page { items: heads.iter().map(summary_in).collect::<Answer<_>>()?, next_cursor, as_of: page.as_of })
    }

    async fn approval(&self, caller: &Caller, id: ApprovalId) -> Answer<ApprovalDetail> {
        caller.require(Permission::Read)?;
        let (head, as_of) = self.asked_for(caller, id).await?;
        let summary = summary_in(&head)?;
        let opening = self.parts.journals.journal_opening(head.id).await?.ok_or_else(|| broken("its opening is gone"))?;
        let Question { subject } = serde_json::from_value(opening).map_err(broken)?;
        let why_not = match hindered(caller, &summary, self.parts.sources.clock.now()) {
            None => self.barred(caller, &head, &summary).await?,
            why => why,
        };
        Ok(ApprovalDetail { summary, subject, may_decide: why_not.is_none(), why_not, as_of })
    }

    async fn approve(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.decide(caller, id, verdict, true).await
    }

    async fn refuse(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.decide(caller, id, verdict, false).await
    }
}
