//! What an agent is: its family, its skills, its capacity and its health.

use serde::{Deserialize, Serialize};

use crate::model::ModelNeed;
use crate::task::RetryPolicy;

pub use self::named::{AgentStatus, CircuitState, Family, InstanceKind, InstanceStatus, Isolation, Strategy};

mod named {
    use serde::{Deserialize, Serialize};

    use crate::named::named_enum;

    named_enum!(
        /// The kind of work an agent does.
        Family {
            /// Statistics and machine learning on tables.
            DataScience = "data_science",
            /// Natural language.
            Nlp = "nlp",
            /// Pages and interfaces on the web.
            WebAutomation = "web_automation",
            /// Reports and documents.
            Documentation = "documentation",
            /// Source code.
            CodeAnalysis = "code_analysis",
            /// Everything brought by users, and the built-in diagnostics.
            Custom = "custom",
        }
    );

    named_enum!(
        /// What an agent takes on.
        AgentStatus {
            /// Takes work.
            Active = "active",
            /// Finishes what it has and takes no more.
            Draining = "draining",
            /// Was drained and has nothing left.
            Drained = "drained",
        }
    );

    named_enum!(
        /// Where an attempt runs.
        Isolation {
            /// In the server's own process.
            Task = "task",
            /// In a child process with limits of CPU, memory and files, killed when cancelled.
            Process = "process",
            /// In such a child if the input names files, which are long and may be anybody's; else in the server's own process.
            ProcessForFiles = "process_for_files",
        }
    );

    named_enum!(
        /// By what an agent is chosen for a task.
        Strategy {
            /// Each in turn.
            RoundRobin = "round_robin",
            /// The one with the largest share of free slots.
            LeastLoaded = "least_loaded",
            /// The better of two drawn by lot, by peak EWMA of latency and what is pending.
            Fastest = "fastest",
            /// The best sum of weighted terms.
            Weighted = "weighted",
        }
    );

    named_enum!(
        /// Whether an agent that fails is left alone.
        CircuitState {
            /// It gets work.
            Closed = "closed",
            /// It failed too much and gets none for a while.
            Open = "open",
            /// It is tried with little work.
            HalfOpen = "half_open",
        }
    );

    named_enum!(
        /// Where an instance of an agent runs.
        InstanceKind {
            /// In the server's own process.
            InProcess = "in_process",
            /// In child processes of the server, one for each attempt.
            Child = "child",
            /// In another server on the same database.
            Server = "server",
            /// In a worker: another process, often on another host.
            Worker = "worker",
        }
    );

    named_enum!(
        /// How an instance of an agent is.
        InstanceStatus {
            /// It has not proved itself yet, so it gets one attempt.
            Starting = "starting",
            /// It takes work.
            Ready = "ready",
            /// It keeps failing to start or dying, and waits for its next start.
            Unhealthy = "unhealthy",
            /// It finishes what it has and takes no more.
            Draining = "draining",
            /// It is gone.
            Stopped = "stopped",
        }
    );
}

impl Isolation {
    /// Whether an attempt runs in a child process. `files` says whether its input names any.
    #[must_use]
    pub const fn in_child(self, files: bool) -> bool {
        match self {
            Self::Task => false,
            Self::Process => true,
            Self::ProcessForFiles => files,
        }
    }
}

/// A named ability with its contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Skill {
    /// `family.verb`, as `nlp.sentiment`.
    pub name: String,
    /// What people read on a list.
    pub title: String,
    /// What it does, in a sentence or two.
    pub description: String,
    /// The family of the agents that have it.
    pub family: Family,
    /// JSON Schema (draft 2020-12) of the input. A property with `"format": "artifact"` takes an artifact's id.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input_schema: serde_json::Value,
    /// JSON Schema of the result.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub output_schema: serde_json::Value,
    /// Inputs that work as they stand, for forms and for trying out. `{"artifact": "examples/…"}` names a shipped file.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub examples: Vec<serde_json::Value>,
    /// How the dashboard draws the result: `table_profile`, `sentiment`, `keywords`, `summary`, `language`, `structured` (as
    /// the output schema's `x-render` hints say), `json`.
    pub result_kind: String,
    /// Whether running it twice does the same as running it once.
    pub idempotent: bool,
    /// Whether it changes anything outside.
    pub destructive: bool,
    /// Where its attempts run.
    pub isolation: Isolation,
    /// Whether its attempts make checkpoints, from which a later attempt goes on: then a running task can be paused.
    #[serde(default)]
    pub checkpoints: bool,
    /// What an attempt may use.
    pub limits: Limits,
    /// The retry policy of tasks that state none.
    pub retry: RetryPolicy,
    /// What an attempt takes of its host while it runs.
    #[serde(default)]
    pub needs: Needs,
    /// What it needs of a language model; absent if it calls none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelNeed>,
    /// Whether its attempts reach out to the network, as far as the installation lets them.
    #[serde(default)]
    pub network: bool,
    /// Its version, as [`is_version`] takes it: another one whenever the same input may come to another result, a greater first number when
    /// inputs that were taken are refused, or results have another shape. Empty for what was stored before skills had one.
    #[serde(default)]
    pub version: String,
}

/// What one attempt takes of the host it runs on. The attempts on a host never take more than the host has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Needs {
    /// Thousandths of a core; 0 for work that hardly computes.
    pub cpu_millicores: u32,
    /// Memory in MiB; 0 for work that hardly needs any.
    pub memory_mib: u32,
    /// A model that the host must have; [`language`](Self::LANGUAGE_MODEL) for any language model that it can ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl Needs {
    /// What a host has that can ask some language model, the one inside the process or one behind an address.
    pub const LANGUAGE_MODEL: &str = "language";

    /// So much of the processor and the memory, and a language model.
    #[must_use]
    pub fn with_language_model(cpu_millicores: u32, memory_mib: u32) -> Self {
        Self { cpu_millicores, memory_mib, model: Some(Self::LANGUAGE_MODEL.to_owned()) }
    }
}

/// What one attempt may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Limits {
    /// Bytes of address space beyond the program's own (`process` only).
    pub memory_bytes: u64,
    /// Seconds of CPU (`process` only).
    pub cpu_seconds: u64,
    /// Bytes of one file it writes (`process` only).
    pub file_bytes: u64,
    /// Files it holds open (`process` only).
    pub open_files: u64,
    /// Bytes of the JSON result.
    pub result_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 1 << 30, cpu_seconds: 120, file_bytes: 256 << 20, open_files: 64, result_bytes: 1 << 20 }
    }
}

/// What the label begins with that every agent has by its name.
const OWN_LABEL: &str = "agent:";

/// The label that an agent has by its name, as `agent:nlp`: a task that asks for it is done by this agent and by no other.
#[must_use]
pub fn own_label(name: &str) -> String {
    format!("{OWN_LABEL}{name}")
}

/// Whether an agent with this name and these labels has a label, its own included.
#[must_use]
pub fn has_label(name: &str, labels: &[String], label: &str) -> bool {
    label.strip_prefix(OWN_LABEL) == Some(name) || labels.iter().any(|has| has == label)
}

/// What an agent says of itself when it registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentCard {
    /// The unique name, as `data-science`.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What it does, in a sentence.
    pub description: String,
    /// The kind of work it does.
    pub family: Family,
    /// What it can do.
    pub skills: Vec<Skill>,
    /// Properties that tasks may require of it.
    pub labels: Vec<String>,
    /// How many attempts one instance takes at once.
    pub slots: u32,
    /// Between how many instances it has.
    #[serde(default)]
    pub instances: InstanceRange,
    /// What an attempt costs, in millionths of the installation's currency; 0 if nothing.
    #[serde(default)]
    pub cost_micros: u64,
    /// Its version, as [`is_version`] takes it: another one whenever it works otherwise, or one of its skills has another one. Empty for
    /// what was stored before agents had one.
    #[serde(default)]
    pub version: String,
}

/// The longest version.
pub const MAXIMUM_VERSION: usize = 64;

/// Whether a text is a version as Semantic Versioning 2.0.0 writes it: `1.4.0`, `2.0.0-rc.1+build.5`.
#[must_use]
pub fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let named = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    // Of what comes before a release, numbers are compared as numbers, so they begin with no zero.
    let before = |part: &str| named(part) && (!part.bytes().all(|byte| byte.is_ascii_digit()) || number(part));
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    text.len() + build.map_or(0, str::len) < MAXIMUM_VERSION
        && core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(before))
        && build.is_none_or(|build| build.split('.').all(named))
}

/// Between how many instances an agent has; the pool moves between the two as its queue ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceRange {
    /// The fewest.
    pub minimum: u32,
    /// The most.
    pub maximum: u32,
}

impl InstanceRange {
    /// The most instances that an agent may declare.
    pub const LIMIT: u32 = 64;

    /// From one to so many.
    #[must_use]
    pub const fn up_to(maximum: u32) -> Self {
        Self { minimum: 1, maximum }
    }

    /// Whether 1 ≤ minimum ≤ maximum ≤ [`LIMIT`](Self::LIMIT).
    #[must_use]
    pub const fn is_valid(self) -> bool {
        1 <= self.minimum && self.minimum <= self.maximum && self.maximum <= Self::LIMIT
    }
}

impl Default for InstanceRange {
    /// Always one.
    fn default() -> Self {
        Self { minimum: 1, maximum: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_semantic_versioning() {
        for version in ["0.0.0", "1.0.0", "10.20.30", "1.0.0-rc.1", "1.0.0-0a.b-c", "1.0.0+build.007", "2.1.0-alpha.0+x"] {
            assert!(is_version(version), "{version}");
        }
        let long = format!("1.0.0-{}", "x".repeat(MAXIMUM_VERSION));
        for wrong in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.0.x",
            "v1.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.0+",
            "1.0.0-a..b",
            "1.0. 0",
            "-1.0.0",
            &long,
        ] {
            assert!(!is_version(wrong), "{wrong}");
        }
    }
}
