//! What can callers do with lines and conflicts?

use async_trait::async_trait;
use baton_domain::id::{ConflictId, JournalId};
use baton_domain::page::Page;
use baton_domain::problem::Problem;
use baton_domain::services::{Answer, ConflictService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::conflict::{
    ConflictChoice, ConflictDetail, ConflictFilter, ConflictView, ContentRef, DismissConflict, LineDetail, LineFilter, LineView,
    PutOutcome, PutVersion, ResolveConflict,
};
use baton_negotiation::conflict::Command;
use baton_storage::JournalKind;

use super::content::Content;
use super::convert::{core_choice, region, view};
use super::line::{line_of, no_such_line};
use crate::Sharing;
use crate::journal::{Wanted, bad_cursor, page_limit, read, text_of};

/// The most open conflicts that a line shows.
const SHOWN: u32 = 50;
/// The longest reason in bytes.
const MAXIMUM_REASON: usize = 500;

fn content_ref(content: Content, number: Option<u64>) -> ContentRef {
    ContentRef { number, artifact: content.artifact, media_type: content.media_type }
}

impl Sharing {
    async fn conflict_page(
        &self,
        caller: &Caller,
        (live, parent): (Option<bool>, Option<JournalId>),
        (cursor, limit): (Option<String>, Option<u32>),
    ) -> Answer<Page<ConflictView>> {
        let wanted = Wanted { kind: JournalKind::Conflict, live, parent, cursor, limit };
        let (page, next_cursor) = self.page(caller.project, wanted).await?;
        let items: Answer<Vec<ConflictView>> = page.items.into_iter().map(|head| read("conflict", head.summary)).collect();
        Ok(Page { items: items?, next_cursor, as_of: page.as_of })
    }
}

#[async_trait]
impl ConflictService for Sharing {
    async fn lines(&self, caller: &Caller, filter: LineFilter) -> Answer<Page<LineView>> {
        caller.require(Permission::Read)?;
        let wanted = Wanted { kind: JournalKind::Line, live: None, parent: None, cursor: filter.cursor, limit: filter.limit };
        let (page, next_cursor) = self.page(caller.project, wanted).await?;
        let items: Answer<Vec<LineView>> = page.items.into_iter().map(|head| line_of(head).map(|line| line.view)).collect();
        Ok(Page { items: items?, next_cursor, as_of: page.as_of })
    }

    async fn line(&self, caller: &Caller, name: &str, filter: LineFilter) -> Answer<LineDetail> {
        caller.require(Permission::Read)?;
        let limit = page_limit(filter.limit)?;
        let before: Option<u64> = filter.cursor.map(|cursor| cursor.parse().map_err(|_| bad_cursor())).transpose()?;
        let line = self.line_named(caller.project, name).await?.ok_or_else(|| no_such_line(name))?;
        let mut versions = self.versions(line.id, before, limit + 1).await?;
        let more = versions.len() > limit as usize;
        versions.truncate(limit as usize);
        let next_cursor = versions.last().filter(|_| more).map(|version| version.number.to_string());
        let conflicts = self.conflict_page(caller, (Some(true), Some(line.id)), (None, Some(SHOWN))).await?;
        Ok(LineDetail { line: line.view, versions, next_cursor, conflicts: conflicts.items, as_of: conflicts.as_of })
    }

    async fn put(&self, caller: &Caller, name: &str, version: PutVersion) -> Answer<PutOutcome> {
        caller.require(Permission::Work)?;
        self.put_version(caller, name, version, None).await
    }

    async fn conflicts(&self, caller: &Caller, filter: ConflictFilter) -> Answer<Page<ConflictView>> {
        caller.require(Permission::Read)?;
        let parent = match &filter.line {
            Some(name) => Some(self.line_named(caller.project, name).await?.ok_or_else(|| no_such_line(name))?.id),
            None => None,
        };
        self.conflict_page(caller, (filter.open, parent), (filter.cursor, filter.limit)).await
    }

    async fn conflict(&self, caller: &Caller, id: ConflictId) -> Answer<ConflictDetail> {
        caller.require(Permission::Read)?;
        let mut stored = self.stored_conflict(caller.project, id).await?;
        let mut line = self.line_of(&stored).await?;
        // Whoever may settle it sees what they would settle. What is voted on stays as it is until the voters have decided.
        if !stored.is_settled() && !stored.is_voted_on() && caller.require(Permission::Work).is_ok() {
            self.renew(caller, &line, &mut stored).await?;
            line = self.line_of(&stored).await?;
        }
        let ours = self.version(line.id, stored.core.ours).await?.unwrap_or_else(|| line.view.newest.clone());
        let base = match stored.core.base {
            Some(number) => self.version(line.id, number).await?,
            None => None,
        };
        let shown = view(&stored.core, &stored.opening);
        let mut choices = Vec::new();
        if !stored.is_settled() {
            choices.extend([ConflictChoice::Ours, ConflictChoice::Theirs]);
            choices.extend(stored.core.clean.then_some(ConflictChoice::Merged));
            choices.push(ConflictChoice::Edited);
        }
        Ok(ConflictDetail {
            conflict: shown,
            form: line.view.form,
            base: base.map(|version| content_ref(Content::from(&version), Some(version.number))),
            ours: content_ref(Content::from(&ours), Some(ours.number)),
            theirs: content_ref(stored.opening.content(), None),
            regions: stored.core.findings.into_iter().map(region).collect(),
            choices,
            as_of: stored.as_of,
        })
    }

    async fn resolve(&self, caller: &Caller, id: ConflictId, how: ResolveConflict) -> Answer<ConflictView> {
        caller.require(Permission::Work)?;
        let edited = match (how.choice, how.artifact) {
            (ConflictChoice::Edited, None) => {
                return Err(Problem::invalid_field("/artifact", "Name the artifact with the new content."));
            }
            (ConflictChoice::Edited, Some(artifact)) => Some((artifact, self.parts.artifacts.get(caller, artifact).await?.sha256)),
            (_, Some(_)) => {
                return Err(Problem::invalid_field("/artifact", "Leave it out, or choose `edited`."));
            }
            (_, None) => None,
        };
        let choice = core_choice(how.choice, edited.as_ref());
        let command = Command::Resolve { seen: how.seen, by: caller.principal.label().to_owned(), choice };
        self.settle(caller, &caller.principal, id, command, edited.map(|(artifact, _)| artifact)).await
    }

    async fn dismiss(&self, caller: &Caller, id: ConflictId, why: DismissConflict) -> Answer<ConflictView> {
        caller.require(Permission::Work)?;
        let because = text_of("/because", &why.because, MAXIMUM_REASON)?;
        let command = Command::Dismiss { seen: why.seen, by: caller.principal.label().to_owned(), because };
        self.settle(caller, &caller.principal, id, command, None).await
    }
}
