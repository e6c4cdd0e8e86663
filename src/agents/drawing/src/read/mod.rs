//! What do ECharts options ask for?

mod axis;
mod series;

use serde_json::Value;

use crate::Error;
use crate::colour::Colour;

pub(crate) use axis::{AxisKind, AxisOptions};
pub(crate) use series::{Kind, Series, Slice};

/// The most series of a chart.
pub const MAXIMUM_SERIES: usize = 50;
/// The most points of all series together.
pub const MAXIMUM_POINTS: usize = 200_000;
/// The most categories of an axis.
pub const MAXIMUM_CATEGORIES: usize = 5_000;
/// The most slices of a pie.
pub const MAXIMUM_SLICES: usize = 100;
/// The most characters of a text that is drawn; the rest would not fit anyway.
const MAXIMUM_TEXT: usize = 300;

/// What is to be drawn.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) legend: bool,
    pub(crate) colours: Vec<Colour>,
    pub(crate) body: Body,
}

/// Points between axes, or the parts of a whole.
#[derive(Debug)]
pub(crate) enum Body {
    Cartesian(Box<Cartesian>),
    Pie(Vec<Pie>),
}

/// Series between two axes.
#[derive(Debug)]
pub(crate) struct Cartesian {
    pub(crate) x: AxisOptions,
    pub(crate) y: AxisOptions,
    pub(crate) series: Vec<Series>,
    /// Whether categories go down the left side, so that bars lie.
    pub(crate) lying: bool,
    pub(crate) scale: Option<ColourScale>,
}

/// How values become colours.
#[derive(Debug)]
pub(crate) struct ColourScale {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) colours: Vec<Colour>,
}

/// A pie or a ring.
#[derive(Debug)]
pub(crate) struct Pie {
    pub(crate) slices: Vec<Slice>,
    /// The share of the radius that is empty.
    pub(crate) hole: f64,
}

impl Chart {
    /// The colour of the series or the slice at this place.
    pub(crate) fn colour(&self, place: usize) -> Colour {
        if self.colours.is_empty() { Colour::of_series(place) } else { self.colours[place % self.colours.len()] }
    }
}

/// Reads options.
pub(crate) fn chart(options: &Value) -> Result<Chart, Error> {
    if !options.is_object() {
        return Err(Error::option("options", "is no object. Give an ECharts option object."));
    }
    let title = first(&options["title"]);
    let all = list(&options["series"]);
    if all.is_empty() {
        return Err(Error::option("series", "is missing. Give a list with at least one series."));
    }
    if all.len() > MAXIMUM_SERIES {
        return Err(Error::option("series", format!("has {} entries; at most {MAXIMUM_SERIES} are drawn. Leave some out.", all.len())));
    }
    let pies = all.iter().filter(|series| series["type"] == "pie").count();
    let body = if pies == all.len() {
        Body::Pie(series::pies(&all)?)
    } else if pies > 0 {
        return Err(Error::option("series", "mixes a pie with other kinds. Make two charts of it."));
    } else {
        cartesian(options, &all)?
    };
    let legend = &options["legend"];
    let shown = match first(legend) {
        Value::Null => false,
        legend => legend["show"].as_bool().unwrap_or(true),
    };
    let colours = list(&options["color"]).iter().filter_map(|colour| colour.as_str().and_then(Colour::parse)).collect();
    Ok(Chart { title: text(&title["text"]), subtitle: text(&title["subtext"]), legend: shown, colours, body })
}

fn cartesian(options: &Value, all: &[&Value]) -> Result<Body, Error> {
    for axis in ["xAxis", "yAxis"] {
        if list(&options[axis]).len() > 1 {
            return Err(Error::option(axis, "has several entries; one is drawn. Make a chart for each."));
        }
    }
    let mut x = axis::read(first(&options["xAxis"]), "xAxis")?;
    let mut y = axis::read(first(&options["yAxis"]), "yAxis")?;
    let lying = matches!(y.kind, AxisKind::Category(_)) && !matches!(x.kind, AxisKind::Category(_));
    let mut series = Vec::new();
    let mut points = 0;
    for (place, one) in all.iter().enumerate() {
        let read = series::read(one, place, &mut x, &mut y, lying)?;
        points += read.points.len();
        if points > MAXIMUM_POINTS {
            return Err(Error::option("series", format!("has more than {MAXIMUM_POINTS} points. Aggregate them, or take a sample.")));
        }
        series.push(read);
    }
    if points == 0 {
        return Err(Error::option("series", "has no point with a value. Give each series its `data`."));
    }
    for (name, axis) in [("xAxis.data", &x), ("yAxis.data", &y)] {
        if let AxisKind::Category(names) = &axis.kind
            && names.len() > MAXIMUM_CATEGORIES
        {
            return Err(Error::option(name, format!("has {} categories; at most {MAXIMUM_CATEGORIES} are drawn.", names.len())));
        }
    }
    let scale = match first(&options["visualMap"]) {
        Value::Null => None,
        scale => {
            let colours = list(&scale["inRange"]["color"]).iter().filter_map(|colour| colour.as_str().and_then(Colour::parse)).collect();
            Some(ColourScale { min: scale["min"].as_f64(), max: scale["max"].as_f64(), colours })
        }
    };
    Ok(Body::Cartesian(Box::new(Cartesian { x, y, series, lying, scale })))
}

/// A list's entries, or the one thing that stands for a list of one.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn first(value: &Value) -> &Value {
    match value {
        Value::Array(items) => items.first().unwrap_or(&Value::Null),
        one => one,
    }
}

/// A text as it is drawn: one line of it.
fn text(value: &Value) -> String {
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    };
    let line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAXIMUM_TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
