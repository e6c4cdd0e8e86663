//! What `data_science.forecast` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::backtest::MAXIMUM_FOLDS;
use super::season::LONGEST;
use super::series::MAXIMUM_POINTS;
use super::smoothing::Model;
use super::{MAXIMUM_HORIZON, SHOWN};
use crate::inference::contract::with_table;

/// The skill that continues a series.
pub const FORECAST: &str = "data_science.forecast";

pub(crate) fn skill() -> Skill {
    Skill {
        name: FORECAST.to_owned(),
        title: "Forecast a series".to_owned(),
        description: format!(
            "Continues a column over time: finds its season, fits exponential smoothing (Holt-Winters in eleven forms), chooses by forecasts \
             from the past, and gives intervals with the share of past values that they held. Up to {MAXIMUM_POINTS} values and \
             {MAXIMUM_HORIZON} steps."
        ),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/us-employment.csv", "time": "month", "value": "leisure_and_hospitality", "horizon": 24}),
            json!({"artifact": "examples/tables/nile.csv", "time": "year", "value": "volume", "horizon": 10}),
            json!({"artifact": "examples/tables/macrodata.csv", "value": "realgdp", "season": 4, "horizon": 8}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 1 << 30, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 128, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let models: Vec<&str> = std::iter::once("auto").chain(Model::ALL.iter().map(|model| model.name())).collect();
    let properties = with_table(json!({
        "value": {
            "type": "string", "minLength": 1, "maxLength": 200, "title": "Column of values", "x-order": 1,
            "description": "What is forecast. The only column of numbers beside the time when absent."
        },
        "time": {
            "type": "string", "minLength": 1, "maxLength": 200, "title": "Column of times", "x-order": 2,
            "description": "Dates, times, or numbers such as years, equally far apart (months and weekdays count as such). When absent the rows \
                            are taken in their order."
        },
        "horizon": {
            "type": "integer", "minimum": 1, "maximum": MAXIMUM_HORIZON, "default": 12, "title": "Steps ahead", "x-order": 3,
            "description": "At most as many as the series has values."
        },
        "season": {
            "type": "integer", "minimum": 0, "maximum": LONGEST, "title": "Season", "x-order": 4,
            "description": "After how many steps the series repeats itself; 0 or 1 for never. Found out when absent."
        },
        "model": {
            "type": "string", "enum": models, "default": "auto", "title": "Model", "x-order": 5,
            "description": "Auto takes the one with the least error in forecasts from the past."
        },
        "folds": {
            "type": "integer", "minimum": 1, "maximum": MAXIMUM_FOLDS, "default": 8, "title": "Origins of the backtest", "x-order": 6,
            "description": "From how many points in the past the models are tried."
        },
        "confidence": {
            "type": "number", "minimum": 0.5, "maximum": 0.99, "default": 0.9, "title": "Confidence", "x-order": 7,
            "description": "The share of future values that the intervals are to hold."
        }
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Forecast a series",
        "type": "object",
        "properties": properties,
        "required": ["artifact"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let number = |title: &str, order: u32| json!({"type": ["number", "null"], "title": title, "x-order": order});
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    let text = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Forecast of a series",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "In words", "x-order": 0, "x-render": "markdown"},
            "chart": {"type": "object", "title": "Forecast", "x-order": 1, "x-render": "chart"},
            "forecast": {"type": "array", "title": "Expected values", "x-order": 2, "x-render": "table", "maxItems": SHOWN, "items": {
                "type": "object",
                "properties": {"step": count("Step", 0), "time": text("Time", 1), "value": number("Expected", 2), "low": number("From", 3), "high": number("To", 4)},
                "required": ["step", "time", "value", "low", "high"], "additionalProperties": false
            }},
            "model": {"type": "object", "title": "Model", "x-order": 3, "properties": {
                "name": text("Name", 0), "season": count("Season in steps", 1), "step": text("One step is", 2), "values": count("Values", 3),
                "alpha": number("Weight of the level", 4), "beta": number("Weight of the slope", 5), "gamma": number("Weight of the season", 6),
                "phi": number("Damping", 7), "deviation": number("Deviation of one step", 8),
                "widening": number("Intervals widened by", 9)
            }, "required": ["name", "season", "step", "values"], "additionalProperties": false},
            "backtest": {"type": "array", "title": "Backtest", "x-order": 4, "x-render": "table", "items": {
                "type": "object",
                "properties": {
                    "model": text("Model", 0), "chosen": {"type": "boolean", "title": "Chosen", "x-order": 1}, "mae": number("MAE", 2),
                    "rmse": number("RMSE", 3), "mase": number("MASE", 4), "smape": number("sMAPE %", 5),
                    "coverage": {"type": "number", "minimum": 0, "maximum": 1, "title": "Values within intervals", "x-order": 6, "x-render": "share"},
                    "forecasts": count("Forecasts", 7)
                },
                "required": ["model", "chosen", "mae", "rmse", "mase", "smape", "coverage", "forecasts"], "additionalProperties": false
            }},
            "table": {"type": "string", "format": "artifact", "title": "All expected values", "x-order": 5, "x-render": "artifact"},
            "notes": {"type": "array", "title": "Notes", "x-order": 6, "items": {"type": "string"}}
        },
        "required": ["summary", "chart", "forecast", "model", "backtest", "table", "notes"],
        "additionalProperties": false
    })
}
