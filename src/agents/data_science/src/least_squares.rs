//! Which coefficients fit best: linear least squares with standard errors, at the accuracy of NIST's reference data.
//!
//! Householder's orthogonalization in numbers of twice the precision (`double_double`), with columns scaled by powers of two. Rows are
//! taken in blocks, each of which is folded into the triangle so far (a sequential TSQR): memory grows with the square of the columns,
//! never with the rows. The right side is one more column of the same triangle, so the residual sum of squares is read from it without
//! squaring a condition number. On ordinary data that is more digits than anybody needs; it is what ill-conditioned ones do need.

use baton_agents_runtime::SkillError;

use crate::distribution::{f_above, student_tails, student_upper_quantile};
use crate::double_double::{Double, mean_and_squares};
use crate::numbers::{largest, scale_of};

/// The most columns, the constant included: work and memory grow with the square.
pub(crate) const MAXIMUM_PREDICTORS: usize = 512;
/// Rows that are folded in at once.
const BLOCK: usize = 256;
/// A column whose part that the others do not explain is smaller than this share of it counts as explained by them.
#[cfg(test)]
const DEPENDENT: f64 = 1e-22;
/// The same where the numbers come rounded to 16 digits.
const DEPENDENT_IN_ROUNDED: f64 = 1e-14;

/// One coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coefficient {
    pub(crate) estimate: f64,
    pub(crate) standard_error: f64,
    pub(crate) t: f64,
    pub(crate) p: f64,
    /// Between which it lies with 95 % confidence.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LeastSquares {
    /// The constant first, if there is one, then one for each column.
    pub(crate) coefficients: Vec<Coefficient>,
    pub(crate) observations: usize,
    /// Observations less coefficients.
    pub(crate) residual_degrees: usize,
    pub(crate) residual_squares: f64,
    /// About the mean with a constant, about zero without.
    pub(crate) total_squares: f64,
    pub(crate) residual_deviation: f64,
    pub(crate) r_squared: f64,
    pub(crate) adjusted_r_squared: f64,
    pub(crate) f: f64,
    pub(crate) f_p: f64,
}

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unfit {
    /// Fewer observations than coefficients, or just as many.
    TooFewRows { rows: usize, coefficients: usize },
    /// This coefficient's column (counted with the constant) is a sum of multiples of those before it, or zero.
    Dependent(usize),
    /// Somebody asked to stop.
    Stopped(SkillError),
}

/// Fits `target` by the columns, all of the same length and finite; `constant` adds one of ones. `step` is called now and then and
/// may stop it.
///
/// # Errors
/// As [`Unfit`] says.
pub(crate) fn fit(
    columns: &[&[f64]],
    target: &[f64],
    constant: bool,
    step: &mut dyn FnMut() -> Result<(), SkillError>,
) -> Result<LeastSquares, Unfit> {
    let scales: Vec<f64> = columns.iter().map(|column| scale_of(largest(column))).collect();
    let row = |place: usize, cells: &mut [Double]| {
        for ((cell, column), scale) in cells.iter_mut().zip(columns).zip(&scales) {
            *cell = Double::from(column[place] * scale);
        }
    };
    solve(&scales, &row, target, constant, DEPENDENT_IN_ROUNDED, step)
}

/// Fits `target` by a polynomial of `x`. The powers are kept in twice the precision, which a high degree needs.
///
/// # Errors
/// As [`Unfit`] says.
#[cfg(test)]
pub(crate) fn polynomial(x: &[f64], target: &[f64], degree: usize) -> Result<LeastSquares, Unfit> {
    let base = scale_of(largest(x));
    let scales: Vec<f64> = (1..=degree).map(|power| base.powi(i32::try_from(power).unwrap_or(i32::MAX))).collect();
    let row = |place: usize, cells: &mut [Double]| {
        let factor = Double::from(x[place] * base);
        let mut power = Double::from(1.0);
        for cell in cells.iter_mut() {
            power = power * factor;
            *cell = power;
        }
    };
    solve(&scales, &row, target, true, DEPENDENT, &mut || Ok(()))
}

fn solve(
    scales: &[f64],
    row: &dyn Fn(usize, &mut [Double]),
    target: &[f64],
    constant: bool,
    dependent: f64,
    step: &mut dyn FnMut() -> Result<(), SkillError>,
) -> Result<LeastSquares, Unfit> {
    let shift = usize::from(constant);
    let (rows, size) = (target.len(), scales.len() + shift);
    if rows <= size {
        return Err(Unfit::TooFewRows { rows, coefficients: size });
    }
    let target_scale = scale_of(largest(target));
    let triangle = triangle(rows, size, step, &|place, cells: &mut [Double]| {
        if constant {
            cells[0] = Double::from(1.0);
        }
        row(place, &mut cells[shift..size]);
        cells[size] = Double::from(target[place] * target_scale);
    })
    .map_err(Unfit::Stopped)?;
    for column in 0..size {
        // What the columns before leave of this one, beside what it was.
        let whole: Double = (0..=column).map(|row| triangle.at(row, column).squared()).sum();
        if triangle.at(column, column).value().abs() <= whole.sqrt().value() * dependent {
            return Err(Unfit::Dependent(column));
        }
    }
    let estimates = triangle.back(|row| triangle.at(row, size));
    let residual = triangle.at(size, size).squared();
    // The variance of an estimate is its row of the triangle's inverse, squared.
    let mut squares = vec![Double::ZERO; size];
    for unit in 0..size {
        let column = triangle.back(|row| if row == unit { Double::from(1.0) } else { Double::ZERO });
        for (square, entry) in squares.iter_mut().zip(column) {
            *square += entry.squared();
        }
    }
    let degrees = rows - size;
    let variance = residual / Double::from(degrees as f64);
    let total = if constant {
        let scaled: Vec<f64> = target.iter().map(|value| value * target_scale).collect();
        mean_and_squares(&scaled).1
    } else {
        target.iter().map(|value| Double::from(value * target_scale).squared()).sum()
    };
    let half_width = student_upper_quantile(0.025, degrees as f64);
    let coefficients = (0..size)
        .map(|place| {
            let unscale = if place < shift { 1.0 } else { scales[place - shift] } / target_scale;
            let estimate = estimates[place].value() * unscale;
            let standard_error = (variance * squares[place]).sqrt().value() * unscale;
            let t = estimate / standard_error;
            Coefficient {
                estimate,
                standard_error,
                t,
                p: 2.0 * student_tails(t.abs(), degrees as f64).1,
                low: estimate - half_width * standard_error,
                high: estimate + half_width * standard_error,
            }
        })
        .collect();
    let explained = (size - shift) as f64;
    let regression = (total - residual).value().max(0.0);
    let f = if residual.is_zero() { f64::INFINITY } else { regression / explained / variance.value() };
    let r_squared = if total.is_zero() { f64::NAN } else { (regression / total.value()).clamp(0.0, 1.0) };
    let unexplained = if total.is_zero() { f64::NAN } else { (residual / total).value() };
    Ok(LeastSquares {
        coefficients,
        observations: rows,
        residual_degrees: degrees,
        residual_squares: residual.value() / target_scale / target_scale,
        total_squares: total.value() / target_scale / target_scale,
        residual_deviation: variance.sqrt().value() / target_scale,
        r_squared,
        adjusted_r_squared: 1.0 - unexplained * (rows - shift) as f64 / degrees as f64,
        f,
        f_p: f_above(f, explained, degrees as f64),
    })
}

/// The triangle of an orthogonalization, with the target as its last column.
struct Triangle {
    /// The columns, the target included.
    width: usize,
    cells: Vec<Double>,
}

impl Triangle {
    fn at(&self, row: usize, column: usize) -> Double {
        self.cells[row * self.width + column]
    }

    /// Solves the triangle, without its last row and column, for a right side.
    fn back(&self, right: impl Fn(usize) -> Double) -> Vec<Double> {
        let size = self.width - 1;
        let mut solution = vec![Double::ZERO; size];
        for row in (0..size).rev() {
            let known: Double = (row + 1..size).map(|column| self.at(row, column) * solution[column]).sum();
            solution[row] = (right(row) - known) / self.at(row, row);
        }
        solution
    }
}

fn triangle(
    rows: usize,
    size: usize,
    step: &mut dyn FnMut() -> Result<(), SkillError>,
    row: &dyn Fn(usize, &mut [Double]),
) -> Result<Triangle, SkillError> {
    let width = size + 1;
    let mut cells = vec![Double::ZERO; (width + BLOCK) * width];
    let mut place = 0;
    while place < rows {
        let block = BLOCK.min(rows - place);
        for (offset, cells) in cells[width * width..].chunks_exact_mut(width).take(block).enumerate() {
            row(place + offset, cells);
        }
        fold(&mut cells, width, width + block, step)?;
        place += block;
    }
    cells.truncate(width * width);
    Ok(Triangle { width, cells })
}

/// Folds the rows below the triangle into it by Householder's reflections. In a column only the diagonal and what is below the
/// triangle differ from zero.
fn fold(cells: &mut [Double], width: usize, height: usize, step: &mut dyn FnMut() -> Result<(), SkillError>) -> Result<(), SkillError> {
    let below = width..height;
    let mut sums = vec![Double::ZERO; width];
    for column in 0..width {
        step()?;
        let diagonal = cells[column * width + column];
        let rest: Double = below.clone().map(|row| cells[row * width + column].squared()).sum();
        if rest.is_zero() {
            continue;
        }
        let norm = (diagonal.squared() + rest).sqrt();
        let norm = if diagonal.value() > 0.0 { -norm } else { norm };
        let head = diagonal - norm;
        // 2 / |v|², where v is the head and what stands below.
        let factor = Double::from(2.0) / (head.squared() + rest);
        // Row by row, as memory lies.
        for (place, sum) in sums.iter_mut().enumerate().skip(column + 1) {
            *sum = head * cells[column * width + place];
        }
        for row in below.clone() {
            let line = &cells[row * width..(row + 1) * width];
            let entry = line[column];
            for (sum, cell) in sums[column + 1..].iter_mut().zip(&line[column + 1..]) {
                *sum += entry * *cell;
            }
        }
        for sum in &mut sums[column + 1..] {
            *sum = *sum * factor;
        }
        for place in column + 1..width {
            cells[column * width + place] -= head * sums[place];
        }
        for row in below.clone() {
            let line = &mut cells[row * width..(row + 1) * width];
            let entry = line[column];
            for (sum, cell) in sums[column + 1..].iter().zip(&mut line[column + 1..]) {
                *cell -= entry * *sum;
            }
            line[column] = Double::ZERO;
        }
        cells[column * width + column] = norm;
    }
    Ok(())
}

#[cfg(test)]
#[path = "least_squares_tests.rs"]
mod tests;
