//! How do gathered values become the options of a chart, and the figures beside it?

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::contract::{MAXIMUM_GROUPS, MAXIMUM_SCATTERED};
use super::gather::Gathered;
use super::statistics::{Cell, counts, edges, tukey};
use super::{Aggregate, Drawn, Input, Kind, Order};
use crate::numbers::short;

/// The name of the places that are put together.
const OTHER: &str = "Other";
/// More places than this have no values beside their bars.
const LABELLED: usize = 12;

pub(super) fn draw(gathered: Gathered, input: &Input) -> Result<Drawn, SkillError> {
    let title = input.title.clone().unwrap_or_else(|| title(&gathered, input));
    let mut drawn = match input.kind {
        Kind::Scatter => scatter(&gathered, input),
        Kind::Histogram => histogram(&gathered, input),
        Kind::Boxplot => boxes(gathered, input)?,
        Kind::Heatmap => heatmap(&gathered, input),
        Kind::Pie => pie(&gathered, input)?,
        Kind::Bar | Kind::Line | Kind::Area => series(&gathered, input)?,
    };
    drawn.options["title"] = json!({"text": title});
    drawn.options["aria"] = json!({"enabled": true});
    let missing = drawn.read - drawn.used;
    if missing > 0 {
        drawn.notes.push(format!("{missing} of {} rows lack a value in a column of the chart and are left out.", drawn.read));
    }
    Ok(drawn)
}

fn words(aggregate: Option<Aggregate>) -> &'static str {
    match aggregate {
        Some(Aggregate::Count) => "Number of rows",
        Some(Aggregate::Sum) => "Sum of",
        Some(Aggregate::Mean) => "Mean of",
        Some(Aggregate::Median) => "Median of",
        Some(Aggregate::Min) => "Least",
        Some(Aggregate::Max) => "Greatest",
        None => "",
    }
}

fn title(gathered: &Gathered, input: &Input) -> String {
    let (x, y) = (input.x.clone().unwrap_or_default(), input.y.join(", "));
    let by = input.group.as_ref().map_or_else(String::new, |group| format!(" and {group}"));
    match input.kind {
        Kind::Scatter => format!("{y} by {x}"),
        Kind::Histogram => format!("Distribution of {}", if x.is_empty() { y } else { x }),
        Kind::Boxplot => {
            if x.is_empty() {
                y
            } else {
                format!("{y} by {x}")
            }
        }
        Kind::Heatmap => match &input.group {
            Some(values) => format!("{} {values} by {x} and {y}", words(gathered.aggregate)),
            None => format!("Rows by {x} and {y}"),
        },
        _ if gathered.aggregate == Some(Aggregate::Count) => format!("Rows by {x}{by}"),
        _ => format!("{} {y} by {x}{by}", words(gathered.aggregate)),
    }
}

fn drawn(gathered: &Gathered, options: Value, columns: Vec<String>, rows: Vec<Vec<Value>>) -> Drawn {
    Drawn { options, columns, rows, read: gathered.read, used: gathered.used, notes: Vec::new() }
}

fn figure(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |value| json!(value))
}

/// Places in the order asked for, and those that are put together as others.
fn ordered(gathered: &Gathered, input: &Input, weight: impl Fn(usize) -> f64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..gathered.places.len()).collect();
    let numbers = gathered.places.iter().all(|place| place.number.is_some());
    let dates = gathered.places.iter().all(|place| is_date(&place.name));
    let mut rest = Vec::new();
    if let Some(top) = input.top.filter(|top| *top < order.len()) {
        order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));
        rest = order.split_off(top);
        order.sort_unstable();
    }
    let largest = input.order == Order::Largest || (input.order == Order::Natural && input.top.is_some() && !numbers && !dates);
    match input.order {
        Order::Smallest => order.sort_by(|a, b| weight(*a).total_cmp(&weight(*b)).then(a.cmp(b))),
        _ if largest => order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b))),
        Order::Natural if numbers => {
            let number = |place: &usize| gathered.places[*place].number.unwrap_or(0.0);
            order.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        Order::Natural if dates => order.sort_by(|a, b| gathered.places[*a].name.cmp(&gathered.places[*b].name)),
        _ => {}
    }
    (order, rest)
}

/// Whether a text is a date as ISO 8601 writes it, which ECharts reads as well.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let day = digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10);
    day && (bytes.len() == 10 || matches!(bytes.get(10), Some(b'T' | b' ')))
}

fn cell(gathered: &Gathered, place: usize, series: usize) -> Option<f64> {
    let aggregate = gathered.aggregate.unwrap_or(Aggregate::Sum);
    gathered.cells.get(&(place, series)).and_then(|cell| cell.value(aggregate))
}

fn weight(gathered: &Gathered) -> impl Fn(usize) -> f64 + '_ {
    |place| (0..gathered.series.len()).filter_map(|series| cell(gathered, place, series)).sum()
}

/// Whether what is left over can be put together: means of others would be means of what is not alike.
fn adds_up(gathered: &Gathered) -> bool {
    matches!(gathered.aggregate, Some(Aggregate::Count | Aggregate::Sum))
}

fn others(gathered: &Gathered, rest: &[usize], series: usize) -> Option<f64> {
    let mut together = Cell::default();
    rest.iter().filter_map(|place| gathered.cells.get(&(*place, series))).for_each(|cell| together.merge(cell));
    if together.count == 0 { None } else { together.value(gathered.aggregate.unwrap_or(Aggregate::Sum)) }
}

fn series(gathered: &Gathered, input: &Input) -> Result<Drawn, SkillError> {
    if gathered.series.len() > MAXIMUM_GROUPS {
        let message = format!(
            "group: the column has {} different values; at most {MAXIMUM_GROUPS} series are drawn. Choose one with fewer.",
            gathered.series.len()
        );
        return Err(SkillError::new(Code::ChartInvalid, message));
    }
    let (order, rest) = ordered(gathered, input, weight(gathered));
    let other = !rest.is_empty() && adds_up(gathered);
    let mut names: Vec<String> = order.iter().map(|place| gathered.places[*place].name.clone()).collect();
    names.extend(other.then(|| OTHER.to_owned()));
    let values: Vec<Vec<Option<f64>>> = (0..gathered.series.len())
        .map(|series| {
            let mut values: Vec<Option<f64>> = order.iter().map(|place| cell(gathered, *place, series)).collect();
            values.extend(other.then(|| others(gathered, &rest, series)));
            values
        })
        .collect();
    if input.log && values.iter().flatten().flatten().any(|value| *value <= 0.0) {
        return Err(SkillError::input("log", "a logarithmic axis shows values above zero only; there are others"));
    }
    let bars = input.kind == Kind::Bar;
    let numbers = !bars && !other && order.iter().all(|place| gathered.places[*place].number.is_some());
    let dates = !other && order.len() > 1 && order.iter().all(|place| is_date(&gathered.places[*place].name));
    let base = match (numbers, dates && !bars) {
        (true, _) => json!({"type": "value", "scale": true}),
        (_, true) => json!({"type": "time"}),
        _ => json!({"type": "category", "data": names}),
    };
    let many = gathered.series.len() > 1;
    let mut all = Vec::new();
    for (place, name) in gathered.series.iter().enumerate() {
        let data: Vec<Value> = match (numbers, dates && !bars) {
            (true, _) => order.iter().zip(&values[place]).map(|(at, value)| json!([gathered.places[*at].number, value])).collect(),
            (_, true) => names.iter().zip(&values[place]).map(|(at, value)| json!([at, value])).collect(),
            _ => values[place].iter().map(|value| figure(*value)).collect(),
        };
        let mut one = json!({"type": if bars { "bar" } else { "line" }, "name": name, "data": data});
        if input.kind == Kind::Area {
            one["areaStyle"] = json!({"opacity": 0.35});
        }
        if input.stacked {
            one["stack"] = json!("all");
        }
        if bars && !many && names.len() <= LABELLED {
            one["label"] = json!({"show": true, "position": if input.lying { "right" } else { "top" }});
            one["data"] = values[place].iter().map(|value| figure(value.map(rounded))).collect();
        }
        all.push(one);
    }
    let label = match gathered.aggregate {
        Some(Aggregate::Count) => "rows".to_owned(),
        aggregate => format!("{} {}", words(aggregate).to_lowercase(), input.y.join(", ")),
    };
    let mut value_axis = json!({"type": if input.log { "log" } else { "value" }, "name": label});
    let mut base = base;
    base["name"] = json!(input.x);
    let mut options = json!({"tooltip": {"trigger": "axis"}, "grid": {"containLabel": true}, "series": all});
    if many {
        options["legend"] = json!({"type": "scroll"});
    }
    if bars && input.lying {
        base["inverse"] = json!(true);
        value_axis["nameLocation"] = json!("middle");
        (options["xAxis"], options["yAxis"]) = (value_axis, base);
    } else {
        base["nameLocation"] = json!("middle");
        base["nameGap"] = json!(28);
        (options["xAxis"], options["yAxis"]) = (base, value_axis);
    }
    let columns = std::iter::once(input.x.clone().unwrap_or_default()).chain(gathered.series.iter().cloned()).collect();
    let rows = names
        .iter()
        .enumerate()
        .map(|(at, name)| std::iter::once(json!(name)).chain(values.iter().map(|of| figure(of[at]))).collect())
        .collect();
    let mut made = drawn(gathered, options, columns, rows);
    note_rest(&mut made.notes, &rest, other);
    Ok(made)
}

fn note_rest(notes: &mut Vec<String>, rest: &[usize], other: bool) {
    if !rest.is_empty() {
        let what = if other { format!("are shown together as {OTHER}") } else { "are left out".to_owned() };
        notes.push(format!("{} places with smaller values {what}.", rest.len()));
    }
}

/// Four digits that matter, as labels show them.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    let rounded = (value * scale).round() / scale;
    if value.abs() >= 1_000.0 || !rounded.is_finite() { value.round() } else { rounded }
}

fn pie(gathered: &Gathered, input: &Input) -> Result<Drawn, SkillError> {
    let (order, rest) = ordered(gathered, input, weight(gathered));
    let mut slices: Vec<(String, f64)> =
        order.iter().map(|place| (gathered.places[*place].name.clone(), cell(gathered, *place, 0).unwrap_or(0.0))).collect();
    let other = !rest.is_empty() && adds_up(gathered);
    slices.extend(other.then(|| (OTHER.to_owned(), others(gathered, &rest, 0).unwrap_or(0.0))));
    if let Some((name, value)) = slices.iter().find(|(_, value)| *value < 0.0) {
        return Err(SkillError::new(Code::ChartInvalid, format!("y: {name} has {value}, of which no slice can be made. Choose bars.")));
    }
    let total: f64 = slices.iter().map(|(_, value)| value).sum();
    let data: Vec<Value> = slices.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let options =
        json!({"tooltip": {"trigger": "item"}, "series": [{"type": "pie", "name": input.x, "radius": ["40%", "70%"], "data": data}]});
    let rows = slices.iter().map(|(name, value)| vec![json!(name), json!(value), json!(value / total)]).collect();
    let mut made = drawn(gathered, options, vec![input.x.clone().unwrap_or_default(), "value".to_owned(), "share".to_owned()], rows);
    note_rest(&mut made.notes, &rest, other);
    Ok(made)
}

fn scatter(gathered: &Gathered, input: &Input) -> Drawn {
    // Again half of the points where there are still too many.
    let every = gathered.points.len().div_ceil(MAXIMUM_SCATTERED).max(1);
    let kept: Vec<&(f64, f64, usize)> = gathered.points.iter().step_by(every).collect();
    let all: Vec<Value> = gathered
        .series
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let data: Vec<Value> = kept.iter().filter(|(.., series)| *series == place).map(|(x, y, _)| json!([x, y])).collect();
            json!({"type": "scatter", "name": name, "symbolSize": if kept.len() > 1_000 { 4 } else { 7 }, "data": data})
        })
        .collect();
    let mut options = json!({
        "tooltip": {"trigger": "item"}, "grid": {"containLabel": true},
        "xAxis": {"type": "value", "scale": true, "name": input.x, "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": if input.log { "log" } else { "value" }, "scale": true, "name": input.y.join(", ")}, "series": all
    });
    if gathered.series.len() > 1 {
        options["legend"] = json!({"type": "scroll"});
    }
    let rows = kept.iter().map(|(x, y, series)| vec![json!(x), json!(y), json!(gathered.series[*series])]).collect();
    let mut made = drawn(gathered, options, vec![input.x.clone().unwrap_or_default(), "value".to_owned(), "series".to_owned()], rows);
    let thinning = gathered.thinning * every as u64;
    if thinning > 1 {
        made.notes.push(format!("Every {thinning}th row is shown: {} points.", kept.len()));
    }
    made
}

fn histogram(gathered: &Gathered, input: &Input) -> Drawn {
    let of = |series: usize| {
        let mut values = gathered.cells.get(&(0, series)).map(|cell| cell.values.clone()).unwrap_or_default();
        values.sort_by(f64::total_cmp);
        values
    };
    let sorted: Vec<Vec<f64>> = (0..gathered.series.len()).map(of).collect();
    let mut together: Vec<f64> = sorted.iter().flatten().copied().collect();
    together.sort_by(f64::total_cmp);
    let edges = edges(&together, input.bins);
    let bins: Vec<String> = edges.windows(2).map(|pair| format!("{} to {}", short(pair[0]), short(pair[1]))).collect();
    let counted: Vec<Vec<u64>> = sorted.iter().map(|values| counts(values, &edges)).collect();
    let all: Vec<Value> = gathered
        .series
        .iter()
        .zip(&counted)
        .map(|(name, counts)| json!({"type": "bar", "name": name, "stack": "all", "barCategoryGap": "4%", "data": counts}))
        .collect();
    let x = input.x.clone().or_else(|| input.y.first().cloned()).unwrap_or_default();
    let mut options = json!({
        "tooltip": {"trigger": "axis"}, "grid": {"containLabel": true},
        "xAxis": {"type": "category", "data": bins, "name": x, "nameLocation": "middle", "nameGap": 28}, "yAxis": {"type": "value", "name": "rows", "minInterval": 1}, "series": all
    });
    if gathered.series.len() > 1 {
        options["legend"] = json!({"type": "scroll"});
    }
    let columns = std::iter::once(x).chain(gathered.series.iter().cloned()).collect();
    let rows = bins
        .iter()
        .enumerate()
        .map(|(bin, name)| std::iter::once(json!(name)).chain(counted.iter().map(|counts| json!(counts[bin]))).collect())
        .collect();
    drawn(gathered, options, columns, rows)
}

fn boxes(mut gathered: Gathered, input: &Input) -> Result<Drawn, SkillError> {
    if gathered.places.len() > 60 {
        let message =
            format!("x: the column has {} different values; at most 60 boxes are drawn. Choose one with fewer.", gathered.places.len());
        return Err(SkillError::new(Code::ChartInvalid, message));
    }
    let (order, _) = ordered(&gathered, &Input { top: None, ..input.clone() }, |place| place as f64);
    let (mut all, mut rows, mut outside) = (Vec::new(), Vec::new(), 0);
    for (series, name) in gathered.series.iter().enumerate() {
        let mut data = Vec::new();
        for place in &order {
            let boxed = gathered.cells.get_mut(&(*place, series)).and_then(|cell| tukey(&mut cell.values));
            // A place without values is a box of no height at nothing, which is not drawn.
            data.push(boxed.map_or_else(|| json!([]), |(five, _)| json!(five)));
            if let Some((five, beyond)) = boxed {
                outside += beyond;
                let named = [json!(gathered.places[*place].name), json!(name)];
                rows.push(named.into_iter().chain(five.map(|value| json!(value))).chain([json!(beyond)]).collect());
            }
        }
        all.push(json!({"type": "boxplot", "name": name, "data": data}));
    }
    let names: Vec<&String> = order.iter().map(|place| &gathered.places[*place].name).collect();
    let mut options = json!({
        "tooltip": {"trigger": "item"}, "grid": {"containLabel": true},
        "xAxis": {"type": "category", "data": names, "name": input.x, "nameLocation": "middle", "nameGap": 28}, "yAxis": {"type": "value", "scale": true, "name": input.y.join(", ")}, "series": all
    });
    if gathered.series.len() > 1 {
        options["legend"] = json!({"type": "scroll"});
    }
    let columns = ["x", "series", "low", "q1", "median", "q3", "high", "beyond"].map(str::to_owned).to_vec();
    let mut made = drawn(&gathered, options, columns, rows);
    if outside > 0 {
        made.notes.push(format!("{outside} values lie beyond the whiskers, which reach one and a half times the box's height."));
    }
    Ok(made)
}

fn heatmap(gathered: &Gathered, input: &Input) -> Drawn {
    let (order, rest) = ordered(gathered, input, weight(gathered));
    let names: Vec<&String> = order.iter().map(|place| &gathered.places[*place].name).collect();
    let (mut data, mut rows) = (Vec::new(), Vec::new());
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (across, place) in order.iter().enumerate() {
        for (down, name) in gathered.series.iter().enumerate() {
            let Some(value) = cell(gathered, *place, down) else { continue };
            (least, most) = (least.min(value), most.max(value));
            data.push(json!([across, down, rounded(value)]));
            rows.push(vec![json!(gathered.places[*place].name), json!(name), json!(value)]);
        }
    }
    let labelled = data.len() <= 150;
    let options = json!({
        "tooltip": {"position": "top"}, "grid": {"containLabel": true, "bottom": 64},
        "xAxis": {"type": "category", "data": names, "name": input.x, "nameLocation": "middle", "nameGap": 28}, "yAxis": {"type": "category", "data": gathered.series, "inverse": true, "name": input.y.first()},
        "visualMap": {"min": least.min(most), "max": most, "calculable": true, "orient": "horizontal", "left": "center", "bottom": 0},
        "series": [{"type": "heatmap", "name": words(gathered.aggregate), "label": {"show": labelled}, "data": data}]
    });
    let columns = vec![input.x.clone().unwrap_or_default(), input.y.first().cloned().unwrap_or_default(), "value".to_owned()];
    let mut made = drawn(gathered, options, columns, rows);
    note_rest(&mut made.notes, &rest, false);
    made
}
