//! What does Baton say of itself? What happened inside a task, who asked for what, how much and how fast, and whether it can work.
//!
//! - [`debug_tracer`]: logs, spans and errors of tasks, and the audit record of what was asked or refused.
//! - [`metrics_engine`]: counts and latency sketches in buckets of 10 seconds, and the charts made of them.
//! - [`notifications`]: what waits for people or went wrong for them, read and unread.
//! - [`health`]: whether the server lives and can take work.
//! - [`server_log`]: how the server's own log is written.
//! - [`watch`]: whether what is stored keeps to the catalogue of invariants.

pub mod debug_tracer;
pub mod health;
pub mod metrics_engine;
pub mod notifications;
pub mod server_log;
pub mod watch;

pub use debug_tracer::DebugTracer;
pub use debug_tracer::audit::{AuditWriter, Auditor};
pub use health::{HealthMonitor, HealthOptions, Heartbeat};
pub use metrics_engine::{Analytics, MetricsFlusher, MetricsRecorder};
pub use notifications::{NotificationDesk, NotificationParts, Projector};
pub use watch::{AlsoLooked, Broken, InvariantWatch};
