//! May something be stored under a claim? Only while its row stands, which the store looks at as it writes.

use baton_domain::id::JournalId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::user::Caller;
use baton_negotiation::claims::{Access, Entry, Fence, Resource};
use baton_storage::{JournalGuard, RowPlace};
use serde_json::Value;

use super::book::{BETWEEN, CLAIMS, Stored};
use crate::Sharing;
use crate::journal::read;

fn stale(name: &Resource, fence: Fence) -> Problem {
    let detail = format!("{name} may not be written under the claim {}: nobody holds a claim with this number.", fence.0);
    Problem::new(Code::ClaimLost, detail).with_field("/fence", "not a claim that is held")
}

impl Sharing {
    /// What has to stand so that this may be written under a claim. Whoever loses the claim afterwards, to another one or by giving it back, changes
    /// its row; so does a renewal, after which the guard is asked for anew.
    pub(crate) async fn write_guard(&self, caller: &Caller, name: &str, fence: i64) -> Answer<JournalGuard> {
        let (name, fence, now) = (Resource::parse(name)?, Fence(fence), self.now());
        let seen = self
            .look(caller.project, |book| -> Answer<(JournalId, String)> {
                let holder = book.claims.holder_of(&name, fence).ok_or_else(|| {
                    let gone = book.broken_at(now).find(|lost| lost.fence == Some(fence.0));
                    gone.map_or_else(|| stale(&name, fence), |lost| Problem::new(Code::ClaimLost, lost.detail.clone()))
                })?;
                book.claims.check(&name, &holder, fence, Access::Write, now)?;
                let covering = book.held_by(&holder).find(|(resource, held)| held.fence == fence && resource.covers(&name));
                let (resource, _) = covering.ok_or_else(|| stale(&name, fence))?;
                Ok((book.id, format!("{resource}{BETWEEN}{holder}{BETWEEN}")))
            })
            .await?;
        let (journal, before) = seen.map_or_else(|| Err(stale(&name, fence)), |(seen, _)| seen)?;
        // The row itself, as it is stored: of a claim's rows, the one that is held comes first.
        let after: RowPlace = (CLAIMS.to_owned(), before.clone());
        let (rows, _) = self.parts.journals.journal_rows(journal, Some(CLAIMS), Some(&after), 1).await?;
        let row = rows.into_iter().next().filter(|row| row.key.starts_with(&before)).ok_or_else(|| stale(&name, fence))?;
        let body = row.body.unwrap_or(Value::Null);
        let stored: Stored = read("claim", body.clone())?;
        match stored.row.entry {
            // Until another one is given the thing, the row of one whose lease has run out stands: the time is compared, too.
            Entry::Held(held) if held.fence == fence && held.expires_at > self.now() => {
                Ok(JournalGuard { journal, group: row.group, key: row.key, body })
            }
            _ => Err(stale(&name, fence)),
        }
    }
}
