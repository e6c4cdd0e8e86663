//! What becomes of the claims of those that have ended? They are given back at once; if that was missed, their leases end.

use std::collections::BTreeSet;

use baton_domain::event::Event;
use baton_domain::id::{ProjectId, TaskId};
use baton_domain::services::Answer;
use baton_domain::task::TaskState;
use baton_domain::user::Principal;
use baton_negotiation::claims::{Command, Holder, HolderKind};

use crate::Sharing;

/// The most holders that are kept in mind at once.
const MAXIMUM_ENDED: usize = 10_000;

impl Sharing {
    /// Notes that a task or a run has ended, if an event says so. Gives whether something is to be done about it at once: it does the work of a
    /// contract, or has claims that this server knows of. What others know of is given back in the next round.
    pub(crate) fn note_end(&self, event: &Event) -> bool {
        let ended = match event.kind.split_once('.') {
            Some(("task", state)) => TaskState::parse(state).is_some_and(TaskState::is_terminal),
            Some(("run", state)) => matches!(state, "completed" | "failed" | "canceled"),
            _ => false,
        };
        let Some(holder) = event.subject.parse::<Holder>().ok().filter(|_| ended) else { return false };
        let mut urgent = self.shelf.may_know(event.project_id, &holder);
        if holder.kind == HolderKind::Task {
            let task = TaskId::new(holder.id);
            if self.watched.lock().contains_key(&task) {
                self.tasks_ended.lock().insert(task);
                urgent = true;
            }
        }
        let mut noted = self.ended.lock();
        let of_project = noted.entry(event.project_id).or_default();
        if urgent || of_project.len() < MAXIMUM_ENDED {
            of_project.insert(holder);
        }
        urgent
    }

    /// Gives back what those that have ended held. Gives whether they held anything. What fails is tried again with what ends next.
    pub(crate) async fn release_ended(&self) -> Answer<bool> {
        let noted = std::mem::take(&mut *self.ended.lock());
        let (mut any, mut trouble) = (false, None);
        for (project, holders) in noted {
            match self.release_those(project, &holders).await {
                Ok(some) => any |= some,
                Err(problem) => {
                    let mut ended = self.ended.lock();
                    let of_project = ended.entry(project).or_default();
                    let room = MAXIMUM_ENDED.saturating_sub(of_project.len());
                    of_project.extend(holders.into_iter().take(room));
                    trouble = Some(problem);
                }
            }
        }
        trouble.map_or(Ok(any), Err)
    }

    async fn release_those(&self, project: ProjectId, holders: &BTreeSet<Holder>) -> Answer<bool> {
        let has = |book: &super::book::Book| -> Vec<Holder> { holders.iter().filter(|holder| book.knows(holder)).copied().collect() };
        match self.look(project, has).await? {
            Some((left, _)) if !left.is_empty() => self.release_all(project, &left).await.map(|()| true),
            _ => Ok(false),
        }
    }

    async fn release_all(&self, project: ProjectId, holders: &[Holder]) -> Answer<()> {
        self.turn(project, &Principal::System, |draft| {
            for holder in holders {
                draft.give_back_all(holder)?;
            }
            Ok(())
        })
        .await
    }
}

impl super::draft::Draft<'_> {
    /// Gives back everything of a holder, and waits for nothing.
    pub(super) fn give_back_all(&mut self, holder: &Holder) -> Answer<()> {
        // What has run out is not given back.
        self.apply(Command::Tick)??;
        let held: Vec<_> = self.book.held_by(holder).map(|(resource, held)| (resource.clone(), held.fence)).collect();
        for (resource, fence) in &held {
            self.released(resource, holder, *fence)?;
        }
        self.apply(Command::ReleaseAll { holder: *holder })??;
        Ok(())
    }
}
