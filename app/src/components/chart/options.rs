//! What do the charts of measurements and of tables look like?
//!
//! charming gives the options their types; they end as JSON, which is all that the frame in the browser needs.

use baton_domain::wire::metrics::{Point, Quantiles, Series};
use charming::Chart;
use charming::component::{Axis, Grid, Legend, LegendType, VisualMap, VisualMapChannel};
use charming::datatype::{CompositeValue, DataPoint};
use charming::element::{
    AreaStyle, AxisLabel, AxisPointer, AxisPointerType, AxisType, ItemStyle, Label, LineStyle, LineStyleType, NameLocation, Orient,
    SplitLine, Symbol, Tooltip, Trigger,
};
use charming::series::{Bar, Heatmap, Line};
use serde_json::Value;

use super::figures::figure;
use super::theme::colour;

/// A heatmap of more columns than this has no numbers in its cells; they would not fit.
const CELLS_WITH_NUMBERS: usize = 12;

/// Tasks and attempts per step: what ended, stacked, under the line of what was submitted.
#[must_use]
pub fn throughput_options(series: &Series) -> Value {
    let counts = |of: fn(&Point) -> u64| over_time(series, move |point| Some(of(point) as f64));
    let area = |name: &str, colour: &str, data| {
        line(name, colour, data).stack("ended").area_style(AreaStyle::new().opacity(0.35)).line_style(LineStyle::new().width(1.0))
    };
    let submitted = line("Submitted", colour::ACCENT, counts(|point| point.submitted)).line_style(LineStyle::new().width(1.5));
    let chart = timed(&format!("per {}", span_in_words(series.step_seconds)), None)
        .series(area("Completed", colour::COMPLETED, counts(|point| point.completed)))
        .series(area("Failed", colour::FAILED, counts(|point| point.failed)))
        .series(area("Canceled", colour::CANCELED, counts(|point| point.canceled)))
        .series(submitted);
    as_value(&chart)
}

/// Quantiles of waiting and of running, in milliseconds.
#[must_use]
pub fn latency_options(series: &Series) -> Value {
    type Of = fn(&Quantiles) -> f64;
    let quantiles: [(&str, Of, LineStyleType); 3] = [
        ("p50", |values| values.p50, LineStyleType::Solid),
        ("p95", |values| values.p95, LineStyleType::Dashed),
        ("p99", |values| values.p99, LineStyleType::Dotted),
    ];
    let mut chart = timed("", Some("{value} ms"));
    for (what, of, colour) in [
        ("Wait", (|point: &Point| point.wait_ms) as fn(&Point) -> Option<Quantiles>, colour::WAITING),
        ("Run", |point: &Point| point.run_ms, colour::RUNNING),
    ] {
        for (name, quantile, style) in quantiles {
            let data = over_time(series, move |point| of(point).map(|values| tenths(quantile(&values))));
            let style = LineStyle::new().width(1.5).type_(style);
            chart = chart.series(line(&format!("{what} {name}"), colour, data).line_style(style));
        }
    }
    as_value(&chart)
}

/// How the columns of a table go together: -1 to 1 for each pair, where it is known.
pub(crate) fn correlation_options(method: &str, columns: &[String], cells: &[Vec<Option<f64>>]) -> Value {
    let names = || columns.iter().map(String::as_str).collect::<Vec<_>>();
    let data = cells
        .iter()
        .take(columns.len())
        .enumerate()
        .flat_map(|(row, values)| {
            values.iter().take(columns.len()).enumerate().map(move |(column, value)| {
                let value: CompositeValue = value.map(|value| (value * 100.0).round() / 100.0).into();
                vec![DataPoint::from(column as i64), DataPoint::from(row as i64), DataPoint::from(value)]
            })
        })
        .collect::<Vec<_>>();
    let axis = || Axis::new().type_(AxisType::Category).split_line(SplitLine::new().show(false)).axis_label(AxisLabel::new().interval(0));
    let scale = VisualMap::new()
        .min(-1)
        .max(1)
        .precision(1)
        .orient(Orient::Horizontal)
        .left("center")
        .bottom(0)
        .in_range(VisualMapChannel::new().color(vec![colour::NEGATIVE, colour::ZERO, colour::POSITIVE]));
    let numbers = Label::new().show(columns.len() <= CELLS_WITH_NUMBERS).font_size(11);
    let chart = Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Item))
        .grid(Grid::new().left(8).right(8).top(8).bottom(48).contain_label(true))
        .x_axis(axis().data(names()).axis_label(AxisLabel::new().interval(0).rotate(if columns.len() > 6 { 45 } else { 0 })))
        .y_axis(axis().data(names()).inverse(true))
        .visual_map(scale)
        .series(Heatmap::new().name(method).data(data).label(numbers));
    as_value(&chart)
}

/// How often the values of a column fall between the edges.
pub(crate) fn histogram_options(column: &str, edges: &[f64], counts: &[u64]) -> Value {
    let bins: Vec<String> = edges.windows(2).map(|edge| format!("{} to {}", figure(edge[0]), figure(edge[1]))).collect();
    let bars: Vec<i64> = counts.iter().map(|count| i64::try_from(*count).unwrap_or(i64::MAX)).collect();
    let chart = Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Axis).axis_pointer(AxisPointer::new().type_(AxisPointerType::Shadow)))
        .grid(Grid::new().left(8).right(8).top(24).bottom(28).contain_label(true))
        .x_axis(Axis::new().type_(AxisType::Category).name(column).name_location(NameLocation::Middle).name_gap(28).data(bins))
        .y_axis(Axis::new().type_(AxisType::Value).name("Rows").min_interval(1))
        .series(Bar::new().name("Rows").bar_width("94%").item_style(ItemStyle::new().color(colour::ACCENT)).data(bars));
    as_value(&chart)
}

/// A frame with time along the bottom.
fn timed(unit: &str, label: Option<&str>) -> Chart {
    let mut levels = Axis::new().type_(AxisType::Value).name(unit).min_interval(1);
    if let Some(label) = label {
        levels = levels.axis_label(AxisLabel::new().formatter(label));
    }
    Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Axis))
        .legend(Legend::new().type_(LegendType::Scroll).bottom(0).left("center").item_width(14).item_height(8))
        .grid(Grid::new().left(8).right(16).top(28).bottom(32).contain_label(true))
        .x_axis(Axis::new().type_(AxisType::Time).split_line(SplitLine::new().show(false)))
        .y_axis(levels)
}

fn line(name: &str, colour: &str, data: Vec<DataPoint>) -> Line {
    Line::new().name(name).symbol(Symbol::None).item_style(ItemStyle::new().color(colour)).data(data)
}

fn over_time(series: &Series, value: impl Fn(&Point) -> Option<f64>) -> Vec<DataPoint> {
    let points = series.points.iter();
    points.map(|point| DataPoint::from(vec![CompositeValue::from(point.at.as_millis()), value(point).into()])).collect()
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

/// Options are numbers, texts and lists: nothing that JSON does not have.
fn as_value(chart: &Chart) -> Value {
    serde_json::to_value(chart).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use baton_domain::time::Timestamp;
    use serde_json::json;

    use super::*;

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
    fn options_hold_no_functions() {
        for options in [throughput_options(&series()), latency_options(&series())] {
            assert!(!options.to_string().contains("function"));
        }
    }
}
