//! From where to where does the data reach, with what is stacked on top of one another?

use std::collections::HashMap;

use crate::read::{AxisKind, Cartesian, Kind};

/// Where marks begin and end: for each series and point, the lower and the upper value; none for a gap.
pub(super) struct Ranges {
    /// Lowest and highest place on the axis of categories, time or x.
    pub(super) base: (f64, f64),
    /// Lowest and highest value.
    pub(super) value: (f64, f64),
    pub(super) spans: Vec<Vec<Option<(f64, f64)>>>,
}

pub(super) fn of(body: &Cartesian) -> Ranges {
    let (mut base, mut value) = ((f64::INFINITY, f64::NEG_INFINITY), (f64::INFINITY, f64::NEG_INFINITY));
    let mut stacked: HashMap<(&str, u64, bool), f64> = HashMap::new();
    let grow = |range: &mut (f64, f64), to: f64| *range = (range.0.min(to), range.1.max(to));
    let mut spans = Vec::with_capacity(body.series.len());
    for series in &body.series {
        let mut of_series = Vec::with_capacity(series.points.len());
        for point in &series.points {
            grow(&mut base, point.base);
            let span = match (&series.kind, point.values.as_slice()) {
                (_, []) => None,
                (Kind::Heatmap, values) => Some((values[0], values[0])),
                (Kind::Box, values) => {
                    Some((values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(f64::NEG_INFINITY, f64::max)))
                }
                (kind, values) => {
                    let up = values[0];
                    match &series.stack {
                        Some(stack) => {
                            // As ECharts does, what is below zero is stacked downwards.
                            let sum = stacked.entry((stack, point.base.to_bits(), up < 0.0)).or_default();
                            let from = *sum;
                            *sum += up;
                            Some((from, *sum))
                        }
                        None if matches!(kind, Kind::Bar { .. }) => Some((0.0, up)),
                        None => Some((up, up)),
                    }
                }
            };
            if let Some((from, to)) = span {
                grow(&mut value, from);
                grow(&mut value, to);
            }
            of_series.push(span);
        }
        spans.push(of_series);
    }
    let (base_axis, value_axis) = if body.lying { (&body.y, &body.x) } else { (&body.x, &body.y) };
    if base_axis.kind == AxisKind::Value && !base_axis.free {
        grow(&mut base, 0.0);
    }
    let bars = body.series.iter().any(|series| matches!(series.kind, Kind::Bar { .. } | Kind::Line { area: Some(_), .. }));
    if value_axis.kind == AxisKind::Value && (bars || !value_axis.free) && value.0.is_finite() {
        grow(&mut value, 0.0);
    }
    // Bars on an axis of numbers or time reach beyond the first and the last place.
    let lone = !matches!(base_axis.kind, AxisKind::Category(_));
    if lone && let Some(gap) = least_gap(body) {
        base = (base.0 - gap / 2.0, base.1 + gap / 2.0);
    }
    Ranges { base, value, spans }
}

/// The least distance between two bars; nothing without bars.
pub(super) fn least_gap(body: &Cartesian) -> Option<f64> {
    let mut places: Vec<f64> = body
        .series
        .iter()
        .filter(|series| matches!(series.kind, Kind::Bar { .. }))
        .flat_map(|series| series.points.iter().map(|point| point.base))
        .collect();
    if places.is_empty() {
        return None;
    }
    places.sort_by(f64::total_cmp);
    places.dedup();
    Some(places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)).filter(|gap| gap.is_finite()).or(Some(1.0))
}
