//! What was answered when this was asked in the recorded run?

use std::collections::HashMap;

use baton_domain::problem::Problem;
use serde_json::Value;

use super::canonical::fingerprint;
use super::compare::{Divergence, What, compare_requests};
use super::recording::{Call, CallKind, Recording};

/// A strict replay: it answers from the recording, and from nothing else.
///
/// Within a step calls must come as they were recorded, byte for byte; steps may come in any order. After the first divergence there are no more
/// answers, so that whoever ignores it gets no further.
#[derive(Debug, Clone)]
pub struct Cursor {
    recording: Recording,
    place: HashMap<String, usize>,
    taken: Vec<usize>,
    begun: Vec<bool>,
    diverged: Option<Divergence>,
}

impl Cursor {
    /// At the beginning of a recording.
    ///
    /// # Errors
    /// As [`Recording::index`].
    pub fn new(recording: Recording) -> Result<Self, Problem> {
        let place = recording.index()?.into_iter().map(|(path, at)| (path.to_owned(), at)).collect();
        let taken = vec![0; recording.steps.len()];
        let begun = vec![false; recording.steps.len()];
        Ok(Self { recording, place, taken, begun, diverged: None })
    }

    /// Says that a step begins. A call says so too; a step that makes none must be said to begin, or it is missed at the end.
    ///
    /// # Errors
    /// As [`next`](Self::next), if there is no such step in the recording.
    pub fn begin(&mut self, step: &str) -> Result<(), Divergence> {
        if let Some(diverged) = &self.diverged {
            return Err(diverged.clone());
        }
        if let Some(begun) = self.place.get(step).and_then(|at| self.begun.get_mut(*at)) {
            *begun = true;
            return Ok(());
        }
        let divergence = Divergence::of(step, What::Step { only_right: true }, None, None);
        self.diverged = Some(divergence.clone());
        Err(divergence)
    }

    /// The recorded call that is this one.
    ///
    /// # Errors
    /// Where the replay parts from the recording; the same one for every later call. [`Divergence::problem`] makes a problem of it.
    pub fn next(&mut self, step: &str, kind: CallKind, name: &str, request: &Value) -> Result<&Call, Divergence> {
        if let Some(diverged) = &self.diverged {
            return Err(diverged.clone());
        }
        self.begin(step)?;
        match self.find(step, kind, name, request) {
            Ok((at, call)) => {
                if let Some(taken) = self.taken.get_mut(at) {
                    *taken += 1;
                }
                let found = self.recording.steps.get(at).and_then(|step| step.calls.get(call));
                found.ok_or_else(|| Divergence::of(step, What::Step { only_right: true }, None, None))
            }
            Err(divergence) => {
                self.diverged = Some(divergence.clone());
                Err(divergence)
            }
        }
    }

    fn find(&self, step: &str, kind: CallKind, name: &str, request: &Value) -> Result<(usize, usize), Divergence> {
        let at = self.place.get(step).copied();
        let Some((at, recorded)) = at.and_then(|at| Some((at, self.recording.steps.get(at)?))) else {
            return Err(Divergence::of(step, What::Step { only_right: true }, None, None));
        };
        let call = self.taken.get(at).copied().unwrap_or(0);
        let Some(expected) = recorded.calls.get(call) else {
            return Err(Divergence::of(step, What::Calls { left: recorded.calls.len(), right: call + 1 }, None, Some(request)));
        };
        // What has no canonical form has no fingerprint, and none that was recorded is empty: the index saw to that.
        let hash = fingerprint(request).unwrap_or_default();
        compare_requests(step, call, expected, (kind, name, &hash), Some(request)).map_or(Ok((at, call)), Err)
    }

    /// Whether the replay is complete: every step that was recorded began, and every call was asked for.
    ///
    /// # Errors
    /// The divergence that there was, or the first step that never began or has calls that were never asked for.
    pub fn finish(&self) -> Result<(), Divergence> {
        if let Some(diverged) = &self.diverged {
            return Err(diverged.clone());
        }
        for ((step, taken), begun) in self.recording.steps.iter().zip(&self.taken).zip(&self.begun) {
            if !begun {
                return Err(Divergence::of(&step.path, What::Step { only_right: false }, None, None));
            }
            if *taken < step.calls.len() {
                return Err(Divergence::of(&step.path, What::Calls { left: step.calls.len(), right: *taken }, None, None));
            }
        }
        Ok(())
    }
}
