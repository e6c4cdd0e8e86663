//! How does an instance of an agent live: when is it in order, and when is it started again?

use std::time::Duration;

use baton_domain::agent::{InstanceKind, InstanceStatus};
use baton_domain::time::Timestamp;
use baton_domain::wire::agent::InstanceView;

/// When instances that fail are started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartOptions {
    /// Failed starts and deaths one after another after which an instance is unhealthy.
    pub failures: u32,
    /// The longest wait before the first restart; each further time twice as long.
    pub first: Duration,
    /// The longest wait ever.
    pub longest: Duration,
}

impl Default for RestartOptions {
    fn default() -> Self {
        Self { failures: 3, first: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

/// Doublings beyond which the wait is the longest one anyhow.
const MOST_DOUBLINGS: u32 = 16;

/// An instance on this server.
///
/// It is ready when it is made: in the process there is nothing to start, and a child starts with its attempt. After it kept
/// failing it is started on trial: it gets one attempt, which makes it ready or sends it back to wait, longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) number: u32,
    pub(super) kind: InstanceKind,
    pub(super) status: InstanceStatus,
    slots: u32,
    /// Attempts that have one of its slots.
    pub(super) busy: u32,
    /// Attempts of it that gave their slot back while they wait for others.
    pub(super) aside: u32,
    failures: u32,
    /// How often it was sent to wait since it last did work.
    waits: u32,
    pub(super) restart_at: Option<Timestamp>,
}

impl Instance {
    pub(super) const fn new(number: u32, kind: InstanceKind, slots: u32) -> Self {
        Self { number, kind, status: InstanceStatus::Ready, slots, busy: 0, aside: 0, failures: 0, waits: 0, restart_at: None }
    }

    /// How many attempts at once it may have now.
    fn usable(&self) -> u32 {
        match self.status {
            InstanceStatus::Ready => self.slots,
            InstanceStatus::Starting => self.slots.min(1),
            InstanceStatus::Unhealthy | InstanceStatus::Draining | InstanceStatus::Stopped => 0,
        }
    }

    /// What it counts among the agent's slots: what it may have, or what it still has.
    pub(super) fn counted(&self) -> u32 {
        self.usable().max(self.busy)
    }

    /// How many more attempts it takes.
    pub(super) fn free(&self) -> u32 {
        self.usable().saturating_sub(self.busy)
    }

    /// Whether one of its attempts that waited can go on. What it has begun it finishes, also if it takes nothing new.
    pub(super) const fn takes_back(&self) -> bool {
        self.busy < self.slots
    }

    /// It did work.
    pub(super) fn worked(&mut self) {
        self.failures = 0;
        if self.status == InstanceStatus::Starting {
            self.status = InstanceStatus::Ready;
            self.waits = 0;
        }
    }

    /// It could not be started for an attempt, or died during one. `draw` is from [0, 1): the wait is anything up to its
    /// longest (full jitter), so that instances that failed together do not come back together.
    pub(super) fn failed(&mut self, now: Timestamp, options: &RestartOptions, draw: f64) {
        self.failures = self.failures.saturating_add(1);
        let on_trial = self.status == InstanceStatus::Starting;
        if on_trial || (self.status == InstanceStatus::Ready && self.failures >= options.failures) {
            let longest = options.first.saturating_mul(1 << self.waits.min(MOST_DOUBLINGS)).min(options.longest);
            self.waits = self.waits.saturating_add(1);
            self.status = InstanceStatus::Unhealthy;
            self.restart_at = Some(now.plus(longest.mul_f64(draw.clamp(0.0, 1.0))));
        }
    }

    /// Starts it again if its time has come; gives whether it did.
    pub(super) fn tick(&mut self, now: Timestamp) -> bool {
        let due = self.status == InstanceStatus::Unhealthy && self.restart_at.is_some_and(|at| at <= now);
        if due {
            self.start();
        }
        due
    }

    /// Starts it on trial at once if it waits.
    pub(super) fn start(&mut self) {
        if self.status == InstanceStatus::Unhealthy {
            self.status = InstanceStatus::Starting;
            self.restart_at = None;
        }
    }

    /// It finishes what it has and takes no more.
    pub(super) fn drain(&mut self) {
        self.status = InstanceStatus::Draining;
        self.restart_at = None;
    }

    /// Whether it has drained and can go.
    pub(super) fn is_done(&self) -> bool {
        self.status == InstanceStatus::Draining && self.busy == 0 && self.aside == 0
    }

    pub(super) fn view(&self, host: &str, agent_drains: bool) -> InstanceView {
        let status = match self.status {
            InstanceStatus::Ready | InstanceStatus::Starting if agent_drains => InstanceStatus::Draining,
            status => status,
        };
        InstanceView {
            number: self.number,
            kind: self.kind,
            host: host.to_owned(),
            server: None,
            status,
            slots: self.slots,
            busy: self.busy,
            failures: self.failures,
            restart_at: self.restart_at,
            circuit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: RestartOptions = RestartOptions { failures: 3, first: Duration::from_secs(1), longest: Duration::from_secs(5) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn instance() -> Instance {
        Instance::new(1, InstanceKind::Child, 4)
    }

    #[test]
    fn it_is_unhealthy_after_failures_one_after_another() {
        let mut child = instance();
        child.failed(at(0), &OPTIONS, 0.5);
        child.failed(at(0), &OPTIONS, 0.5);
        child.worked();
        child.failed(at(0), &OPTIONS, 0.5);
        child.failed(at(0), &OPTIONS, 0.5);
        assert_eq!((child.status, child.free()), (InstanceStatus::Ready, 4));
        child.failed(at(0), &OPTIONS, 0.5);
        assert_eq!((child.status, child.free(), child.restart_at), (InstanceStatus::Unhealthy, 0, Some(at(500))));
    }

    #[test]
    fn it_comes_back_on_trial_with_one_attempt_and_waits_longer_each_time() {
        let mut child = instance();
        (0..3).for_each(|_| child.failed(at(0), &OPTIONS, 1.0));
        let mut now = 0;
        for wait in [1_000, 2_000, 4_000, 5_000, 5_000] {
            assert_eq!(child.restart_at, Some(at(now + wait)));
            assert!(!child.tick(at(now + wait - 1)));
            now += wait;
            assert!(child.tick(at(now)));
            assert_eq!((child.status, child.free()), (InstanceStatus::Starting, 1));
            child.failed(at(now), &OPTIONS, 1.0);
        }
        now += 5_000;
        assert!(child.tick(at(now)));
        child.worked();
        assert_eq!((child.status, child.free()), (InstanceStatus::Ready, 4));
        (0..3).for_each(|_| child.failed(at(now), &OPTIONS, 1.0));
        assert_eq!(child.restart_at, Some(at(now + 1_000)), "work makes good for what was");
    }

    #[test]
    fn what_it_still_has_counts_as_its_slots_but_nothing_is_free() {
        let mut child = instance();
        child.busy = 3;
        (0..3).for_each(|_| child.failed(at(0), &OPTIONS, 0.0));
        assert_eq!((child.counted(), child.free()), (3, 0));
        child.start();
        assert_eq!((child.counted(), child.free()), (3, 0), "on trial it has more than one already");
    }

    #[test]
    fn a_drained_instance_goes_when_it_has_nothing_left() {
        let mut child = instance();
        child.busy = 1;
        child.drain();
        assert!(!child.is_done());
        (child.busy, child.aside) = (0, 1);
        assert!(!child.is_done() && child.takes_back(), "what waits comes back");
        child.aside = 0;
        assert!(child.is_done());
        child.failed(at(0), &OPTIONS, 0.0);
        assert!(child.is_done(), "nothing brings it back");
    }
}
