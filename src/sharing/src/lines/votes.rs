//! How are conflicts voted on? A decision is opened for each, and its verdict carried out.

use std::time::Duration;

use baton_domain::event::Event;
use baton_domain::id::{ConflictId, DecisionId};
use baton_domain::problem::Code;
use baton_domain::services::{Answer, ConflictService};
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::conflict::ConflictChoice;
use baton_negotiation::conflict::{Command, First, State, Strategy};
use baton_storage::JournalHead;

use super::conflict::Stored;
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
        if !stored.left.is_empty() {
            return self.cancel_votes(&caller, &mut stored).await;
        }
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
                    Ok(decision) => {
                        self.voted_on.lock().insert(decision, head.id);
                        Command::Vote { seen, decision: *decision.as_uuid() }
                    }
                    Err(problem) if problem.passes() => return Err(problem),
                    Err(problem) => {
                        tracing::warn!(%id, %problem, "a conflict cannot be put to the vote; a person is asked");
                        Command::Escalate { seen }
                    }
                }
            }
            (State::Voting { decision }, Some(votes)) => {
                let decision = *decision;
                self.voted_on.lock().insert(DecisionId::new(decision), head.id);
                let choice = match votes.verdict(&caller, DecisionId::new(decision)).await {
                    Ok(None) => {
                        return self.postpone(&mut stored).await;
                    }
                    Ok(Some(choice)) => choice.map(|choice| core_choice(choice, None)),
                    Err(problem) if problem.passes() => return Err(problem),
                    Err(_) => None,
                };
                Command::Verdict { decision, choice }
            }
            // Nobody can be asked to vote any more.
            (State::Open { escalated: false } | State::Voting { .. }, None) => Command::Escalate { seen },
            _ => return Ok(()),
        };
        let opened = if let Command::Vote { decision, .. } = &command { Some(*decision) } else { None };
        match self.settle(&caller, &Principal::System, id, command, None).await {
            Err(problem) if problem.is(Code::ConflictMoved) || problem.is(Code::ConflictSettled) => match opened {
                Some(decision) => self.withdraw_unless_noted(&caller, head, decision).await,
                None => Ok(()),
            },
            Err(problem) if !problem.passes() => {
                tracing::warn!(%id, %problem, "a verdict cannot be carried out; a person is asked");
                match self.settle(&caller, &Principal::System, id, Command::Escalate { seen }, None).await {
                    // Somebody was faster.
                    Err(problem) if problem.is(Code::ConflictMoved) || problem.is(Code::ConflictSettled) => Ok(()),
                    settled => settled.map(|_| ()),
                }
            }
            Err(problem) => Err(problem),
            Ok(_) => Ok(()),
        }
    }

    /// Cancels a decision that was opened for a conflict which went on meanwhile; unless it is the one that the conflict waits for, as another server noted.
    async fn withdraw_unless_noted(&self, caller: &Caller, head: &JournalHead, decision: uuid::Uuid) -> Answer<()> {
        let conflict = self.stored_conflict(head.project, ConflictId::new(*head.id.as_uuid())).await?;
        if matches!(conflict.core.state, State::Voting { decision: noted } if noted == decision) {
            return Ok(());
        }
        let decision = DecisionId::new(decision);
        self.voted_on.lock().remove(&decision);
        match &self.parts.votes {
            Some(votes) => match votes.cancel(caller, decision).await {
                Err(problem) if problem.passes() => Err(problem),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Cancels decisions that the conflict does not wait for any more, so that nobody votes on what is over.
    async fn cancel_votes(&self, caller: &Caller, stored: &mut Stored) -> Answer<()> {
        for decision in &stored.left {
            self.voted_on.lock().remove(decision);
            if let Some(votes) = &self.parts.votes
                && let Err(problem) = votes.cancel(caller, *decision).await
                && problem.passes()
            {
                return Err(problem);
            }
        }
        // If another came first it is due again.
        self.note_cancelled(stored).await.map(|_| ())
    }

    /// Notes that a decision has changed, if it is one on a conflict. Gives whether it is.
    pub(crate) fn note_decision(&self, event: &Event) -> bool {
        let decision = event.subject.strip_prefix("decision:").and_then(|id| id.parse::<DecisionId>().ok());
        let known = decision.filter(|decision| self.voted_on.lock().contains_key(decision));
        if let Some(decision) = known {
            self.decisions_changed.lock().insert(decision);
        }
        known.is_some()
    }

    /// The conflicts whose decisions have changed, as far as was heard.
    pub(crate) async fn conflicts_decided(&self) -> Answer<Vec<JournalHead>> {
        let changed = std::mem::take(&mut *self.decisions_changed.lock());
        let mut heads = Vec::new();
        for decision in changed {
            let conflict = self.voted_on.lock().get(&decision).copied();
            if let Some(conflict) = conflict {
                heads.extend(self.parts.journals.journal(conflict).await?.map(|(head, _)| head));
            }
        }
        Ok(heads)
    }
}
