//! Which model continues the series, and what is said of it.

use std::fmt::Write;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde::Serialize;
use serde_json::{Value, json};

use super::backtest::{self, Folds, Score};
use super::season::detect;
use super::series::Series;
use super::smoothing::{Fitted, Model, fit};
use super::{Input, SHOWN};
use crate::numbers::short;
use crate::read::{Cells, RowColumn, TableFile, Wanted, numeric_place, place_of, rows};
use crate::special::normal_upper_quantile;

/// Of how many values, the newest, weights are learnt: older ones say little of what comes, and cost as much.
const NEWEST: usize = 10_000;
/// The fewest values.
const FEWEST: usize = 4;
/// How many past values the chart shows at most.
const DRAWN: usize = 400;

/// An expected value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Expected {
    step: usize,
    time: String,
    value: f64,
    low: f64,
    high: f64,
}

/// Everything that is said.
pub(super) struct Outlook {
    pub(super) summary: String,
    pub(super) chart: Value,
    pub(super) steps: Vec<Expected>,
    pub(super) model: Value,
    pub(super) backtest: Vec<Score>,
    pub(super) notes: Vec<String>,
}

impl Outlook {
    /// All steps as a table.
    pub(super) fn table(&self) -> String {
        let mut table = "step,time,value,low,high\n".to_owned();
        for Expected { step, time, value, low, high } in &self.steps {
            // Writing to a String cannot fail.
            let _ = writeln!(table, "{step},{time},{value},{low},{high}");
        }
        table
    }
}

/// Reads the columns of values and of times.
pub(crate) fn load(
    context: &Context,
    source: &TableFile,
    value: Option<&str>,
    time: Option<&str>,
) -> Result<(RowColumn, Option<RowColumn>), SkillError> {
    let (_, mut columns) = rows(context, source, |known| {
        let time_place = time.map(|name| place_of(known, "time", name)).transpose()?;
        let place = match value {
            Some(name) => numeric_place(known, "value", name)?,
            None => {
                let numeric: Vec<usize> =
                    (0..known.len()).filter(|place| known[*place].1.is_numeric() && Some(*place) != time_place).collect();
                match numeric.as_slice() {
                    [only] => *only,
                    [] => return Err(SkillError::input("value", "the table has no column of numbers")),
                    several => {
                        let names: Vec<&str> = several.iter().take(20).map(|place| known[*place].0.as_str()).collect();
                        return Err(SkillError::input(
                            "value",
                            format!("there are several columns of numbers; name one of {}", names.join(", ")),
                        ));
                    }
                }
            }
        };
        if time_place == Some(place) {
            return Err(SkillError::input("value", "the column of times cannot be that of values too"));
        }
        let wanted = |place| Wanted { place, labels: false };
        Ok(std::iter::once(wanted(place)).chain(time_place.map(wanted)).collect())
    })?;
    let time = if time.is_some() { columns.pop() } else { None };
    columns.pop().map(|value| (value, time)).ok_or_else(|| SkillError::internal("no column was read"))
}

/// The numbers of a column.
pub(crate) fn values_of(column: &RowColumn) -> &[f64] {
    match &column.cells {
        Cells::Numbers(values) => values,
        _ => &[],
    }
}

/// Continues a series.
pub(super) fn run(context: &Context, source: &TableFile, input: &Input) -> Result<Outlook, SkillError> {
    let (column, series) = {
        let _span = context.span("read");
        let (column, time) = load(context, source, input.value.as_deref(), input.time.as_deref())?;
        let series = Series::of(values_of(&column), time.as_ref())?;
        (column.name, series)
    };
    let _span = context.span("forecast");
    if series.values.len() < FEWEST {
        let message = format!("{column} has {} values; a forecast needs at least {FEWEST}.", series.values.len());
        return Err(SkillError::new(Code::DataUnfit, message));
    }
    if input.horizon > series.values.len() {
        let message = format!("{column} has {} values; at most as many steps ahead are forecast", series.values.len());
        return Err(SkillError::input("horizon", message));
    }
    let mut notes = series.notes.clone();
    let values = &series.values[series.values.len().saturating_sub(NEWEST)..];
    if values.len() < series.values.len() {
        notes.push(format!("models learn from the newest {NEWEST} values."));
    }
    // Near one, so that squares of huge and of tiny values stay numbers; undone below.
    let scale = crate::numbers::scale_of(crate::numbers::largest(values));
    let values: Vec<f64> = values.iter().map(|value| value * scale).collect();
    let season = match input.season {
        Some(season) => season.max(1),
        None => {
            context.progress(0.5, "looking for a season");
            detect(&values, &series.usual_seasons()).unwrap_or(1)
        }
    };
    let candidates = candidates(input, &values, season)?;
    let mut steps = 0u32;
    let mut step = || {
        steps += 1;
        if steps.is_multiple_of(8) { context.check() } else { Ok(()) }
    };
    let mut tried = Vec::new();
    // All are tried at the same origins, or their errors could not be compared.
    let least = candidates.iter().map(|model| model.least(season)).max().unwrap_or(FEWEST).max(FEWEST - 1);
    let folds = Folds::of(values.len(), least, input.horizon, input.folds);
    if let Some(folds) = &folds {
        for (place, model) in candidates.iter().enumerate() {
            context.progress(0.5 + 0.4 * place as f64 / candidates.len() as f64, format!("trying {}", model.name()));
            tried.extend(backtest::run(*model, &values, season, folds, input.confidence, &mut step)?);
        }
    } else {
        notes.push("the series is too short to try models on its past; the intervals were not checked.".to_owned());
    }
    let best = backtest::best(&tried);
    let model = best.map_or_else(|| candidates.last().copied().unwrap_or(Model::Naive), |best| tried[best].model);
    let fitted = fit(model, &values, season, None, &mut step)?;
    let widening = best.map_or(1.0, |best| tried[best].widening(input.confidence));
    if widening > 1.005 {
        notes.push(format!(
            "past values lay outside the model's own intervals too often; they were made {} times as wide.",
            short((widening * 100.0).round() / 100.0)
        ));
    }
    if folds.as_ref().is_some_and(|folds| folds.horizon < input.horizon) {
        notes.push(format!(
            "the series is long enough to try {} of the {} steps on its past.",
            folds.as_ref().map_or(0, |folds| folds.horizon),
            input.horizon
        ));
    }
    let steps = ahead(&series, &fitted, input, widening, scale);
    let mut backtest: Vec<Score> = tried
        .iter()
        .enumerate()
        .map(|(place, tried)| Score {
            chosen: Some(place) == best,
            mae: tried.score.mae / scale,
            rmse: tried.score.rmse / scale,
            ..tried.score.clone()
        })
        .collect();
    backtest.sort_by(|a, b| b.chosen.cmp(&a.chosen).then(a.mase.unwrap_or(a.mae).total_cmp(&b.mase.unwrap_or(b.mae))));
    let summary = summary(&column, &series, &steps, &backtest, season, input);
    let chart = chart(&column, &series, &steps, input.confidence);
    let known = fitted.parameters.as_ref();
    let smoothing = |value: fn(&super::smoothing::Parameters) -> f64, used: bool| known.filter(|_| used).map(value);
    let (trended, damped) = match model {
        Model::Smoothing(trend, _) => (trend != super::smoothing::Trend::None, trend == super::smoothing::Trend::Damped),
        _ => (false, false),
    };
    let model = json!({
        "name": model.name(), "season": season, "step": series.step_title(), "values": series.values.len(),
        "alpha": smoothing(|known| known.alpha, true), "beta": smoothing(|known| known.beta, trended),
        "gamma": smoothing(|known| known.gamma, model.is_seasonal()), "phi": smoothing(|known| known.phi, damped),
        "deviation": fitted.deviation / scale, "widening": widening
    });
    Ok(Outlook { summary, chart, steps, model, backtest, notes })
}

/// Which models can be tried.
fn candidates(input: &Input, values: &[f64], season: usize) -> Result<Vec<Model>, SkillError> {
    let positive = values.iter().all(|value| *value > 0.0);
    let unfit = |model: &Model| {
        if model.is_seasonal() && season < 2 {
            return Some(match input.season {
                None => "the series shows no season; name one in season".to_owned(),
                Some(_) => "it needs a season of at least 2 steps".to_owned(),
            });
        }
        if model.is_multiplicative() && !positive {
            return Some("it needs values above zero".to_owned());
        }
        let least = model.least(season);
        (values.len() < least).then(|| format!("it needs at least {least} values; the series has {}", values.len()))
    };
    match input.model.as_deref().unwrap_or("auto") {
        "auto" => {
            // One more than it needs, so that it can be tried.
            Ok(Model::ALL.into_iter().filter(|model| unfit(model).is_none() && values.len() > model.least(season)).collect())
        }
        name => {
            let model = Model::ALL
                .into_iter()
                .find(|model| model.name() == name)
                .ok_or_else(|| SkillError::input("model", format!("{name} is no model")))?;
            match unfit(&model) {
                None => Ok(vec![model]),
                Some(reason) => Err(SkillError::input("model", format!("{name}: {reason}"))),
            }
        }
    }
}

fn ahead(series: &Series, fitted: &Fitted, input: &Input, widening: f64, scale: f64) -> Vec<Expected> {
    let reach = normal_upper_quantile((1.0 - input.confidence) / 2.0) * widening;
    let deviations = fitted.deviations(input.horizon);
    let values = fitted.ahead(input.horizon);
    values
        .iter()
        .zip(&deviations)
        .enumerate()
        .map(|(step, (value, deviation))| Expected {
            step: step + 1,
            time: series.time(series.values.len() + step),
            value: value / scale,
            low: (value - reach * deviation) / scale,
            high: (value + reach * deviation) / scale,
        })
        .collect()
}

fn summary(column: &str, series: &Series, steps: &[Expected], backtest: &[Score], season: usize, input: &Input) -> String {
    let percent = (input.confidence * 1000.0).round() / 10.0;
    let repeats = if season > 1 {
        format!("It repeats itself every {season} steps ({}).", series.step_title())
    } else {
        "It shows no season.".to_owned()
    };
    let end = steps.last().map_or_else(String::new, |last| {
        format!(
            "At {} it is expected at {}, with {percent} % confidence between {} and {}.",
            last.time,
            short(last.value),
            short(last.low),
            short(last.high)
        )
    });
    let past = backtest.iter().find(|score| score.chosen).map_or_else(String::new, |score| {
        let beside = score.mase.map_or_else(String::new, |mase| format!(" (MASE {mase:.2}; 1 is the seasonal naive rule)"));
        format!(
            " In {} forecasts from the past {} was off by {} on average{beside}; {:.0} % of the values lay within its intervals.",
            score.forecasts,
            score.model,
            short(score.mae),
            100.0 * score.coverage
        )
    });
    let escaped: String = column
        .chars()
        .flat_map(|character| ["\\".repeat(usize::from(matches!(character, '*' | '_' | '`' | '[' | '<' | '\\'))), character.to_string()])
        .collect();
    format!("**{escaped}**, {} values by {}. {repeats} {end}{past}", series.values.len(), series.step_title())
}

/// The end of the series, the expected values, and the band of their intervals.
fn chart(column: &str, series: &Series, steps: &[Expected], confidence: f64) -> Value {
    let begin = series.values.len().saturating_sub(DRAWN);
    let steps = &steps[..steps.len().min(SHOWN)];
    let known = &series.values[begin..];
    let times: Vec<String> =
        (begin..series.values.len()).map(|place| series.time(place)).chain(steps.iter().map(|step| step.time.clone())).collect();
    let before = || std::iter::repeat_n(json!("-"), known.len() - 1);
    let last = known.last().copied().unwrap_or_default();
    let line = |value: fn(&Expected) -> f64, first: f64| -> Vec<Value> {
        before().chain(std::iter::once(json!(first))).chain(steps.iter().map(|step| json!(value(step)))).collect()
    };
    let percent = (confidence * 1000.0).round() / 10.0;
    let hidden = json!({"opacity": 0});
    json!({
        "aria": {"enabled": true},
        "tooltip": {"trigger": "axis"},
        "legend": {"data": [column, "expected"]},
        "grid": {"left": 12, "right": 12, "top": 40, "bottom": 24, "containLabel": true},
        "xAxis": {"type": "category", "data": times, "axisLabel": {"hideOverlap": true}},
        "yAxis": {"type": "value", "scale": true, "name": column},
        "series": [
            {"type": "line", "name": column, "showSymbol": false, "data": known},
            {"type": "line", "name": "expected", "showSymbol": false, "lineStyle": {"type": "dashed"}, "data": line(|step| step.value, last)},
            {"type": "line", "name": "from", "stack": "interval", "stackStrategy": "all", "showSymbol": false, "lineStyle": hidden, "data": line(|step| step.low, last)},
            {"type": "line", "name": format!("{percent} % interval, width"), "stack": "interval", "stackStrategy": "all", "showSymbol": false, "lineStyle": hidden,
             "areaStyle": {"opacity": 0.2}, "data": line(|step| step.high - step.low, 0.0)}
        ]
    })
}
