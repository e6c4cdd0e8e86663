//! What does a turn of the claims change? Commands on a copy, and the rows and events that come of them.

use std::collections::BTreeMap;

use baton_domain::event::NewEvent;
use baton_domain::id::ProjectId;
use baton_domain::problem::Problem;
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::claim::{BrokenClaim, ClaimBreak, ClaimEvent};
use baton_negotiation::claims::{self, Command, Delta, Entry, Fence, Held, Holder, Notice, Resource};
use baton_storage::JournalRow;
use serde_json::Value;

use super::book::{BROKEN, Book, CLAIMS, MAXIMUM_BROKEN, REMEMBERED, Stored, broken_key, claim_key};
use super::views::mode;
use crate::journal::{event, row, write};

/// The most holders of a circle that are named.
const NAMED: usize = 8;

/// A turn that is being made.
pub(super) struct Draft<'a> {
    pub(super) book: &'a mut Book,
    pub(super) now: Timestamp,
    project: ProjectId,
    actor: Principal,
    rows: BTreeMap<(&'static str, String), Option<Value>>,
    events: Vec<NewEvent>,
}

/// Where a turn may go back to.
pub(super) struct Mark {
    book: Book,
    rows: BTreeMap<(&'static str, String), Option<Value>>,
    events: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(book: &'a mut Book, now: Timestamp, project: ProjectId, actor: Principal) -> Self {
        Self { book, now, project, actor, rows: BTreeMap::new(), events: Vec::new() }
    }

    /// Carries out one command.
    pub(super) fn apply(&mut self, command: Command) -> Answer<Result<claims::Answer, Problem>> {
        let step = self.book.claims.apply(command, self.now);
        self.take_delta(step.delta)?;
        for notice in step.notices {
            self.tell(notice)?;
        }
        Ok(step.answer)
    }

    /// As it is now, to go back to.
    pub(super) fn mark(&self) -> Mark {
        Mark { book: self.book.clone(), rows: self.rows.clone(), events: self.events.len() }
    }

    /// Undoes everything since.
    pub(super) fn go_back(&mut self, mark: Mark) {
        *self.book = mark.book;
        self.rows = mark.rows;
        self.events.truncate(mark.events);
    }

    /// A claim was given back by its holder.
    pub(super) fn released(&mut self, resource: &Resource, holder: &Holder, fence: Fence) -> Answer<()> {
        self.event("claim.released", ClaimEvent { fence: Some(fence.0), ..self.told(resource, holder) })
    }

    /// A claim was lost: its holder is told, and it is remembered.
    pub(super) fn broke(
        &mut self,
        resource: &Resource,
        holder: &Holder,
        fence: Option<Fence>,
        why: ClaimBreak,
        detail: String,
    ) -> Answer<()> {
        let fence = fence.map(|fence| fence.0);
        let told = ClaimEvent { fence, why: Some(why), detail: Some(detail.clone()), ..self.told(resource, holder) };
        self.event("claim.broken", told)?;
        let lost = BrokenClaim { resource: resource.to_string(), holder: holder.to_string(), fence, why, detail, at: self.now };
        self.put((BROKEN, broken_key(resource, holder)), Some(write("broken claim", &lost)?));
        self.book.broken.insert((*holder, resource.clone()), lost);
        Ok(())
    }

    /// Who asks anew has heard of it.
    pub(super) fn forget_broken(&mut self, resource: &Resource, holder: &Holder) {
        if self.book.broken.remove(&(*holder, resource.clone())).is_some() {
            self.put((BROKEN, broken_key(resource, holder)), None);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.events.is_empty()
    }

    /// The rows and events of the turn; what is remembered too long goes with them.
    pub(super) fn finish(mut self) -> (Vec<JournalRow>, Vec<NewEvent>) {
        let since = self.now.minus(REMEMBERED);
        let mut over: Vec<(Timestamp, (Holder, Resource))> = self.book.broken.iter().map(|(key, lost)| (lost.at, key.clone())).collect();
        over.sort();
        let too_many = over.len().saturating_sub(MAXIMUM_BROKEN);
        for (at, (holder, resource)) in
            over.into_iter().enumerate().filter(|(place, (at, _))| *place < too_many || *at <= since).map(|(_, lost)| lost)
        {
            debug_assert!(at <= self.now);
            self.forget_broken(&resource, &holder);
        }
        (self.rows.into_iter().map(|((group, key), body)| row(group, key, body)).collect(), self.events)
    }

    fn put(&mut self, key: (&'static str, String), body: Option<Value>) {
        self.rows.insert(key, body);
    }

    fn told(&self, resource: &Resource, holder: &Holder) -> ClaimEvent {
        ClaimEvent {
            resource: resource.to_string(),
            holder: holder.to_string(),
            by: self.book.by.get(holder).cloned().unwrap_or_default(),
            fence: None,
            mode: None,
            until: None,
            why: None,
            detail: None,
        }
    }

    fn event(&mut self, kind: &str, told: ClaimEvent) -> Answer<()> {
        let subject = format!("claim:{}", told.resource);
        self.events.push(event((kind, subject), self.now, self.project, &self.actor, &told)?);
        Ok(())
    }

    fn take_delta(&mut self, delta: Delta) -> Answer<()> {
        for put in delta.put {
            let held = matches!(put.entry, Entry::Held(_));
            let key = claim_key(&put.resource, &put.holder, held);
            let by = self.book.by.get(&put.holder).cloned().unwrap_or_default();
            let body = write("claim", &Stored { row: put, by })?;
            self.put((CLAIMS, key), Some(body));
        }
        for gone in delta.removed {
            self.put((CLAIMS, claim_key(&gone.resource, &gone.holder, gone.held)), None);
        }
        Ok(())
    }

    fn tell(&mut self, notice: Notice) -> Answer<()> {
        match notice {
            Notice::Granted { holder, resource, held, .. } => self.granted(&resource, &holder, &held),
            Notice::Queued { .. } | Notice::Reordered { .. } => Ok(()),
            Notice::Lapsed { holder, resource, fence } => {
                let detail = format!("The lease of the claim {} on {resource} ran out.", fence.0);
                self.broke(&resource, &holder, Some(fence), ClaimBreak::Lapsed, detail)
            }
            Notice::GaveUp { holder, resource } => {
                let detail = format!("{resource} did not become free for as long as the request wanted to wait.");
                self.broke(&resource, &holder, None, ClaimBreak::TimedOut, detail)
            }
            Notice::Victim { holder, resources, circle, rule, revoked } => {
                let mut names: Vec<String> = circle.iter().take(NAMED).map(Holder::to_string).collect();
                if circle.len() > NAMED {
                    names.push(format!("{} others", circle.len() - NAMED));
                }
                let because = format!(
                    "Each of {} waited for the next, and the last for the first; {holder} gives way by the rule `{rule}`.",
                    names.join(", ")
                );
                for resource in &resources {
                    self.broke(resource, &holder, None, ClaimBreak::Deadlock, because.clone())?;
                }
                for (resource, fence) in &revoked {
                    self.broke(resource, &holder, Some(*fence), ClaimBreak::Deadlock, because.clone())?;
                }
                Ok(())
            }
        }
    }

    fn granted(&mut self, resource: &Resource, holder: &Holder, held: &Held) -> Answer<()> {
        let told = ClaimEvent {
            fence: Some(held.fence.0),
            mode: Some(mode(held.mode)),
            until: Some(held.expires_at),
            ..self.told(resource, holder)
        };
        self.event("claim.granted", told)
    }
}
