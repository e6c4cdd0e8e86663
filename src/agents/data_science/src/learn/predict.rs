//! What a model says of the rows of a table, and how right it is where the table knows better.

use std::fmt::Write;

use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::encode::Coding;
use super::fit::{Target, tried};
use super::frame::{Frame, Need, Raw, load_for};
use super::model::{Document, Predicted, Predictor};
use super::outcome::{Grid, PredictOutcome, confusion};
use super::train::headline;
use super::{MAXIMUM_ENCODED_CELLS, MAXIMUM_MODEL_BYTES, MAXIMUM_PREDICTED_CELLS, chart, metrics};
use crate::read::{NO_LEVEL, TableFile};

/// Steps that predictions may take: what one core does in a few minutes.
const STEPS: f64 = 3e10;
/// The most notes.
const NOTES: usize = 40;

fn read_model(context: &Context, file: &InputFile) -> Result<Document, SkillError> {
    let _span = context.span("read model");
    if file.size > MAXIMUM_MODEL_BYTES {
        let message = format!("model: {} has {} bytes; a model has at most {MAXIMUM_MODEL_BYTES}.", file.name, file.size);
        return Err(SkillError::new(Code::NotAModel, message));
    }
    let bytes = std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("the artifact cannot be read: {error}")))?;
    Document::read(&bytes)
}

/// Reads model and table and predicts. Gives the table of all predictions too.
pub(super) fn run(context: &Context, source: &TableFile, model: &InputFile, list: usize) -> Result<(PredictOutcome, String), SkillError> {
    let document = read_model(context, model)?;
    let needs: Vec<(&str, Need)> = document
        .columns
        .columns
        .iter()
        .map(|column| {
            let need = match column.coding {
                Coding::Number { date: true, .. } => Need::Date,
                Coding::Number { .. } => Need::Number,
                Coding::Category { .. } => Need::Category,
            };
            (column.name.as_str(), need)
        })
        .collect();
    let target = document.target.as_ref().map(|target| (target.name.as_str(), target.classes.is_some()));
    let frame = load_for(context, source, &needs, target)?;
    let _span = context.span("predict");
    context.progress(0.5, "predicting");
    let Document { columns: encoder, estimator, target, method, trained, .. } = document;
    let classes = target.as_ref().and_then(|target| target.classes.clone());
    let predictor = Predictor::of(estimator, classes.as_ref().map(Vec::len));
    let too_large = |message: String| Err(SkillError::new(Code::TrainingTooLarge, message));
    if frame.rows * encoder.width() > MAXIMUM_ENCODED_CELLS {
        return too_large(format!(
            "{} rows of {} numbers are more than {MAXIMUM_ENCODED_CELLS}; split the table.",
            frame.rows,
            encoder.width()
        ));
    }
    let columns = names(&predictor, target.as_ref().map(|target| target.name.as_str()), classes.as_deref(), frame.target.is_some());
    if frame.rows * columns.len() > MAXIMUM_PREDICTED_CELLS {
        return too_large(format!(
            "{} rows of {} columns of predictions are more than {MAXIMUM_PREDICTED_CELLS} cells; split the table.",
            frame.rows,
            columns.len()
        ));
    }
    if frame.rows as f64 * predictor.cost() as f64 > STEPS {
        return too_large(format!("{} rows are too many for a model of this size; split the table.", frame.rows));
    }
    let check = &|| context.check();
    let all: Vec<usize> = (0..frame.rows).collect();
    let read = encoder.read(&frame.features, &all, check)?;
    let mut notes = Vec::new();
    for ((column, missing), (count, level)) in encoder.columns.iter().zip(&read.missing).zip(&read.unknown) {
        if *missing > 0 {
            let what = column.fill().map_or_else(
                || "those rows have no prediction, since the model was trained without filling gaps".to_owned(),
                |fill| format!("they count as {fill}"),
            );
            notes.push(format!("{}: {missing} cells are missing; {what}.", column.name));
        }
        if *count > 0 {
            let what = column.fill().map_or_else(|| "those rows have no prediction".to_owned(), |fill| format!("they count as {fill}"));
            notes.push(format!("{}: {count} cells hold categories that the model does not know, as {level}; {what}.", column.name));
        }
    }
    let predicted = predictor.predict(&read.matrix, check)?;
    let mut outcome = PredictOutcome { rows: frame.rows, predicted: read.places.len(), ..PredictOutcome::default() };
    measure(
        &frame,
        &read.places,
        &predicted,
        target.as_ref().map(|target| target.name.as_str()),
        classes.as_deref(),
        &mut outcome,
        &mut notes,
    )?;
    context.progress(0.9, "writing predictions");
    let written = Written { columns, frame: &frame, places: &read.places, predicted: &predicted, classes: classes.as_deref() };
    let (first, table) = written.rows(context, list)?;
    outcome.first = Some(first);
    let left = outcome.rows - outcome.predicted;
    outcome.summary = format!(
        "**{} of {} rows** predicted with a {} that learned from {} rows of {}{}.{}",
        outcome.predicted,
        outcome.rows,
        method.title(),
        trained.rows,
        trained.table,
        if left > 0 { format!("; {left} rows have gaps") } else { String::new() },
        outcome.metrics.first().map_or_else(String::new, |line| format!(" Against the column in the table: {}.", headline(line)))
    );
    notes.truncate(NOTES);
    outcome.notes = notes;
    Ok((outcome, table))
}

/// Figures where the table has the target.
fn measure(
    frame: &Frame,
    places: &[usize],
    predicted: &Predicted,
    name: Option<&str>,
    classes: Option<&[String]>,
    outcome: &mut PredictOutcome,
    notes: &mut Vec<String>,
) -> Result<(), SkillError> {
    let (Some(column), Some(name)) = (&frame.target, name) else { return Ok(()) };
    // Predictions with a truth: their place among the predictions, and the truth.
    let (known, target) = match (&column.values, classes) {
        (Raw::Numbers { values, .. }, None) => {
            let known: Vec<usize> = (0..places.len()).filter(|at| !values[places[*at]].is_nan()).collect();
            let target = Target::Numbers(known.iter().map(|at| values[places[*at]]).collect());
            (known, target)
        }
        (Raw::Labels { levels, codes }, Some(classes)) => {
            let of: Vec<Option<u32>> =
                levels.iter().map(|level| classes.iter().position(|class| class == level).map(|place| place as u32)).collect();
            let class = |at: &usize| match codes[places[*at]] {
                NO_LEVEL => None,
                code => of[code as usize],
            };
            let known: Vec<usize> = (0..places.len()).filter(|at| class(at).is_some()).collect();
            let strange = places.iter().filter(|row| codes[**row] != NO_LEVEL && of[codes[**row] as usize].is_none()).count();
            if strange > 0 {
                notes.push(format!("{name}: {strange} rows hold classes that the model does not know; the figures leave them out."));
            }
            let target = Target::Classes { names: classes.to_vec(), codes: known.iter().filter_map(class).collect() };
            (known, target)
        }
        _ => return Ok(()),
    };
    if known.is_empty() {
        return Ok(());
    }
    let picked = match predicted {
        Predicted::Numbers(values) => Predicted::Numbers(known.iter().map(|at| values[*at]).collect()),
        Predicted::Shares(shares) => {
            let count = classes.map_or(1, <[String]>::len);
            Predicted::Shares(known.iter().flat_map(|at| &shares[at * count..(at + 1) * count]).copied().collect())
        }
        _ => return Ok(()),
    };
    let tried = tried(&target, picked, "this table", 0)?;
    if let (Some(scores), Some(classes)) = (&tried.scores, classes) {
        outcome.classes = scores.classes.clone();
        outcome.confusion = Some(confusion(classes, &scores.confusion));
    }
    outcome.charts = chart::of_predictions(&target, &tried, name);
    outcome.metrics.push(tried.line);
    Ok(())
}

/// The columns of the table of predictions.
fn names(predictor: &Predictor, target: Option<&str>, classes: Option<&[String]>, known: bool) -> Vec<String> {
    let mut names = vec!["row".to_owned()];
    names.extend(target.filter(|_| known).map(str::to_owned));
    match predictor {
        Predictor::Linear { .. } | Predictor::Numbers(_) => names.push("prediction".to_owned()),
        Predictor::Logistic { .. } | Predictor::Classes { .. } => {
            names.push("prediction".to_owned());
            names.extend(classes.unwrap_or_default().iter().map(|class| format!("probability of {class}")));
        }
        Predictor::Centres(_) => names.extend(["cluster".to_owned(), "distance".to_owned()]),
        Predictor::Components { directions, .. } => names.extend((1..=directions.len()).map(|place| format!("component {place}"))),
    }
    names
}

/// What the table of predictions is written from.
struct Written<'a> {
    columns: Vec<String>,
    frame: &'a Frame,
    places: &'a [usize],
    predicted: &'a Predicted,
    classes: Option<&'a [String]>,
}

impl Written<'_> {
    /// The first rows, and all of them as CSV.
    fn rows(self, context: &Context, list: usize) -> Result<(Grid, String), SkillError> {
        let mut table = String::new();
        write_line(&mut table, self.columns.iter().map(|name| Value::from(name.as_str())));
        let mut first = Vec::new();
        let mut next = self.places.iter().enumerate().peekable();
        for row in 0..self.frame.rows {
            if row % 4_096 == 0 {
                context.check()?;
            }
            let mut cells = vec![json!(row + 1)];
            match self.frame.target.as_ref().map(|target| &target.values) {
                Some(Raw::Numbers { values, .. }) => cells.push(json!(values[row])),
                Some(Raw::Labels { levels, codes }) => cells.push(match codes[row] {
                    NO_LEVEL => Value::Null,
                    code => Value::from(levels[code as usize].as_str()),
                }),
                None => {}
            }
            match next.next_if(|(_, place)| **place == row) {
                Some((at, _)) => self.cells(at, &mut cells),
                None => cells.resize(self.columns.len(), Value::Null),
            }
            if first.len() < list {
                first.push(cells.clone());
            }
            write_line(&mut table, cells);
        }
        Ok((Grid { columns: self.columns, rows: first }, table))
    }

    fn cells(&self, at: usize, cells: &mut Vec<Value>) {
        match self.predicted {
            Predicted::Numbers(values) => cells.push(json!(values[at])),
            Predicted::Shares(shares) => {
                let classes = self.classes.unwrap_or_default();
                let shares = &shares[at * classes.len()..(at + 1) * classes.len()];
                cells.push(Value::from(classes[metrics::best(shares)].as_str()));
                cells.extend(shares.iter().map(|share| json!(share)));
            }
            Predicted::Groups(groups) => cells.extend([json!(groups[at].0 + 1), json!(groups[at].1)]),
            Predicted::Places(places) => cells.extend(places.row(at).iter().map(|place| json!(place))),
        }
    }
}

fn write_line(table: &mut String, cells: impl IntoIterator<Item = Value>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            table.push(',');
        }
        // Writing to a String cannot fail.
        let _ = match cell {
            Value::Null => Ok(()),
            Value::String(text) if text.contains(['"', ',', '\n', '\r', ';', '\t', '|']) => {
                write!(table, "\"{}\"", text.replace('"', "\"\""))
            }
            Value::String(text) => write!(table, "{text}"),
            other => write!(table, "{other}"),
        };
    }
    table.push('\n');
}
