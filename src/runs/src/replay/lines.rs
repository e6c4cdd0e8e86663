//! What does an agent get when it does its work again? The lines that were recorded, in their order, and nothing once it asked for another one.

use baton_domain::id::{ArtifactId, TaskId};
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest};
use baton_domain::ports::{Prompter, StoredAgain};
use baton_domain::problem::Problem;
use baton_domain::wire::task::Failure;
use baton_negotiation::replay::{Call, CallKind, Cursor, Divergence, Recording, Step};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::evidence::{ANY_MODEL, EMBEDDING, RecordedCall, STORE, stored_file};

/// The lines of one task.
pub(crate) struct Lines {
    path: String,
    calls: Vec<RecordedCall>,
    state: Mutex<State>,
}

struct State {
    cursor: Cursor,
    /// How many lines were given.
    given: usize,
    diverged: Option<Divergence>,
}

impl Lines {
    /// The lines of the task at this place.
    ///
    /// # Errors
    /// `REPLAY-006` for a call without a canonical form.
    pub(crate) fn of(path: &str, calls: &[RecordedCall]) -> Result<Self, Problem> {
        let recorded = calls
            .iter()
            .map(|call| Call::new(call.kind, call.name.clone(), call.request.clone(), call.answer_value()))
            .collect::<Result<_, Problem>>()?;
        let step = Step {
            path: path.to_owned(),
            after: Vec::new(),
            input_hash: None,
            input: None,
            calls: recorded,
            outcome_hash: None,
            outcome: None,
        };
        let mut cursor = Cursor::new(Recording { steps: vec![step] })?;
        let diverged = cursor.begin(path).err();
        Ok(Self { path: path.to_owned(), calls: calls.to_vec(), state: Mutex::new(State { cursor, given: 0, diverged }) })
    }

    /// How many lines were given.
    pub(crate) fn given(&self) -> usize {
        self.state.lock().given
    }

    /// Where the agent asked for something else, or what it never asked for.
    pub(crate) fn parted(&self) -> Option<Divergence> {
        let state = self.state.lock();
        state.diverged.clone().or_else(|| state.cursor.finish().err())
    }

    /// The tasks that were asked for, with the places of their lines.
    pub(crate) fn children(&self) -> Vec<(usize, TaskId)> {
        self.calls.iter().enumerate().filter_map(|(place, call)| Some((place, call.child?))).collect()
    }

    fn line(&self, kind: CallKind, name: &str, request: &Value) -> Option<Result<Value, Failure>> {
        let mut state = self.state.lock();
        match state.cursor.next(&self.path, kind, name, request) {
            Ok(_) => {
                let answer = self.calls.get(state.given).map(|call| call.answer.clone());
                state.given += 1;
                answer
            }
            Err(diverged) => {
                state.diverged.get_or_insert(diverged);
                None
            }
        }
    }

    /// The line, as what was answered. One that does not read back is none: the store was tampered with.
    fn answer<T: DeserializeOwned>(&self, kind: CallKind, name: &str, request: &Value) -> Option<Result<T, Failure>> {
        match self.line(kind, name, request)? {
            Ok(answer) => match serde_json::from_value(answer) {
                Ok(answer) => Some(Ok(answer)),
                Err(error) => {
                    let failure = Failure { code: "REPLAY-004".to_owned(), message: format!("The stored answer cannot be read: {error}."), retryable: false };
                    Some(Err(failure))
                }
            },
            Err(failure) => Some(Err(failure)),
        }
    }
}

/// A request as it is read back from the store: through its text, so that numbers are what they are there.
fn as_stored(request: &impl Serialize) -> Value {
    serde_json::to_string(request).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

impl Prompter for Lines {
    fn complete(&self, request: &ModelRequest) -> Option<Result<ModelAnswer, Failure>> {
        self.answer(CallKind::Model, request.model.as_deref().unwrap_or(ANY_MODEL), &as_stored(request))
    }

    fn embed(&self, texts: &[String]) -> Option<Result<Embedded, Failure>> {
        self.answer(CallKind::Embedding, EMBEDDING, &json!({"texts": texts}))
    }

    fn ask(&self, skill: &str, input: &Value) -> Option<Result<Value, Failure>> {
        self.line(CallKind::Skill, skill, input)
    }

    fn stored(&self, file: &StoredAgain) -> Option<ArtifactId> {
        let request = stored_file(&file.name, &file.media_type, file.size, &file.sha256);
        self.answer(CallKind::Tool, STORE, &request)?.ok()
    }
}
