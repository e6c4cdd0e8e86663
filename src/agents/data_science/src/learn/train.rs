//! What is learned from which rows, how good it is, and what is said of it.

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::encode::{Coding, Policy, Rows};
use super::fit::{Learned, Settings, Target, Tried, affordable, learn, try_on};
use super::forest::{MAXIMUM_DEPTH, MAXIMUM_NODES};
use super::frame::{Choice, Frame, Raw, RawColumn, load};
use super::importance::importances;
use super::model::{Document, Estimator, TargetName, Trained};
use super::outcome::{Coefficient, Line, Outcome, Used, confusion};
use super::{Aim, ClassWeight, Input, MAXIMUM_CLASSES, MAXIMUM_FEATURES, Method, Missing, chart, split, unsupervised};
use crate::numbers::short;
use crate::read::{NO_LEVEL, TableFile};

/// The most coefficients that a result lists; the model has all of them.
const LISTED_COEFFICIENTS: usize = 1_000;
/// The most notes.
const NOTES: usize = 40;
/// The share that is held out where none is named, and the folds.
const HELD_OUT: f64 = 0.2;
const FOLDS: usize = 5;

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

/// Refuses fields that the method lacks or does not use: what is ignored in silence misleads.
fn fitting(input: &Input) -> Result<(), SkillError> {
    use Method::{KMeans, Linear, Logistic, Pca, RandomForest, Ridge};
    let method = input.method;
    let supervised = !matches!(method, KMeans | Pca);
    if supervised && input.target.is_none() {
        return Err(SkillError::input("target", "name the column that is to be predicted"));
    }
    let fields: [(&str, bool, &[Method]); 14] = [
        ("target", input.target.is_some(), &[Linear, Ridge, Logistic, RandomForest]),
        ("aim", input.aim.is_some(), &[Linear, Ridge, Logistic, RandomForest]),
        ("penalty", input.penalty.is_some(), &[Ridge, Logistic]),
        ("class_weight", input.class_weight.is_some(), &[Logistic, RandomForest]),
        ("trees", input.trees.is_some(), &[RandomForest]),
        ("max_depth", input.max_depth.is_some(), &[RandomForest]),
        ("leaf_rows", input.leaf_rows.is_some(), &[RandomForest]),
        ("columns_per_split", input.columns_per_split.is_some(), &[RandomForest]),
        ("clusters", input.clusters.is_some(), &[KMeans]),
        ("starts", input.starts.is_some(), &[KMeans]),
        ("components", input.components.is_some(), &[Pca]),
        ("explained", input.explained.is_some(), &[Pca]),
        ("hold_out", input.hold_out.is_some(), &[Linear, Ridge, Logistic, RandomForest]),
        ("folds", input.folds.is_some(), &[Linear, Ridge, Logistic, RandomForest]),
    ];
    for (field, given, methods) in fields {
        if given && !methods.contains(&method) {
            return Err(SkillError::input(field, format!("{} does not use it; leave the field out", method.title())));
        }
    }
    match (method, input.aim) {
        (Linear | Ridge, Some(Aim::Classification)) => Err(SkillError::input("aim", "this method predicts numbers; use logistic")),
        (Logistic, Some(Aim::Regression)) => Err(SkillError::input("aim", "logistic predicts classes; use linear or ridge")),
        _ if input.folds == Some(1) => {
            Err(SkillError::input("folds", "one fold leaves nothing to learn from; use 0 for none, or 2 and more"))
        }
        _ if input.components.is_some() && input.explained.is_some() => {
            Err(SkillError::input("explained", "name either how many components, or which share of the variance"))
        }
        _ => Ok(()),
    }
}

/// What the method predicts; None where the type of the target decides.
fn aim(input: &Input) -> Option<Aim> {
    match input.method {
        Method::Linear | Method::Ridge => Some(Aim::Regression),
        Method::Logistic => Some(Aim::Classification),
        _ => input.aim,
    }
}

/// Leaves out columns that say nothing, and rows without a target or with gaps.
fn usable(mut frame: Frame, input: &Input, notes: &mut Vec<String>) -> Result<Frame, SkillError> {
    let mut rows: Vec<usize> = (0..frame.rows).collect();
    if let Some(target) = &frame.target {
        rows.retain(|row| !target.is_missing(*row));
        let left = frame.rows - rows.len();
        if left > 0 {
            notes.push(format!("{left} rows have no {} and were left out.", target.name));
        }
        if rows.is_empty() {
            return Err(SkillError::new(Code::UnfitTarget, format!("target: {} has no values.", target.name)));
        }
    }
    if input.features.is_none() {
        let limit = input.max_levels;
        frame.features.retain(|column| match useless(column, &rows, limit) {
            Some(why) => {
                notes.push(format!("{} was left out: {why}. Name it in features to use it.", column.name));
                false
            }
            None => true,
        });
        if frame.features.is_empty() {
            return Err(SkillError::new(Code::DataUnfit, "features: no column says anything that could be learned from."));
        }
    }
    if input.missing != Missing::Impute {
        let before = rows.len();
        let counts: Vec<usize> = frame.features.iter().map(|column| rows.iter().filter(|row| column.is_missing(**row)).count()).collect();
        rows.retain(|row| !frame.features.iter().any(|column| column.is_missing(*row)));
        let left = before - rows.len();
        if left > 0 {
            let mut most: Vec<(usize, &RawColumn)> = counts.into_iter().zip(&frame.features).filter(|(count, _)| *count > 0).collect();
            most.sort_by(|a, b| b.0.cmp(&a.0));
            let listed: Vec<String> = most.iter().take(5).map(|(count, column)| format!("{} ({count})", column.name)).collect();
            let listed = listed.join(", ");
            if input.missing == Missing::Refuse {
                let message = format!(
                    "missing: {left} of {before} rows have gaps, in {listed}. Fill them, or set missing to drop (leaves the rows out) or impute \
                     (the median of numbers, the most frequent category)."
                );
                return Err(SkillError::new(Code::MissingValues, message));
            }
            if rows.is_empty() {
                let message = format!("missing: every row has a gap, in {listed}. Leave out a feature, or set missing to impute.");
                return Err(SkillError::new(Code::DataUnfit, message));
            }
            notes.push(format!("{left} rows with gaps were left out; most are in {listed}. With missing set to impute they are filled."));
        }
    }
    if rows.len() < frame.rows {
        frame.target = frame.target.map(|target| target.pick(&rows));
        frame.features = frame.features.iter().map(|column| column.pick(&rows)).collect();
        frame.rows = rows.len();
    }
    Ok(frame)
}

/// Why a column that nobody named is not worth learning from.
fn useless(column: &RawColumn, rows: &[usize], levels: usize) -> Option<&'static str> {
    match &column.values {
        Raw::Numbers { values, .. } => {
            let mut present = rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan());
            let Some(first) = present.next() else { return Some("it is empty") };
            present.all(|value| value == first).then_some("it is constant")
        }
        Raw::Labels { codes, .. } => {
            let present = rows.iter().map(|row| codes[*row]).filter(|code| *code != NO_LEVEL);
            let mut count = 0usize;
            let different: HashSet<u32> = present.inspect(|_| count += 1).collect();
            match different.len() {
                0 => Some("it is empty"),
                1 => Some("it is constant"),
                many if many > levels && many * 2 > count => Some("most rows have a text of their own"),
                _ => None,
            }
        }
    }
}

/// The target as numbers or as classes in order.
fn target_of(column: RawColumn, aim: Option<Aim>, notes: &mut Vec<String>) -> Result<Target, SkillError> {
    let unfit = |message: String| SkillError::new(Code::UnfitTarget, message);
    let name = column.name;
    match column.values {
        Raw::Numbers { values, .. } => {
            if values.iter().all(|value| *value == values[0]) {
                return Err(unfit(format!("target: {name} is the same in every row; there is nothing to predict.")));
            }
            if aim.is_none() && values.len() > 20 {
                let different: HashSet<u64> = values.iter().map(|value| value.to_bits()).collect();
                if different.len() <= 5 {
                    notes.push(format!("{name} holds only {} numbers; set aim to classification if they are classes.", different.len()));
                }
            }
            Ok(Target::Numbers(values))
        }
        Raw::Labels { levels, codes } => {
            let mut counts = vec![0usize; levels.len()];
            codes.iter().for_each(|code| counts[*code as usize] += 1);
            let mut order: Vec<usize> = (0..levels.len()).filter(|level| counts[*level] > 0).collect();
            if order.len() < 2 {
                return Err(unfit(format!("target: {name} has one class only; there is nothing to tell apart.")));
            }
            if order.len() > MAXIMUM_CLASSES {
                return Err(unfit(format!(
                    "target: {name} has {} classes; at most {MAXIMUM_CLASSES} are taken. Group them, or use a method that predicts numbers.",
                    order.len()
                )));
            }
            let number = |level: usize| levels[level].parse::<f64>().ok();
            if order.iter().all(|level| number(*level).is_some()) {
                order.sort_by(|a, b| number(*a).unwrap_or(0.0).total_cmp(&number(*b).unwrap_or(0.0)));
            } else {
                order.sort_by(|a, b| levels[*a].cmp(&levels[*b]));
            }
            if let Some(level) = order.iter().find(|level| counts[**level] < 2) {
                return Err(unfit(format!(
                    "target: class {} has one row; each class needs two at least. Leave such rows out or group the class with another.",
                    levels[*level]
                )));
            }
            let mut into = vec![0u32; levels.len()];
            order.iter().enumerate().for_each(|(code, level)| into[*level] = code as u32);
            let names = order.iter().map(|level| levels[*level].clone()).collect();
            Ok(Target::Classes { names, codes: codes.iter().map(|code| into[*code as usize]).collect() })
        }
    }
}

/// How the models of this input are fitted.
fn settings(input: &Input, rows: usize, notes: &mut Vec<String>) -> Settings {
    let penalty = match input.method {
        Method::Ridge | Method::Logistic => input.penalty.unwrap_or(1.0),
        _ => 0.0,
    };
    // Without a penalty, and for trees, scaling changes nothing that is predicted.
    let scaled = penalty > 0.0;
    if input.standardize == Some(true) && !scaled {
        notes.push("standardize changes nothing here and was left out: coefficients stay in the units of the table.".to_owned());
    }
    let trees = input.trees.unwrap_or(100);
    // Two places for each leaf, of which 63 % of the rows at most become one; a margin for the values of leaves.
    let least = (rows as f64 * 0.64 * 4.0 * trees as f64 / MAXIMUM_NODES as f64).ceil().max(1.0) as usize;
    let leaf = input.leaf_rows.unwrap_or(least);
    if input.method == Method::RandomForest && input.leaf_rows.is_none() && least > 1 {
        notes.push(format!(
            "Each leaf keeps {least} rows at least, so that the model stays small enough to be stored; leaf_rows sets another number."
        ));
    }
    Settings {
        method: input.method,
        policy: Policy {
            impute: input.missing == Missing::Impute,
            standardize: scaled && input.standardize.unwrap_or(true),
            max_levels: input.max_levels,
            base: matches!(input.method, Method::Linear | Method::Logistic) && !scaled,
        },
        penalty,
        weight: input.class_weight.unwrap_or(ClassWeight::Equal),
        trees,
        depth: input.max_depth.unwrap_or(MAXIMUM_DEPTH),
        leaf,
        columns: input.columns_per_split,
        seed: input.seed,
    }
}

/// How many folds there are: no more than the smallest class has rows.
fn fold_count(input: &Input, target: &Target, rows: &[usize], notes: &mut Vec<String>) -> Result<usize, SkillError> {
    let wanted = input.folds.unwrap_or(FOLDS);
    let smallest = match target {
        Target::Numbers(_) => rows.len(),
        Target::Classes { names, codes } => {
            let mut sizes = vec![0usize; names.len()];
            rows.iter().for_each(|row| sizes[codes[*row] as usize] += 1);
            sizes.into_iter().min().unwrap_or(0)
        }
    };
    if wanted <= smallest {
        return Ok(wanted);
    }
    if input.folds.is_some() {
        let what = if target.codes().is_some() { "the smallest class has" } else { "there are" };
        let message = format!("folds: {what} {smallest} rows to learn from, too few for {wanted} folds; lower folds or hold_out.");
        return Err(SkillError::new(Code::UnfitTarget, message));
    }
    let count = if smallest < 2 { 0 } else { smallest };
    notes.push(format!("The smallest class has {smallest} rows to learn from: there are {count} folds instead of {wanted}."));
    Ok(count)
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
    let settings = settings(input, target.rows(), &mut notes);
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
