//! How numbers are fitted by sums: least squares, and ridge regression (Hoerl and Kennard, 1970).

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use super::Check;
use super::matrix::{Cholesky, Matrix};
use crate::least_squares::{self, LeastSquares, Unfit};

/// What is added for each column, and the constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub(crate) intercept: f64,
    pub(crate) coefficients: Vec<f64>,
}

/// The data do not determine the model.
pub(super) fn no_fit(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::NoUniqueModel, message)
}

/// Least squares with standard errors. `terms` names the columns.
pub(crate) fn ordinary(matrix: &Matrix, target: &[f64], terms: &[String], check: Check<'_>) -> Result<LeastSquares, SkillError> {
    let columns: Vec<Vec<f64>> = (0..matrix.width).map(|column| matrix.column(column)).collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    least_squares::fit(&slices, target, true, &mut || check()).map_err(|unfit| match unfit {
        Unfit::Stopped(error) => error,
        Unfit::TooFewRows { rows, coefficients } => SkillError::new(
            Code::DataUnfit,
            format!("{rows} rows are too few for {coefficients} coefficients; choose fewer features, or ridge, which takes fewer rows."),
        ),
        Unfit::Dependent(place) => {
            let name = place.checked_sub(1).and_then(|place| terms.get(place)).map_or("the constant", String::as_str);
            no_fit(format!(
                "features: {name} is constant or a sum of multiples of the columns before it, so that its coefficient is not determined; \
                 leave it out or use ridge."
            ))
        }
    })
}

/// Squares plus `penalty` times the squares of the coefficients, without the constant's, as small as can be.
pub(crate) fn ridge(matrix: &Matrix, target: &[f64], penalty: f64, check: Check<'_>) -> Result<Linear, SkillError> {
    let (means, _) = matrix.moments();
    let count = target.len().max(1) as f64;
    let mean = target.iter().map(|value| value / count).sum::<f64>();
    let width = matrix.width;
    let mut square = matrix.products(&means, check)?;
    let mut right = vec![0.0; width];
    for (row, value) in target.iter().enumerate() {
        right.iter_mut().zip(matrix.row(row)).zip(&means).for_each(|((sum, cell), column)| *sum += (cell - column) * (value - mean));
    }
    for place in 0..width {
        square[place * width + place] += penalty;
    }
    let solver = Cholesky::of(&square, width, 1e-15, check)?.map_err(|_| {
        no_fit("penalty: columns depend on one another more than this penalty makes up for; raise it, or leave columns out.")
    })?;
    let coefficients = solver.solve(&right);
    let intercept = mean - coefficients.iter().zip(&means).map(|(coefficient, mean)| coefficient * mean).sum::<f64>();
    Ok(Linear { intercept, coefficients })
}

/// The sum for one row.
pub(crate) fn predict(intercept: f64, coefficients: &[f64], row: &[f64]) -> f64 {
    intercept + coefficients.iter().zip(row).map(|(coefficient, value)| coefficient * value).sum::<f64>()
}
