//! Where do two runs part?

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::differences::{Difference, differences};
use super::recording::{Call, CallKind, Recording, Step};

/// The most further steps that are named.
pub const MAXIMUM_FURTHER: usize = 100;

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum What {
    /// One run has no such step.
    Step {
        /// Whether the other, the right one, has it.
        only_right: bool,
    },
    /// The step waited for other steps.
    After,
    /// The step was given something else.
    Input,
    /// A call went to something else.
    Callee {
        /// Which call, from 0.
        call: usize,
        /// To what on the left.
        left: (CallKind, String),
        /// To what on the right.
        right: (CallKind, String),
    },
    /// A call asked something else.
    Request {
        /// Which call, from 0.
        call: usize,
    },
    /// A call asked the same, and the answer was another.
    Answer {
        /// Which call, from 0.
        call: usize,
    },
    /// One run made more calls.
    Calls {
        /// So many on the left.
        left: usize,
        /// So many on the right.
        right: usize,
    },
    /// All calls were the same, and something else came of it.
    Outcome,
}

/// A step at which two runs part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Which step.
    pub step: String,
    /// What differs first in it.
    pub what: What,
    /// Where, in the request, the answer, the input or the outcome; empty if those are not at hand.
    pub differences: Vec<Difference>,
}

impl Divergence {
    pub(super) fn of(step: &str, what: What, left: Option<&Value>, right: Option<&Value>) -> Self {
        let differences = left.zip(right).map(|(left, right)| differences(left, right)).unwrap_or_default();
        Self { step: step.to_owned(), what, differences }
    }

    /// The divergence as a problem, of a replay whose recording is on the left.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (code, what) = match &self.what {
            What::Step { only_right: true } => (Code::ReplayExhausted, "is no step of the recording".to_owned()),
            What::Step { only_right: false } => (Code::ReplayUnfinished, "never began".to_owned()),
            What::Calls { left, right } if right > left => {
                (Code::ReplayExhausted, format!("makes call {}, and {left} were recorded", right - 1))
            }
            What::Calls { left, right } => (Code::ReplayUnfinished, format!("made {right} of its {left} calls")),
            What::After => (Code::ReplayDiverged, "waits for other steps".to_owned()),
            What::Input => (Code::ReplayDiverged, "is given something else".to_owned()),
            What::Callee { call, left, right } => {
                (Code::ReplayDiverged, format!("makes call {call} to {:?} `{}` instead of {:?} `{}`", right.0, right.1, left.0, left.1))
            }
            What::Request { call } => (Code::ReplayDiverged, format!("asks something else in call {call}")),
            What::Answer { call } => (Code::ReplayDiverged, format!("is answered something else in call {call}")),
            What::Outcome => (Code::ReplayDiverged, "comes to something else".to_owned()),
        };
        let place = self.differences.first().map(|first| {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
            format!(" First at `{}`: {} was recorded, {} is there now.", first.pointer, side(&first.left), side(&first.right))
        });
        Problem::new(code, format!("The step `{}` {what}.{}", self.step, place.unwrap_or_default()))
    }
}

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Where they part first; nothing if they are the same.
    pub first: Option<Divergence>,
    /// Other steps that differ and waited for none that does: changes of their own. Cut at [`MAXIMUM_FURTHER`].
    pub further: Vec<String>,
    /// How many steps differ in all, those that follow from others included.
    pub differing: usize,
    /// How many steps are the same.
    pub same: usize,
}

/// Compares two runs step by step. In which order steps ran that did not wait for one another is no difference.
///
/// A step that differs after one that differs follows from it. Of the rest the first is the one that began earliest in either run.
///
/// # Errors
/// As [`Recording::index`].
pub fn compare(left: &Recording, right: &Recording) -> Result<Comparison, Problem> {
    let (in_left, in_right) = (left.index()?, right.index()?);
    let began = |path: &str| [in_left.get(path), in_right.get(path)].into_iter().flatten().min().copied();
    let paths: BTreeSet<(Option<usize>, &str)> = in_left.keys().chain(in_right.keys()).map(|path| (began(path), *path)).collect();
    let mut differing: BTreeMap<&str, Divergence> = BTreeMap::new();
    for (_, path) in &paths {
        let one = in_left.get(path).and_then(|at| left.steps.get(*at));
        let other = in_right.get(path).and_then(|at| right.steps.get(*at));
        let found = match (one, other) {
            (Some(one), Some(other)) => compare_steps(one, other),
            (one, _) => {
                Some(Divergence { step: (*path).to_owned(), what: What::Step { only_right: one.is_none() }, differences: Vec::new() })
            }
        };
        if let Some(found) = found {
            differing.insert(path, found);
        }
    }
    // What waited, directly or not, for a step that differs: each run lists a step after those it waited for.
    let mut follows: BTreeSet<&str> = BTreeSet::new();
    for recording in [left, right] {
        for step in &recording.steps {
            if step.after.iter().any(|before| differing.contains_key(before.as_str()) || follows.contains(before.as_str())) {
                follows.insert(&step.path);
            }
        }
    }
    let mut roots = paths.iter().map(|(_, path)| *path).filter(|path| differing.contains_key(path) && !follows.contains(path));
    // Where two steps wait for one another the other way round, each follows from the other: then the earliest is the first.
    let earliest = || paths.iter().map(|(_, path)| *path).find(|path| differing.contains_key(path));
    let first = roots.next().or_else(earliest).and_then(|path| differing.get(path)).cloned();
    let further = roots.take(MAXIMUM_FURTHER).map(str::to_owned).collect();
    Ok(Comparison { first, further, differing: differing.len(), same: paths.len() - differing.len() })
}

fn compare_steps(left: &Step, right: &Step) -> Option<Divergence> {
    let path = &left.path;
    let set = |step: &Step| step.after.iter().cloned().collect::<BTreeSet<_>>();
    if set(left) != set(right) {
        return Some(Divergence::of(path, What::After, None, None));
    }
    if left.input_hash != right.input_hash {
        return Some(Divergence::of(path, What::Input, left.input.as_ref(), right.input.as_ref()));
    }
    for (call, (one, other)) in left.calls.iter().zip(&right.calls).enumerate() {
        if let Some(found) = compare_requests(path, call, one, (other.kind, &other.name, &other.request_hash), other.request.as_ref()) {
            return Some(found);
        }
        if one.answer_hash != other.answer_hash {
            return Some(Divergence::of(path, What::Answer { call }, one.answer.as_ref(), other.answer.as_ref()));
        }
    }
    if left.calls.len() != right.calls.len() {
        let what = What::Calls { left: left.calls.len(), right: right.calls.len() };
        return Some(Divergence::of(path, what, None, None));
    }
    let same = left.outcome_hash == right.outcome_hash;
    (!same).then(|| Divergence::of(path, What::Outcome, left.outcome.as_ref(), right.outcome.as_ref()))
}

/// Whether a call asks what was recorded.
pub(super) fn compare_requests(
    step: &str,
    call: usize,
    recorded: &Call,
    (kind, name, request_hash): (CallKind, &str, &str),
    request: Option<&Value>,
) -> Option<Divergence> {
    if (recorded.kind, recorded.name.as_str()) != (kind, name) {
        let (left, right) = ((recorded.kind, recorded.name.clone()), (kind, name.to_owned()));
        return Some(Divergence::of(step, What::Callee { call, left, right }, None, None));
    }
    let same = recorded.request_hash == request_hash;
    (!same).then(|| Divergence::of(step, What::Request { call }, recorded.request.as_ref(), request))
}
