//! What is learned from which rows, how good it is, and what is said of it.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::encode::{Coding, Rows};
use super::fit::{Learned, Settings, Target, Tried, affordable, learn, try_on};
use super::frame::{Choice, RawColumn, load};
use super::importance::importances;
use super::model::{Document, Estimator, TargetName, Trained};
use super::outcome::{Coefficient, Line, Outcome, Used, confusion};
use super::prepare::{aim, fitting, fold_count, settings, target_of, usable};
use super::{Aim, Input, MAXIMUM_FEATURES, chart, split, unsupervised};
use crate::numbers::short;
use crate::read::TableFile;

/// The most coefficients that a result lists; the model has all of them.
const LISTED_COEFFICIENTS: usize = 1_000;
/// The most notes.
const NOTES: usize = 40;
/// The share that is held out where none is named.
const HELD_OUT: f64 = 0.2;

/// Reads the table, trains, tries and tells. Gives the model's document too.
pub(super) fn run(context: &Context, source: &TableFile, input: &Input) -> Result<(Outcome, Vec<u8>), SkillError> {
    fitting(input)?;
    let mut notes = Vec::new();
    let aim = aim(input);
    let choice = Choice {
        target: input.target.as_deref(),
        classes: aim.map(|aim| aim == Aim::Classification),
        features: input.features.as_deref(),
        categorical: &input.categorical,
        maximum: MAXIMUM_FEATURES,
    };
    let frame = {
        let _span = context.span("read");
        let frame = load(context, source, &choice)?;
        usable(frame, input, &mut notes)?
    };
    let _span = context.span("train");
    let table = source.file.name.clone();
    let (mut outcome, document) = match frame.target {
        None => unsupervised::run(context, &frame, input, table)?,
        Some(target) => {
            let target = target_of(target, aim, &mut notes)?;
            supervised(context, &frame.features, &target, input, table)?
        }
    };
    notes.append(&mut outcome.notes);
    notes.truncate(NOTES);
    outcome.notes = notes;
    Ok((outcome, document.write()?))
}

/// Learns a target from features.
fn supervised(
    context: &Context,
    features: &[RawColumn],
    target: &Target,
    input: &Input,
    table: String,
) -> Result<(Outcome, Document), SkillError> {
    let mut notes = Vec::new();
    let settings = settings(input, target, &mut notes);
    let share = input.hold_out.unwrap_or(HELD_OUT);
    let (rows, held) = split::hold_out(target.rows(), target.codes(), share, input.seed);
    let folds = fold_count(input, target, &rows, &mut notes)?;
    let width: usize = {
        let encoder = super::encode::Encoder::fit(features, &rows, settings.policy, &|| context.check())?;
        encoder.width()
    };
    affordable(&settings, target.rows(), width, target.classes(), folds + 1)?;
    context.info(
        format!("training {} on {} rows", input.method.title(), rows.len()),
        json!({"rows": rows.len(), "held_out": held.len(), "folds": folds, "numbers_of_a_row": width}),
    );
    let steps = (folds + 1) as f64;
    let learned = learn(context, features, target, &rows, &settings, &|part| {
        context.progress(0.5 + 0.4 * part / steps, "training");
    })?;
    let mut outcome = Outcome::default();
    let training = try_on(context, &learned, features, target, &rows, "training")?;
    let on_held = if held.is_empty() { None } else { try_on(context, &learned, features, target, &held, "hold-out")? };
    for tried in training.iter().chain(&on_held) {
        if tried.left > 0 {
            notes
                .push(format!("{}: {} rows hold categories that training did not see, and were not predicted.", tried.line.on, tried.left));
        }
        outcome.metrics.push(tried.line.clone());
    }
    if folds > 0 {
        match validate(context, features, target, &rows, folds, &settings, input.seed) {
            Ok(lines) => {
                outcome.metrics.extend(Line::summary(&lines));
                outcome.metrics.extend(lines);
            }
            // What one fold lacks says nothing against the model.
            Err(error) if error.code == Code::NoUniqueModel.as_str() || error.code == Code::DataUnfit.as_str() => {
                notes.push(format!("There is no cross-validation: in a fold {}", error.message));
            }
            Err(error) => return Err(error),
        }
    }
    context.progress(0.9, "weighing columns");
    let judged = if held.is_empty() { &rows } else { &held };
    outcome.importances = importances(context, &learned, features, target, judged, input.seed)?;
    let shown = on_held.as_ref().or(training.as_ref());
    tell(&mut outcome, &learned, target, shown, &mut notes);
    outcome.charts = chart::supervised(&outcome, target, shown, input.target.as_deref().unwrap_or_default());
    outcome.columns = used(&learned, &learned.encoder.read(features, &rows, &|| context.check())?);
    let folds_said = match outcome.metrics.iter().find(|line| line.on == "folds, mean") {
        Some(line) => format!("; {} over {folds} folds", headline(line)),
        None => String::new(),
    };
    let shown_line = shown.map(|tried| format!("{} on the {} rows of the {}", headline(&tried.line), tried.line.rows, tried.line.on));
    outcome.summary = format!(
        "**{}** of **{}** on {} columns and {} rows: {}{folds_said}.{}",
        sentence(input.method.title()),
        input.target.as_deref().unwrap_or_default(),
        features.len(),
        rows.len(),
        shown_line.unwrap_or_else(|| "not tried".to_owned()),
        outcome
            .importances
            .first()
            .filter(|first| first.permutation.is_some_and(|loss| loss > 0.0))
            .map_or_else(String::new, |first| { format!(" The column that matters most is {}.", first.column) })
    );
    outcome.notes = notes;
    let classes = match target {
        Target::Numbers(_) => None,
        Target::Classes { names, .. } => Some(names.clone()),
    };
    let name = TargetName { name: input.target.clone().unwrap_or_default(), classes };
    let trained = Trained { table, rows: rows.len(), seed: input.seed };
    Ok((outcome, Document::new(input.method, trained, Some(name), learned.encoder, learned.estimator)))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The figure that people look at first.
pub(super) fn headline(line: &Line) -> String {
    match (line.r2, line.accuracy) {
        (Some(r2), _) => format!("R² {} (RMSE {})", short((r2 * 1e4).round() / 1e4), short(line.rmse.unwrap_or(f64::NAN))),
        (None, Some(accuracy)) => format!("{} % right", short((accuracy * 1e4).round() / 1e2)),
        (None, None) => format!("RMSE {}", short(line.rmse.unwrap_or(f64::NAN))),
    }
}

/// Trains anew without each fold, and tries on it.
fn validate(
    context: &Context,
    features: &[RawColumn],
    target: &Target,
    rows: &[usize],
    count: usize,
    settings: &Settings,
    seed: u64,
) -> Result<Vec<Line>, SkillError> {
    let picked = target.pick(rows);
    let fold_of = split::folds(rows.len(), picked.codes(), count, seed);
    let mut lines = Vec::with_capacity(count);
    for fold in 0..count {
        let begun = 0.5 + 0.4 * (fold + 1) as f64 / (count + 1) as f64;
        context.progress(begun, format!("fold {} of {count}", fold + 1));
        let in_fold = |wanted: bool| -> Vec<usize> {
            rows.iter().zip(&fold_of).filter(|(_, number)| (**number == fold) == wanted).map(|(row, _)| *row).collect()
        };
        let learned = learn(context, features, target, &in_fold(false), settings, &|part| {
            context.progress(begun + 0.4 * part / (count + 1) as f64, format!("fold {} of {count}", fold + 1));
        })?;
        if let Some(tried) = try_on(context, &learned, features, target, &in_fold(true), &format!("fold {}", fold + 1))? {
            lines.push(tried.line);
        }
    }
    Ok(lines)
}

/// Coefficients, scores of classes and facts of the fit.
fn tell(outcome: &mut Outcome, learned: &Learned, target: &Target, shown: Option<&Tried>, notes: &mut Vec<String>) {
    if let (Some(scores), Target::Classes { names, .. }) = (shown.and_then(|tried| tried.scores.as_ref()), target) {
        outcome.classes = scores.classes.clone();
        outcome.confusion = Some(confusion(names, &scores.confusion));
    }
    let terms = learned.encoder.terms();
    let classes = match target {
        Target::Classes { names, .. } => names.as_slice(),
        Target::Numbers(_) => &[],
    };
    let mut coefficients = match &learned.estimator {
        Estimator::Linear { intercept, coefficients } => in_units(learned, &terms, *intercept, coefficients, None),
        Estimator::Logistic { intercepts, coefficients } => {
            let base = classes.len() - intercepts.len();
            let lines = intercepts.iter().zip(coefficients).zip(&classes[base..]);
            lines.flat_map(|((intercept, line), class)| in_units(learned, &terms, *intercept, line, Some(class))).collect()
        }
        _ => Vec::new(),
    };
    if let Some(exact) = &learned.exact {
        for (told, known) in coefficients.iter_mut().zip(&exact.coefficients) {
            (told.standard_error, told.statistic, told.p) = (finite(known.standard_error), finite(known.t), finite(known.p));
            (told.low, told.high) = (finite(known.low), finite(known.high));
        }
    }
    if let Some(inference) = &learned.inference {
        for (told, (error, z, p)) in coefficients.iter_mut().zip(inference.lines.iter().flatten()) {
            (told.standard_error, told.statistic, told.p) = (finite(*error), finite(*z), finite(*p));
            let half = 1.959_963_984_540_054 * error;
            (told.low, told.high) = (finite(told.estimate - half), finite(told.estimate + half));
        }
    }
    if coefficients.len() > LISTED_COEFFICIENTS {
        notes.push(format!("{} of {} coefficients are listed; the model has all.", LISTED_COEFFICIENTS, coefficients.len()));
        coefficients.truncate(LISTED_COEFFICIENTS);
    }
    outcome.coefficients = coefficients;
    outcome.fit = facts(learned, classes.len());
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A line of coefficients in the units of the table, the constant first.
fn in_units(learned: &Learned, terms: &[String], intercept: f64, line: &[f64], class: Option<&String>) -> Vec<Coefficient> {
    let mut scaling = Vec::with_capacity(line.len());
    for column in &learned.encoder.columns {
        match column.coding {
            Coding::Number { mean, scale, .. } => scaling.push((mean, scale)),
            Coding::Category { .. } => scaling.extend(std::iter::repeat_n((0.0, 1.0), column.width())),
        }
    }
    let shift: f64 = line.iter().zip(&scaling).map(|(value, (mean, scale))| value * mean / scale).sum();
    let mut told =
        vec![Coefficient { term: "(constant)".to_owned(), class: class.cloned(), estimate: intercept - shift, ..Coefficient::default() }];
    for (((term, value), (_, scale)), deviation) in terms.iter().zip(line).zip(&scaling).zip(&learned.deviations) {
        told.push(Coefficient {
            term: term.clone(),
            class: class.cloned(),
            estimate: value / scale,
            per_deviation: Some(value * deviation),
            ..Coefficient::default()
        });
    }
    told
}

/// What is known of the fit beside its coefficients.
fn facts(learned: &Learned, classes: usize) -> Value {
    let mut facts = json!({"numbers_of_a_row": learned.encoder.width()});
    if let Some(exact) = &learned.exact {
        facts["r_squared"] = json!(finite(exact.r_squared));
        facts["adjusted_r_squared"] = json!(finite(exact.adjusted_r_squared));
        facts["residual_deviation"] = json!(exact.residual_deviation);
        facts["residual_degrees"] = json!(exact.residual_degrees);
        facts["f"] = json!(finite(exact.f));
        facts["f_p"] = json!(finite(exact.f_p));
    }
    if let Some(inference) = &learned.inference {
        let count: usize = inference.lines.iter().map(Vec::len).sum();
        facts["log_likelihood"] = json!(inference.log_likelihood);
        facts["null_log_likelihood"] = json!(inference.null_log_likelihood);
        facts["pseudo_r_squared"] = json!(finite(1.0 - inference.log_likelihood / inference.null_log_likelihood));
        facts["aic"] = json!(2.0 * count as f64 - 2.0 * inference.log_likelihood);
    }
    if let Estimator::Forest { trees } = &learned.estimator {
        facts["trees"] = json!(trees.len());
        facts["places"] = json!(trees.iter().map(super::model::TreeLists::places).sum::<usize>());
    }
    if classes > 0 {
        facts["classes"] = json!(classes);
    }
    facts
}

/// The columns as the model reads them.
fn used(learned: &Learned, read: &Rows) -> Vec<Used> {
    columns_used(&learned.encoder, &read.missing)
}

pub(super) fn columns_used(encoder: &super::encode::Encoder, missing: &[usize]) -> Vec<Used> {
    encoder
        .columns
        .iter()
        .zip(missing)
        .map(|(column, missing)| {
            let (read_as, base, grouped) = match &column.coding {
                Coding::Number { date: true, .. } => ("date, as days", None, None),
                Coding::Number { .. } => ("number", None, None),
                Coding::Category { levels, base, other, .. } => ("category", levels.first().filter(|_| *base).cloned(), Some(*other)),
            };
            Used { column: column.name.clone(), read_as, numbers: column.width(), missing: *missing, fill: column.fill(), base, grouped }
        })
        .collect()
}
