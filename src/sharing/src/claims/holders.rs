//! In whose name may a caller claim, and what is known of it?

use baton_domain::id::{JournalId, TaskId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::Priority;
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal};
use baton_negotiation::claims::{Holder, HolderKind};
use baton_storage::JournalKind;

use crate::Sharing;

/// A holder that a caller may speak for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) holder: Holder,
    pub(super) priority: Priority,
    /// Since when it has been at work; nothing for who claims for themselves.
    pub(super) begun_at: Option<Timestamp>,
}

fn not_yours(what: String) -> Problem {
    Problem::new(Code::NotYourHolder, what.clone()).with_field("/holder", what)
}

/// The caller as a holder.
fn own(principal: &Principal) -> Option<Holder> {
    match principal {
        Principal::User { id, .. } => Some(Holder { kind: HolderKind::Person, id: *id.as_uuid() }),
        Principal::ApiKey { id, .. } => Some(Holder { kind: HolderKind::Key, id: *id.as_uuid() }),
        Principal::System | Principal::Anonymous => None,
    }
}

impl Sharing {
    /// In whose name the caller speaks. `begins` tells asking for something from giving it back, which those that have ended may too.
    pub(super) async fn holder(&self, caller: &Caller, named: Option<&str>, begins: bool) -> Answer<Known> {
        let mine = own(&caller.principal);
        let Some(named) = named else {
            let holder = mine.ok_or_else(|| not_yours("Name a holder: `task:<id>` or `run:<id>`.".to_owned()))?;
            return Ok(Known { holder, priority: Priority::default(), begun_at: None });
        };
        let holder: Holder = named.parse().map_err(|_| {
            Problem::invalid_field("/holder", "Write `task:` or `run:` and an identifier, or leave it out to claim for yourself.")
        })?;
        let system = caller.principal == Principal::System;
        match holder.kind {
            HolderKind::Person | HolderKind::Key | HolderKind::Attempt => {
                if mine == Some(holder) || system {
                    return Ok(Known { holder, priority: Priority::default(), begun_at: None });
                }
                Err(not_yours(format!("{holder} is not you. Leave `holder` out to claim for yourself.")))
            }
            HolderKind::Task => {
                let task = self.parts.tasks.get(caller, TaskId::new(holder.id), None).await?.summary;
                if !system && task.created_by != caller.principal.label() {
                    return Err(not_yours(format!("{holder} was begun by {}, who alone may claim for it.", task.created_by)));
                }
                if begins && task.state.is_terminal() {
                    return Err(not_yours(format!("{holder} has ended.")));
                }
                Ok(Known { holder, priority: task.priority, begun_at: Some(task.created_at) })
            }
            HolderKind::Run => {
                let run = self.parts.journals.journal(JournalId::new(holder.id)).await?.map(|(head, _)| head);
                let run = run.filter(|head| head.kind == JournalKind::Run && head.project == caller.project);
                let run = run.ok_or_else(|| not_yours(format!("There is no {holder}.")))?;
                if !system && run.created_by.tag() != caller.principal.tag() {
                    return Err(not_yours(format!("{holder} was begun by {}, who alone may claim for it.", run.created_by.label())));
                }
                if begins && !run.live {
                    return Err(not_yours(format!("{holder} has ended.")));
                }
                Ok(Known { holder, priority: Priority::default(), begun_at: Some(run.created_at) })
            }
        }
    }
}
