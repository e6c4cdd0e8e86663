//! How tables of numbers are kept row by row, and how their normal equations and eigenvectors are solved.

use baton_agents_runtime::SkillError;

use super::Check;

/// Rows of equally many numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) width: usize,
    pub(crate) cells: Vec<f64>,
}

impl Matrix {
    pub(crate) fn new(rows: usize, width: usize) -> Self {
        Self { rows, width, cells: vec![0.0; rows * width] }
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.width..(row + 1) * self.width]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.width..(row + 1) * self.width]
    }

    pub(crate) fn column(&self, column: usize) -> Vec<f64> {
        self.cells.iter().skip(column).step_by(self.width.max(1)).copied().collect()
    }

    /// The rows at these places.
    pub(crate) fn pick(&self, places: &[usize]) -> Self {
        let cells = places.iter().flat_map(|place| self.row(*place)).copied().collect();
        Self { rows: places.len(), width: self.width, cells }
    }

    /// The mean and the standard deviation (over the count) of each column, in two passes.
    pub(crate) fn moments(&self) -> (Vec<f64>, Vec<f64>) {
        let count = self.rows.max(1) as f64;
        let mut means = vec![0.0; self.width];
        for row in self.cells.chunks_exact(self.width.max(1)) {
            means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
        }
        // What rounding left of the first pass.
        let mut rest = vec![0.0; self.width];
        let mut squares = vec![0.0; self.width];
        for row in self.cells.chunks_exact(self.width.max(1)) {
            for (column, value) in row.iter().enumerate() {
                let distance = value - means[column];
                rest[column] += distance / count;
                squares[column] += distance * distance / count;
            }
        }
        for ((mean, square), rest) in means.iter_mut().zip(&mut squares).zip(&rest) {
            *mean += rest;
            *square = (*square - rest * rest).max(0.0).sqrt();
        }
        (means, squares)
    }

    /// The sums of products of columns, about these means; a whole symmetric square.
    pub(crate) fn products(&self, means: &[f64], check: Check<'_>) -> Result<Vec<f64>, SkillError> {
        let width = self.width;
        let mut sums = vec![0.0; width * width];
        let mut centred = vec![0.0; width];
        for (place, row) in self.cells.chunks_exact(width.max(1)).enumerate() {
            if place % 1_024 == 0 {
                check()?;
            }
            centred.iter_mut().zip(row).zip(means).for_each(|((centred, value), mean)| *centred = value - mean);
            for (first, factor) in centred.iter().enumerate() {
                let line = &mut sums[first * width..first * width + first + 1];
                line.iter_mut().zip(&centred).for_each(|(sum, value)| *sum += factor * value);
            }
        }
        for first in 0..width {
            for second in first + 1..width {
                sums[first * width + second] = sums[second * width + first];
            }
        }
        Ok(sums)
    }
}

/// The lower triangle whose product with itself, turned over, is a symmetric positive square: Cholesky's, of the square that is scaled to
/// a diagonal of ones, so that units of columns do not matter.
pub(crate) struct Cholesky {
    size: usize,
    lower: Vec<f64>,
    scales: Vec<f64>,
}

impl Cholesky {
    /// Fails with the place of the first row that depends on those before: what is left of it is below this share.
    pub(crate) fn of(square: &[f64], size: usize, dependent: f64, check: Check<'_>) -> Result<Result<Self, usize>, SkillError> {
        let mut scales = Vec::with_capacity(size);
        for place in 0..size {
            let diagonal = square[place * size + place];
            if diagonal.is_nan() || diagonal <= 0.0 || diagonal.is_infinite() {
                return Ok(Err(place));
            }
            scales.push(1.0 / diagonal.sqrt());
        }
        let mut lower = vec![0.0; size * size];
        for row in 0..size {
            check()?;
            for column in 0..=row {
                let (above, below) = (&lower[column * size..column * size + column], &lower[row * size..row * size + column]);
                let known: f64 = above.iter().zip(below).map(|(a, b)| a * b).sum();
                let rest = square[row * size + column] * scales[row] * scales[column] - known;
                if row == column {
                    if rest.is_nan() || rest <= dependent {
                        return Ok(Err(row));
                    }
                    lower[row * size + row] = rest.sqrt();
                } else {
                    lower[row * size + column] = rest / lower[column * size + column];
                }
            }
        }
        Ok(Ok(Self { size, lower, scales }))
    }

    /// What the square takes to the right side.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let size = self.size;
        let mut solution: Vec<f64> = right.iter().zip(&self.scales).map(|(right, scale)| right * scale).collect();
        for row in 0..size {
            let known: f64 = (0..row).map(|column| self.lower[row * size + column] * solution[column]).sum();
            solution[row] = (solution[row] - known) / self.lower[row * size + row];
        }
        for row in (0..size).rev() {
            let known: f64 = (row + 1..size).map(|below| self.lower[below * size + row] * solution[below]).sum();
            solution[row] = (solution[row] - known) / self.lower[row * size + row];
        }
        solution.iter_mut().zip(&self.scales).for_each(|(value, scale)| *value *= scale);
        solution
    }
}

/// Sweeps after which an eigenvalue problem is given up; ten are many.
const SWEEPS: usize = 60;

/// Eigenvalues in falling order, and their vectors: Jacobi's rotations of a symmetric square, which keep small ones accurate
/// (Golub and Van Loan, 8.5).
pub(crate) fn eigen(mut square: Vec<f64>, size: usize, check: Check<'_>) -> Result<(Vec<f64>, Vec<Vec<f64>>), SkillError> {
    let mut vectors = vec![0.0; size * size];
    for place in 0..size {
        vectors[place * size + place] = 1.0;
    }
    for _ in 0..SWEEPS {
        let mut turned = false;
        for first in 0..size {
            check()?;
            for second in first + 1..size {
                let off = square[first * size + second];
                let (low, high) = (square[first * size + first], square[second * size + second]);
                if off == 0.0 || off.abs() <= f64::EPSILON * 0.25 * (low.abs() * high.abs()).sqrt() {
                    continue;
                }
                turned = true;
                let ratio = (high - low) / (2.0 * off);
                let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for place in 0..size {
                    if place != first && place != second {
                        let (a, b) = (square[first * size + place], square[second * size + place]);
                        let (new_a, new_b) = (cosine * a - sine * b, sine * a + cosine * b);
                        (square[first * size + place], square[second * size + place]) = (new_a, new_b);
                        (square[place * size + first], square[place * size + second]) = (new_a, new_b);
                    }
                    let (a, b) = (vectors[first * size + place], vectors[second * size + place]);
                    vectors[first * size + place] = cosine * a - sine * b;
                    vectors[second * size + place] = sine * a + cosine * b;
                }
                square[first * size + first] = low - tangent * off;
                square[second * size + second] = high + tangent * off;
                (square[first * size + second], square[second * size + first]) = (0.0, 0.0);
            }
        }
        if !turned {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|a, b| square[b * size + b].total_cmp(&square[a * size + a]));
    let values = order.iter().map(|place| square[place * size + place].max(0.0)).collect();
    Ok((values, order.iter().map(|place| vectors[place * size..(place + 1) * size].to_vec()).collect()))
}
