//! What does a command do to the claims?

use std::collections::BTreeSet;

use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::{Holder, Resource};
use super::table::{Claims, Delta, Entry, MAXIMUM_CLAIMS, MAXIMUM_CLAIMS_PER_HOLDER, MAXIMUM_CLAIMS_PER_NAME, Row, RowKey};
use super::terms::{Answer, Command, Fence, Held, Mode, Notice, Place, Request, Waiting, check_lease};

/// Seconds after which to try again where a queue is full.
const RETRY_AFTER: u64 = 5;

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What whoever asked is told.
    pub answer: Result<Answer, Problem>,
    /// What happened, in its order; also what time alone brought about.
    pub notices: Vec<Notice>,
    /// What is to be stored, also where the command was refused.
    pub delta: Delta,
}

/// What a fence is shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading: any claim will do.
    Read,
    /// Writing: it must be claimed exclusively.
    Write,
}

impl Claims {
    /// Carries out a command. What has run out by `now` ends first, whatever the command is.
    pub fn apply(&mut self, command: Command, now: Timestamp) -> Step {
        let mut work = Work { claims: self, now, notices: Vec::new(), touched: BTreeSet::new() };
        work.pass_time();
        let answer = work.carry_out(command);
        let (notices, touched) = (work.notices, work.touched);
        let mut delta = Delta { head: self.head, ..Delta::default() };
        for key in touched {
            let entry = if key.held {
                self.held(&key.resource, &key.holder).cloned().map(Entry::Held)
            } else {
                self.waiting(&key.resource, &key.holder).cloned().map(Entry::Waiting)
            };
            match entry {
                Some(entry) => delta.put.push(Row { resource: key.resource, holder: key.holder, entry }),
                None => delta.removed.push(key),
            }
        }
        Step { answer, notices, delta }
    }

    /// Whether a holder may do this to a resource now: it holds a claim with this fence on it or on what is above it, and the lease runs.
    ///
    /// # Errors
    /// [`Code::ClaimLost`] with the reason.
    pub fn check(&self, resource: &Resource, holder: &Holder, fence: Fence, access: Access, now: Timestamp) -> Result<(), Problem> {
        let names = resource.above().filter_map(|name| Resource::parse(name).ok()).chain([resource.clone()]);
        let held = names.into_iter().find_map(|name| self.held(&name, holder).filter(|held| held.fence == fence).cloned());
        let reason = match held {
            None => "no claim with this number is held".to_owned(),
            Some(held) if held.expires_at <= now => format!("its lease ran out at {}", held.expires_at),
            Some(held) if access == Access::Write && held.mode == Mode::Shared => "it is shared, and this is a write".to_owned(),
            Some(_) => return Ok(()),
        };
        Err(Problem::new(Code::ClaimLost, format!("{holder} may not use {resource} under the claim {}: {reason}.", fence.0)))
    }
}

/// The guard beside a thing itself: it lets no fence through that is older than one that it has seen.
///
/// For places that cannot ask the claims at each access: they keep these two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gate {
    /// The newest fence that was seen.
    pub newest: Fence,
    /// The newest fence that has written.
    #[serde(default)]
    pub written: Fence,
}

impl Gate {
    /// Lets an access through, or not. A write needs an exclusive claim that is as new as all that have read or written; those who share read beside one another,
    /// if no newer one has written.
    ///
    /// # Errors
    /// [`Code::ClaimLost`] for a fence that is too old, and for a write under a claim that is shared.
    pub fn admit(&mut self, fence: Fence, mode: Mode, access: Access) -> Result<(), Problem> {
        let (least, does) = match access {
            Access::Read => (self.written, "written"),
            Access::Write => (self.newest, "read or written"),
        };
        if access == Access::Write && mode == Mode::Shared {
            return Err(Problem::new(Code::ClaimLost, format!("The claim {} is shared, and this is a write.", fence.0)));
        }
        if fence < least {
            let detail = format!("The claim {} is older than {}, which has {does} since.", fence.0, least.0);
            return Err(Problem::new(Code::ClaimLost, detail));
        }
        self.newest = self.newest.max(fence);
        if access == Access::Write {
            self.written = fence;
        }
        Ok(())
    }
}

pub(super) struct Work<'a> {
    pub(super) claims: &'a mut Claims,
    now: Timestamp,
    pub(super) notices: Vec<Notice>,
    touched: BTreeSet<RowKey>,
}

impl Work<'_> {
    /// What ends by itself does so in the order of its times, however late this is looked at: who gave up before something became free gets none of
    /// it. At one moment leases end first, so that who waits until this very moment may still get what they free.
    fn pass_time(&mut self) {
        loop {
            let mut freed = BTreeSet::new();
            // Who waits for longer than these leases run cannot tell them apart, so all of them end at once.
            let until = self.claims.next_patience().map_or(self.now, |end| end.min(self.now));
            while let Some((resource, holder)) = self.claims.lapsed(until) {
                if let Some(held) = self.take_held(&resource, &holder) {
                    self.notices.push(Notice::Lapsed { holder, resource: resource.clone(), fence: held.fence });
                }
                freed.insert(resource);
            }
            self.serve(&freed, &BTreeSet::new());
            let mut freed = BTreeSet::new();
            let lease = self.claims.next_lease();
            let Some(moment) = self.claims.next_patience().filter(|end| *end <= self.now) else {
                if lease.is_some_and(|lease| lease <= self.now) {
                    continue;
                }
                return;
            };
            while lease.is_none_or(|lease| moment < lease)
                && let Some((resource, holder)) = self.claims.out_of_patience(moment)
            {
                self.take_waiting(&resource, &holder);
                self.notices.push(Notice::GaveUp { holder, resource: resource.clone() });
                freed.insert(resource);
            }
            self.serve(&freed, &BTreeSet::new());
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<Answer, Problem> {
        match command {
            Command::Request(request) => self.request(request),
            Command::Renew { holder, resource, fence, lease_ms } => {
                check_lease(lease_ms)?;
                let held = Held { lease_ms, ..self.mine(&holder, &resource, fence)? };
                Ok(Answer::Held(self.renew(holder, &resource, held)))
            }
            Command::RenewAll { holder } => {
                let held: Vec<Resource> = self.claims.of(&holder).0.into_iter().cloned().collect();
                for resource in held {
                    if let Some(held) = self.claims.held(&resource, &holder).cloned() {
                        self.renew(holder, &resource, held);
                    }
                }
                Ok(Answer::Done)
            }
            Command::Downgrade { holder, resource, fence } => {
                let held = Held { mode: Mode::Shared, ..self.mine(&holder, &resource, fence)? };
                self.put_held(&resource, holder, held.clone());
                self.serve(&BTreeSet::from([resource]), &BTreeSet::new());
                Ok(Answer::Held(held))
            }
            Command::Release { holder, resource, fence } => {
                self.mine(&holder, &resource, fence)?;
                self.take_held(&resource, &holder);
                self.serve(&BTreeSet::from([resource]), &BTreeSet::new());
                Ok(Answer::Done)
            }
            Command::Withdraw { holder, resource } => {
                if self.take_waiting(&resource, &holder).is_none() {
                    return Err(Problem::new(Code::NoSuchClaim, format!("{holder} does not wait for {resource}.")));
                }
                self.serve(&BTreeSet::from([resource]), &BTreeSet::new());
                Ok(Answer::Done)
            }
            Command::ReleaseAll { holder } => {
                let (freed, _) = self.strip(&holder);
                self.serve(&freed, &BTreeSet::new());
                Ok(Answer::Done)
            }
            Command::Tick => Ok(Answer::Done),
        }
    }

    fn request(&mut self, request: Request) -> Result<Answer, Problem> {
        request.check()?;
        let Request { holder, resource, mode, lease_ms, patience_ms, standing } = request;
        if let Some(held) = self.claims.held(&resource, &holder).filter(|held| held.mode >= mode) {
            return Ok(Answer::Held(held.clone()));
        }
        let before = self.claims.waiting(&resource, &holder).cloned();
        if let Some(waiting) = before.as_ref().filter(|waiting| waiting.mode >= mode) {
            let behind = self.claims.behind(&resource, &holder).into_iter().collect();
            return Ok(Answer::Waiting { behind, until: waiting.until });
        }
        if before.is_none() {
            self.check_room(&holder, &resource)?;
        }
        // Who asks for more than it waits for keeps its place in the queue.
        let place = before.as_ref().map_or_else(
            || {
                self.claims.head.number += 1;
                let plain = !self.claims.has_part(&resource, &holder);
                Place { plain, rank: standing.priority.rank(self.now), number: self.claims.head.number }
            },
            |waiting| waiting.place,
        );
        let until = patience_ms.map(|patience| self.now.plus(std::time::Duration::from_millis(patience)));
        let waiting = Waiting { mode, place, since: before.map_or(self.now, |waiting| waiting.since), until, lease_ms, standing };
        let mut circle = Vec::new();
        if self.claims.covers(&resource, &holder, mode) {
            self.take_waiting(&resource, &holder);
            self.grant(&resource, holder, &waiting, false);
        } else if self.claims.is_free(&resource, &holder, mode, place) && !self.claims.would_close_a_circle(&resource, &holder, mode) {
            self.take_waiting(&resource, &holder);
            self.grant(&resource, holder, &waiting, false);
            // Those whom it went before by its priority wait for it now, and it may wait for something else.
            circle = self.break_deadlocks(holder);
        } else {
            let behind: Vec<Holder> = self.claims.blockers(&resource, &holder, mode, place).into_iter().collect();
            if patience_ms == Some(0) {
                let first = if behind.is_empty() { "those it waits for itself".to_owned() } else { named(&behind) };
                let detail = format!("{resource} is not free for {holder}: {first} come first.");
                return Err(Problem::new(Code::ResourceBusy, detail).retry_after(RETRY_AFTER));
            }
            self.claims.put_waiting(&resource, holder, waiting);
            self.touch(&resource, &holder, false);
            self.notices.push(Notice::Queued { holder, resource: resource.clone(), place, behind });
            circle = self.break_deadlocks(holder);
        }
        if let Some(held) = self.claims.held(&resource, &holder).filter(|held| held.mode >= mode) {
            return Ok(Answer::Held(held.clone()));
        }
        if let Some(until) = self.claims.waiting(&resource, &holder).map(|waiting| waiting.until) {
            return Ok(Answer::Waiting { behind: self.claims.behind(&resource, &holder).into_iter().collect(), until });
        }
        let detail = format!(
            "{holder} gives way on {resource} by the rule `{}`: each of {} waits for the next, and the last for the first.",
            self.claims.policy.rule,
            named(&circle)
        );
        Err(Problem::new(Code::ClaimDeadlock, detail))
    }

    fn check_room(&self, holder: &Holder, resource: &Resource) -> Result<(), Problem> {
        let (held, wanted) = self.claims.of(holder);
        if held.len() + wanted.len() >= MAXIMUM_CLAIMS_PER_HOLDER {
            let detail = format!("{holder} has {MAXIMUM_CLAIMS_PER_HOLDER} claims, which is the most that one may have. Release some.");
            return Err(Problem::new(Code::TooManyClaims, detail));
        }
        if self.claims.count() >= MAXIMUM_CLAIMS {
            let detail = format!("There are {MAXIMUM_CLAIMS} claims, which is the most that are kept.");
            return Err(Problem::new(Code::TooManyClaims, detail).retry_after(RETRY_AFTER));
        }
        if self.claims.on(resource).is_some_and(|claimed| claimed.holders.len() + claimed.waiters.len() >= MAXIMUM_CLAIMS_PER_NAME) {
            let detail = format!("{MAXIMUM_CLAIMS_PER_NAME} hold {resource} or wait for it, which is the most that may.");
            return Err(Problem::new(Code::ClaimQueueFull, detail).retry_after(RETRY_AFTER));
        }
        Ok(())
    }

    /// The claim with this number.
    fn mine(&self, holder: &Holder, resource: &Resource, fence: Fence) -> Result<Held, Problem> {
        let held = self.claims.held(resource, holder).filter(|held| held.fence == fence);
        held.cloned().ok_or_else(|| {
            let now = self
                .claims
                .held(resource, holder)
                .map_or_else(|| "it holds none on it now".to_owned(), |held| format!("its claim there is {}", held.fence.0));
            Problem::new(Code::ClaimLost, format!("{holder} does not hold the claim {} on {resource}: {now}.", fence.0))
        })
    }

    fn renew(&mut self, holder: Holder, resource: &Resource, held: Held) -> Held {
        let held = Held { expires_at: self.now.plus(std::time::Duration::from_millis(held.lease_ms)), ..held };
        self.put_held(resource, holder, held.clone());
        held
    }

    fn grant(&mut self, resource: &Resource, holder: Holder, waiting: &Waiting, overtook: bool) -> Held {
        self.claims.head.fence.0 += 1;
        let held = Held {
            mode: waiting.mode,
            fence: self.claims.head.fence,
            since: self.now,
            expires_at: self.now.plus(std::time::Duration::from_millis(waiting.lease_ms)),
            lease_ms: waiting.lease_ms,
            standing: waiting.standing,
        };
        self.put_held(resource, holder, held.clone());
        self.notices.push(Notice::Granted { holder, resource: resource.clone(), held: held.clone(), overtook });
        held
    }

    /// Grants what has become free, in the order of the queue. One round is enough: a grant frees nothing.
    ///
    /// Those in `advanced` went before others who had come earlier.
    pub(super) fn serve(&mut self, freed: &BTreeSet<Resource>, advanced: &BTreeSet<(Resource, Holder)>) {
        for (place, resource, holder) in self.claims.queue(freed) {
            let Some(waiting) = self.claims.waiting(&resource, &holder).cloned() else { continue };
            if self.claims.is_free(&resource, &holder, waiting.mode, place) {
                self.take_waiting(&resource, &holder);
                let key = (resource, holder);
                let overtook = advanced.contains(&key);
                self.grant(&key.0, holder, &waiting, overtook);
            }
        }
    }

    /// Takes everything from a holder: what that frees, and what it held.
    pub(super) fn strip(&mut self, holder: &Holder) -> (BTreeSet<Resource>, Vec<(Resource, Fence)>) {
        let (held, wanted) = self.claims.of(holder);
        let (held, wanted): (Vec<Resource>, Vec<Resource>) = (held.into_iter().cloned().collect(), wanted.into_iter().cloned().collect());
        for resource in &wanted {
            self.take_waiting(resource, holder);
        }
        let taken = held.iter().filter_map(|resource| Some((resource.clone(), self.take_held(resource, holder)?.fence))).collect();
        (held.into_iter().chain(wanted).collect(), taken)
    }

    fn touch(&mut self, resource: &Resource, holder: &Holder, held: bool) {
        self.touched.insert(RowKey { resource: resource.clone(), holder: *holder, held });
    }

    fn put_held(&mut self, resource: &Resource, holder: Holder, held: Held) {
        self.touch(resource, &holder, true);
        self.claims.put_held(resource, holder, held);
    }

    fn take_held(&mut self, resource: &Resource, holder: &Holder) -> Option<Held> {
        self.touch(resource, holder, true);
        self.claims.take_held(resource, holder)
    }

    pub(super) fn take_waiting(&mut self, resource: &Resource, holder: &Holder) -> Option<Waiting> {
        self.touch(resource, holder, false);
        self.claims.take_waiting(resource, holder)
    }
}

/// The most holders that a message names.
const NAMED: usize = 8;

fn named(holders: &[Holder]) -> String {
    let mut names: Vec<String> = holders.iter().take(NAMED).map(Holder::to_string).collect();
    if holders.len() > NAMED {
        names.push(format!("{} others", holders.len() - NAMED));
    }
    names.join(", ")
}
