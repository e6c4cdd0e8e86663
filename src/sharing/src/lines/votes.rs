//! How are conflicts voted on? A decision is opened for each, and its verdict carried out.

use std::time::Duration;

use baton_domain::id::{ConflictId, DecisionId};
use baton_domain::problem::Code;
use baton_domain::services::{Answer, ConflictService};
use baton_domain::user::Principal;
use baton_domain::wire::conflict::ConflictChoice;
use baton_negotiation::conflict::{Command, First, State, Strategy};
use baton_storage::JournalHead;

use super::convert::{choice_view, core_choice};
use crate::Sharing;
use crate::journal::on_behalf_of;

/// How often a decision is asked for its verdict without being heard of.
pub(crate) const LOOK: Duration = Duration::from_secs(30);

impl Sharing {
    /// Takes a conflict that is voted on one step further.
    pub(crate) async fn drive_conflict(&self, head: &JournalHead) -> Answer<()> {
        let id = ConflictId::new(*head.id.as_uuid());
        let caller = on_behalf_of(&head.created_by, head.project);
        let mut stored = self.stored_conflict(head.project, id).await?;
        let seen = stored.core.revision;
        let command = match (&stored.core.state, &self.parts.votes) {
            (State::Open { escalated: false }, Some(votes)) => {
                let First::Vote(choices) = Strategy::Vote.first(stored.core.clean) else { return Ok(()) };
                let choices: Vec<ConflictChoice> = choices.iter().map(choice_view).collect();
                let key = format!("conflict/{id}/{seen}");
                let detail = self.conflict(&caller, id).await?;
                if detail.conflict.revision > seen {
                    // It was compared anew just now, and is due again.
                    return Ok(());
                }
                match votes.open(&caller, &detail, &choices, key).await {
                    Ok(decision) => Command::Vote { seen, decision: *decision.as_uuid() },
                    Err(problem) if problem.status >= 500 => return Err(problem),
                    Err(problem) => {
                        tracing::warn!(%id, %problem, "a conflict cannot be put to the vote; a person is asked");
                        Command::Escalate { seen }
                    }
                }
            }
            (State::Voting { decision }, Some(votes)) => {
                let decision = *decision;
                let choice = match votes.verdict(&caller, DecisionId::new(decision)).await {
                    Ok(None) => {
                        return self.postpone(&mut stored).await;
                    }
                    Ok(Some(choice)) => choice.map(|choice| core_choice(choice, None)),
                    Err(problem) if problem.status >= 500 => return Err(problem),
                    Err(_) => None,
                };
                Command::Verdict { decision, choice }
            }
            // Nobody can be asked to vote any more.
            (State::Open { escalated: false } | State::Voting { .. }, None) => Command::Escalate { seen },
            _ => return Ok(()),
        };
        match self.settle(&caller, &Principal::System, id, command, None).await {
            Err(problem) if problem.is(Code::ConflictMoved) || problem.is(Code::ConflictSettled) => Ok(()),
            Err(problem) if problem.is(Code::ConflictStepRefused) => {
                self.settle(&caller, &Principal::System, id, Command::Escalate { seen }, None).await.map(|_| ())
            }
            Err(problem) => Err(problem),
            Ok(_) => Ok(()),
        }
    }
}
