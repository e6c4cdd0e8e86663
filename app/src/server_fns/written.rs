//! How are workflows stored, signals sent and runs forked by plain forms, with scripts and without?

use baton_domain::id::RunId;
use baton_domain::wire::run::RunSummary;
use baton_domain::wire::workflow::WorkflowSummary;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Stores the text of the editor as the newest version of its workflow.
///
/// # Errors
/// As [`WorkflowService::store`](baton_domain::services::WorkflowService::store).
#[server(name = StoreText, endpoint = "/workflows/store_form", input = PostUrl, output = Json)]
pub async fn store_form(
    text: String,
    #[server(default)] name: Option<String>,
    #[server(default)] seen_version: Option<u32>,
) -> Called<WorkflowSummary> {
    // A text area sends the line breaks of a text as CR LF.
    let workflow = baton_domain::wire::workflow::NewWorkflow { text: text.replace("\r\n", "\n"), name, seen_version };
    let stored = serve::answer(serve::services()?.workflows.store(&serve::caller(), workflow).await)?;
    serve::go(&format!("/workflows/{}", stored.name));
    Ok(stored)
}

/// Sends a signal from the page of a run; without a payload it brings nothing.
///
/// # Errors
/// As [`RunService::signal`](baton_domain::services::RunService::signal); `REQUEST-002` for a payload that is no JSON.
#[server(name = SignalForm, endpoint = "/runs/signal_form", input = PostUrl, output = Json)]
pub async fn signal_form(
    id: RunId,
    name: String,
    #[server(default)] payload: String,
    #[server(default)] idempotency_key: String,
) -> Called<RunSummary> {
    let payload = serve::answer(read(&payload))?;
    let signal = baton_domain::wire::run::NewSignal { name, payload };
    let key = Some(idempotency_key).filter(|key| !key.is_empty());
    let run = serve::answer(serve::services()?.runs.signal(&serve::caller(), id, signal, key).await)?;
    serve::go_back();
    Ok(run)
}

/// Forks a run from the page of one of its steps: `what` is `input` or `output`, `value` is the changed one as JSON.
///
/// # Errors
/// As [`RunService::fork`](baton_domain::services::RunService::fork); `REQUEST-002` for a value that is no JSON, or for neither of both.
#[server(name = ForkForm, endpoint = "/runs/fork_form", input = PostUrl, output = Json)]
pub async fn fork_form(
    id: RunId,
    step: String,
    what: String,
    #[server(default)] value: String,
    #[server(default)] title: String,
    #[server(default)] idempotency_key: String,
) -> Called<RunSummary> {
    let fork = serve::answer(change(step, &what, &value, title))?;
    let key = Some(idempotency_key).filter(|key| !key.is_empty());
    let run = serve::answer(serve::services()?.runs.fork(&serve::caller(), id, fork, key).await)?;
    serve::go(&format!("/runs/{}", run.id));
    Ok(run)
}

#[cfg(feature = "ssr")]
fn change(step: String, what: &str, value: &str, title: String) -> baton_domain::services::Answer<baton_domain::wire::run::NewFork> {
    use baton_domain::problem::Problem;

    let value = serde_json::from_str(value.trim())
        .map_err(|error| Problem::invalid_field("value", format!("Write valid JSON; this is not: {error}.")))?;
    let (input, output) = match what {
        "input" => (Some(value), None),
        "output" => (None, Some(value)),
        _ => return Err(Problem::invalid_field("what", "Choose whether the input or the output is changed.")),
    };
    Ok(baton_domain::wire::run::NewFork { step, input, output, title: Some(title).filter(|title| !title.trim().is_empty()) })
}

#[cfg(feature = "ssr")]
fn read(payload: &str) -> baton_domain::services::Answer<serde_json::Value> {
    use baton_domain::problem::Problem;

    match payload.trim() {
        "" => Ok(serde_json::Value::Null),
        text => serde_json::from_str(text)
            .map_err(|error| Problem::invalid_field("payload", format!("Write valid JSON; this is not: {error}."))),
    }
}
