//! Which fields fit together, which rows and columns are learned from, and how.

use std::collections::HashSet;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use super::encode::Policy;
use super::fit::{Settings, Target};
use super::forest::{MAXIMUM_DEPTH, MAXIMUM_NODES};
use super::frame::{Frame, Raw, RawColumn};
use super::{Aim, ClassWeight, Input, MAXIMUM_CLASSES, Method, Missing};
use crate::read::NO_LEVEL;

/// The folds where none are named.
const FOLDS: usize = 5;

/// Refuses fields that the method lacks or does not use: what is ignored in silence misleads.
pub(super) fn fitting(input: &Input) -> Result<(), SkillError> {
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
pub(super) fn aim(input: &Input) -> Option<Aim> {
    match input.method {
        Method::Linear | Method::Ridge => Some(Aim::Regression),
        Method::Logistic => Some(Aim::Classification),
        _ => input.aim,
    }
}

/// Leaves out columns that say nothing, and rows without a target or with gaps.
pub(super) fn usable(mut frame: Frame, input: &Input, notes: &mut Vec<String>) -> Result<Frame, SkillError> {
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
    if let Some(empty) = frame.features.iter().find(|column| rows.iter().all(|row| column.is_missing(*row))) {
        return Err(SkillError::new(
            Code::DataUnfit,
            format!("features: {} has no values in the rows to learn from; leave it out.", empty.name),
        ));
    }
    if input.missing != Missing::Impute {
        let before = rows.len();
        let counts: Vec<usize> = frame.features.iter().map(|column| rows.iter().filter(|row| column.is_missing(**row)).count()).collect();
        rows.retain(|row| !frame.features.iter().any(|column| column.is_missing(*row)));
        let left = before - rows.len();
        if left > 0 {
            let mut most: Vec<(usize, &RawColumn)> = counts.into_iter().zip(&frame.features).filter(|(count, _)| *count > 0).collect();
            most.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
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
pub(super) fn target_of(column: RawColumn, aim: Option<Aim>, notes: &mut Vec<String>) -> Result<Target, SkillError> {
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
pub(super) fn settings(input: &Input, target: &Target, notes: &mut Vec<String>) -> Settings {
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
    // A leaf takes two places and its values; 64 % of the rows are drawn for a tree.
    let places = (2 + target.classes().unwrap_or(1)) as f64;
    let least = (target.rows() as f64 * 0.64 * places * trees as f64 / MAXIMUM_NODES as f64).ceil().max(1.0) as usize;
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
pub(super) fn fold_count(input: &Input, target: &Target, rows: &[usize], notes: &mut Vec<String>) -> Result<usize, SkillError> {
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
