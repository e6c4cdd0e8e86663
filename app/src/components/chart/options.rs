//! What do the charts of measurements and of tables show?
//!
//! Their frames are charming's, written by `build/frames.rs` when this crate is compiled; here they get their data.

use baton_domain::wire::metrics::{Point, Quantiles, Series};
use serde_json::{Value, json};

use super::figures::figure;

const THROUGHPUT: &str = include_str!(concat!(env!("OUT_DIR"), "/throughput.json"));
const LATENCY: &str = include_str!(concat!(env!("OUT_DIR"), "/latency.json"));
const CORRELATION: &str = include_str!(concat!(env!("OUT_DIR"), "/correlation.json"));
const HISTOGRAM: &str = include_str!(concat!(env!("OUT_DIR"), "/histogram.json"));

/// A heatmap of more columns than this has no numbers in its cells; they would not fit.
const CELLS_WITH_NUMBERS: usize = 12;
/// The names of more columns than this are turned, to fit beside each other.
const NAMES_UPRIGHT: usize = 6;

/// Tasks and attempts per step: what ended, stacked, under the line of what was submitted.
#[must_use]
pub fn throughput_options(series: &Series) -> Value {
    let lines: [fn(&Point) -> u64; 4] = [|point| point.completed, |point| point.failed, |point| point.canceled, |point| point.submitted];
    let mut options = frame(THROUGHPUT);
    options["yAxis"]["name"] = format!("per {}", span_in_words(series.step_seconds)).into();
    for (index, of) in lines.into_iter().enumerate() {
        options["series"][index]["data"] = over_time(series, |point| Some(of(point) as f64));
    }
    options
}

/// Quantiles of waiting and of running, in milliseconds.
#[must_use]
pub fn latency_options(series: &Series) -> Value {
    let measured: [fn(&Point) -> Option<Quantiles>; 2] = [|point| point.wait_ms, |point| point.run_ms];
    let quantiles: [fn(&Quantiles) -> f64; 3] = [|values| values.p50, |values| values.p95, |values| values.p99];
    let mut options = frame(LATENCY);
    let lines = measured.into_iter().flat_map(|of| quantiles.into_iter().map(move |quantile| (of, quantile)));
    for (index, (of, quantile)) in lines.enumerate() {
        options["series"][index]["data"] = over_time(series, |point| of(point).map(|values| tenths(quantile(&values))));
    }
    options
}

/// How the columns of a table go together: -1 to 1 for each pair, where it is known.
pub(crate) fn correlation_options(method: &str, columns: &[String], cells: &[Vec<Option<f64>>]) -> Value {
    let mut data = Vec::new();
    for (row, values) in cells.iter().take(columns.len()).enumerate() {
        for (column, value) in values.iter().take(columns.len()).enumerate() {
            data.push(json!([column, row, value.map(|value| (value * 100.0).round() / 100.0)]));
        }
    }
    let mut options = frame(CORRELATION);
    for axis in ["xAxis", "yAxis"] {
        options[axis]["data"] = columns.into();
    }
    options["xAxis"]["axisLabel"]["rotate"] = if columns.len() > NAMES_UPRIGHT { 45 } else { 0 }.into();
    let series = &mut options["series"][0];
    series["name"] = method.into();
    series["label"]["show"] = (columns.len() <= CELLS_WITH_NUMBERS).into();
    series["data"] = data.into();
    options
}

/// How often the values of a column fall between the edges.
pub(crate) fn histogram_options(column: &str, edges: &[f64], counts: &[u64]) -> Value {
    let bins: Vec<String> = edges.windows(2).map(|edge| format!("{} to {}", figure(edge[0]), figure(edge[1]))).collect();
    let mut options = frame(HISTOGRAM);
    options["xAxis"]["name"] = column.into();
    options["xAxis"]["data"] = bins.into();
    options["series"][0]["data"] = counts.into();
    options
}

/// A chart without data. `every_frame_can_be_read` holds that none is empty, on which setting a place in it by name stands.
fn frame(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

fn over_time(series: &Series, value: impl Fn(&Point) -> Option<f64>) -> Value {
    series.points.iter().map(|point| json!([point.at.as_millis(), value(point)])).collect()
}

/// More digits than these say nothing: the sketch itself is only right to 1 %.
fn tenths(millis: f64) -> f64 {
    (millis * 10.0).round() / 10.0
}

fn span_in_words(seconds: u32) -> String {
    match seconds {
        0 | 1 => "second".to_owned(),
        60 => "minute".to_owned(),
        3600 => "hour".to_owned(),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::time::Timestamp;

    fn series() -> Series {
        let quantiles = |p50: f64| Some(Quantiles { p50, p95: p50 * 2.0, p99: p50 * 3.0 });
        let at = Timestamp::from_millis;
        let busy =
            Point { at: at(0), submitted: 5, completed: 3, failed: 1, canceled: 1, wait_ms: quantiles(10.04), run_ms: quantiles(200.0) };
        let idle = Point { at: at(60_000), ..Point::default() };
        Series { step_seconds: 60, points: vec![busy, idle], total: busy }
    }

    fn names(options: &Value) -> Vec<&str> {
        options["series"].as_array().into_iter().flatten().filter_map(|series| series["name"].as_str()).collect()
    }

    #[test]
    fn throughput_stacks_what_ended_and_draws_what_was_submitted_as_a_line() {
        let options = throughput_options(&series());
        assert_eq!(names(&options), ["Completed", "Failed", "Canceled", "Submitted"]);
        assert_eq!(options["series"][0]["data"], json!([[0, 3.0], [60_000, 0.0]]));
        assert!((0..3).all(|index| options["series"][index]["stack"] == "ended" && options["series"][index]["areaStyle"].is_object()));
        assert_eq!(options["series"][3].get("stack"), None);
        assert_eq!((&options["xAxis"]["type"], &options["yAxis"]["name"]), (&json!("time"), &json!("per minute")));
    }

    #[test]
    fn latency_leaves_a_gap_where_nothing_was_measured() {
        let options = latency_options(&series());
        assert_eq!(names(&options), ["Wait p50", "Wait p95", "Wait p99", "Run p50", "Run p95", "Run p99"]);
        assert_eq!(options["series"][0]["data"], json!([[0, 10.0], [60_000, null]]));
        assert_eq!(options["series"][5]["data"], json!([[0, 600.0], [60_000, null]]));
    }

    #[test]
    fn a_correlation_has_its_place_and_an_unknown_one_is_null() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let options = correlation_options("Pearson", &columns, &[vec![Some(1.0), None], vec![Some(-0.256), Some(1.0)]]);
        assert_eq!(options["series"][0]["data"], json!([[0, 0, 1.0], [1, 0, null], [0, 1, -0.26], [1, 1, 1.0]]));
        assert_eq!(options["xAxis"]["data"], json!(["a", "b"]));
    }

    #[test]
    fn a_histogram_has_a_bar_between_each_two_edges() {
        let options = histogram_options("width", &[0.0, 0.5, 1.0], &[3, 4]);
        assert_eq!(options["xAxis"]["data"], json!(["0 to 0.5", "0.5 to 1"]));
        assert_eq!(options["series"][0]["data"], json!([3, 4]));
    }

    #[test]
    fn every_frame_can_be_read() {
        let lines = [THROUGHPUT, LATENCY, CORRELATION, HISTOGRAM].map(|json| frame(json)["series"].as_array().map_or(0, Vec::len));
        assert_eq!(lines, [4, 6, 1, 1]);
    }

    #[test]
    fn options_hold_no_functions() {
        for options in [throughput_options(&series()), latency_options(&series())] {
            assert!(!options.to_string().contains("function"));
        }
    }
}
