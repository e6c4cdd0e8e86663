//! Which mistakes can this store make on purpose? Those that the simulation must be able to find, one at a time.
//!
//! The store in memory is for tests only, so nothing that runs for anybody can make them.

/// A mistake that queues and stores are known to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlantedBug {
    /// A result is taken from whoever comes, whatever lease they hold.
    NoLeaseCheckOnComplete,
    /// A task is acknowledged first and stored a little later. The simulation's link makes this one.
    AcknowledgedBeforeCommit,
    /// Events take their places before their transaction is over, so that later ones can be read first.
    SequenceBeforeCommit,
    /// A change's event is written after its transaction, and now and then nobody is left to write it.
    EventOutsideTransaction,
    /// A task that has ended can end again.
    EndedTaskChanges,
    /// Another attempt of a task gets the lease number of the one before.
    LeaseNotIncreased,
    /// A heartbeat renews whatever it names.
    HeartbeatRevivesStaleLease,
    /// Leases are taken for expired well before they are.
    LiveLeaseRecovered,
    /// A retry counts twice.
    AttemptCountedTwice,
    /// A task that is queued again is not put where the dispatcher looks.
    RetryNotQueued,
    /// Tasks of one key are put where the dispatcher looks only after a while.
    KeySeenLate,
    /// The idempotency key is stored after the task, and now and then nobody is left to store it.
    KeyOutsideTransaction,
    /// A retry forgets that somebody asked for the task to end.
    CancelForgottenOnRetry,
    /// A message is handed out and the cursor moved, and now and then the delivery is not stored.
    DeliveryNotStored,
    /// A consumer is told that its acknowledgement counts, and it is stored a little later. The simulation's link makes this one.
    SettledBeforeCommit,
    /// A consumer's word counts for whatever delivery of the message there is now.
    LateWordCounts,
    /// An attempt publishes whether it holds its task or not.
    StalePublisherCounts,
    /// A broadcast is sent again when nobody knows whether it arrived. The simulation's carrier makes this one.
    BroadcastRepeated,
}

impl PlantedBug {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::NoLeaseCheckOnComplete,
        Self::AcknowledgedBeforeCommit,
        Self::SequenceBeforeCommit,
        Self::EventOutsideTransaction,
        Self::EndedTaskChanges,
        Self::LeaseNotIncreased,
        Self::HeartbeatRevivesStaleLease,
        Self::LiveLeaseRecovered,
        Self::AttemptCountedTwice,
        Self::RetryNotQueued,
        Self::KeySeenLate,
        Self::KeyOutsideTransaction,
        Self::CancelForgottenOnRetry,
        Self::DeliveryNotStored,
        Self::SettledBeforeCommit,
        Self::LateWordCounts,
        Self::StalePublisherCounts,
        Self::BroadcastRepeated,
    ];
}
