//! What do the charts of measurements and of tables look like, before they have data?
//!
//! Colours are the names of the page's own; `components::chart::theme` gives them their values when they are drawn.

use charming::Chart;
use charming::component::{Axis, Grid, Legend, LegendType, VisualMap};
use charming::element::{
    AreaStyle, AxisLabel, AxisPointer, AxisPointerType, AxisType, ItemStyle, Label, LineStyle, LineStyleType, NameLocation, Orient,
    SplitLine, Symbol, Tooltip, Trigger,
};
use charming::series::{Bar, Heatmap, Line};

/// Each frame with the name that `options` knows it by.
pub(crate) fn all() -> [(&'static str, Chart); 4] {
    [("throughput", throughput()), ("latency", latency()), ("correlation", correlation()), ("histogram", histogram())]
}

/// Tasks and attempts per step: what ended, stacked, under the line of what was submitted. The unit is the axis' name.
fn throughput() -> Chart {
    let area = |name: &str, colour: &str| {
        line(name, colour).stack("ended").area_style(AreaStyle::new().opacity(0.35)).line_style(LineStyle::new().width(1.0))
    };
    timed(Axis::new())
        .series(area("Completed", "var(--color-completed)"))
        .series(area("Failed", "var(--color-failed)"))
        .series(area("Canceled", "var(--color-canceled)"))
        .series(line("Submitted", "var(--color-accent)").line_style(LineStyle::new().width(1.5)))
}

/// Quantiles of waiting and of running, in milliseconds.
fn latency() -> Chart {
    let mut chart = timed(Axis::new().axis_label(AxisLabel::new().formatter("{value} ms")));
    for (what, colour) in [("Wait", "var(--color-waiting)"), ("Run", "var(--color-running)")] {
        for (quantile, style) in [("p50", LineStyleType::Solid), ("p95", LineStyleType::Dashed), ("p99", LineStyleType::Dotted)] {
            let style = LineStyle::new().width(1.5).type_(style);
            // A lone bucket between idle ones is a point, which a line without symbols would not show.
            chart = chart.series(line(&format!("{what} {quantile}"), colour).line_style(style).symbol(Symbol::Circle).symbol_size(3));
        }
    }
    chart
}

/// How the columns of a table go together: -1 to 1 for each pair.
fn correlation() -> Chart {
    let axis = || Axis::new().type_(AxisType::Category).split_line(SplitLine::new().show(false)).axis_label(AxisLabel::new().interval(0));
    let scale = VisualMap::new().min(-1).max(1).precision(1).orient(Orient::Horizontal).left("center").bottom(0);
    Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Item))
        .grid(Grid::new().left(8).right(8).top(8).bottom(48).contain_label(true))
        .x_axis(axis())
        .y_axis(axis().inverse(true))
        .visual_map(scale)
        .series(Heatmap::new().label(Label::new().font_size(11)))
}

/// How often the values of a column fall between the edges.
fn histogram() -> Chart {
    Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Axis).axis_pointer(AxisPointer::new().type_(AxisPointerType::Shadow)))
        .grid(Grid::new().left(8).right(8).top(24).bottom(28).contain_label(true))
        .x_axis(Axis::new().type_(AxisType::Category).name_location(NameLocation::Middle).name_gap(28))
        .y_axis(Axis::new().type_(AxisType::Value).name("Rows").min_interval(1))
        .series(Bar::new().name("Rows").bar_width("94%").item_style(ItemStyle::new().color("var(--color-accent)")))
}

/// A frame with time along the bottom.
fn timed(levels: Axis) -> Chart {
    Chart::new()
        .tooltip(Tooltip::new().trigger(Trigger::Axis))
        .legend(Legend::new().type_(LegendType::Scroll).bottom(0).left("center").item_width(14).item_height(8))
        .grid(Grid::new().left(8).right(16).top(28).bottom(32).contain_label(true))
        .x_axis(Axis::new().type_(AxisType::Time).split_line(SplitLine::new().show(false)))
        .y_axis(levels.type_(AxisType::Value).min_interval(1))
}

fn line(name: &str, colour: &str) -> Line {
    Line::new().name(name).symbol(Symbol::None).item_style(ItemStyle::new().color(colour))
}
