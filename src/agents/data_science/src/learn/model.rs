//! What a trained model is as a document, and how one that anybody may have written is checked before it predicts.

use std::collections::HashSet;

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;
use serde::{Deserialize, Serialize};

use super::encode::{Coding, Encoder};
use super::forest::{self, MAXIMUM_NODES, Tree};
use super::matrix::Matrix;
use super::{
    Check, MAXIMUM_CLASSES, MAXIMUM_CLUSTERS, MAXIMUM_FEATURES, MAXIMUM_LEVELS, MAXIMUM_MODEL_BYTES, MAXIMUM_TREES, MAXIMUM_WIDTH,
};
use super::{Method, kmeans, linear, logistic, pca};

/// The word that each document begins with.
const FORMAT: &str = "baton.model";
/// The version of the form; others are refused.
const VERSION: u32 = 1;
/// The longest name or level, in characters.
const LONGEST: usize = 200;

/// Everything that is needed to predict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    format: String,
    version: u32,
    pub(super) method: Method,
    pub(super) trained: Trained,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<TargetName>,
    pub(super) columns: Encoder,
    pub(super) estimator: Estimator,
}

/// What the model was learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trained {
    pub(super) table: String,
    pub(super) rows: usize,
    pub(super) seed: u64,
}

/// What is predicted: a number, or one of classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetName {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) classes: Option<Vec<String>>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Estimator {
    /// A sum.
    Linear { intercept: f64, coefficients: Vec<f64> },
    /// A line for each class, or for each but the first.
    Logistic { intercepts: Vec<f64>, coefficients: Vec<Vec<f64>> },
    /// Trees.
    Forest { trees: Vec<TreeLists> },
    /// Centres of groups.
    Centres { centres: Vec<Vec<f64>> },
    /// Directions from a middle.
    Components { means: Vec<f64>, directions: Vec<Vec<f64>>, variances: Vec<f64> },
}

/// A tree as it is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TreeLists {
    column: Vec<i32>,
    limit: Vec<f64>,
    above: Vec<u32>,
    leaves: Vec<f64>,
}

impl From<Tree> for TreeLists {
    fn from(tree: Tree) -> Self {
        Self { column: tree.column, limit: tree.limit, above: tree.above, leaves: tree.leaves }
    }
}

impl TreeLists {
    /// How many places it has, leaves among them.
    pub(super) fn places(&self) -> usize {
        self.column.len()
    }
}

/// A model that is ready to predict.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predictor {
    Linear { intercept: f64, coefficients: Vec<f64> },
    Logistic { lines: logistic::Logistic, count: usize },
    Numbers(Vec<Tree>),
    Classes { trees: Vec<Tree>, count: usize },
    Centres(Matrix),
    Components { means: Vec<f64>, directions: Vec<Vec<f64>> },
}

/// What a model says of rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicted {
    Numbers(Vec<f64>),
    /// Shares of the classes, row by row.
    Shares(Vec<f64>),
    /// The group, and how far its centre is.
    Groups(Vec<(u32, f64)>),
    Places(Matrix),
}

impl Predictor {
    /// Of an estimator that fits so many classes.
    pub(super) fn of(estimator: Estimator, classes: Option<usize>) -> Self {
        match (estimator, classes) {
            (Estimator::Linear { intercept, coefficients }, _) => Self::Linear { intercept, coefficients },
            (Estimator::Logistic { intercepts, coefficients }, count) => {
                Self::Logistic { lines: logistic::Logistic { intercepts, coefficients }, count: count.unwrap_or(2) }
            }
            (Estimator::Forest { trees }, classes) => {
                let tree = |lists: TreeLists| Tree { column: lists.column, limit: lists.limit, above: lists.above, leaves: lists.leaves };
                let trees = trees.into_iter().map(tree).collect();
                classes.map_or_else(|| Self::Numbers(Vec::new()), |count| Self::Classes { trees: Vec::new(), count }).with(trees)
            }
            (Estimator::Centres { centres }, _) => {
                Self::Centres(Matrix { rows: centres.len(), width: centres.first().map_or(0, Vec::len), cells: centres.concat() })
            }
            (Estimator::Components { means, directions, .. }, _) => Self::Components { means, directions },
        }
    }

    fn with(self, trees: Vec<Tree>) -> Self {
        match self {
            Self::Classes { count, .. } => Self::Classes { trees, count },
            _ => Self::Numbers(trees),
        }
    }

    /// How many steps one row takes, about.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Linear { coefficients, .. } => coefficients.len(),
            Self::Logistic { lines, .. } => lines.coefficients.iter().map(Vec::len).sum(),
            Self::Numbers(trees) | Self::Classes { trees, .. } => trees.iter().map(|tree| tree.column.len().ilog2() as usize + 1).sum(),
            Self::Centres(centres) => centres.cells.len(),
            Self::Components { means, directions } => means.len() * directions.len(),
        }
    }

    pub(super) fn predict(&self, matrix: &Matrix, check: Check<'_>) -> Result<Predicted, SkillError> {
        let each = |step: &mut dyn FnMut(&[f64])| {
            for row in 0..matrix.rows {
                if row % 256 == 0 {
                    check()?;
                }
                step(matrix.row(row));
            }
            Ok::<(), SkillError>(())
        };
        let mut numbers = Vec::new();
        match self {
            Self::Linear { intercept, coefficients } => {
                each(&mut |row| numbers.push(linear::predict(*intercept, coefficients, row)))?;
                Ok(Predicted::Numbers(numbers))
            }
            Self::Numbers(trees) => {
                each(&mut |row| numbers.push(forest::predict_number(trees, row)))?;
                Ok(Predicted::Numbers(numbers))
            }
            Self::Logistic { lines, count } => {
                let mut shares = vec![0.0; *count];
                each(&mut |row| {
                    lines.shares(row, *count, &mut shares);
                    numbers.extend_from_slice(&shares);
                })?;
                Ok(Predicted::Shares(numbers))
            }
            Self::Classes { trees, count } => {
                let mut shares = vec![0.0; *count];
                each(&mut |row| {
                    forest::predict_shares(trees, row, &mut shares);
                    numbers.extend_from_slice(&shares);
                })?;
                Ok(Predicted::Shares(numbers))
            }
            Self::Centres(centres) => {
                let mut groups = Vec::with_capacity(matrix.rows);
                each(&mut |row| {
                    let (group, far) = kmeans::nearest(centres, row);
                    groups.push((group, far.sqrt()));
                })?;
                Ok(Predicted::Groups(groups))
            }
            Self::Components { means, directions } => {
                each(&mut |row| numbers.extend(directions.iter().map(|direction| pca::along(means, direction, row))))?;
                Ok(Predicted::Places(Matrix { rows: matrix.rows, width: directions.len(), cells: numbers }))
            }
        }
    }
}

fn wrong(message: impl std::fmt::Display) -> SkillError {
    SkillError::new(Code::NotAModel, format!("model: {message}. Give the artifact that data_science.train made, unchanged."))
}

fn finite(what: &str, values: &[f64]) -> Result<(), SkillError> {
    if values.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(wrong(format!("{what} holds a number that is none"))) }
}

fn line(what: &str, values: &[f64], width: usize) -> Result<(), SkillError> {
    if values.len() != width {
        return Err(wrong(format!("{what} has {} numbers where {width} belong", values.len())));
    }
    finite(what, values)
}

fn name(what: &str, text: &str) -> Result<(), SkillError> {
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(wrong(format!("{what} is empty or longer than {LONGEST} characters")));
    }
    Ok(())
}

fn different(what: &str, texts: &[String]) -> Result<(), SkillError> {
    texts.iter().try_for_each(|text| name(what, text))?;
    let set: HashSet<&String> = texts.iter().collect();
    if set.len() == texts.len() { Ok(()) } else { Err(wrong(format!("{what} stands there twice"))) }
}

impl Document {
    pub(super) fn new(method: Method, trained: Trained, target: Option<TargetName>, columns: Encoder, estimator: Estimator) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, method, trained, target, columns, estimator }
    }

    /// How many classes it tells apart.
    pub(super) fn classes(&self) -> Option<usize> {
        self.target.as_ref().and_then(|target| target.classes.as_ref()).map(Vec::len)
    }

    /// As it is stored.
    ///
    /// # Errors
    /// `DATA-054` if it is larger than one that is read again.
    pub(super) fn write(&self) -> Result<Vec<u8>, SkillError> {
        let bytes = serde_json::to_vec(self).map_err(|error| SkillError::internal(format!("the model cannot be written: {error}")))?;
        if bytes.len() as u64 > MAXIMUM_MODEL_BYTES {
            let message = format!(
                "the model has {} bytes; at most {MAXIMUM_MODEL_BYTES} are stored. Raise leaf_rows, or lower trees or max_depth.",
                bytes.len()
            );
            return Err(SkillError::new(Code::ModelTooLarge, message));
        }
        Ok(bytes)
    }

    /// Reads a document and checks every part of it: whoever may upload artifacts may have written it.
    ///
    /// # Errors
    /// `DATA-055` that says what is wrong.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, SkillError> {
        let document: Self = serde_json::from_slice(bytes).map_err(|error| wrong(format!("it is not such a document ({error})")))?;
        document.check()?;
        Ok(document)
    }

    fn check(&self) -> Result<(), SkillError> {
        if self.format != FORMAT {
            return Err(wrong(format!("its format is not {FORMAT}")));
        }
        if self.version != VERSION {
            return Err(wrong(format!("its form has version {}; version {VERSION} is read", self.version)));
        }
        let names: Vec<String> = self.columns.columns.iter().map(|column| column.name.clone()).collect();
        different("a column's name", &names)?;
        if names.is_empty() || names.len() > MAXIMUM_FEATURES {
            return Err(wrong(format!("it reads {} columns; 1 to {MAXIMUM_FEATURES} are allowed", names.len())));
        }
        for column in &self.columns.columns {
            match &column.coding {
                Coding::Number { fill, mean, scale, .. } => {
                    finite(&column.name, &[fill.unwrap_or(0.0), *mean, *scale])?;
                    if *scale <= 0.0 {
                        return Err(wrong(format!("the scale of {} is not above 0", column.name)));
                    }
                }
                Coding::Category { levels, other, fill, .. } => {
                    if levels.len() > MAXIMUM_LEVELS {
                        return Err(wrong(format!("{} has more than {MAXIMUM_LEVELS} levels", column.name)));
                    }
                    different("a level", levels)?;
                    if fill.as_ref().is_some_and(|fill| !other && !levels.contains(fill)) {
                        return Err(wrong(format!("what fills gaps of {} is none of its levels", column.name)));
                    }
                }
            }
        }
        let width = self.columns.width();
        if width > MAXIMUM_WIDTH {
            return Err(wrong(format!("a row becomes {width} numbers; at most {MAXIMUM_WIDTH} are allowed")));
        }
        if let Some(target) = &self.target {
            name("the target's name", &target.name)?;
            if let Some(classes) = &target.classes {
                different("a class", classes)?;
                if !(2..=MAXIMUM_CLASSES).contains(&classes.len()) {
                    return Err(wrong(format!("it has {} classes; 2 to {MAXIMUM_CLASSES} are allowed", classes.len())));
                }
            }
        }
        self.check_estimator(width)
    }

    fn check_estimator(&self, width: usize) -> Result<(), SkillError> {
        let classes = self.classes();
        let supervised = matches!(self.method, Method::Linear | Method::Ridge | Method::Logistic | Method::RandomForest);
        if supervised != self.target.is_some() {
            return Err(wrong("its method and its target do not belong together"));
        }
        match (self.method, &self.estimator) {
            (Method::Linear | Method::Ridge, Estimator::Linear { intercept, coefficients }) if classes.is_none() => {
                finite("the constant", &[*intercept])?;
                line("the coefficients", coefficients, width)
            }
            (Method::Logistic, Estimator::Logistic { intercepts, coefficients }) => {
                let count = classes.ok_or_else(|| wrong("it has no classes"))?;
                let lines = intercepts.len();
                if lines != coefficients.len() || !(lines + 1 == count || lines == count) {
                    return Err(wrong(format!("it has {lines} lines for {count} classes")));
                }
                finite("the constants", intercepts)?;
                coefficients.iter().try_for_each(|coefficients| line("the coefficients", coefficients, width))
            }
            (Method::RandomForest, Estimator::Forest { trees }) => check_trees(trees, width, classes),
            (Method::KMeans, Estimator::Centres { centres }) => {
                if !(1..=MAXIMUM_CLUSTERS).contains(&centres.len()) {
                    return Err(wrong(format!("it has {} centres; 1 to {MAXIMUM_CLUSTERS} are allowed", centres.len())));
                }
                centres.iter().try_for_each(|centre| line("a centre", centre, width))
            }
            (Method::Pca, Estimator::Components { means, directions, variances }) => {
                if !(1..=width).contains(&directions.len()) {
                    return Err(wrong(format!("it has {} components of {width} columns", directions.len())));
                }
                line("the means", means, width)?;
                line("the variances", variances, directions.len())?;
                directions.iter().try_for_each(|direction| line("a component", direction, width))
            }
            _ => Err(wrong("its method and what it learned do not belong together")),
        }
    }
}

/// Trees whose every way goes forward and ends in a leaf.
fn check_trees(trees: &[TreeLists], width: usize, classes: Option<usize>) -> Result<(), SkillError> {
    let values = classes.unwrap_or(1);
    if !(1..=MAXIMUM_TREES).contains(&trees.len()) {
        return Err(wrong(format!("it has {} trees; 1 to {MAXIMUM_TREES} are allowed", trees.len())));
    }
    let places: usize = trees.iter().map(|tree| tree.column.len() + tree.leaves.len()).sum();
    // A tree may end a little beyond the bound at which growing stops.
    if places > MAXIMUM_NODES + MAXIMUM_CLASSES + 1 {
        return Err(wrong(format!("its trees take {places} places; at most {MAXIMUM_NODES} are allowed")));
    }
    for (number, tree) in trees.iter().enumerate() {
        let size = tree.column.len();
        let wrong = |what: &str| Err(wrong(format!("tree {number}: {what}")));
        if size == 0 || tree.limit.len() != size || tree.above.len() != size || !tree.leaves.len().is_multiple_of(values) {
            return wrong("its lists differ in length");
        }
        finite("a tree", &tree.limit)?;
        finite("a tree", &tree.leaves)?;
        let leaves = tree.leaves.len() / values;
        for place in 0..size {
            let above = tree.above[place] as usize;
            match usize::try_from(tree.column[place]) {
                Ok(column) if column >= width => return wrong("it divides by a column that is not there"),
                Ok(_) if above <= place + 1 || above >= size => return wrong("a way leads nowhere"),
                Err(_) if tree.column[place] != -1 || above >= leaves => return wrong("a leaf is not there"),
                _ => {}
            }
        }
        if classes.is_some() {
            let unfit = |leaf: &[f64]| leaf.iter().any(|weight| *weight < 0.0) || leaf.iter().sum::<f64>() <= 0.0;
            if tree.leaves.chunks_exact(values).any(unfit) {
                return wrong("a leaf has no shares");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
