//! What becomes of a version that is to be stored?

use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_domain::wire::conflict::{LinePolicy, LineVersion, PutOutcome, PutVersion};
use baton_negotiation::conflict::{Choice, First, store};
use baton_storage::WriteGuard;

use super::conflict::{check_form, next_version};
use super::content::{Content, Merged, Three};
use super::convert::{form_of, strategy, view};
use super::line::{Line, LineTurn, check_name};
use crate::Sharing;
use crate::journal::{Lease, TRIES, contended};

/// What a line is called among the things that can be claimed: this, and its name.
const LINE: &str = "line:";
/// How many of the newest versions are looked through for what was stored before by the same request.
const LOOKED_THROUGH: u32 = 100;

impl Sharing {
    /// Stores a version; for an attempt only while that holds its task.
    pub(crate) async fn put_version(&self, caller: &Caller, name: &str, put: PutVersion, attempt: Option<Lease>) -> Answer<PutOutcome> {
        check_name(name)?;
        if let Some(form) = &put.form {
            check_form(form)?;
        }
        let theirs = Content::from(&self.parts.artifacts.get(caller, put.artifact).await?);
        for _ in 0..TRIES {
            let line = self.line_named(caller.project, name).await?;
            let newest = line.as_ref().map(|line| line.view.newest.number);
            let Some(mut line) = line else {
                store(None, put.base)?;
                let first = LineVersion { at: self.now(), ..first_version(&theirs, caller.principal.label()) };
                let form = put.form.clone().unwrap_or_else(|| form_of(&theirs.media_type));
                let guard = self.guard_of(caller, name, &put, attempt).await?;
                if let Some(line) = self.begin_line((caller.project, &caller.principal), name, form, first, guard).await? {
                    return Ok(PutOutcome::Stored { version: line.view.newest });
                }
                continue;
            };
            // The same again, after an answer that was lost.
            if let Some(before) = self.stored_before(&line, &put).await? {
                return Ok(before);
            }
            // Looked at before each try: what is not stored because of it is refused by the next look.
            let guard = self.guard_of(caller, name, &put, attempt).await?;
            let too_late = match store(newest, put.base) {
                Ok(number) => {
                    let version = LineVersion { base: put.base, ..next_version(&line, &theirs, caller.principal.label(), self.now()) };
                    debug_assert_eq!(number, version.number);
                    let turn = LineTurn { version: Some(version.clone()), guard, ..LineTurn::default() };
                    if self.write_line(&mut line, &caller.principal, turn).await? {
                        return Ok(PutOutcome::Stored { version });
                    }
                    continue;
                }
                Err(problem) if problem.is(Code::VersionConflict) => problem,
                Err(problem) => return Err(at_base(problem)),
            };
            let Some(strategy) = strategy(put.policy.unwrap_or(LinePolicy::Merge)) else { return Err(too_late) };
            let base = match put.base {
                Some(number) => self.version(line.id, number).await?.as_ref().map(Content::from),
                None => None,
            };
            let three = Three { base, ours: Content::from(&line.view.newest), theirs: theirs.clone() };
            let compared = self.compare(caller, &line.view.form, &three).await?;
            match (strategy.first(compared.review.total == 0), compared.merged.clone()) {
                (First::Settle(Choice::Merged), Some(merged)) => {
                    if let Some(outcome) = self.store_merge(caller, &mut line, &put, &three, (merged, guard)).await? {
                        return Ok(outcome);
                    }
                }
                _ => {
                    let opened = self.open_conflict(caller, &line, (put.base, &theirs), strategy, (compared, guard)).await?;
                    let Some(id) = opened else { continue };
                    let stored = self.stored_conflict(caller.project, id).await?;
                    return Ok(PutOutcome::Conflict { conflict: Box::new(view(&stored.core, &stored.opening)) });
                }
            }
        }
        Err(contended())
    }

    /// What has to stand so that the version may be stored, if it is stored under a claim or for an attempt.
    async fn guard_of(&self, caller: &Caller, name: &str, put: &PutVersion, attempt: Option<Lease>) -> Answer<Option<WriteGuard>> {
        let row = match put.fence {
            Some(fence) => Some(self.write_guard(caller, &format!("{LINE}{name}"), fence).await?),
            None => None,
        };
        Ok((row.is_some() || attempt.is_some()).then_some(WriteGuard { row, attempt }))
    }

    /// Stores what both made; nothing if another came first.
    async fn store_merge(
        &self,
        caller: &Caller,
        line: &mut Line,
        put: &PutVersion,
        three: &Three,
        (merged, guard): (Merged, Option<WriteGuard>),
    ) -> Answer<Option<PutOutcome>> {
        if merged == Merged::Ours {
            // What is stored holds the change already.
            return Ok(Some(PutOutcome::Merged { version: line.view.newest.clone() }));
        }
        let kept = self.keep(caller, &line.view.name, three, merged).await?;
        let version =
            LineVersion { base: put.base, merged: Some(put.artifact), ..next_version(line, &kept.0, caller.principal.label(), self.now()) };
        let turn = LineTurn { version: Some(version.clone()), guard, ..LineTurn::default() };
        if self.write_line(line, &caller.principal, turn).await? {
            return Ok(Some(PutOutcome::Merged { version }));
        }
        self.drop_content(caller, &kept).await;
        Ok(None)
    }

    /// What came of the same request before, if it is not long ago.
    async fn stored_before(&self, line: &Line, put: &PutVersion) -> Answer<Option<PutOutcome>> {
        let newest = line.view.newest.number;
        let since = newest - put.base.unwrap_or(0).min(newest);
        if since == 0 {
            return Ok(None);
        }
        let limit = u32::try_from(since).unwrap_or(LOOKED_THROUGH).min(LOOKED_THROUGH);
        let versions = self.versions(line.id, None, limit).await?;
        Ok(versions.into_iter().filter(|version| version.base == put.base && version.conflict.is_none()).find_map(|version| {
            if version.merged == Some(put.artifact) {
                Some(PutOutcome::Merged { version })
            } else if version.merged.is_none() && version.artifact == put.artifact {
                Some(PutOutcome::Stored { version })
            } else {
                None
            }
        }))
    }
}

fn at_base(mut problem: Problem) -> Problem {
    problem.errors.iter_mut().for_each(|error| error.field = format!("/{}", error.field));
    problem
}

fn first_version(content: &Content, by: &str) -> LineVersion {
    LineVersion {
        number: 1,
        artifact: content.artifact,
        sha256: content.sha256.clone(),
        size: content.size,
        media_type: content.media_type.clone(),
        base: None,
        merged: None,
        conflict: None,
        by: by.to_owned(),
        at: baton_domain::time::Timestamp::default(),
    }
}
