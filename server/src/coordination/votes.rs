//! Who votes on changes that disagree? The people who may settle them, by plurality; without a verdict one of them is asked.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::id::DecisionId;
use baton_domain::services::{Answer, DecisionService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::conflict::{ConflictChoice, ConflictDetail};
use baton_domain::wire::decision::{CancelDecision, DecisionAnswers, DecisionMember, DecisionOption, DecisionState, NewDecision};
use baton_sharing::Votes;
use baton_storage::IdentityStore;

/// How long people have, in seconds.
const DEADLINE: i64 = 24 * 3_600;
/// The most people who are asked, those who have been members the longest.
const MOST: usize = 50;

/// Puts conflicts to the vote.
pub(super) struct ConflictVotes {
    service: Arc<dyn DecisionService>,
    users: Arc<dyn IdentityStore>,
}

impl ConflictVotes {
    pub(super) fn new(service: Arc<dyn DecisionService>, users: Arc<dyn IdentityStore>) -> Self {
        Self { service, users }
    }
}

/// What is read of a choice.
fn option(choice: ConflictChoice) -> Option<DecisionOption> {
    let label = match choice {
        ConflictChoice::Ours => "Keep what is stored",
        ConflictChoice::Theirs => "Take the change",
        ConflictChoice::Merged => "Take what a merge made of both",
        // Nobody has written it yet.
        ConflictChoice::Edited => return None,
    };
    Some(DecisionOption { key: choice.as_str().to_owned(), label: Some(label.to_owned()), description: None })
}

#[async_trait]
impl Votes for ConflictVotes {
    async fn open(&self, caller: &Caller, conflict: &ConflictDetail, choices: &[ConflictChoice], key: String) -> Answer<DecisionId> {
        let conflict = &conflict.conflict;
        let mut people = self.users.users().await?;
        people.retain(|user| user.active && user.role.allows(Permission::Operate));
        people.sort_by_key(|user| (user.created_at, user.id));
        let electorate = people.iter().take(MOST).map(|user| DecisionMember::User { user_id: user.id, weight: None }).collect();
        let options = choices.iter().copied().filter_map(option).collect();
        let question = format!("Which version of “{}” is to be kept?", conflict.line);
        let decision = NewDecision {
            context: Some(format!(
                "Two changes disagree in {} places; the second is by {}. See /conflicts/{}.",
                conflict.places, conflict.by, conflict.id
            )),
            deadline_seconds: DEADLINE,
            stage_seconds: Some(DEADLINE / 2),
            ..NewDecision::of(question, DecisionAnswers::Options { options }, electorate)
        };
        Ok(self.service.open(caller, decision, Some(key)).await?.id)
    }

    async fn verdict(&self, caller: &Caller, decision: DecisionId) -> Answer<Option<Option<ConflictChoice>>> {
        let summary = self.service.decision(caller, decision).await?.summary;
        Ok(match summary.state {
            DecisionState::Decided => Some(summary.verdict.and_then(|verdict| verdict.key).and_then(|key| ConflictChoice::parse(&key))),
            DecisionState::Refused | DecisionState::Cancelled => Some(None),
            _ => None,
        })
    }

    async fn cancel(&self, caller: &Caller, decision: DecisionId) -> Answer<()> {
        let reason = "The conflict that was voted on is settled, or is about something else by now.".to_owned();
        match self.service.cancel(caller, decision, CancelDecision { reason: Some(reason) }).await {
            Err(problem) if problem.passes() => Err(problem),
            _ => Ok(()),
        }
    }
}
