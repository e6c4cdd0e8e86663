//! How a profile is drawn: ECharts option objects without colours, so that the page's theme decides.

use serde_json::{Value, json};

use crate::correlation::Correlations;
use crate::describe::Described;
use crate::numbers::short;

/// The most histograms.
const HISTOGRAMS: usize = 4;

/// A chart with its title.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) options: Value,
    /// Whether the SVG file shows it too.
    pub(crate) in_file: bool,
}

/// The numeric columns worth a picture, in the order of the table.
pub(crate) fn drawable(rows: u64, columns: &[Described]) -> Vec<&Described> {
    columns.iter().filter(|column| column.histogram.is_some() && !column.is_likely_id(rows)).collect()
}

/// The charts of a profile: histograms of the columns whose middle half fills the most of their range, then the
/// correlations.
pub(crate) fn charts(rows: u64, columns: &[Described], correlations: Option<&Correlations>) -> Vec<Chart> {
    let mut widest: Vec<(usize, &Described)> = drawable(rows, columns).into_iter().enumerate().collect();
    widest.sort_by(|(_, a), (_, b)| spread(b).total_cmp(&spread(a)));
    let mut charts: Vec<Chart> =
        widest.into_iter().take(HISTOGRAMS).filter_map(|(place, column)| histogram(column, place < crate::svg::PANELS)).collect();
    if let Some(correlations) = correlations.filter(|correlations| correlations.columns.len() > 1) {
        charts.push(heatmap("Pearson", &correlations.columns, &correlations.pearson));
        charts.push(heatmap("Spearman", &correlations.columns, &correlations.spearman));
    }
    charts
}

fn spread(column: &Described) -> f64 {
    match (column.quantiles, column.aside.range) {
        (Some(quantiles), Some((low, high))) => (quantiles.p75 / 2.0 - quantiles.p25 / 2.0) / (high / 2.0 - low / 2.0),
        _ => 0.0,
    }
}

fn histogram(column: &Described, in_file: bool) -> Option<Chart> {
    let histogram = column.histogram.as_ref()?;
    let labels: Vec<String> = histogram.edges.windows(2).map(|edges| format!("{} to {}", short(edges[0]), short(edges[1]))).collect();
    let options = json!({
        "aria": {"enabled": true},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "grid": {"left": 12, "right": 12, "top": 24, "bottom": 32, "containLabel": true},
        "xAxis": {"type": "category", "data": labels, "name": column.name, "nameLocation": "middle", "nameGap": 32, "axisLabel": {"hideOverlap": true}},
        "yAxis": {"type": "value", "name": "rows", "minInterval": 1},
        "series": [{"type": "bar", "name": "rows", "barCategoryGap": "4%", "data": histogram.counts}]
    });
    Some(Chart { title: format!("Distribution of {}", column.name), options, in_file })
}

fn heatmap(name: &str, columns: &[String], coefficients: &[Vec<Option<f64>>]) -> Chart {
    let mut cells = Vec::new();
    for (row, values) in coefficients.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            // ECharts draws "-" as an empty cell.
            let value = value.map_or_else(|| json!("-"), |value| json!((value * 100.0).round() / 100.0));
            cells.push(json!([column, row, value]));
        }
    }
    let labelled = columns.len() <= 12;
    let options = json!({
        "aria": {"enabled": true},
        "tooltip": {"position": "top"},
        "grid": {"left": 12, "right": 12, "top": 12, "bottom": 64, "containLabel": true},
        "xAxis": {"type": "category", "data": columns, "axisLabel": {"rotate": 45}, "splitArea": {"show": true}},
        "yAxis": {"type": "category", "data": columns, "inverse": true, "splitArea": {"show": true}},
        "visualMap": {"min": -1, "max": 1, "calculable": true, "orient": "horizontal", "left": "center", "bottom": 0},
        "series": [{"type": "heatmap", "name": name, "data": cells, "label": {"show": labelled}}]
    });
    Chart { title: format!("Correlation ({name})"), options, in_file: false }
}
