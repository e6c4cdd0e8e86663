//! What `data_science.chart` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::limits::{MAXIMUM_BYTES, MAXIMUM_ROWS};

/// The skill that draws a chart of a table.
pub const CHART: &str = "data_science.chart";
/// The most figures beside the chart.
pub(super) const MAXIMUM_FIGURES: usize = 500;
/// The most columns on the y axis.
pub(super) const MAXIMUM_Y: usize = 8;
/// The most different values of the group.
pub(super) const MAXIMUM_GROUPS: usize = 20;
/// The most places along x.
pub(super) const MAXIMUM_PLACES: usize = 5_000;
/// The most points of a scatter; of more an even sample is taken.
pub(super) const MAXIMUM_SCATTERED: usize = 5_000;
/// The most bins of a histogram.
pub(super) const MAXIMUM_BINS: usize = 200;

pub(crate) fn skill() -> Skill {
    Skill {
        name: CHART.to_owned(),
        title: "Draw a chart".to_owned(),
        description: format!(
            "Draws columns of a CSV, TSV, JSON, NDJSON or Parquet file: bars, lines, areas, points, a pie, a histogram, a heatmap or box plots, with rows counted, \
             summed or averaged, by group, the largest first. Gives the chart for the dashboard, and SVG and PNG files. Up to {MAXIMUM_ROWS} rows \
             and {} MB.",
            MAXIMUM_BYTES >> 20
        ),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/penguins.csv", "kind": "bar", "x": "species", "y": ["body_mass_g"], "aggregate": "mean", "group": "sex"}),
            json!({"artifact": "examples/tables/iris.csv", "kind": "scatter", "x": "petal_length_cm", "y": ["petal_width_cm"], "group": "species"}),
            json!({"artifact": "examples/tables/nile.csv", "kind": "line", "x": "year", "y": ["volume"]}),
            json!({"artifact": "examples/tables/penguins.csv", "kind": "boxplot", "x": "species", "y": ["flipper_length_mm"]}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 1 << 30, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 192, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let column = |title: &str, order: u32, description: &str| json!({"type": "string", "minLength": 1, "maxLength": 200, "title": title, "x-order": order, "description": description});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Draw a chart",
        "type": "object",
        "properties": {
            "artifact": crate::inference::contract::table_artifact(),
            "kind": {
                "type": "string", "enum": ["bar", "line", "area", "scatter", "pie", "histogram", "heatmap", "boxplot"],
                "x-labels": ["Bars", "Line", "Area", "Points", "Pie", "Histogram", "Heatmap", "Box plots"], "title": "Kind", "x-order": 2
            },
            "x": column("Column along x", 3, "Categories, dates or numbers; numbers for points. The values of a histogram. Of a pie the names."),
            "y": {
                "type": "array", "title": "Columns of values", "x-order": 4, "maxItems": MAXIMUM_Y, "uniqueItems": true,
                "items": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Column"},
                "description": "Numbers. Absent: rows are counted. A heatmap takes one column of names here, and counts rows unless `group` names numbers."
            },
            "group": column("Group by", 5, "A series for each value of this column, up to 20. Of a heatmap the column of values."),
            "aggregate": {
                "type": "string", "enum": ["count", "sum", "mean", "median", "min", "max"],
                "x-labels": ["Count", "Sum", "Mean", "Median", "Least", "Greatest"], "title": "Of several rows", "x-order": 6,
                "description": "What is shown where several rows share a place. Absent: the sum for bars and pies, the mean for others."
            },
            "top": {
                "type": "integer", "minimum": 1, "maximum": 100, "title": "The largest only", "x-order": 7,
                "description": "So many places with the largest values; counts and sums of the others are shown as Other."
            },
            "order": {
                "type": "string", "enum": ["natural", "largest", "smallest", "table"], "x-labels": ["By x", "Largest first", "Smallest first", "As in the table"],
                "default": "natural", "title": "Order", "x-order": 8, "description": "By x: numbers and dates rise, names are in the order of the table."
            },
            "bins": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_BINS, "title": "Bins", "x-order": 9, "description": "Of a histogram. Absent: by Freedman and Diaconis."},
            "stacked": {"type": "boolean", "default": false, "title": "On top of one another", "x-order": 10, "description": "Series of bars and areas."},
            "lying": {"type": "boolean", "default": false, "title": "Bars from left to right", "x-order": 11},
            "log": {"type": "boolean", "default": false, "title": "Logarithmic values", "x-order": 12, "description": "For values above zero."},
            "title": {"type": "string", "maxLength": 200, "title": "Title", "x-order": 13, "description": "Absent: made from the columns."},
            "delimiter": {
                "type": "string", "enum": [",", ";", "tab", "|"], "title": "Delimiter", "x-order": 14,
                "description": "What stands between two fields. Found out from the first records when absent."
            },
            "header": {
                "type": "boolean", "title": "The first record names the columns", "default": true, "x-order": 15,
                "description": "Without a header the columns are called column_1, column_2 and so on."
            },
            "width": {"type": "number", "minimum": 200, "maximum": 2_000, "default": 720, "title": "Width of the files", "x-order": 16, "description": "In pixels; the PNG has two for each."},
            "height": {"type": "number", "minimum": 150, "maximum": 2_000, "default": 420, "title": "Height of the files", "x-order": 17}
        },
        "required": ["artifact", "kind"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let file = |title: &str, render: &str, order: u32| json!({"type": "string", "format": "artifact", "x-render": render, "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A chart",
        "type": "object",
        "properties": {
            "title": {"type": "string", "title": "Title", "x-order": 1},
            "chart": {"type": "object", "x-render": "chart", "title": "Chart", "x-order": 2, "description": "An ECharts option object."},
            "figures": {
                "type": "object", "x-render": "table", "title": "Figures", "x-order": 3,
                "properties": {
                    "columns": {"type": "array", "items": {"type": "string"}},
                    "rows": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "string", "null"]}}}
                },
                "required": ["columns", "rows"], "additionalProperties": false
            },
            "png": file("PNG", "artifact", 4),
            "svg": file("SVG", "artifact", 5),
            "rows": {"type": "integer", "minimum": 0, "title": "Rows of the table", "x-order": 6},
            "used_rows": {"type": "integer", "minimum": 0, "title": "Rows shown", "x-order": 7},
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 8}
        },
        "required": ["title", "chart", "figures", "png", "svg", "rows", "used_rows", "notes"],
        "additionalProperties": false
    })
}
