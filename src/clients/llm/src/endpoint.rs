//! How is an OpenAI-compatible API asked? Over HTTP, with its answer whole or piece by piece, and nothing of it trusted.

use std::time::Duration;

use async_trait::async_trait;
use baton_clients::trusted;
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest, Usage};
use baton_domain::ports::ConfiguredModel;
use baton_domain::problem::Code;
use futures::StreamExt;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::api::{self, Completion, Embeddings, RawToolCall, RawUsage};
use crate::provider::{CallError, Provider, Written};
use crate::sse::Events;

/// The most bytes of an answer.
pub const MAXIMUM_ANSWER: usize = 4 << 20;
/// How much of an endpoint's own words about an error is repeated.
const QUOTED: usize = 300;
/// The longest that an endpoint may ask to be left alone.
const MAXIMUM_RETRY_AFTER: Duration = Duration::from_secs(600);

/// A configured model behind an HTTP API.
#[derive(Debug)]
pub struct Endpoint {
    model: ConfiguredModel,
    client: reqwest::Client,
}

impl Endpoint {
    /// An endpoint with its own client, whose connections are kept.
    ///
    /// # Errors
    /// If its certificate authority is none.
    pub fn new(model: ConfiguredModel) -> Result<Self, CallError> {
        let client =
            trusted::client(model.settings.ca_pem.as_deref(), Duration::from_millis(model.settings.timeout_ms)).map_err(|error| {
                CallError::lasting(Code::InvalidModel, format!("{}: its certificate authority cannot be used: {error}", model.name))
            })?;
        Ok(Self { model, client })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Response, CallError> {
        let url = format!("{}/{path}", self.model.settings.base_url.trim_end_matches('/'));
        let mut request = self.client.post(url).json(body);
        if let Some(key) = &self.model.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(response).await) }
    }

    fn broken(&self, error: &reqwest::Error) -> CallError {
        let name = &self.model.name;
        if error.is_timeout() {
            let message = format!("{name} did not answer within {} ms", self.model.settings.timeout_ms);
            return CallError { may_have_cost: !error.is_connect(), ..CallError::passing(message) };
        }
        if let Some(reason) = trusted::distrust(error) {
            let message = format!(
                "{name} is not trusted: {reason}. Where its certificate comes from a private authority, give that one under Models"
            );
            return CallError::lasting(Code::ModelFailed, message);
        }
        let mut causes = String::new();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            causes = cause.to_string();
            source = cause.source();
        }
        if error.is_connect() {
            return CallError::passing(format!("{name} cannot be reached: {causes}"));
        }
        CallError { may_have_cost: true, ..CallError::passing(format!("the exchange with {name} broke off: {causes}")) }
    }

    async fn refused(&self, response: Response) -> CallError {
        let status = response.status();
        let retry_after = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let retry_after = retry_after.map(Duration::from_secs).map(|wait| wait.min(MAXIMUM_RETRY_AFTER));
        let said = self.text(response).await.unwrap_or_default();
        let parsed: Option<Value> = serde_json::from_str(&said).ok();
        let said = parsed.as_ref().and_then(|value| value["error"]["message"].as_str().or(value["message"].as_str())).unwrap_or(&said);
        let said: String = said.chars().filter(|c| !c.is_control()).take(QUOTED).collect();
        let name = &self.model.name;
        let message = format!("{name} answered {}: {said}", status.as_u16());
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => {
                CallError { retry_after, ..CallError::passing(message) }
            }
            status if status.is_server_error() => CallError { retry_after, ..CallError::passing(message) },
            status if status.is_redirection() => CallError::lasting(
                Code::ModelRefused,
                format!("{name} points elsewhere ({}); set its base address to there", status.as_u16()),
            ),
            StatusCode::PAYLOAD_TOO_LARGE => CallError::lasting(Code::PromptTooLong, message),
            StatusCode::BAD_REQUEST if said.contains("context") && (said.contains("length") || said.contains("token")) => {
                CallError::lasting(Code::PromptTooLong, message)
            }
            _ => CallError::lasting(Code::ModelRefused, message),
        }
    }

    /// The whole body, within bounds.
    async fn text(&self, response: Response) -> Result<String, CallError> {
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend(chunk.map_err(|error| self.broken(&error))?);
            self.bounded(bytes.len())?;
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn bounded(&self, bytes: usize) -> Result<(), CallError> {
        if bytes <= MAXIMUM_ANSWER {
            return Ok(());
        }
        let message = format!("{} answers more than {MAXIMUM_ANSWER} bytes", self.model.name);
        Err(CallError { may_have_cost: true, ..CallError::lasting(Code::ModelFailed, message) })
    }

    fn malformed(&self, error: impl std::fmt::Display) -> CallError {
        CallError {
            may_have_cost: true,
            ..CallError::passing(format!("{} answered what no OpenAI-compatible API does: {error}", self.model.name))
        }
    }

    fn usage(&self, raw: RawUsage) -> Usage {
        let settings = &self.model.settings;
        Usage {
            prompt_tokens: raw.prompt_tokens,
            completion_tokens: raw.completion_tokens,
            cost_micros: cost(raw.prompt_tokens, settings.prompt_micros_per_million)
                .saturating_add(cost(raw.completion_tokens, settings.completion_micros_per_million)),
        }
    }

    /// Where an endpoint tells nothing of tokens, as many are counted as there may have been.
    fn raw_usage(&self, told: Option<RawUsage>, request: &ModelRequest, written: &str) -> RawUsage {
        told.filter(|usage| usage.prompt_tokens + usage.completion_tokens > 0).unwrap_or_else(|| RawUsage {
            prompt_tokens: self.most_prompt_tokens(request),
            completion_tokens: (written.len() as u64).min(request.maximum_tokens.into()),
        })
    }

    async fn stream(&self, response: Response, written: &(dyn Fn(&str) + Send + Sync)) -> Result<Completion, CallError> {
        let (mut events, mut stream, mut bytes) = (Events::default(), response.bytes_stream(), 0);
        let mut whole = Whole::default();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| self.broken(&error))?;
            bytes += chunk.len();
            self.bounded(bytes)?;
            for data in events.take(&chunk).map_err(|error| self.malformed(error))? {
                if data.trim() == "[DONE]" {
                    return Ok(whole.completion());
                }
                let piece: Value = serde_json::from_str(&data).map_err(|error| self.malformed(error))?;
                if let Some(message) = piece["error"]["message"].as_str() {
                    return Err(CallError {
                        may_have_cost: true,
                        ..CallError::passing(format!("{} broke off: {message}", self.model.name))
                    });
                }
                let piece: Completion = serde_json::from_value(piece).map_err(|error| self.malformed(error))?;
                whole.add(piece, written);
            }
        }
        // Some endpoints leave the last word out; an end that was named is one.
        if whole.finish.is_some() { Ok(whole.completion()) } else { Err(self.malformed("the stream ends in the middle of the answer")) }
    }
}

/// Whether an answer says that it is one JSON document.
fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"))
}

/// What tokens cost at a price for a million of them, rounded up.
pub(crate) const fn cost(tokens: u64, micros_per_million: u64) -> u64 {
    tokens.saturating_mul(micros_per_million).div_ceil(1_000_000)
}

/// An answer as it is put together from pieces.
#[derive(Debug, Default)]
struct Whole {
    text: String,
    calls: Vec<RawToolCall>,
    finish: Option<String>,
    usage: Option<RawUsage>,
}

impl Whole {
    fn add(&mut self, piece: Completion, written: &(dyn Fn(&str) + Send + Sync)) {
        self.usage = piece.usage.or(self.usage);
        let Some(choice) = piece.choices.into_iter().next() else { return };
        self.finish = choice.finish_reason.or(self.finish.take());
        let said = choice.message.unwrap_or_default();
        if let Some(text) = said.content.filter(|text| !text.is_empty()) {
            written(&text);
            self.text.push_str(&text);
        }
        for call in said.tool_calls.unwrap_or_default() {
            let place = call.index.unwrap_or(self.calls.len()).min(self.calls.len());
            if place == self.calls.len() {
                self.calls.push(RawToolCall::default());
            }
            let known = &mut self.calls[place];
            known.id = known.id.take().or(call.id);
            known.function.name = known.function.name.take().or(call.function.name);
            if let Some(more) = call.function.arguments {
                known.function.arguments.get_or_insert_default().push_str(&more);
            }
        }
    }

    fn completion(self) -> Completion {
        let calls = (!self.calls.is_empty()).then_some(self.calls);
        let said = api::Said { content: Some(self.text), tool_calls: calls };
        Completion { choices: vec![api::Choice { message: Some(said), finish_reason: self.finish }], usage: self.usage }
    }
}

#[async_trait]
impl Provider for Endpoint {
    async fn complete(&self, request: &ModelRequest, written: Written<'_>) -> Result<ModelAnswer, CallError> {
        let settings = &self.model.settings;
        let streams = written.is_some() && settings.capabilities.is_none_or(|capabilities| capabilities.streaming);
        let body = api::body(&settings.model, request, streams, self.keeps_to_schemas());
        let response = self.post("chat/completions", &body).await?;
        // Some endpoints answer in one piece all the same.
        let streams = streams && !is_json(&response);
        let completion = match written.filter(|_| streams) {
            Some(written) => self.stream(response, written).await?,
            None => {
                let text = self.text(response).await?;
                serde_json::from_str(&text).map_err(|error| self.malformed(error))?
            }
        };
        let choice = completion.choices.into_iter().next().ok_or_else(|| self.malformed("there is no choice in it"))?;
        let said = choice.message.unwrap_or_default();
        let text = said.content.unwrap_or_default();
        if let Some(written) = written.filter(|_| !streams) {
            written(&text);
        }
        let tool_calls = api::tool_calls(said.tool_calls.unwrap_or_default());
        Ok(ModelAnswer {
            model: self.model.name.clone(),
            finish: api::finish(choice.finish_reason.as_deref(), !tool_calls.is_empty()),
            usage: self.usage(self.raw_usage(completion.usage, request, &text)),
            text,
            json: None,
            tool_calls,
            cached: false,
        })
    }

    async fn embed(&self, texts: &[String]) -> Result<Embedded, CallError> {
        let response = self.post("embeddings", &json!({"model": self.model.settings.model, "input": texts})).await?;
        let text = self.text(response).await?;
        let mut answer: Embeddings = serde_json::from_str(&text).map_err(|error| self.malformed(error))?;
        answer.data.sort_by_key(|placed| placed.index);
        let dimension = answer.data.first().map_or(0, |placed| placed.embedding.len());
        let whole = answer.data.len() == texts.len() && dimension > 0;
        if !whole || answer.data.iter().any(|placed| placed.embedding.len() != dimension || !placed.embedding.iter().all(|x| x.is_finite()))
        {
            return Err(self.malformed("not every text has its place"));
        }
        let bytes: u64 = texts.iter().map(|text| text.len() as u64).sum();
        let raw = answer.usage.filter(|usage| usage.prompt_tokens > 0).unwrap_or(RawUsage { prompt_tokens: bytes, completion_tokens: 0 });
        let vectors = answer.data.into_iter().map(|placed| placed.embedding).collect();
        Ok(Embedded { model: self.model.name.clone(), vectors, usage: self.usage(RawUsage { completion_tokens: 0, ..raw }) })
    }

    fn keeps_to_schemas(&self) -> bool {
        self.model.settings.capabilities.is_some_and(|capabilities| capabilities.json_schema)
    }
}
