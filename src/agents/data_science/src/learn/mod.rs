//! How models learn from tables and predict, from the input to the result.

mod bins;
mod chart;
pub(crate) mod contract;
mod encode;
mod fit;
mod forest;
mod frame;
mod importance;
mod kmeans;
mod linear;
mod logistic;
mod matrix;
mod metrics;
mod model;
mod outcome;
mod pca;
mod predict;
pub(crate) mod predict_contract;
mod prepare;
mod split;
mod train;
mod unsupervised;

use baton_agents_runtime::{Context, SkillError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::inference::table_file;

/// The most columns that a model learns from.
pub const MAXIMUM_FEATURES: usize = 500;
/// The most numbers that a row becomes once categories are columns of 0 and 1.
pub const MAXIMUM_WIDTH: usize = crate::least_squares::MAXIMUM_PREDICTORS - 1;
/// The most numbers that all rows become together.
pub const MAXIMUM_ENCODED_CELLS: usize = 24_000_000;
/// The most levels that a column of categories keeps.
pub const MAXIMUM_LEVELS: usize = 100;
/// The most classes of a target.
pub const MAXIMUM_CLASSES: usize = 100;
/// The most coefficients of a logistic regression: its curvature is their square.
pub const MAXIMUM_COEFFICIENTS: usize = 2_000;
/// The most trees of a forest.
pub const MAXIMUM_TREES: usize = 1_000;
/// The most groups of k-means.
pub const MAXIMUM_CLUSTERS: usize = 100;
/// The largest document of a model.
pub const MAXIMUM_MODEL_BYTES: u64 = 64 << 20;
/// The most cells of a table of predictions.
pub const MAXIMUM_PREDICTED_CELLS: usize = 10_000_000;

/// Goes on only if nobody asked to stop.
pub(crate) type Check<'a> = &'a dyn Fn() -> Result<(), SkillError>;

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Linear,
    Ridge,
    Logistic,
    RandomForest,
    KMeans,
    Pca,
}

impl Method {
    fn title(self) -> &'static str {
        match self {
            Self::Linear => "linear regression",
            Self::Ridge => "ridge regression",
            Self::Logistic => "logistic regression",
            Self::RandomForest => "random forest",
            Self::KMeans => "k-means",
            Self::Pca => "principal components",
        }
    }
}

/// Whether a number or a class is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Aim {
    Regression,
    Classification,
}

/// What is done with rows that have gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Missing {
    Refuse,
    #[default]
    Drop,
    Impute,
}

/// How much the rows of a class weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClassWeight {
    #[default]
    Equal,
    Balanced,
}

/// What `data_science.train` is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    artifact: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    method: Method,
    target: Option<String>,
    aim: Option<Aim>,
    features: Option<Vec<String>>,
    #[serde(default)]
    categorical: Vec<String>,
    #[serde(default)]
    missing: Missing,
    #[serde(default = "usual_levels")]
    max_levels: usize,
    standardize: Option<bool>,
    penalty: Option<f64>,
    class_weight: Option<ClassWeight>,
    trees: Option<usize>,
    max_depth: Option<usize>,
    leaf_rows: Option<usize>,
    columns_per_split: Option<usize>,
    clusters: Option<usize>,
    starts: Option<usize>,
    components: Option<usize>,
    explained: Option<f64>,
    hold_out: Option<f64>,
    folds: Option<usize>,
    #[serde(default)]
    seed: u64,
}

fn yes() -> bool {
    true
}

fn usual_levels() -> usize {
    20
}

/// Trains what the input asks and stores the model.
pub(crate) async fn train(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let (mut outcome, model) = context.blocking(move |context| train::run(context, &source, &input)).await?;
    context.progress(0.97, "storing the model");
    let id = context.store("model.json", "application/json", &model).await?;
    context.info(outcome.summary.clone(), json!({"model_bytes": model.len()}));
    context.progress(1.0, "done");
    outcome.model = id.to_string();
    serde_json::to_value(outcome).map_err(|error| SkillError::internal(format!("the result cannot be written: {error}")))
}

/// What `data_science.predict` is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PredictInput {
    artifact: String,
    model: String,
    delimiter: Option<String>,
    #[serde(default = "yes")]
    header: bool,
    #[serde(default = "usual_list")]
    list: usize,
}

fn usual_list() -> usize {
    20
}

/// Predicts what the input asks and stores the predictions.
pub(crate) async fn predict(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: PredictInput = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let source = table_file(&context, &input.artifact, input.delimiter.as_deref(), input.header)?;
    let model = context.file(&input.model)?;
    let (mut outcome, table) = context.blocking(move |context| predict::run(context, &source, &model, input.list)).await?;
    context.progress(0.97, "storing the predictions");
    let id = context.store("predictions.csv", "text/csv", table.as_bytes()).await?;
    context.info(outcome.summary.clone(), json!({"rows": outcome.rows}));
    context.progress(1.0, "done");
    outcome.table = id.to_string();
    serde_json::to_value(outcome).map_err(|error| SkillError::internal(format!("the result cannot be written: {error}")))
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod reference_tests;
