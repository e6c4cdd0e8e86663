//! Does a model answer, and what can it do? Found by asking it once for each.

use std::sync::Arc;

use baton_domain::model::{Message, ModelRequest, ToolSpec};
use baton_domain::ports::ConfiguredModel;
use baton_domain::problem::Code;
use baton_domain::wire::model::{Capabilities, ModelSettings, ModelTest};
use parking_lot::Mutex;
use serde_json::json;
use tokio::time::Instant;

use crate::gateway::GatewayParts;
use crate::provider::{CallError, Provider};

/// Asks a model, or the one inside the process, for one word, and finds out what it can do.
pub(crate) async fn probe(parts: &GatewayParts, model: Option<&ConfiguredModel>) -> ModelTest {
    let provider = match (model, &parts.local) {
        (Some(model), _) => (parts.connect)(model),
        (None, Some(local)) => Ok(Arc::clone(local) as Arc<dyn Provider>),
        (None, None) => Err(CallError::lasting(Code::ModelUnavailable, "this program has no model of its own")),
    };
    let began = Instant::now();
    let took = |began: Instant| u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let failed =
        |error: CallError, began: Instant| ModelTest { ok: false, message: error.message, duration_ms: took(began), capabilities: None };
    let provider = match provider {
        Ok(provider) => provider,
        Err(error) => return failed(error, began),
    };
    if model.is_some_and(|model| model.settings.embeds) {
        return match provider.embed(&["ping".to_owned()]).await {
            Ok(embedded) => ModelTest {
                ok: true,
                message: format!("It places texts in {} dimensions.", embedded.vectors.first().map_or(0, Vec::len)),
                duration_ms: took(began),
                capabilities: Some(Capabilities { embeddings: true, ..Capabilities::default() }),
            },
            Err(error) => failed(error, began),
        };
    }
    let ping = ModelRequest { maximum_tokens: 16, ..ModelRequest::new(vec![Message::user("Answer with the one word: ready")]) };
    let answer = match provider.complete(&ping, None).await {
        Ok(answer) => answer,
        Err(error) => return failed(error, began),
    };
    let duration_ms = took(began);
    let capabilities = match model {
        None => Capabilities { streaming: true, json_schema: provider.keeps_to_schemas(), tools: false, embeddings: false },
        Some(model) => capabilities(parts, model, &ping).await,
    };
    ModelTest { ok: true, message: answer.text.trim().to_owned(), duration_ms, capabilities: Some(capabilities) }
}

/// What an endpoint can do, found by asking for each once.
async fn capabilities(parts: &GatewayParts, model: &ConfiguredModel, ping: &ModelRequest) -> Capabilities {
    let assumed = Capabilities { streaming: true, json_schema: true, tools: true, embeddings: false };
    let bold = ConfiguredModel { settings: ModelSettings { capabilities: Some(assumed), ..model.settings.clone() }, ..model.clone() };
    let Ok(provider) = (parts.connect)(&bold) else { return Capabilities::default() };
    let pieces = Mutex::new(0_u32);
    let count = |_: &str| *pieces.lock() += 1;
    let streaming = provider.complete(ping, Some(&count)).await.is_ok() && *pieces.lock() > 0;
    let schema =
        json!({"type": "object", "properties": {"colour": {"enum": ["green"]}}, "required": ["colour"], "additionalProperties": false});
    let asked = ModelRequest {
        schema: Some(schema.clone()),
        maximum_tokens: 64,
        ..ModelRequest::new(vec![Message::user("What is the colour of grass?")])
    };
    let json_schema = match provider.complete(&asked, None).await {
        Ok(answer) => serde_json::from_str(&answer.text).is_ok_and(|value| jsonschema::is_valid(&schema, &value)),
        Err(_) => false,
    };
    let tool = ToolSpec {
        name: "clock".to_owned(),
        description: "Tells the time of day.".to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
    };
    let asked = ModelRequest {
        tools: vec![tool],
        maximum_tokens: 64,
        ..ModelRequest::new(vec![Message::user("What time is it? Call the tool clock.")])
    };
    let tools = provider.complete(&asked, None).await.is_ok_and(|answer| answer.tool_calls.iter().any(|call| call.name == "clock"));
    Capabilities { streaming, json_schema, tools, embeddings: false }
}
