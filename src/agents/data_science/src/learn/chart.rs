//! How models are drawn: ECharts option objects without colours, so that the page's theme decides.

use serde_json::{Value, json};

use super::fit::{Target, Tried};
use super::metrics::{Scores, roc};
use super::outcome::{Component, Outcome};

/// The most points of a scatter.
pub(super) const POINTS: usize = 1_000;
/// The most classes whose confusion is drawn.
const CLASSES: usize = 30;
/// The most columns whose importance is drawn.
const COLUMNS: usize = 20;
/// The most points of a curve.
const CURVE: usize = 200;
/// The most groups that have a series of their own.
const GROUPS: usize = 20;

fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn plot(title: &str, x: &str, y: &str, series: Value) -> Value {
    json!({
        "aria": {"enabled": true},
        "title": {"text": title},
        "tooltip": {"trigger": "item"},
        "grid": {"left": 12, "right": 24, "top": 48, "bottom": 32, "containLabel": true},
        "xAxis": {"type": "value", "name": x, "nameLocation": "middle", "nameGap": 28, "scale": true},
        "yAxis": {"type": "value", "name": y, "scale": true},
        "series": series
    })
}

fn some(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(POINTS).max(1))
}

/// Charts of a model with a target.
pub(super) fn supervised(outcome: &Outcome, target: &Target, shown: Option<&Tried>, name: &str) -> Vec<Value> {
    let mut charts = Vec::new();
    if let Some(tried) = shown {
        charts.extend(of_predictions(target, tried, name));
    }
    let top: Vec<_> = outcome.importances.iter().filter(|column| column.permutation.or(column.impurity).is_some()).take(COLUMNS).collect();
    if !top.is_empty() {
        let by_shuffling = top.iter().all(|column| column.permutation.is_some());
        let values: Vec<f64> = top
            .iter()
            .rev()
            .map(|column| rounded(if by_shuffling { column.permutation } else { column.impurity }.unwrap_or(0.0)))
            .collect();
        let names: Vec<&str> = top.iter().rev().map(|column| column.column.as_str()).collect();
        let title = if by_shuffling { "What is lost when a column is shuffled" } else { "Importance by impurity" };
        charts.push(json!({
            "aria": {"enabled": true},
            "title": {"text": title},
            "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
            "grid": {"left": 12, "right": 24, "top": 48, "bottom": 24, "containLabel": true},
            "xAxis": {"type": "value"},
            "yAxis": {"type": "category", "data": names},
            "series": [{"type": "bar", "name": "importance", "data": values}]
        }));
    }
    charts
}

/// Charts of predictions whose truth is known.
pub(super) fn of_predictions(target: &Target, tried: &Tried, name: &str) -> Vec<Value> {
    let mut charts = Vec::new();
    let on = &tried.line.on;
    if let Some((actual, predicted)) = &tried.numbers {
        let points: Vec<Value> = some(actual.len()).map(|row| json!([rounded(actual[row]), rounded(predicted[row])])).collect();
        let (low, high) = actual.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
        charts.push(plot(
            &format!("Predicted against actual {name} ({on})"),
            "actual",
            "predicted",
            json!([
                {"type": "scatter", "name": "rows", "symbolSize": 5, "data": points},
                {"type": "line", "name": "equal", "showSymbol": false, "data": [[low, low], [high, high]]}
            ]),
        ));
        let left: Vec<Value> =
            some(actual.len()).map(|row| json!([rounded(predicted[row]), rounded(actual[row] - predicted[row])])).collect();
        charts.push(plot(
            &format!("Residuals ({on})"),
            "predicted",
            "actual less predicted",
            json!([{"type": "scatter", "name": "rows", "symbolSize": 5, "data": left}]),
        ));
    }
    if let (Some(scores), Target::Classes { names, .. }) = (&tried.scores, target) {
        if names.len() <= CLASSES {
            charts.push(confusion(names, scores, on));
        }
        if let (2, Some((codes, shares)), Some(area)) = (names.len(), &tried.shares, scores.roc_auc) {
            let curve: Vec<Value> = roc(codes, shares, CURVE).into_iter().map(|(x, y)| json!([rounded(x), rounded(y)])).collect();
            charts.push(plot(
                &format!("ROC of {} ({on}), area {:.3}", names[1], area),
                "false alarms",
                "hits",
                json!([
                    {"type": "line", "name": "model", "showSymbol": false, "data": curve},
                    {"type": "line", "name": "chance", "showSymbol": false, "data": [[0, 0], [1, 1]]}
                ]),
            ));
        }
    }
    charts
}

fn confusion(names: &[String], scores: &Scores, on: &str) -> Value {
    let most = scores.confusion.iter().flatten().max().copied().unwrap_or(0);
    let cells: Vec<Value> = scores
        .confusion
        .iter()
        .enumerate()
        .flat_map(|(actual, line)| line.iter().enumerate().map(move |(predicted, count)| json!([predicted, actual, count])))
        .collect();
    json!({
        "aria": {"enabled": true},
        "title": {"text": format!("Confusion ({on})")},
        "tooltip": {"position": "top"},
        "grid": {"left": 12, "right": 12, "top": 48, "bottom": 72, "containLabel": true},
        "xAxis": {"type": "category", "data": names, "name": "predicted", "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "category", "data": names, "name": "actual", "inverse": true},
        "visualMap": {"min": 0, "max": most.max(1), "calculable": true, "orient": "horizontal", "left": "center", "bottom": 0},
        "series": [{"type": "heatmap", "name": "rows", "data": cells, "label": {"show": names.len() <= 12}}]
    })
}

/// Charts of groups: how many there might be, and the rows.
pub(super) fn groups(scan: &[(usize, f64, Option<f64>)], drawn: &[(usize, f64, f64)], labels: &[u32], count: usize) -> Vec<Value> {
    let numbers: Vec<usize> = scan.iter().map(|(count, _, _)| *count).collect();
    let curve = |title: &str, name: &str, values: Vec<Value>| {
        json!({
            "aria": {"enabled": true},
            "title": {"text": title},
            "tooltip": {"trigger": "axis"},
            "grid": {"left": 12, "right": 24, "top": 48, "bottom": 32, "containLabel": true},
            "xAxis": {"type": "category", "data": numbers, "name": "groups", "nameLocation": "middle", "nameGap": 28},
            "yAxis": {"type": "value", "scale": true},
            "series": [{"type": "line", "name": name, "data": values}]
        })
    };
    let mut charts = vec![
        curve("Inertia by number of groups", "inertia", scan.iter().map(|(_, inertia, _)| json!(rounded(*inertia))).collect()),
        curve(
            "Silhouette by number of groups",
            "silhouette",
            scan.iter().map(|(_, _, score)| score.map_or(json!("-"), |score| json!(rounded(score)))).collect(),
        ),
    ];
    let series: Vec<Value> = (0..count.min(GROUPS))
        .map(|group| {
            let own = drawn.iter().filter(|(row, _, _)| labels[*row] as usize == group);
            let points: Vec<Value> = own.map(|(_, x, y)| json!([rounded(*x), rounded(*y)])).collect();
            json!({"type": "scatter", "name": format!("group {}", group + 1), "symbolSize": 5, "data": points})
        })
        .collect();
    let mut scatter = plot("Rows along the two directions of most variance", "component 1", "component 2", Value::from(series));
    scatter["legend"] = json!({"bottom": 0, "type": "scroll"});
    scatter["grid"]["bottom"] = json!(64);
    charts.push(scatter);
    charts
}

/// Charts of components: how much each explains, and the rows.
pub(super) fn directions(components: &[Component], drawn: &[(usize, f64, f64)]) -> Vec<Value> {
    let shown = &components[..components.len().min(COLUMNS)];
    let names: Vec<usize> = (1..=shown.len()).collect();
    let points: Vec<Value> = drawn.iter().map(|(_, x, y)| json!([rounded(*x), rounded(*y)])).collect();
    vec![
        json!({
            "aria": {"enabled": true},
            "title": {"text": "Share of the variance"},
            "tooltip": {"trigger": "axis"},
            "legend": {"right": 0},
            "grid": {"left": 12, "right": 24, "top": 48, "bottom": 32, "containLabel": true},
            "xAxis": {"type": "category", "data": names, "name": "component", "nameLocation": "middle", "nameGap": 28},
            "yAxis": {"type": "value", "min": 0, "max": 1},
            "series": [
                {"type": "bar", "name": "share", "data": shown.iter().map(|part| rounded(part.share)).collect::<Vec<_>>()},
                {"type": "line", "name": "together", "data": shown.iter().map(|part| rounded(part.cumulative)).collect::<Vec<_>>()}
            ]
        }),
        plot(
            "Rows along the two directions of most variance",
            "component 1",
            "component 2",
            json!([{"type": "scatter", "name": "rows", "symbolSize": 5, "data": points}]),
        ),
    ]
}
