//! How are claims shown, and how are words of the wire those of the rules?

use std::collections::BTreeSet;

use baton_domain::wire::claim::{ClaimMode, ClaimState, ClaimView};
use baton_negotiation::claims::{Claims, Entry, Held, Holder, Mode, Resource, Row};

use super::book::Book;

/// The most of those that a claim waits for that are shown.
const SHOWN: usize = 16;

pub(super) const fn mode(mode: Mode) -> ClaimMode {
    match mode {
        Mode::Shared => ClaimMode::Shared,
        Mode::Exclusive => ClaimMode::Exclusive,
    }
}

pub(super) const fn wanted(mode: ClaimMode) -> Mode {
    match mode {
        ClaimMode::Shared => Mode::Shared,
        ClaimMode::Exclusive => Mode::Exclusive,
    }
}

impl Book {
    /// A claim that is held.
    pub(super) fn held_view(&self, resource: &Resource, holder: &Holder, held: &Held) -> ClaimView {
        ClaimView {
            resource: resource.to_string(),
            holder: holder.to_string(),
            by: self.by.get(holder).cloned().unwrap_or_default(),
            mode: mode(held.mode),
            state: ClaimState::Held,
            fence: Some(held.fence.0),
            since: held.since,
            until: Some(held.expires_at),
            behind: Vec::new(),
        }
    }

    /// A row of the list.
    pub(super) fn row_view(&self, row: &Row) -> ClaimView {
        match &row.entry {
            Entry::Held(held) => self.held_view(&row.resource, &row.holder, held),
            Entry::Waiting(waiting) => ClaimView {
                resource: row.resource.to_string(),
                holder: row.holder.to_string(),
                by: self.by.get(&row.holder).cloned().unwrap_or_default(),
                mode: mode(waiting.mode),
                state: ClaimState::Waiting,
                fence: None,
                since: waiting.since,
                until: waiting.until,
                behind: behind(&self.claims, &row.resource, &row.holder),
            },
        }
    }

    /// How a wish stands: held well enough, waited for, or neither.
    pub(super) fn wish_view(&self, resource: &Resource, holder: &Holder, mode: Mode) -> Option<ClaimView> {
        if let Some(held) = self.claims.held(resource, holder).filter(|held| held.mode >= mode) {
            return Some(self.held_view(resource, holder, held));
        }
        let waiting = self.claims.waiting(resource, holder)?.clone();
        Some(self.row_view(&Row { resource: resource.clone(), holder: *holder, entry: Entry::Waiting(waiting) }))
    }
}

fn behind(claims: &Claims, resource: &Resource, holder: &Holder) -> Vec<String> {
    let all: BTreeSet<Holder> = claims.behind(resource, holder);
    all.iter().take(SHOWN).map(Holder::to_string).collect()
}
