//! How anomalies are drawn: all values, or a part of them where they are many, and the unusual ones upon them.

use serde_json::{Value, json};

use super::run::Anomaly;

/// The most charts of one result.
pub(super) const MAXIMUM_CHARTS: usize = 6;
/// The most ordinary values that a chart shows, and the most unusual ones.
const ORDINARY: usize = 1_500;
const UNUSUAL: usize = 500;

fn options(title: &str, x: &str, y: &str, ordinary: Value, unusual: Value) -> Value {
    json!({
        "aria": {"enabled": true},
        "title": {"text": title},
        "tooltip": {"trigger": "item"},
        "legend": {"data": ["usual", "unusual"], "right": 0},
        "grid": {"left": 12, "right": 12, "top": 40, "bottom": 32, "containLabel": true},
        "xAxis": {"type": "value", "name": x, "nameLocation": "middle", "nameGap": 28, "scale": true},
        "yAxis": {"type": "value", "name": y, "scale": true},
        "series": [ordinary, unusual]
    })
}

/// A column row by row.
pub(super) fn marked(name: &str, values: &[f64], found: &[Anomaly]) -> Value {
    let step = values.len().div_ceil(ORDINARY).max(1);
    let ordinary: Vec<Value> =
        values.iter().enumerate().step_by(step).filter(|(_, value)| !value.is_nan()).map(|(row, value)| json!([row + 1, value])).collect();
    let unusual: Vec<Value> = most(found).iter().map(|found| json!([found.row, found.value])).collect();
    options(
        name,
        "row",
        name,
        json!({"type": "scatter", "name": "usual", "symbolSize": 4, "data": ordinary}),
        json!({"type": "scatter", "name": "unusual", "symbolSize": 9, "data": unusual}),
    )
}

/// Two columns against each other.
pub(super) fn pairs((x_name, x): (&str, &[f64]), (y_name, y): (&str, &[f64]), found: &[Anomaly]) -> Value {
    let step = x.len().div_ceil(ORDINARY).max(1);
    let ordinary: Vec<Value> = (0..x.len()).step_by(step).map(|row| json!([x[row], y[row]])).collect();
    let unusual: Vec<Value> = most(found).iter().map(|found| json!([x[found.row - 1], y[found.row - 1]])).collect();
    options(
        &format!("{x_name} and {y_name}"),
        x_name,
        y_name,
        json!({"type": "scatter", "name": "usual", "symbolSize": 4, "data": ordinary}),
        json!({"type": "scatter", "name": "unusual", "symbolSize": 9, "data": unusual}),
    )
}

fn most(found: &[Anomaly]) -> Vec<&Anomaly> {
    let mut most: Vec<&Anomaly> = found.iter().collect();
    most.sort_by(|a, b| b.score.total_cmp(&a.score));
    most.truncate(UNUSUAL);
    most
}
