//! How do OpenAI-compatible APIs write requests and answers? Only what is used of them; unknown fields are passed over.

use baton_domain::model::{FinishReason, Message, ModelRequest, Role, ToolCall};
use serde::Deserialize;
use serde_json::{Value, json};

/// The body of a chat completion.
pub(crate) fn body(model: &str, request: &ModelRequest, stream: bool, native_schema: bool) -> Value {
    let mut body = json!({
        "model": model,
        "messages": request.messages.iter().map(message).collect::<Vec<_>>(),
        "max_tokens": request.maximum_tokens,
        "temperature": request.temperature,
    });
    if let Some(seed) = request.seed {
        body["seed"] = json!(seed);
    }
    if !request.stop.is_empty() {
        body["stop"] = json!(request.stop);
    }
    if stream {
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": true});
    }
    if !request.tools.is_empty() {
        let tool = |tool: &baton_domain::model::ToolSpec| json!({"type": "function", "function": tool});
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    if let Some(schema) = request.schema.as_ref().filter(|_| native_schema) {
        body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}});
    }
    body
}

fn message(message: &Message) -> Value {
    let mut value = json!({"role": message.role.as_str(), "content": message.content});
    if !message.tool_calls.is_empty() {
        let call = |call: &ToolCall| json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments.to_string()}});
        value["tool_calls"] = message.tool_calls.iter().map(call).collect();
    }
    if let (Role::Tool, Some(id)) = (message.role, &message.tool_call_id) {
        value["tool_call_id"] = json!(id);
    }
    value
}

#[derive(Debug, Deserialize)]
pub(crate) struct Completion {
    #[serde(default)]
    pub(crate) choices: Vec<Choice>,
    #[serde(default)]
    pub(crate) usage: Option<RawUsage>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default, alias = "delta")]
    pub(crate) message: Option<Said>,
    #[serde(default)]
    pub(crate) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    pub(crate) content: Option<String>,
    #[serde(default)]
    pub(crate) tool_calls: Option<Vec<RawToolCall>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RawToolCall {
    #[serde(default)]
    pub(crate) index: Option<usize>,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) function: RawFunction,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RawFunction {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) arguments: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct RawUsage {
    #[serde(default)]
    pub(crate) prompt_tokens: u64,
    #[serde(default)]
    pub(crate) completion_tokens: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Embeddings {
    pub(crate) data: Vec<Placed>,
    #[serde(default)]
    pub(crate) usage: Option<RawUsage>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Placed {
    #[serde(default)]
    pub(crate) index: usize,
    pub(crate) embedding: Vec<f32>,
}

/// What an endpoint calls the end of an answer.
pub(crate) fn finish(text: Option<&str>, has_calls: bool) -> FinishReason {
    match text {
        Some("length" | "max_tokens") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some("tool_calls" | "function_call") => FinishReason::ToolCalls,
        _ if has_calls => FinishReason::ToolCalls,
        _ => FinishReason::Stop,
    }
}

/// The calls of tools; arguments that are no JSON are given as the text that they are.
pub(crate) fn tool_calls(raw: Vec<RawToolCall>) -> Vec<ToolCall> {
    let call = |(place, raw): (usize, RawToolCall)| {
        let arguments = raw.function.arguments.unwrap_or_default();
        let arguments = match arguments.trim() {
            "" => json!({}),
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        ToolCall { id: raw.id.unwrap_or_else(|| format!("call_{place}")), name: raw.function.name.unwrap_or_default(), arguments }
    };
    raw.into_iter().enumerate().map(call).collect()
}
