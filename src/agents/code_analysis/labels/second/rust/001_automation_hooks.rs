use axum::{http::StatusCode, routing::post, Json, Router};
use mlua::{HookTriggers, Lua, LuaSerdeExt, Value, VmState};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
struct TryRequest {
    script: String,
    event: serde_json::Value,
}

#[derive(Debug, Serialize)]
struct TryReply {
    result: serde_json::Value,
}

fn script_error(err: mlua::Error) -> StatusCode {
    tracing::info!("script failed: {}", err.to_string().len());
    StatusCode::UNPROCESSABLE_ENTITY
}

fn new_runtime() -> mlua::Result<Lua> {
    let lua = Lua::new();
    lua.set_memory_limit(32 * 1024 * 1024)?;
    let mut budget = 200u32;
    lua.set_hook(HookTriggers::new().every_nth_instruction(10_000), move |_, _| {
        budget = budget.saturating_sub(1);
        if budget == 0 {
            return Err(mlua::Error::runtime("instruction budget exceeded"));
        }
        Ok(VmState::Continue)
    });
    Ok(lua)
}

fn evaluate(req: &TryRequest) -> Result<serde_json::Value, StatusCode> {
    let lua = new_runtime().map_err(script_error)?;
    let event = lua.to_value(&req.event).map_err(script_error)?;
    lua.globals().set("event", event).map_err(script_error)?;
    let value: Value = lua.load(&req.script).eval().map_err(script_error)?;
    lua.from_value(value).map_err(script_error)
}

async fn try_script(Json(req): Json<TryRequest>) -> Result<Json<TryReply>, StatusCode> {
    if req.script.len() > 16 * 1024 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let result = tokio::task::spawn_blocking(move || evaluate(&req))
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)??;
    Ok(Json(TryReply { result }))
}

pub fn router() -> Router {
    Router::new().route("/automations/try", post(try_script))
}
