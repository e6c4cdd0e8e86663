//! Where can this process be told to die, so that a test sees what is left of its work?
//!
//! At points that have names, between what is durable and what is not. Unless one is armed, which only the server's start does,
//! reaching a point costs one read of memory. The process sends itself SIGKILL there: nothing is flushed, dropped or told.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! points {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// A point at which the process can be told to die.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FaultPoint { $($(#[$doc])* $name),+ }

        impl FaultPoint {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// Those that only runs of workflows reach.
            pub const OF_RUNS: &'static [Self] = &[Self::BeforeTurn, Self::AfterTurn, Self::AfterCommands];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

points! {
    /// Everything of a group of writes has been said to the database, but not that it is to stay.
    BeforeCommit = "before_commit";
    /// A group of writes is durable, and nobody has been told.
    AfterCommit = "after_commit";
    /// Tasks are stored, and the client has not been told.
    BeforeAcknowledgement = "before_acknowledgement";
    /// Tasks were given to agents, and no attempt of them has begun.
    AfterClaim = "after_claim";
    /// An agent has done its work, and its outcome is not stored.
    AfterEffect = "after_effect";
    /// The outcome of an attempt is stored, and nothing here knows it.
    AfterOutcome = "after_outcome";
    /// Some of the tasks that a dead server held have been taken back, and others not.
    DuringRecovery = "during_recovery";
    /// What a run of a workflow was told is worked out, and not stored.
    BeforeTurn = "before_turn";
    /// A turn of a run is stored, and nothing of what it asks for is done.
    AfterTurn = "after_turn";
    /// What a turn asks for is done, and the run does not know.
    AfterCommands = "after_commands";
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// At which point to die, and at which arrival there: `after_claim:3`, or `after_claim` for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DieAt {
    /// The point.
    pub point: FaultPoint,
    /// The arrival; 1 is the first.
    pub arrival: u64,
}

impl FromStr for DieAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, arrival) = text.split_once(':').unwrap_or((text, "1"));
        let point = FaultPoint::ALL.iter().copied().find(|point| point.as_str() == name);
        let arrival = arrival.parse().ok().filter(|arrival| *arrival > 0);
        match (point, arrival) {
            (Some(point), Some(arrival)) => Ok(Self { point, arrival }),
            _ => {
                let names: Vec<&str> = FaultPoint::ALL.iter().map(|point| point.as_str()).collect();
                Err(format!("expected POINT or POINT:ARRIVAL with one of {}", names.join(", ")))
            }
        }
    }
}

struct Armed {
    point: FaultPoint,
    left: AtomicU64,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Arms a point for the rest of this process. Only the first call counts.
pub fn arm(DieAt { point, arrival }: DieAt) {
    let _ = ARMED.set(Armed { point, left: AtomicU64::new(arrival) });
}

/// Goes past a point, or dies there.
#[inline]
pub fn reach(point: FaultPoint) {
    if let Some(armed) = ARMED.get()
        && armed.point == point
        && armed.left.fetch_sub(1, Ordering::SeqCst) == 1
    {
        // The same that `kill -9` does from outside; aborting is for where that is not.
        #[cfg(unix)]
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_named_with_its_arrival() {
        assert_eq!("after_claim".parse(), Ok(DieAt { point: FaultPoint::AfterClaim, arrival: 1 }));
        assert_eq!("before_commit:7".parse(), Ok(DieAt { point: FaultPoint::BeforeCommit, arrival: 7 }));
        for wrong in ["", "nowhere", "after_claim:0", "after_claim:x"] {
            assert!(wrong.parse::<DieAt>().unwrap_err().contains("during_recovery"), "{wrong}");
        }
    }
}
