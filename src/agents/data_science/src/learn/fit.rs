//! How one model is fitted to some rows and tried on others.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use super::encode::{Encoder, Policy};
use super::forest::{self, Goal, Growth};
use super::frame::RawColumn;
use super::logistic::{self, Inference, Problem};
use super::matrix::Matrix;
use super::metrics::{self, Scores};
use super::model::{Estimator, Predicted, Predictor};
use super::outcome::Line;
use super::{ClassWeight, MAXIMUM_COEFFICIENTS, MAXIMUM_ENCODED_CELLS, MAXIMUM_WIDTH, Method, linear};
use crate::least_squares::LeastSquares;

/// Steps that a training may take, by kind: each is what one core does in a few minutes.
const EXACT_STEPS: f64 = 1e10;
const PLAIN_STEPS: f64 = 2e11;
const FOREST_STEPS: f64 = 3e10;
/// Steps of Newton's method, about.
const NEWTON: f64 = 10.0;

/// What is predicted, one for each row of the frame.
pub(super) enum Target {
    Numbers(Vec<f64>),
    Classes { names: Vec<String>, codes: Vec<u32> },
}

impl Target {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Classes { codes, .. } => codes.len(),
        }
    }

    pub(super) fn codes(&self) -> Option<&[u32]> {
        match self {
            Self::Numbers(_) => None,
            Self::Classes { codes, .. } => Some(codes),
        }
    }

    pub(super) fn classes(&self) -> Option<usize> {
        match self {
            Self::Numbers(_) => None,
            Self::Classes { names, .. } => Some(names.len()),
        }
    }

    pub(super) fn pick(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(values) => Self::Numbers(rows.iter().map(|row| values[*row]).collect()),
            Self::Classes { names, codes } => Self::Classes { names: names.clone(), codes: rows.iter().map(|row| codes[*row]).collect() },
        }
    }
}

/// How models are fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) method: Method,
    pub(super) policy: Policy,
    pub(super) penalty: f64,
    pub(super) weight: ClassWeight,
    pub(super) trees: usize,
    pub(super) depth: usize,
    pub(super) leaf: usize,
    /// As many as is usual when absent.
    pub(super) columns: Option<usize>,
    pub(super) seed: u64,
}

/// What was learned and what is known beside it.
pub(super) struct Learned {
    pub(super) encoder: Encoder,
    pub(super) predictor: Predictor,
    pub(super) estimator: Estimator,
    pub(super) exact: Option<LeastSquares>,
    pub(super) inference: Option<Inference>,
    /// Of each number that a row becomes.
    pub(super) impurity: Option<Vec<f64>>,
    /// The same: its standard deviation.
    pub(super) deviations: Vec<f64>,
}

/// Columns that are looked at to divide a place of a tree: the root of all for classes, all for numbers, as scikit-learn has it.
fn usual_columns(width: usize, classes: bool) -> usize {
    if classes { ((width as f64).sqrt() as usize).max(1) } else { width }
}

/// Refuses what would take too long or too much memory before it begins.
pub(super) fn affordable(settings: &Settings, rows: usize, width: usize, classes: Option<usize>, fits: usize) -> Result<(), SkillError> {
    let too_large = |message: String| Err(SkillError::new(Code::TrainingTooLarge, message));
    if width == 0 {
        return Err(SkillError::new(Code::DataUnfit, "features: no column says anything that could be learned from."));
    }
    if width > MAXIMUM_WIDTH {
        return too_large(format!(
            "features: with categories as columns of 0 and 1 a row becomes {width} numbers; at most {MAXIMUM_WIDTH} are taken. \
             Lower max_levels or name fewer features."
        ));
    }
    if rows * width > MAXIMUM_ENCODED_CELLS {
        return too_large(format!(
            "{rows} rows of {width} numbers are more than {MAXIMUM_ENCODED_CELLS}; name fewer features or take a sample of the rows."
        ));
    }
    let (rows, columns, fits) = (rows as f64, (width + 1) as f64, fits as f64);
    let (steps, bound) = match settings.method {
        Method::Linear => (rows * columns * columns * fits, EXACT_STEPS),
        Method::Ridge => (rows * columns * columns * fits, PLAIN_STEPS),
        Method::Logistic => {
            let count = classes.unwrap_or(2);
            let lines = if count > 2 && settings.penalty > 0.0 { count } else { count - 1 };
            if lines * (width + 1) > MAXIMUM_COEFFICIENTS {
                return too_large(format!(
                    "{lines} lines of {} coefficients are more than {MAXIMUM_COEFFICIENTS}; name fewer features, lower max_levels, or use \
                     random_forest.",
                    width + 1
                ));
            }
            let (lines, size) = (lines as f64, lines as f64 * columns);
            (NEWTON * fits * (rows * columns * columns / 2.0 * lines * (lines + 1.0) / 2.0 + size * size * size / 3.0), PLAIN_STEPS)
        }
        Method::RandomForest => {
            let looked = settings.columns.unwrap_or_else(|| usual_columns(width, classes.is_some())).min(width) as f64;
            let depth = (rows / settings.leaf as f64).max(2.0).log2().min(settings.depth as f64);
            (rows * looked * depth * settings.trees as f64 * fits, FOREST_STEPS)
        }
        Method::KMeans | Method::Pca => (rows * columns * columns, PLAIN_STEPS),
    };
    if steps > bound {
        return too_large(format!(
            "the training would take about {steps:.1e} steps; at most {bound:.0e} are taken. Lower folds or trees, name fewer features, or \
             take a sample of the rows."
        ));
    }
    Ok(())
}

/// Fits a model to rows of a frame.
pub(super) fn learn(
    context: &Context,
    columns: &[RawColumn],
    target: &Target,
    rows: &[usize],
    settings: &Settings,
    told: &dyn Fn(f64),
) -> Result<Learned, SkillError> {
    let check = &|| context.check();
    let encoder = Encoder::fit(columns, rows, settings.policy, check)?;
    let read = encoder.read(columns, rows, check)?;
    // In a fold a column may have no values at all, with which nothing fills its gaps.
    let kept: Vec<usize> = read.places.iter().map(|place| rows[*place]).collect();
    if kept.is_empty() || read.matrix.width == 0 {
        return Err(SkillError::new(Code::DataUnfit, "features: no column says anything that could be learned from."));
    }
    let (matrix, target) = (read.matrix, target.pick(&kept));
    let terms = encoder.terms();
    let (_, deviations) = matrix.moments();
    let (mut exact, mut inference, mut impurity) = (None, None, None);
    let estimator = match (settings.method, &target) {
        (Method::Linear, Target::Numbers(values)) => {
            let fitted = linear::ordinary(&matrix, values, &terms, check)?;
            let intercept = fitted.coefficients[0].estimate;
            let coefficients = fitted.coefficients[1..].iter().map(|coefficient| coefficient.estimate).collect();
            exact = Some(fitted);
            Estimator::Linear { intercept, coefficients }
        }
        (Method::Ridge, Target::Numbers(values)) => {
            let fitted = linear::ridge(&matrix, values, settings.penalty, check)?;
            Estimator::Linear { intercept: fitted.intercept, coefficients: fitted.coefficients }
        }
        (Method::Logistic, Target::Classes { names, codes }) => {
            let of_class = class_weights(codes, names.len(), settings.weight);
            let weights: Vec<f64> = codes.iter().map(|code| of_class[*code as usize]).collect();
            let problem = Problem { classes: codes, count: names.len(), weights: &weights, penalty: settings.penalty };
            let (fitted, inferred) = logistic::fit(matrix, &problem, &terms, check)?;
            // Weights that stand for no rows make no standard errors.
            inference = inferred.filter(|_| settings.weight == ClassWeight::Equal);
            Estimator::Logistic { intercepts: fitted.intercepts, coefficients: fitted.coefficients }
        }
        (Method::RandomForest, target) => {
            let growth = Growth {
                trees: settings.trees,
                depth: settings.depth,
                leaf: settings.leaf,
                columns: settings.columns.unwrap_or_else(|| usual_columns(matrix.width, target.codes().is_some())),
                seed: settings.seed,
            };
            let grown = match target {
                Target::Numbers(values) => forest::grow(&matrix, &Goal::Numbers(values), growth, check, told)?,
                Target::Classes { names, codes } => {
                    let weights = class_weights(codes, names.len(), settings.weight);
                    forest::grow(&matrix, &Goal::Classes { codes, count: names.len(), weights: &weights }, growth, check, told)?
                }
            };
            impurity = Some(grown.importance);
            Estimator::Forest { trees: grown.trees.into_iter().map(Into::into).collect() }
        }
        _ => return Err(SkillError::internal("the method does not fit its target")),
    };
    let predictor = Predictor::of(estimator.clone(), target.classes());
    Ok(Learned { encoder, predictor, estimator, exact, inference, impurity, deviations })
}

/// Balanced weights let each class count as much as any other, and all rows together as many as they are.
fn class_weights(codes: &[u32], count: usize, weight: ClassWeight) -> Vec<f64> {
    if weight == ClassWeight::Equal {
        return vec![1.0; count];
    }
    let mut sizes = vec![0usize; count];
    codes.iter().for_each(|code| sizes[*code as usize] += 1);
    sizes.iter().map(|size| codes.len() as f64 / (count as f64 * (*size).max(1) as f64)).collect()
}

/// How good predictions of some rows are, with what is drawn of them.
pub(super) struct Tried {
    pub(super) line: Line,
    pub(super) scores: Option<Scores>,
    /// Actual and predicted numbers; or the actual classes and the shares.
    pub(super) numbers: Option<(Vec<f64>, Vec<f64>)>,
    pub(super) shares: Option<(Vec<u32>, Vec<f64>)>,
    /// Rows that could not be predicted.
    pub(super) left: usize,
}

/// Tries a model on rows of a frame. None if none of them can be predicted.
pub(super) fn try_on(
    context: &Context,
    learned: &Learned,
    columns: &[RawColumn],
    target: &Target,
    rows: &[usize],
    name: &str,
) -> Result<Option<Tried>, SkillError> {
    let check = &|| context.check();
    let read = learned.encoder.read(columns, rows, check)?;
    let left = rows.len() - read.places.len();
    if read.places.is_empty() {
        return Ok(None);
    }
    let kept: Vec<usize> = read.places.iter().map(|place| rows[*place]).collect();
    let predicted = learned.predictor.predict(&read.matrix, check)?;
    Ok(Some(tried(&target.pick(&kept), predicted, name, left)?))
}

/// What is to be said of predictions whose truth is known.
pub(super) fn tried(target: &Target, predicted: Predicted, name: &str, left: usize) -> Result<Tried, SkillError> {
    match (target, predicted) {
        (Target::Numbers(actual), Predicted::Numbers(predicted)) => {
            let line = Line::of_errors(name, actual.len(), &metrics::errors(actual, &predicted));
            Ok(Tried { line, scores: None, numbers: Some((actual.clone(), predicted)), shares: None, left })
        }
        (Target::Classes { names, codes }, Predicted::Shares(shares)) => {
            let scores = metrics::scores(names, codes, &shares);
            let line = Line::of_scores(name, codes.len(), &scores);
            Ok(Tried { line, scores: Some(scores), numbers: None, shares: Some((codes.clone(), shares)), left })
        }
        _ => Err(SkillError::internal("the predictions do not fit the target")),
    }
}

/// One number for how good predictions are: R², or accuracy.
pub(super) fn score(predictor: &Predictor, matrix: &Matrix, target: &Target, context: &Context) -> Result<f64, SkillError> {
    let predicted = predictor.predict(matrix, &|| context.check())?;
    Ok(match (target, predicted) {
        (Target::Numbers(actual), Predicted::Numbers(predicted)) => metrics::errors(actual, &predicted).r2.unwrap_or(0.0),
        (Target::Classes { names, codes }, Predicted::Shares(shares)) => {
            let right =
                codes.iter().zip(shares.chunks_exact(names.len())).filter(|(code, shares)| metrics::best(shares) == **code as usize);
            right.count() as f64 / codes.len().max(1) as f64
        }
        _ => 0.0,
    })
}
