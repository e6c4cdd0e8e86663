//! What can callers do with claims?

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, ClaimService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::claim::{
    BreakClaim, BrokenClaim, ClaimAccess, ClaimBreak, ClaimCheck, ClaimFilter, ClaimList, ClaimRelease, ClaimRenewal, ClaimRequest,
    ClaimState, ClaimView, Claimed, MAXIMUM_CLAIM_WAIT_SECONDS, MAXIMUM_CLAIMED,
};
use baton_negotiation::claims::{Access, Command, Fence, Holder, Mode, Request, Resource, Standing};

use super::book::Book;
use super::draft::Draft;
use super::holders::Known;
use super::views::wanted;
use crate::Sharing;
use crate::journal::{Lease, bad_cursor, page_limit, text_of};

/// How often whoever waits for a claim looks again without being woken: another server's writes may not be heard of.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The most broken claims that a list shows.
const SHOWN_BROKEN: usize = 100;
/// The longest reason for which a claim is broken, in bytes.
const MAXIMUM_REASON: usize = 500;

/// What is wanted, with its names read.
type Wishes = Vec<(Resource, Mode)>;

fn resource(field: impl Into<String>, text: &str) -> Answer<Resource> {
    Resource::parse(text).map_err(|mut problem| {
        let field = field.into();
        problem.errors.iter_mut().for_each(|error| error.field.clone_from(&field));
        problem
    })
}

fn wishes(request: &ClaimRequest) -> Answer<Wishes> {
    if request.wanted.is_empty() || request.wanted.len() > MAXIMUM_CLAIMED {
        return Err(Problem::invalid_field("/wanted", format!("Claim 1 to {MAXIMUM_CLAIMED} things.")));
    }
    let mut seen = BTreeSet::new();
    let mut wishes = Vec::with_capacity(request.wanted.len());
    for (at, wish) in request.wanted.iter().enumerate() {
        let name = resource(format!("/wanted/{at}/resource"), &wish.resource)?;
        if !seen.insert(name.clone()) {
            return Err(Problem::invalid_field(format!("/wanted/{at}/resource"), "Name each thing once."));
        }
        wishes.push((name, wanted(wish.mode)));
    }
    Ok(wishes)
}

/// The problem of whoever lost a claim.
fn lost(broken: &BrokenClaim) -> Problem {
    let code = match broken.why {
        ClaimBreak::Deadlock => Code::ClaimDeadlock,
        ClaimBreak::Lapsed => Code::ClaimLost,
        ClaimBreak::TimedOut => Code::ClaimTimedOut,
        ClaimBreak::Operator => Code::ClaimBroken,
    };
    Problem::new(code, broken.detail.clone())
}

/// How the wishes stand; the problem of one that is neither held nor waited for any longer.
fn standing(book: &Book, holder: &Holder, wishes: &Wishes) -> Answer<Claimed> {
    let mut claims = Vec::with_capacity(wishes.len());
    for (resource, mode) in wishes {
        match book.wish_view(resource, holder, *mode) {
            Some(view) => claims.push(view),
            None => {
                return Err(book.broken.get(&(*holder, resource.clone())).map_or_else(
                    || Problem::new(Code::NoSuchClaim, format!("{holder} neither holds {resource} nor waits for it now.")),
                    lost,
                ));
            }
        }
    }
    Ok(Claimed { complete: claims.iter().all(|claim| claim.state == ClaimState::Held), claims })
}

impl Draft<'_> {
    /// All of the wishes, or none of them.
    fn claim(&mut self, known: &Known, by: &str, wishes: &Wishes, lease_ms: u64, patience_ms: u64) -> Answer<Claimed> {
        let holder = known.holder;
        // What ran out comes first, so that going back does not undo it.
        self.apply(Command::Tick)??;
        let first = self.book.held_by(&holder).map(|(_, held)| held.since).min();
        let begun_at = known.begun_at.or(first).unwrap_or(self.now);
        let mark = (wishes.len() > 1).then(|| self.mark());
        let had: Vec<bool> = wishes.iter().map(|(resource, mode)| self.book.wish_view(resource, &holder, *mode).is_some()).collect();
        self.book.by.insert(holder, by.to_owned());
        for (resource, mode) in wishes {
            let request = Request {
                holder,
                resource: resource.clone(),
                mode: *mode,
                lease_ms,
                patience_ms: Some(patience_ms),
                standing: Standing { priority: known.priority, begun_at, work: 0 },
            };
            if let Err(problem) = self.apply(Command::Request(request))? {
                if problem.is(Code::ClaimDeadlock) {
                    // Who gave way for others did so; what was got on the way is given back.
                    self.give_back_new(&holder, wishes, &had)?;
                } else if let Some(mark) = mark {
                    self.go_back(mark);
                }
                return Err(problem);
            }
            self.forget_broken(resource, &holder);
        }
        standing(self.book, &holder, wishes)
    }

    fn give_back_new(&mut self, holder: &Holder, wishes: &Wishes, had: &[bool]) -> Answer<()> {
        for ((resource, mode), had) in wishes.iter().zip(had) {
            if *had {
                continue;
            }
            if self.book.claims.waiting(resource, holder).is_some() {
                self.apply(Command::Withdraw { holder: *holder, resource: resource.clone() })??;
            }
            // What was shared before and is to be exclusive now is given back as a whole only if it was got now.
            let held = self.book.claims.held(resource, holder).filter(|held| held.mode >= *mode && held.since == self.now);
            if let Some(fence) = held.map(|held| held.fence) {
                self.released(resource, holder, fence)?;
                self.apply(Command::Release { holder: *holder, resource: resource.clone(), fence })??;
            }
        }
        Ok(())
    }
}

/// An attempt that asks for itself, and the lease that it must hold.
pub(super) type Working = (Known, Lease);

impl Sharing {
    /// Claims for the caller, or for an attempt.
    pub(super) async fn claim_for(
        &self,
        caller: &Caller,
        request: ClaimRequest,
        wait: Option<Duration>,
        working: Option<Working>,
    ) -> Answer<Claimed> {
        let wishes = wishes(&request)?;
        if wait.is_some_and(|wait| wait.as_secs() > MAXIMUM_CLAIM_WAIT_SECONDS) {
            return Err(Problem::new(Code::InvalidQuery, format!("Wait for at most {MAXIMUM_CLAIM_WAIT_SECONDS} seconds."))
                .with_field("wait", "too long"));
        }
        let (known, attempt) = match working {
            Some((known, lease)) => (known, Some(lease)),
            None => (self.holder(caller, request.holder.as_deref(), true).await?, None),
        };
        let by = caller.principal.label().to_owned();
        let (lease, patience) = (request.lease_ms, request.wait_ms.unwrap_or(0));
        let mut claimed =
            self.turn_of(caller.project, &caller.principal, attempt, |draft| draft.claim(&known, &by, &wishes, lease, patience)).await?;
        let until = wait.map(|wait| self.now().plus(wait));
        let Some(until) = until else { return Ok(claimed) };
        let place = self.shelf.of(caller.project);
        while !claimed.complete {
            // Before the look, so that what changes after it is heard of.
            let woken = place.changed.notified();
            let seen = self.glance(caller.project, |book| standing(book, &known.holder, &wishes)).await?;
            claimed = seen.unwrap_or_else(|| Err(Problem::new(Code::NoSuchClaim, "The claims are gone.")))?;
            let left = until.since(self.now());
            if claimed.complete || left.is_zero() {
                break;
            }
            tokio::select! {
                () = woken => {}
                () = self.parts.pause.pause(left.min(LOOK_AGAIN)) => {}
            }
        }
        Ok(claimed)
    }

    /// Renews claims of the caller, or of an attempt.
    pub(super) async fn renew_for(&self, caller: &Caller, renewal: ClaimRenewal, working: Option<Working>) -> Answer<Vec<ClaimView>> {
        if renewal.claims.len() > MAXIMUM_CLAIMED {
            return Err(Problem::invalid_field("/claims", format!("Name at most {MAXIMUM_CLAIMED} claims.")));
        }
        let mut named = Vec::with_capacity(renewal.claims.len());
        for (at, claim) in renewal.claims.iter().enumerate() {
            let fence = claim.fence.ok_or_else(|| Problem::invalid_field(format!("/claims/{at}/fence"), "Give the claim's number."))?;
            named.push((resource(format!("/claims/{at}/resource"), &claim.resource)?, Fence(fence)));
        }
        let (Known { holder, .. }, attempt) = match working {
            Some((known, lease)) => (known, Some(lease)),
            None => (self.holder(caller, renewal.holder.as_deref(), false).await?, None),
        };
        self.turn_of(caller.project, &caller.principal, attempt, |draft| {
            draft.apply(Command::Tick)??;
            let named = if named.is_empty() { draft.all_of(&holder) } else { named.clone() };
            let mark = (named.len() > 1).then(|| draft.mark());
            let mut views = Vec::with_capacity(named.len());
            for (resource, fence) in &named {
                let lease = renewal.lease_ms.or_else(|| draft.book.claims.held(resource, &holder).map(|held| held.lease_ms));
                let lease_ms = lease.unwrap_or(baton_domain::wire::claim::DEFAULT_LEASE_MS);
                let renew = Command::Renew { holder, resource: resource.clone(), fence: *fence, lease_ms };
                if let Err(problem) = draft.apply(renew)? {
                    if let Some(mark) = mark {
                        draft.go_back(mark);
                    }
                    return Err(draft.why_lost(problem, resource, &holder, *fence));
                }
                views.extend(draft.book.claims.held(resource, &holder).map(|held| draft.book.held_view(resource, &holder, held)));
            }
            Ok(views)
        })
        .await
    }

    /// Gives claims of the caller back, or of an attempt: that may also do so once it has lost its task.
    pub(super) async fn release_for(&self, caller: &Caller, release: ClaimRelease, working: Option<Known>) -> Answer<()> {
        if release.claims.len() > MAXIMUM_CLAIMED {
            return Err(Problem::invalid_field("/claims", format!("Name at most {MAXIMUM_CLAIMED} claims.")));
        }
        let mut named = Vec::with_capacity(release.claims.len());
        for (at, claim) in release.claims.iter().enumerate() {
            named.push((resource(format!("/claims/{at}/resource"), &claim.resource)?, claim.fence.map(Fence)));
        }
        let Known { holder, .. } = match working {
            Some(known) => known,
            None => self.holder(caller, release.holder.as_deref(), false).await?,
        };
        self.turn(caller.project, &caller.principal, |draft| {
            if named.is_empty() {
                return draft.give_back_all(&holder);
            }
            draft.apply(Command::Tick)??;
            let mark = (named.len() > 1).then(|| draft.mark());
            for (resource, fence) in &named {
                let command = match fence {
                    Some(fence) => Command::Release { holder, resource: resource.clone(), fence: *fence },
                    None => Command::Withdraw { holder, resource: resource.clone() },
                };
                // Told first: who is served by it comes after.
                if let Some(fence) =
                    fence.filter(|fence| draft.book.claims.held(resource, &holder).is_some_and(|held| held.fence == *fence))
                {
                    draft.released(resource, &holder, fence)?;
                }
                if let Err(problem) = draft.apply(command)? {
                    if let Some(mark) = mark {
                        draft.go_back(mark);
                    }
                    return Err(fence.map_or(problem.clone(), |fence| draft.why_lost(problem, resource, &holder, fence)));
                }
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl ClaimService for Sharing {
    async fn claim(&self, caller: &Caller, request: ClaimRequest, wait: Option<Duration>) -> Answer<Claimed> {
        caller.require(Permission::Work)?;
        self.claim_for(caller, request, wait, None).await
    }

    async fn renew(&self, caller: &Caller, renewal: ClaimRenewal) -> Answer<Vec<ClaimView>> {
        caller.require(Permission::Work)?;
        self.renew_for(caller, renewal, None).await
    }

    async fn release(&self, caller: &Caller, release: ClaimRelease) -> Answer<()> {
        caller.require(Permission::Work)?;
        self.release_for(caller, release, None).await
    }

    async fn list(&self, caller: &Caller, filter: ClaimFilter) -> Answer<ClaimList> {
        caller.require(Permission::Read)?;
        let limit = page_limit(filter.limit)? as usize;
        let on = filter.resource.as_deref().map(|text| resource("resource", text)).transpose()?;
        let of: Option<Holder> = filter.holder.as_deref().map(str::parse).transpose()?;
        // The name that the page before ended with, and how many of its claims were shown.
        let after = match filter.cursor.as_deref() {
            Some(cursor) => {
                let (shown, name) = cursor.split_once('.').ok_or_else(bad_cursor)?;
                Some((Resource::parse(name).map_err(|_| bad_cursor())?, shown.parse::<usize>().map_err(|_| bad_cursor())?))
            }
            None => None,
        };
        let now = self.now();
        let see = |book: &Book| {
            let mut list =
                ClaimList { items: Vec::new(), next_cursor: None, held: 0, waiting: 0, broken: Vec::new(), as_of: Default::default() };
            let (mut name, mut shown): (Option<Resource>, usize) = (None, 0);
            for row in book.claims.rows() {
                if on.as_ref().is_some_and(|on| !on.overlaps(&row.resource)) || of.is_some_and(|of| of != row.holder) {
                    continue;
                }
                match row.entry {
                    baton_negotiation::claims::Entry::Held(_) => list.held += 1,
                    baton_negotiation::claims::Entry::Waiting(_) => list.waiting += 1,
                }
                shown = if name.as_ref() == Some(&row.resource) { shown + 1 } else { 1 };
                name = Some(row.resource.clone());
                if after.as_ref().is_some_and(|(last, before)| row.resource < *last || (row.resource == *last && shown <= *before)) {
                    continue;
                }
                if list.items.len() < limit {
                    list.items.push(book.row_view(&row));
                    if list.items.len() == limit {
                        list.next_cursor = Some(format!("{shown}.{}", row.resource));
                    }
                } else if list.items.len() == limit {
                    // There is one more, so the cursor stands.
                    list.items.push(book.row_view(&row));
                }
            }
            if list.items.len() > limit {
                list.items.truncate(limit);
            } else {
                list.next_cursor = None;
            }
            let fits = |lost: &&BrokenClaim| {
                of.is_none_or(|of| lost.holder == of.to_string())
                    && on.as_ref().is_none_or(|on| Resource::parse(&lost.resource).is_ok_and(|name| on.overlaps(&name)))
            };
            list.broken = book.broken_at(now).filter(fits).cloned().collect();
            list.broken.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.resource.cmp(&other.resource)));
            list.broken.truncate(SHOWN_BROKEN);
            list
        };
        Ok(match self.look(caller.project, see).await? {
            Some((list, as_of)) => ClaimList { as_of, ..list },
            None => ClaimList {
                items: Vec::new(),
                next_cursor: None,
                held: 0,
                waiting: 0,
                broken: Vec::new(),
                as_of: self.as_of(caller.project).await?,
            },
        })
    }

    async fn check(&self, caller: &Caller, check: ClaimCheck) -> Answer<ClaimView> {
        caller.require(Permission::Read)?;
        let name = resource("/resource", &check.resource)?;
        let access = match check.access {
            Some(ClaimAccess::Read) => Access::Read,
            Some(ClaimAccess::Write) | None => Access::Write,
        };
        let (fence, now) = (Fence(check.fence), self.now());
        let stale = || {
            Problem::new(
                Code::ClaimLost,
                format!("{name} may not be used under the claim {}: nobody holds a claim with this number.", fence.0),
            )
        };
        let seen = self
            .look(caller.project, |book| {
                let holder = book.claims.holder_of(&name, fence).ok_or_else(|| {
                    let gone = book.broken_at(now).find(|lost| lost.fence == Some(fence.0));
                    gone.map_or_else(stale, |lost| Problem::new(Code::ClaimLost, lost.detail.clone()))
                })?;
                book.claims.check(&name, &holder, fence, access, now)?;
                let covering = book.held_by(&holder).find(|(resource, held)| held.fence == fence && resource.covers(&name));
                covering.map(|(resource, held)| book.held_view(resource, &holder, held)).ok_or_else(stale)
            })
            .await?;
        seen.map_or_else(|| Err(stale()), |(view, _)| view)
    }

    async fn break_claim(&self, caller: &Caller, which: BreakClaim) -> Answer<()> {
        caller.require(Permission::Operate)?;
        let name = resource("/resource", &which.resource)?;
        let because = text_of("/because", &which.because, MAXIMUM_REASON)?;
        let holder: Holder = which.holder.parse().map_err(|_| {
            Problem::invalid_field("/holder", "Write the holder as the list of claims does: `task:` and an identifier, for example.")
        })?;
        let by = caller.principal.label();
        self.turn(caller.project, &caller.principal, |draft| {
            draft.apply(Command::Tick)??;
            let held = draft.book.claims.held(&name, &holder).map(|held| held.fence);
            let waits = draft.book.claims.waiting(&name, &holder).is_some();
            if held.is_none() && !waits {
                return Err(Problem::new(Code::NoSuchClaim, format!("{holder} neither holds {name} nor waits for it.")));
            }
            draft.broke(&name, &holder, held, ClaimBreak::Operator, format!("{by} broke the claim on {name}: {because}"))?;
            if waits {
                draft.apply(Command::Withdraw { holder, resource: name.clone() })??;
            }
            if let Some(fence) = held {
                draft.apply(Command::Release { holder, resource: name.clone(), fence })??;
            }
            Ok(())
        })
        .await
    }
}

impl Draft<'_> {
    fn all_of(&self, holder: &Holder) -> Vec<(Resource, Fence)> {
        self.book.held_by(holder).map(|(resource, held)| (resource.clone(), held.fence)).collect()
    }

    /// The reason that is remembered of a lost claim, if there is one.
    fn why_lost(&self, problem: Problem, resource: &Resource, holder: &Holder, fence: Fence) -> Problem {
        match self.book.broken.get(&(*holder, resource.clone())).filter(|lost| lost.fence == Some(fence.0)) {
            Some(broken) if problem.is(Code::ClaimLost) => Problem { detail: broken.detail.clone(), ..problem },
            _ => problem,
        }
    }
}
