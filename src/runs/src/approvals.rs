//! What do people see of what runs ask them for, and how do they decide?

use async_trait::async_trait;
use baton_domain::id::{ApprovalId, EventSeq, JournalId, RunId};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ApprovalService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::approval::{ApprovalDetail, ApprovalFilter, ApprovalState, ApprovalSummary, ApprovalVerdict, MAXIMUM_COMMENT};
use baton_storage::{JournalHead, JournalKind, JournalQuery};
use baton_workflow::Fact;
use baton_workflow::run::Key;

use crate::asked::{Closing, Question, summary_in};
use crate::live::Live;
use crate::paging;
use crate::record::{broken, journal};
use crate::runs::{Runs, person};

/// Why somebody may not decide, if they may not.
fn hindered(caller: &Caller, head: &JournalHead, summary: &ApprovalSummary, now: baton_domain::time::Timestamp) -> Option<String> {
    let person = person(caller);
    let named = |who: &String| match who.strip_prefix("role:") {
        Some(role) => person.roles.iter().any(|known| known == role.trim()),
        None => *who == person.name,
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
    let asked = person.name == summary.requested_by || summary.retried_by.as_ref() == Some(&person.name);
    if asked || caller.principal.tag() == head.created_by.tag() {
        return Some("Whoever asked for the run, or began it anew, may not decide.".to_owned());
    }
    (!summary.who.is_empty() && !summary.who.iter().any(named)).then(|| format!("Only {} may decide.", summary.who.join(", ")))
}

impl Runs {
    async fn asked_for(&self, caller: &Caller, id: ApprovalId) -> Answer<(JournalHead, EventSeq)> {
        let found = self.parts.journals.journal(JournalId::new(*id.as_uuid())).await?;
        let missing = || Problem::new(Code::NoSuchApproval, format!("There is no approval {id}."));
        found.filter(|(head, _)| head.project == caller.project && head.kind == JournalKind::Approval).ok_or_else(missing)
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
        let (of, own, said, name) = (key.clone(), caller.principal.tag(), comment.clone(), by.name.clone());
        let fact = move |live: &Live| {
            // By who they are, too: an address may have changed since.
            if [&live.created_by, &live.acting].iter().any(|asked| asked.tag() == own) {
                let detail = "Whoever asked for the run, or began it anew, may not decide on its approvals. Ask somebody else.";
                return Err(Problem::new(Code::ApprovalForbidden, detail));
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
        let why_not = hindered(caller, &head, &summary, self.parts.sources.clock.now());
        Ok(ApprovalDetail { summary, subject, may_decide: why_not.is_none(), why_not, as_of })
    }

    async fn approve(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.decide(caller, id, verdict, true).await
    }

    async fn refuse(&self, caller: &Caller, id: ApprovalId, verdict: ApprovalVerdict) -> Answer<ApprovalSummary> {
        self.decide(caller, id, verdict, false).await
    }
}
