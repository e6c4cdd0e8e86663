//! How is a conflict settled? By one write of its line; its own journal follows.

use baton_domain::id::{ArtifactId, ConflictId, JournalId, ProjectId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::{Caller, Principal};
use baton_domain::wire::conflict::{ConflictView, LineVersion};
use baton_negotiation::conflict::{Choice, Command, State};

use super::conflict::{Stored, next_version};
use super::content::Content;
use super::convert::view;
use super::line::{Line, LineTurn};
use crate::Sharing;
use crate::journal::{TRIES, contended};

impl Sharing {
    /// Carries out what settles a conflict. `edited` is the content that somebody made.
    pub(crate) async fn settle(
        &self,
        caller: &Caller,
        actor: &Principal,
        id: ConflictId,
        command: Command,
        edited: Option<ArtifactId>,
    ) -> Answer<ConflictView> {
        let edited = match edited {
            Some(artifact) => Some(Content::from(&self.parts.artifacts.get(caller, artifact).await?)),
            None => None,
        };
        for _ in 0..TRIES {
            let mut stored = self.stored_conflict(caller.project, id).await?;
            let mut line = self.line_of(&stored).await?;
            self.follow(&mut line, &mut stored).await?;
            if self.renew(caller, &line, &mut stored).await? {
                let detail = format!(
                    "{} has a newer version, {}, and the conflict was compared with it. Look again.",
                    stored.opening.line, line.view.newest.number
                );
                return Err(Problem::new(Code::ConflictMoved, detail));
            }
            let mut core = stored.core.clone();
            let write = core.apply(command.clone(), line.view.newest.number, self.now())?;
            if matches!(core.state, State::Open { .. } | State::Voting { .. }) {
                // It is not settled by this, so the line has no say.
                if self.write_conflict(&mut stored, actor, core).await? {
                    return Ok(view(&stored.core, &stored.opening));
                }
                continue;
            }
            let mut kept = None;
            if let Some(write) = &write {
                let content = match &write.choice {
                    Choice::Ours => (Content::from(&line.view.newest), false),
                    Choice::Theirs => (self.change(caller, &stored).await?, false),
                    Choice::Edited { .. } => (edited.clone().ok_or_else(no_edit)?, false),
                    Choice::Merged => {
                        let three = self.three(&line, &stored).await?;
                        let compared = self.compare(caller, &line.view.form, &three).await?;
                        let merged = compared.merged.ok_or_else(|| {
                            Problem::new(Code::ConflictStepRefused, "The changes disagree, so there is no merged version to keep.")
                        })?;
                        self.keep(caller, &line.view.name, &three, merged).await?
                    }
                };
                kept = Some(content);
            }
            let by = if let State::Resolved { by, .. } = &core.state { by.clone() } else { String::new() };
            let version = kept.as_ref().map(|(content, _)| LineVersion {
                base: stored.core.base,
                merged: (content.artifact != stored.opening.theirs).then_some(stored.opening.theirs),
                conflict: Some(id),
                ..next_version(&line, content, &by, self.now())
            });
            let turn = LineTurn { version, settled: Some((id, core.state.clone())), ..LineTurn::default() };
            if self.write_line(&mut line, actor, turn).await? {
                self.follow_all(&mut line).await?;
                let stored = self.stored_conflict(caller.project, id).await?;
                return Ok(view(&stored.core, &stored.opening));
            }
            if let Some(kept) = &kept {
                self.drop_content(caller, kept).await;
            }
        }
        Err(contended())
    }

    /// The content of the change, unless it is gone.
    async fn change(&self, caller: &Caller, stored: &Stored) -> Answer<Content> {
        match self.parts.artifacts.get(caller, stored.opening.theirs).await {
            Ok(_) => Ok(stored.opening.content()),
            Err(problem) if problem.is(Code::NoSuchArtifact) => Err(Problem::new(
                Code::ConflictStepRefused,
                "The content of the change was deleted: keep what is stored, or dismiss the conflict.",
            )),
            Err(problem) => Err(problem),
        }
    }

    /// What the line says of this conflict, if its journal does not say it yet.
    async fn follow(&self, line: &mut Line, stored: &mut Stored) -> Answer<()> {
        let id = ConflictId::new(stored.core.id);
        if self.settled_of(line.id).await?.iter().any(|(settled, _)| *settled == id) {
            self.follow_all(line).await?;
            *stored = self.stored_conflict(stored.project, id).await?;
        }
        Ok(())
    }

    /// Tells the journals of conflicts what the line says of them, and then the line that they know.
    pub(crate) async fn follow_all(&self, line: &mut Line) -> Answer<()> {
        for _ in 0..TRIES {
            let settled = self.settled_of(line.id).await?;
            for (id, state) in &settled {
                self.tell_conflict(line.project, *id, state).await?;
            }
            let followed = settled.into_iter().map(|(id, _)| id).collect();
            if self.write_line(line, &Principal::System, LineTurn { followed: Some(followed), ..LineTurn::default() }).await? {
                return Ok(());
            }
            *line = self.line_by_id(line.id).await?.ok_or_else(contended)?;
        }
        Err(contended())
    }

    async fn tell_conflict(&self, project: ProjectId, id: ConflictId, state: &State) -> Answer<()> {
        for _ in 0..TRIES {
            let mut stored = match self.stored_conflict(project, id).await {
                Ok(stored) => stored,
                Err(problem) if problem.is(Code::NoSuchConflict) => return Ok(()),
                Err(problem) => return Err(problem),
            };
            if stored.is_settled() {
                return Ok(());
            }
            let mut core = stored.core.clone();
            (core.state, core.revision) = (state.clone(), core.revision + 1);
            if self.write_conflict(&mut stored, &Principal::System, core).await? {
                return Ok(());
            }
        }
        Err(contended())
    }

    /// Does what is left of the lines that say so.
    pub(crate) async fn follow_line(&self, id: JournalId) -> Answer<()> {
        match self.line_by_id(id).await? {
            Some(mut line) => self.follow_all(&mut line).await,
            None => Ok(()),
        }
    }
}

fn no_edit() -> Problem {
    Problem::invalid_field("/artifact", "Name the artifact with the new content.")
}
