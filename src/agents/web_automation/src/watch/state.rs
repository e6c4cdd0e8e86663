//! How does a watch remember? In an artifact that the next one finds or is given: what was asked, what the host said of its version, and the lines.

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::MAXIMUM_WATCHED_BYTES;

/// The form of the file.
const FORM: &str = "baton.watch.1";

/// What was found last time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    form: String,
    /// A hash of what was asked, without secrets and without what came before.
    question: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) lines: Vec<String>,
}

impl State {
    pub(super) fn of(question: &Value, etag: Option<String>, last_modified: Option<String>, lines: Vec<String>) -> Self {
        Self { form: FORM.to_owned(), question: hash(question), etag, last_modified, lines }
    }

    /// Reads the state that an earlier result named.
    pub(super) async fn load(context: &Context, id: &str, question: &Value) -> Result<Self, SkillError> {
        Self::read(&context.file(id)?, question).await
    }

    /// The state that the last task left under a key; nothing if there was none, or if it is of no use for this question.
    pub(super) async fn last(context: &Context, key: &str, question: &Value) -> Result<Option<Self>, SkillError> {
        let Some(file) = context.recall(key).await?.and_then(|memory| memory.file) else { return Ok(None) };
        match Self::read(&file, question).await {
            Ok(state) => Ok(Some(state)),
            Err(error) if error.code == Code::EarlierStateUnfit.as_str() => {
                context.info("what was watched under this name was another question; it begins anew", Value::Null);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn read(file: &InputFile, question: &Value) -> Result<Self, SkillError> {
        let wrong = |what: &str| {
            let advice = "give the artifact of an earlier result of `watch`, or leave `since` out to begin anew";
            SkillError::new(Code::EarlierStateUnfit, format!("since: {what}; {advice}"))
        };
        // Each line's quotes and escapes come on top.
        if file.size > 8 * MAXIMUM_WATCHED_BYTES as u64 {
            return Err(wrong("the file is too large to be a state"));
        }
        let bytes =
            tokio::fs::read(&file.path).await.map_err(|error| SkillError::internal(format!("cannot read {}: {error}", file.name)))?;
        let state: Self = serde_json::from_slice(&bytes).map_err(|_| wrong("the file is no state of a watch"))?;
        if state.form != FORM {
            return Err(wrong("the file is a state of another version"));
        }
        if state.question != hash(question) {
            return Err(wrong("the file is of another question: the address, what is selected or what is ignored was different"));
        }
        Ok(state)
    }
}

fn hash(question: &Value) -> String {
    format!("{:x}", Sha256::digest(question.to_string()))
}

/// Under what a watch is remembered: a name of one's own, or the question itself. Hashed, since either may be long, and addresses may hold secrets.
pub(super) fn key(name: Option<&str>, question: &Value) -> String {
    match name {
        Some(name) => format!("name:{:x}", Sha256::digest(name)),
        None => format!("question:{}", hash(question)),
    }
}
