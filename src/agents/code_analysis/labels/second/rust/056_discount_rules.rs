use axum::{http::StatusCode, routing::post, Json, Router};
use rhai::packages::{ArithmeticPackage, BasicMathPackage, LogicPackage, Package};
use rhai::{Engine, Scope};
use serde::{Deserialize, Serialize};

const MAX_SOURCE: usize = 2_000;

#[derive(Debug, Deserialize)]
struct RuleCheck {
    expression: String,
    amount: f64,
    quantity: i64,
}

#[derive(Debug, Serialize)]
struct RuleResult {
    discount: f64,
}

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    engine
        .set_max_operations(10_000)
        .set_max_expr_depths(32, 0)
        .set_max_call_levels(8)
        .set_max_string_size(1_024)
        .set_max_array_size(64)
        .set_max_map_size(64)
        .disable_symbol("eval")
        .disable_symbol("import");
    engine
}

fn evaluate(check: &RuleCheck) -> Result<f64, Box<rhai::EvalAltResult>> {
    let mut scope = Scope::new();
    scope.push_constant("amount", check.amount);
    scope.push_constant("quantity", check.quantity);
    let value: f64 = engine().eval_expression_with_scope(&mut scope, &check.expression)?;
    Ok(value.clamp(0.0, check.amount.max(0.0)))
}

async fn check(Json(rule): Json<RuleCheck>) -> Result<Json<RuleResult>, StatusCode> {
    if rule.expression.len() > MAX_SOURCE || !rule.amount.is_finite() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let result = tokio::task::spawn_blocking(move || evaluate(&rule).map_err(|e| e.position()))
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    match result {
        Ok(discount) => Ok(Json(RuleResult { discount })),
        Err(position) => {
            tracing::debug!("rule failed at {position}");
            Err(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

pub fn router() -> Router {
    Router::new().route("/rules/check", post(check))
}
