//! How does a commit reach whoever watches? The bus rings, and the event stream reads the log by sequence.
//!
//! [`message_bus`] is a doorbell: it says that something was committed and carries the events along to save a read.
//! It may lose a message; nothing is built on its keeping one. [`event_stream`] is what services and sockets use: it
//! replays the log from any place, goes live without a gap, and reads the log again whenever the bell was missed.

//!
//! [`pub_sub`] is the topics: what people and agents publish and subscribe to. A [`carrier`] reaches other servers; nothing is
//! built on its keeping anything either.

pub mod carrier;
pub mod event_stream;
pub mod message_bus;
pub mod pub_sub;

pub use carrier::{Carrier, InProcessCarrier, RedisCarrier, RedisCarrierOptions, Relay};
pub use event_stream::EventStream;
pub use message_bus::{InProcessBus, Message, Subscription};
pub use pub_sub::Topics;
