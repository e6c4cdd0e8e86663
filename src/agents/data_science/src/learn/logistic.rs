//! How probabilities of classes are fitted: logistic regression of two and of more classes, by Newton's method.
//!
//! The likelihood with a penalty on the squares of the coefficients, the constants' left out (Hosmer and Lemeshow; Hastie, Tibshirani
//! and Friedman, 4.4). Without a penalty the first class is the base that others are compared with; with one, each of three and more
//! classes has coefficients of its own, as in scikit-learn. Columns are centred and scaled inside, which changes no result: the penalty
//! is scaled with them.

use baton_agents_runtime::SkillError;

use super::Check;
use super::linear::no_fit;
use super::matrix::{Cholesky, Matrix};
use crate::special::normal_tails;

/// Newton's method needs five to ten steps; one that needs so many does not end.
const STEPS: usize = 100;
/// What is left of a column that depends on others.
const DEPENDENT: f64 = 1e-11;
/// A step that moves a row's score by so much is not the last one.
const AWAY: f64 = 1e-2;

/// A line of coefficients for each class but the base, or for each class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logistic {
    pub(crate) intercepts: Vec<f64>,
    pub(crate) coefficients: Vec<Vec<f64>>,
}

/// What is known of a fit without a penalty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inference {
    /// Line by line, the constant first: the standard error, z and the two-sided probability.
    pub(crate) lines: Vec<Vec<(f64, f64, f64)>>,
    pub(crate) log_likelihood: f64,
    /// Of the model that knows only the shares of the classes.
    pub(crate) null_log_likelihood: f64,
}

/// What is fitted.
pub(crate) struct Problem<'a> {
    /// One for each row.
    pub(crate) classes: &'a [u32],
    pub(crate) count: usize,
    /// One for each row.
    pub(crate) weights: &'a [f64],
    pub(crate) penalty: f64,
}

impl Logistic {
    /// The probability of each class.
    pub(crate) fn shares(&self, row: &[f64], count: usize, shares: &mut [f64]) {
        let base = count - self.intercepts.len();
        shares[..base].fill(0.0);
        for ((share, intercept), line) in shares[base..].iter_mut().zip(&self.intercepts).zip(&self.coefficients) {
            *share = super::linear::predict(*intercept, line, row);
        }
        soften(shares);
    }
}

/// Turns scores into shares; gives the logarithm of what they were divided by.
fn soften(scores: &mut [f64]) -> f64 {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
    largest + sum.ln()
}

struct Newton<'a> {
    /// Centred and scaled.
    matrix: Matrix,
    problem: &'a Problem<'a>,
    lines: usize,
    /// For each column.
    penalties: Vec<f64>,
    check: Check<'a>,
}

impl Newton<'_> {
    /// Columns and the constant, which comes last.
    fn width(&self) -> usize {
        self.matrix.width + 1
    }

    fn scores(&self, theta: &[f64], row: &[f64], scores: &mut [f64]) {
        let base = self.problem.count - self.lines;
        scores[..base].fill(0.0);
        for (score, line) in scores[base..].iter_mut().zip(theta.chunks_exact(self.width())) {
            *score = super::linear::predict(line[row.len()], &line[..row.len()], row);
        }
    }

    fn penalty(&self, theta: &[f64]) -> f64 {
        let lines = theta.chunks_exact(self.width());
        lines.map(|line| line.iter().zip(&self.penalties).map(|(value, penalty)| 0.5 * penalty * value * value).sum::<f64>()).sum()
    }

    /// The loss that is to be small.
    fn loss(&self, theta: &[f64]) -> Result<f64, SkillError> {
        let mut scores = vec![0.0; self.problem.count];
        let mut loss = self.penalty(theta);
        for (place, (class, weight)) in self.problem.classes.iter().zip(self.problem.weights).enumerate() {
            if place % 4_096 == 0 {
                (self.check)()?;
            }
            self.scores(theta, self.matrix.row(place), &mut scores);
            let own = scores[*class as usize];
            loss += weight * (soften(&mut scores) - own);
        }
        Ok(loss)
    }

    /// Loss, slope and curvature.
    fn derivatives(&self, theta: &[f64]) -> Result<(f64, Vec<f64>, Vec<f64>), SkillError> {
        let (width, lines) = (self.width(), self.lines);
        let base = self.problem.count - lines;
        let size = width * lines;
        let mut slope = vec![0.0; size];
        // One triangle for each pair of lines.
        let mut blocks = vec![0.0; lines * (lines + 1) / 2 * width * width];
        let mut shares = vec![0.0; self.problem.count];
        let mut loss = self.penalty(theta);
        let mut cells = vec![1.0; width];
        for (place, (class, weight)) in self.problem.classes.iter().zip(self.problem.weights).enumerate() {
            if place % 256 == 0 {
                (self.check)()?;
            }
            let row = self.matrix.row(place);
            cells[..row.len()].copy_from_slice(row);
            self.scores(theta, row, &mut shares);
            let own = shares[*class as usize];
            loss += weight * (soften(&mut shares) - own);
            for first in 0..lines {
                let share = shares[base + first];
                let actual = if *class as usize == base + first { 1.0 } else { 0.0 };
                let pull = weight * (share - actual);
                slope[first * width..(first + 1) * width].iter_mut().zip(&cells).for_each(|(sum, cell)| *sum += pull * cell);
                for second in 0..=first {
                    let same = if first == second { 1.0 } else { 0.0 };
                    let bend = weight * share * (same - shares[base + second]);
                    let block = &mut blocks[(first * (first + 1) / 2 + second) * width * width..][..width * width];
                    for (line, cell) in cells.iter().enumerate() {
                        let factor = bend * cell;
                        block[line * width..line * width + line + 1].iter_mut().zip(&cells).for_each(|(sum, cell)| *sum += factor * cell);
                    }
                }
            }
        }
        let mut curve = vec![0.0; size * size];
        for first in 0..lines {
            for second in 0..=first {
                let block = &blocks[(first * (first + 1) / 2 + second) * width * width..][..width * width];
                for line in 0..width {
                    for cell in 0..width {
                        let value = if cell <= line { block[line * width + cell] } else { block[cell * width + line] };
                        curve[(first * width + line) * size + second * width + cell] = value;
                        curve[(second * width + cell) * size + first * width + line] = value;
                    }
                }
            }
            for (column, penalty) in self.penalties.iter().enumerate() {
                let place = first * width + column;
                slope[place] += penalty * theta[place];
                curve[place * size + place] += penalty;
            }
        }
        if lines == self.problem.count {
            // One number added to all constants changes no share; their sum is kept at zero.
            for first in 0..lines {
                for second in 0..lines {
                    curve[(first * width + width - 1) * size + second * width + width - 1] += 1.0;
                }
            }
        }
        Ok((loss, slope, curve))
    }

    /// Whether a step without end is left: where classes are told apart without an error, each step of Newton's method moves the scores of
    /// some rows by about one although hardly anything is gained.
    fn runs_away(&self, direction: &[f64]) -> bool {
        self.problem.penalty == 0.0
            && (0..self.matrix.rows).any(|place| {
                let row = self.matrix.row(place);
                let mut lines = direction.chunks_exact(self.width());
                lines.any(|line| super::linear::predict(line[row.len()], &line[..row.len()], row).abs() > AWAY)
            })
    }

    /// The coefficients at which the loss is least, and the curvature there.
    fn minimize(&self, terms: &[String]) -> Result<(Vec<f64>, Cholesky), SkillError> {
        let size = self.width() * self.lines;
        let mut theta = vec![0.0; size];
        for step in 0..STEPS {
            let (loss, slope, curve) = self.derivatives(&theta)?;
            let solver = match Cholesky::of(&curve, size, DEPENDENT, self.check)? {
                Ok(solver) => solver,
                Err(place) if step == 0 => {
                    let name = terms.get(place % self.width()).map_or("the constant", String::as_str);
                    return Err(no_fit(format!(
                        "features: {name} is constant or a sum of multiples of other columns; leave it out or set a penalty above 0."
                    )));
                }
                Err(_) => return Err(separated()),
            };
            let direction = solver.solve(&slope);
            let gain: f64 = direction.iter().zip(&slope).map(|(a, b)| a * b).sum();
            if !gain.is_finite() {
                return Err(separated());
            }
            let rounding = 1e-13 * loss.abs();
            if gain <= 1e-19 * (1.0 + loss.abs()) {
                return if self.runs_away(&direction) { Err(separated()) } else { Ok((theta, solver)) };
            }
            let mut length = 1.0;
            loop {
                let next: Vec<f64> = theta.iter().zip(&direction).map(|(value, step)| value - length * step).collect();
                let reached = self.loss(&next)?;
                if reached <= loss - 1e-4 * length * gain + rounding {
                    theta = next;
                    break;
                }
                length /= 2.0;
                if length < 1e-8 {
                    // Rounding hides any further gain.
                    return if self.runs_away(&direction) { Err(separated()) } else { Ok((theta, solver)) };
                }
            }
        }
        Err(separated())
    }
}

fn separated() -> SkillError {
    no_fit(
        "penalty: a combination of columns tells classes apart without an error, so that the coefficients grow without end; \
         set a penalty above 0, as 1.",
    )
}

/// Fits the classes by the columns, which `terms` names. Standard errors come only without a penalty.
pub(crate) fn fit(
    mut matrix: Matrix,
    problem: &Problem<'_>,
    terms: &[String],
    check: Check<'_>,
) -> Result<(Logistic, Option<Inference>), SkillError> {
    let (means, mut deviations) = matrix.moments();
    deviations.iter_mut().filter(|deviation| **deviation == 0.0).for_each(|deviation| *deviation = 1.0);
    for row in 0..matrix.rows {
        for ((cell, mean), deviation) in matrix.row_mut(row).iter_mut().zip(&means).zip(&deviations) {
            *cell = (*cell - mean) / deviation;
        }
    }
    let lines = if problem.count > 2 && problem.penalty > 0.0 { problem.count } else { problem.count - 1 };
    let penalties = deviations.iter().map(|deviation| problem.penalty / deviation / deviation).collect();
    let newton = Newton { matrix, problem, lines, penalties, check };
    let (theta, solver) = newton.minimize(terms)?;
    let width = newton.width();
    let columns = width - 1;
    let mut fitted = Logistic { intercepts: Vec::new(), coefficients: Vec::new() };
    for line in theta.chunks_exact(width) {
        let coefficients: Vec<f64> = line.iter().zip(&deviations).map(|(value, deviation)| value / deviation).collect();
        fitted.intercepts.push(line[columns] - coefficients.iter().zip(&means).map(|(value, mean)| value * mean).sum::<f64>());
        fitted.coefficients.push(coefficients);
    }
    if problem.penalty > 0.0 {
        return Ok((fitted, None));
    }
    let log_likelihood = -newton.loss(&theta)?;
    let mut sums = vec![0.0; problem.count];
    problem.classes.iter().zip(problem.weights).for_each(|(class, weight)| sums[*class as usize] += weight);
    let whole: f64 = sums.iter().sum();
    let null_log_likelihood = sums.iter().filter(|sum| **sum > 0.0).map(|sum| sum * (sum / whole).ln()).sum();
    // The spread of a sum of coefficients is that of its weights through the inverse of the curvature.
    let spread = |weights: &[f64]| {
        let solved = solver.solve(weights);
        weights.iter().zip(solved).map(|(a, b)| a * b).sum::<f64>().max(0.0).sqrt()
    };
    let mut inferred = Vec::with_capacity(lines);
    for line in 0..lines {
        check()?;
        let mut weights = vec![0.0; width * lines];
        weights[line * width + columns] = 1.0;
        for (weight, (mean, deviation)) in weights[line * width..].iter_mut().zip(means.iter().zip(&deviations)) {
            *weight = -mean / deviation;
        }
        let mut errors = vec![spread(&weights)];
        for (column, deviation) in deviations.iter().enumerate() {
            weights.fill(0.0);
            weights[line * width + column] = 1.0 / deviation;
            errors.push(spread(&weights));
        }
        let estimates = std::iter::once(fitted.intercepts[line]).chain(fitted.coefficients[line].iter().copied());
        inferred.push(
            estimates
                .zip(errors)
                .map(|(estimate, error)| {
                    let z = estimate / error;
                    (error, z, (2.0 * normal_tails(z.abs()).1).min(1.0))
                })
                .collect(),
        );
    }
    Ok((fitted, Some(Inference { lines: inferred, log_likelihood, null_log_likelihood })))
}
