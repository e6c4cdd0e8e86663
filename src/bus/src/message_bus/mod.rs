//! What rings when something was committed? A message bus; never the record, which is the log in storage.

mod in_process;

use std::sync::Arc;

use baton_domain::event::Event;
use baton_domain::wire::live::Transient;

pub use in_process::{InProcessBus, Subscription};

/// What a subscriber of the bus gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// These events were committed, in this order. At least one.
    Committed(Arc<[Arc<Event>]>),
    /// Something fleeting.
    Transient(Arc<Transient>),
    /// Messages about commits were lost, because this subscriber was too slow: read the log.
    Lagged,
}
