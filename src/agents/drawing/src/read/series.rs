//! What do options say of a series?

use serde_json::Value;

use super::axis::{AxisKind, AxisOptions, number};
use super::{MAXIMUM_POINTS, MAXIMUM_SLICES, Pie, list, text};
use crate::Error;
use crate::colour::Colour;

/// How a series is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// Points joined by a line, perhaps with what lies below it filled.
    Line {
        area: Option<f32>,
        steps: bool,
        width: f64,
        dashes: Vec<f64>,
        symbols: bool,
    },
    /// Bars that take this share of their category.
    Bar {
        share: f64,
    },
    Scatter {
        size: f64,
    },
    Heatmap,
    /// A box from the first to the third quartile, with whiskers.
    Box,
}

/// A point of a series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// Along the axis of categories or time; along x for scatters.
    pub(crate) base: f64,
    /// One value; two (place on y, value) for heatmaps; five for boxes; none for a gap.
    pub(crate) values: Vec<f64>,
    pub(crate) colour: Option<Colour>,
}

/// Points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) points: Vec<Point>,
    pub(crate) colour: Option<Colour>,
    pub(crate) stack: Option<String>,
    /// Whether values are written beside their marks.
    pub(crate) labels: bool,
}

/// A part of a whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slice {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) colour: Option<Colour>,
}

pub(super) fn read(options: &Value, place: usize, x: &mut AxisOptions, y: &mut AxisOptions, lying: bool) -> Result<Series, Error> {
    let field = |name: &str| format!("series[{place}].{name}");
    let kind = kind(options, &field("type"))?;
    for axis in ["xAxisIndex", "yAxisIndex"] {
        if options[axis].as_u64().is_some_and(|index| index > 0) {
            return Err(Error::option(field(axis), "names a second axis; one of each is drawn."));
        }
    }
    let data = options["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    if data.len() > MAXIMUM_POINTS {
        return Err(Error::option(field("data"), format!("has {} points; at most {MAXIMUM_POINTS} are drawn.", data.len())));
    }
    if matches!(kind, Kind::Box) && matches!(x.kind, AxisKind::Value) && !lying {
        x.kind = AxisKind::Category(Vec::new());
    }
    let mut points = Vec::with_capacity(data.len());
    for (index, item) in data.iter().enumerate() {
        let value = if item.is_object() { &item["value"] } else { item };
        let colour = item["itemStyle"]["color"].as_str().and_then(Colour::parse);
        let (base, values) = match &kind {
            Kind::Heatmap => {
                let Some([across, down, value, ..]) = value.as_array().map(Vec::as_slice) else {
                    return Err(Error::option(field("data"), format!("entry {index} is not [x, y, value].")));
                };
                let (Some(across), Some(down)) = (x.place(across), y.place(down)) else { continue };
                (across, number(value).map(|value| vec![down, value]).unwrap_or_default())
            }
            Kind::Box => {
                let five: Vec<f64> = value.as_array().into_iter().flatten().filter_map(number).collect();
                // Some programs write the place before the five.
                let five = if five.len() == 6 { five[1..].to_vec() } else { five };
                // A category without a box.
                if value.as_array().is_some_and(Vec::is_empty) || value.is_null() {
                    continue;
                }
                if five.len() != 5 {
                    return Err(Error::option(field("data"), format!("entry {index} is not [min, q1, median, q3, max].")));
                }
                (index as f64, five)
            }
            _ => match value {
                Value::Array(pair) if pair.len() >= 2 => {
                    let (across, up) = (x.place(&pair[0]), y.place(&pair[1]));
                    let (base, value) = if lying { (up, across) } else { (across, up) };
                    let Some(base) = base else { continue };
                    (base, value.into_iter().collect())
                }
                single => {
                    let on = if lying { &mut *x } else { &mut *y };
                    (index as f64, on.place(single).into_iter().collect())
                }
            },
        };
        points.push(Point { base, values, colour });
    }
    // Places beside the named categories get names of their own.
    let axis = if lying { &mut *y } else { &mut *x };
    if let AxisKind::Category(names) = &mut axis.kind {
        let last = points.iter().map(|point| point.base).fold(-1.0, f64::max);
        while (names.len() as f64) <= last && names.len() <= super::MAXIMUM_CATEGORIES {
            names.push((names.len() + 1).to_string());
        }
        points.retain(|point| point.base >= 0.0 && point.base < names.len() as f64);
    }
    let colour = [&options["itemStyle"]["color"], &options["lineStyle"]["color"], &options["color"]]
        .into_iter()
        .find_map(|colour| colour.as_str().and_then(Colour::parse));
    let stack = match &options["stack"] {
        Value::Null => None,
        stack => Some(text(stack)),
    };
    let labels = options["label"]["show"].as_bool().unwrap_or(false);
    Ok(Series { name: text(&options["name"]), kind, points, colour, stack, labels })
}

fn kind(options: &Value, field: &str) -> Result<Kind, Error> {
    let width = options["lineStyle"]["width"].as_f64().unwrap_or(2.0).clamp(0.5, 10.0);
    Ok(match options["type"].as_str() {
        Some("line") => Kind::Line {
            area: options["areaStyle"].is_object().then(|| options["areaStyle"]["opacity"].as_f64().unwrap_or(0.35).clamp(0.0, 1.0) as f32),
            steps: !matches!(options["step"], Value::Null | Value::Bool(false)),
            width,
            dashes: match options["lineStyle"]["type"].as_str() {
                Some("dashed") => vec![width * 3.0, width * 2.0],
                Some("dotted") => vec![width, width * 1.5],
                _ => Vec::new(),
            },
            symbols: options["showSymbol"].as_bool().unwrap_or(true) && options["symbol"] != "none",
        },
        Some("bar") => {
            let share =
                |value: &Value| value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.trim().parse::<f64>().ok());
            let gap = share(&options["barCategoryGap"]).map(|gap| 100.0 - gap);
            Kind::Bar { share: (share(&options["barWidth"]).or(gap).unwrap_or(70.0) / 100.0).clamp(0.05, 1.0) }
        }
        Some("scatter" | "effectScatter") => Kind::Scatter { size: options["symbolSize"].as_f64().unwrap_or(7.0).clamp(1.0, 60.0) },
        Some("heatmap") => Kind::Heatmap,
        Some("boxplot") => Kind::Box,
        Some(other) => return Err(Error::option(field, format!("is {other:?}; drawn are line, bar, scatter, pie, heatmap and boxplot."))),
        None => return Err(Error::option(field, "is missing; it is one of line, bar, scatter, pie, heatmap and boxplot.")),
    })
}

pub(super) fn pies(all: &[&Value]) -> Result<Vec<Pie>, Error> {
    let mut pies = Vec::new();
    for (place, options) in all.iter().enumerate() {
        let mut slices = Vec::new();
        for item in list(&options["data"]) {
            let value = number(if item.is_object() { &item["value"] } else { item }).unwrap_or(0.0);
            if value < 0.0 {
                return Err(Error::option(
                    format!("series[{place}].data"),
                    "has a value below zero, of which no slice can be made. Draw bars.",
                ));
            }
            slices.push(Slice { name: text(&item["name"]), value, colour: item["itemStyle"]["color"].as_str().and_then(Colour::parse) });
        }
        if slices.len() > MAXIMUM_SLICES {
            return Err(Error::option(
                format!("series[{place}].data"),
                format!("has {} slices; at most {MAXIMUM_SLICES} are drawn. Draw bars.", slices.len()),
            ));
        }
        if slices.iter().map(|slice| slice.value).sum::<f64>() <= 0.0 {
            return Err(Error::option(format!("series[{place}].data"), "has no value above zero."));
        }
        let share = |value: &Value| match value {
            Value::String(text) => text.strip_suffix('%').and_then(|share| share.trim().parse::<f64>().ok()).map(|share| share / 100.0),
            _ => None,
        };
        let hole = match options["radius"].as_array().map(Vec::as_slice) {
            Some([inner, outer]) => share(inner).unwrap_or(0.0) / share(outer).filter(|outer| *outer > 0.0).unwrap_or(1.0),
            _ => 0.0,
        };
        pies.push(Pie { slices, hole: hole.clamp(0.0, 0.9) });
    }
    Ok(pies)
}
