//! How do workflows run for long? Documents, runs and approvals as durable services over the pure core of `baton-workflow`.
//!
//! A run is a journal. What has happened to it is taken in by the core, and stored with the rows that changed in one transaction, a turn; only then are
//! the core's commands carried out, each under a key that makes doing it twice do it once. After a crash, or whenever a turn turns out to stand on an old
//! version, a run is loaded again and the commands that may not have been carried out are carried out again. Several servers may drive the
//! same runs: versions keep them from doing a turn twice, and whoever finds that another one was faster leaves the run to it.
//!
//! - `workflows`, `catalogue`, `terms`: documents, checked against the skills and workflows that there are
//! - `pins`: which versions of other workflows a run uses
//! - `record`: how a run is kept in its journal; `live`: a run in memory
//! - `turn`: facts → one write; `carry`, `work`: commands → tasks, runs, decisions, approvals
//! - `fork`: a run that begins where another one stood
//! - `driver`, `slots`: which run is gone on with, and when
//! - `runs`, `approvals`: what people and programs ask
//! - `view`: what they are shown
//! - `replay`: what was recorded of a run, and whether it comes to the same once more

mod approvals;
mod asked;
mod carry;
mod catalogue;
mod councils;
mod decisions;
mod driver;
mod ends;
mod fork;
mod live;
mod paging;
mod parts;
mod pins;
mod record;
mod replay;
mod runs;
mod slots;
mod start;
mod terms;
mod turn;
mod view;
mod work;
mod workflows;

pub use baton_workflow::run::Usage;
pub use councils::HeldDecisions;
pub use decisions::{DecisionDraft, DecisionEnd, DecisionOrder, Decisions, usage_of};
pub use driver::{LOOK_EVERY, MAXIMUM_LOADED};
pub use parts::Parts;
pub use replay::{MAXIMUM_RECORDING_BYTES, MAXIMUM_WAITED, ReplayBounds, ReplayParts, Replays};
pub use runs::Runs;
pub use turn::MAXIMUM_RUN_BYTES;
pub use workflows::Workflows;
