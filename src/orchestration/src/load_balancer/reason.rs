//! Why is an agent out of the question?

use baton_domain::wire::task::Rejection;

/// Why an agent cannot take a task; the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectReason {
    /// It does not have the skill.
    Skill,
    /// It lacks a label.
    Labels,
    /// It was asked, and refused this task.
    Refused,
    /// It takes no more work.
    Draining,
    /// No instance of it is in order.
    Unhealthy,
    /// It failed too much, and is left alone or already tried.
    CircuitOpen,
    /// All its slots are taken.
    NoSlot,
    /// Its host does not have what the skill needs left.
    NoCapacity,
    /// Nothing was against it, but the lot fell on others.
    NotSampled,
}

impl RejectReason {
    /// Every reason, in the order in which they are looked at.
    pub const ALL: [Self; 9] = [
        Self::Skill,
        Self::Labels,
        Self::Refused,
        Self::Draining,
        Self::Unhealthy,
        Self::CircuitOpen,
        Self::NoSlot,
        Self::NoCapacity,
        Self::NotSampled,
    ];

    /// The name in explanations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Labels => "labels",
            Self::Refused => "refused",
            Self::Draining => "draining",
            Self::Unhealthy => "unhealthy",
            Self::CircuitOpen => "circuit_open",
            Self::NoSlot => "no_slot",
            Self::NoCapacity => "no_capacity",
            Self::NotSampled => "not_sampled",
        }
    }
}

/// How many agents fell to which reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally([u32; RejectReason::ALL.len()]);

impl Tally {
    pub(super) const fn add(&mut self, reason: RejectReason, count: u32) {
        self.0[reason as usize] += count;
    }

    pub(super) const fn remove_one(&mut self, reason: RejectReason) {
        self.0[reason as usize] = self.0[reason as usize].saturating_sub(1);
    }

    /// What an explanation says: the reasons that some fell to.
    pub(super) fn rejections(&self) -> Vec<Rejection> {
        let fell = RejectReason::ALL.into_iter().filter(|reason| self.0[*reason as usize] > 0);
        fell.map(|reason| Rejection { reason: reason.as_str().to_owned(), count: self.0[reason as usize] }).collect()
    }
}
