//! What the live socket carries: `GET /api/v1/events/ws?since=SEQ&topics=…`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trace::LogLine;
use crate::event::Event;
use crate::id::{EventSeq, TaskId};
use crate::problem::Problem;

/// The close code when the session behind a socket has ended.
pub const CLOSE_SESSION_ENDED: u16 = 4401;
/// The close code when a reader is too slow; it may come back and resume.
pub const CLOSE_TOO_SLOW: u16 = 4408;
/// The close code when the server shuts down; come back after a moment.
pub const CLOSE_RESTARTING: u16 = 1012;

/// A frame from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The first frame: the subscription is in place.
    Hello {
        /// The newest event at this moment; everything up to it follows as events, unless filtered.
        head: EventSeq,
    },
    /// Events, in order.
    Events {
        /// At least one.
        events: Vec<Event>,
    },
    /// Everything up to here was sent or is not wanted; resume from here.
    HighWater {
        /// The place.
        seq: EventSeq,
    },
    /// What is shown while it happens and is not kept in the event log. Lost ones do no harm.
    Transient(Transient),
    /// The events since the given place are no longer kept: read the page anew, then resume from `head`.
    Resync {
        /// The newest event.
        head: EventSeq,
    },
    /// A message was published.
    Published {
        /// The request it answers.
        request: u64,
        /// What the operation of REST answers.
        message: super::topic::Published,
    },
    /// A message was not published.
    Problem {
        /// The request it answers.
        request: u64,
        /// Why, as the operation of REST would say.
        problem: Problem,
    },
}

/// Something fleeting: about a task, sent to subscribers of `task:<id>` only, or a message of an ephemeral topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Transient {
    /// New log lines. They are stored too; a gap in `seq` means that some must be read from there.
    Log {
        /// The task.
        task_id: TaskId,
        /// The lines.
        lines: Vec<LogLine>,
    },
    /// How far the attempt is.
    Progress {
        /// The task.
        task_id: TaskId,
        /// 0 to 1.
        fraction: f64,
        /// What it is doing.
        message: String,
        /// The end of the text that it is writing, of at most 2 KiB, if it shows one: not what is new, but what there is. The whole is in
        /// the task's result.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<String>,
    },
    /// A message of an ephemeral topic; sent to subscribers of patterns that match it.
    Message(super::topic::TopicMessage),
}

impl Transient {
    /// What it concerns, as `task:<id>` or `topic:<name>`.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Log { task_id, .. } | Self::Progress { task_id, .. } => format!("task:{task_id}"),
            Self::Message(message) => crate::topic::subject(&message.topic),
        }
    }
}

/// A frame from the client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// Replaces the topics of the subscription. Events of new topics are sent from `since` on.
    Subscribe {
        /// The topics; none means everything.
        topics: Vec<String>,
        /// The last event that the client has taken into account.
        since: EventSeq,
    },
    /// A fresh access token, before the old one expires. Browsers need not: their session is looked at instead.
    Authenticate {
        /// The token.
        token: super::auth::Secret,
    },
    /// Publishes a message, as `POST /topics/{name}/messages` does. One after the other, in their order; each is answered by
    /// `published` or `problem`.
    Publish {
        /// A number of the client's choice, which the answer carries.
        request: u64,
        /// The topic's name.
        topic: String,
        /// Any JSON, of at most 64 KiB as text.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        payload: Value,
        /// Of two messages of a durable topic with the same key only the first is stored; at most 128 bytes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
}

/// How long events are kept. What either limit does not keep is forgotten, the oldest first; without limits nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeepEvents {
    /// The most events that are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The most days that an event is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// How far the log of events reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventLog {
    /// The newest event.
    pub head: EventSeq,
    /// The oldest place that can be given as `since`: the events after it are kept.
    pub floor: EventSeq,
    /// How long events are kept.
    pub keep: KeepEvents,
}

/// Events of the log, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPage {
    /// The events.
    pub items: Vec<Event>,
    /// Give this as `since` to go on; it also covers events that were filtered out.
    pub next_since: EventSeq,
    /// Whether there is more now.
    pub more: bool,
}
