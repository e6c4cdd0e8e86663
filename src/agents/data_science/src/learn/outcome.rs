//! What a training and a prediction say.

use serde::Serialize;
use serde_json::Value;

use super::metrics::{self, ClassScore};

/// How good the model is on some rows.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Line {
    pub(super) on: String,
    pub(super) rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r2: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rmse: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mae: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) median_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balanced_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) f1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roc_auc: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log_loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) inertia: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silhouette: Option<f64>,
}

impl Line {
    pub(super) fn of_errors(on: &str, rows: usize, errors: &metrics::Errors) -> Self {
        Self {
            on: on.to_owned(),
            rows,
            r2: errors.r2,
            rmse: Some(errors.rmse),
            mae: Some(errors.mae),
            median_error: Some(errors.median),
            ..Self::default()
        }
    }

    pub(super) fn of_scores(on: &str, rows: usize, scores: &metrics::Scores) -> Self {
        Self {
            on: on.to_owned(),
            rows,
            accuracy: Some(scores.accuracy),
            balanced_accuracy: Some(scores.balanced_accuracy),
            f1: Some(scores.f1),
            roc_auc: scores.roc_auc,
            log_loss: Some(scores.log_loss),
            ..Self::default()
        }
    }

    /// The mean of lines, and their standard deviation (over the count less one).
    pub(super) fn summary(lines: &[Self]) -> [Self; 2] {
        let rows = lines.iter().map(|line| line.rows).sum();
        let over = |of: fn(&Self) -> Option<f64>| -> (Option<f64>, Option<f64>) {
            let values: Vec<f64> = lines.iter().filter_map(of).collect();
            if values.len() < lines.len() || values.len() < 2 {
                return (None, None);
            }
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            (Some(mean), Some((values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()))
        };
        let mut mean = Self { on: "folds, mean".to_owned(), rows, ..Self::default() };
        let mut spread = Self { on: "folds, deviation".to_owned(), rows, ..Self::default() };
        (mean.r2, spread.r2) = over(|line| line.r2);
        (mean.rmse, spread.rmse) = over(|line| line.rmse);
        (mean.mae, spread.mae) = over(|line| line.mae);
        (mean.median_error, spread.median_error) = over(|line| line.median_error);
        (mean.accuracy, spread.accuracy) = over(|line| line.accuracy);
        (mean.balanced_accuracy, spread.balanced_accuracy) = over(|line| line.balanced_accuracy);
        (mean.f1, spread.f1) = over(|line| line.f1);
        (mean.roc_auc, spread.roc_auc) = over(|line| line.roc_auc);
        (mean.log_loss, spread.log_loss) = over(|line| line.log_loss);
        [mean, spread]
    }
}

/// A coefficient in the units of the table.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Coefficient {
    pub(super) term: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<String>,
    pub(super) estimate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) per_deviation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) standard_error: Option<f64>,
    /// Student's t of least squares, z of a logistic regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statistic: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) high: Option<f64>,
}

/// How much a column matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Importance {
    pub(super) column: String,
    /// How much worse predictions become when the column's cells are shuffled.
    pub(super) permutation: Option<f64>,
    pub(super) deviation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) impurity: Option<f64>,
}

/// A column as it was used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Used {
    pub(super) column: String,
    pub(super) read_as: &'static str,
    pub(super) numbers: usize,
    pub(super) missing: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fill: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grouped: Option<bool>,
}

/// A table whose columns differ from result to result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Grid {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// A direction of most variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Component {
    pub(super) component: String,
    pub(super) variance: f64,
    pub(super) share: f64,
    pub(super) cumulative: f64,
    pub(super) kept: bool,
}

/// Everything that a training says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Outcome {
    pub(super) summary: String,
    pub(super) charts: Vec<Value>,
    pub(super) metrics: Vec<Line>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) classes: Vec<ClassScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confusion: Option<Grid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) coefficients: Vec<Coefficient>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) importances: Vec<Importance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clusters: Option<Grid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) components: Vec<Component>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) weights: Option<Grid>,
    pub(super) fit: Value,
    pub(super) columns: Vec<Used>,
    pub(super) model: String,
    pub(super) notes: Vec<String>,
}

/// Everything that a prediction says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct PredictOutcome {
    pub(super) summary: String,
    pub(super) charts: Vec<Value>,
    pub(super) first: Option<Grid>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) metrics: Vec<Line>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) classes: Vec<ClassScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confusion: Option<Grid>,
    pub(super) rows: usize,
    pub(super) predicted: usize,
    pub(super) table: String,
    pub(super) notes: Vec<String>,
}

/// A matrix of confusion as a table.
pub(super) fn confusion(names: &[String], counts: &[Vec<usize>]) -> Grid {
    let columns = std::iter::once("actual".to_owned()).chain(names.iter().map(|name| format!("as {name}"))).collect();
    let rows = names
        .iter()
        .zip(counts)
        .map(|(name, counts)| std::iter::once(Value::from(name.as_str())).chain(counts.iter().map(|count| Value::from(*count))).collect())
        .collect();
    Grid { columns, rows }
}
