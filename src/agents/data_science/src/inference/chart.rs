//! How a test is drawn: groups as boxes, normality as quantiles against quantiles, classifications as residuals.

use serde_json::{Value, json};

use super::groups::Split;
use super::sample::sorted;
use crate::numbers::Quantiles;
use crate::special::normal_upper_quantile;

/// The most charts of one result.
pub(super) const MAXIMUM_CHARTS: usize = 8;
/// The most points of a chart of quantiles.
const MAXIMUM_POINTS: usize = 300;

/// Boxes from the lower to the upper quartile, whiskers to the last value within 1.5 times their distance.
pub(super) fn boxes(variable: &str, split: &Split) -> Value {
    let boxes: Vec<Value> = split
        .values
        .iter()
        .map(|values| {
            let sorted = sorted(values);
            let Some(quantiles) = Quantiles::of(&sorted) else { return json!([]) };
            let reach = 1.5 * (quantiles.p75 - quantiles.p25);
            let low = sorted.iter().find(|value| **value >= quantiles.p25 - reach);
            let high = sorted.iter().rev().find(|value| **value <= quantiles.p75 + reach);
            json!([low, quantiles.p25, quantiles.p50, quantiles.p75, high])
        })
        .collect();
    json!({
        "aria": {"enabled": true},
        "title": {"text": format!("{variable} by group")},
        "tooltip": {"trigger": "item"},
        "grid": {"left": 12, "right": 12, "top": 40, "bottom": 24, "containLabel": true},
        "xAxis": {"type": "category", "data": split.names},
        "yAxis": {"type": "value", "name": variable, "scale": true},
        "series": [{"type": "boxplot", "name": variable, "data": boxes}]
    })
}

/// The values against those of a normal sample of the same size.
pub(super) fn quantiles(title: &str, values: &[f64]) -> Value {
    let sorted = sorted(values);
    let count = sorted.len();
    let step = count.div_ceil(MAXIMUM_POINTS).max(1);
    let points: Vec<Value> = (0..count)
        .step_by(step)
        .map(|place| json!([-normal_upper_quantile((place as f64 + 0.625) / (count as f64 + 0.25)), sorted[place]]))
        .collect();
    json!({
        "aria": {"enabled": true},
        "title": {"text": format!("{title}: quantiles against the normal ones")},
        "tooltip": {"trigger": "item"},
        "grid": {"left": 12, "right": 12, "top": 40, "bottom": 32, "containLabel": true},
        "xAxis": {"type": "value", "name": "normal quantile", "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "name": title, "scale": true},
        "series": [{"type": "scatter", "name": title, "symbolSize": 5, "data": points}]
    })
}

/// How far the count of each cell is from what was expected.
pub(super) fn residuals(title: &str, rows: &[String], columns: &[String], residuals: &[Vec<f64>]) -> Value {
    let reach = residuals.iter().flatten().fold(1.0f64, |most, value| most.max(value.abs()));
    let cells: Vec<Value> = residuals
        .iter()
        .enumerate()
        .flat_map(|(row, values)| {
            values.iter().enumerate().map(move |(column, value)| json!([column, row, (value * 100.0).round() / 100.0]))
        })
        .collect();
    json!({
        "aria": {"enabled": true},
        "title": {"text": format!("{title}: more (+) or fewer (−) than expected")},
        "tooltip": {"position": "top"},
        "grid": {"left": 12, "right": 12, "top": 40, "bottom": 64, "containLabel": true},
        "xAxis": {"type": "category", "data": columns, "splitArea": {"show": true}},
        "yAxis": {"type": "category", "data": rows, "inverse": true, "splitArea": {"show": true}},
        "visualMap": {"min": -reach, "max": reach, "calculable": true, "orient": "horizontal", "left": "center", "bottom": 0},
        "series": [{"type": "heatmap", "name": "residual", "data": cells, "label": {"show": rows.len() * columns.len() <= 100}}]
    })
}
