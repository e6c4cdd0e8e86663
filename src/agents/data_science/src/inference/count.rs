//! Whether counts are as expected, and whether two classifications are independent: Pearson's χ².

use crate::distribution::chi_square_above;

/// What a χ² test gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChiSquare {
    pub(crate) statistic: f64,
    pub(crate) degrees: f64,
    pub(crate) p: f64,
    /// Cramér's V, or Cohen's w of a test of fit; without the correction for continuity.
    pub(crate) effect: f64,
    pub(crate) expected: Vec<Vec<f64>>,
    /// (observed − expected) / √expected of each cell.
    pub(crate) residuals: Vec<Vec<f64>>,
    /// Whether Yates' correction was made.
    pub(crate) corrected: bool,
}

impl ChiSquare {
    /// How many cells have an expected count below 5, of how many.
    pub(crate) fn sparse(&self) -> (usize, usize) {
        let cells = self.expected.iter().flatten();
        (cells.clone().filter(|expected| **expected < 5.0).count(), cells.count())
    }
}

fn residuals(observed: &[Vec<f64>], expected: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |(observed, expected): (&f64, &f64)| (observed - expected) / expected.sqrt();
    observed.iter().zip(expected).map(|(observed, expected)| observed.iter().zip(expected).map(of).collect()).collect()
}

fn squares(residuals: &[Vec<f64>]) -> f64 {
    residuals.iter().flatten().map(|residual| residual * residual).sum()
}

/// Whether rows and columns of a table of counts are independent. Every row and column must have a count. With `yates` a table of two
/// rows and two columns is corrected for continuity.
pub(crate) fn independence(observed: &[Vec<f64>], yates: bool) -> ChiSquare {
    let rows: Vec<f64> = observed.iter().map(|row| row.iter().sum()).collect();
    let width = observed.first().map_or(0, Vec::len);
    let columns: Vec<f64> = (0..width).map(|column| observed.iter().map(|row| row[column]).sum()).collect();
    let total: f64 = rows.iter().sum();
    let expected: Vec<Vec<f64>> = rows.iter().map(|row| columns.iter().map(|column| row * column / total).collect()).collect();
    let residuals = residuals(observed, &expected);
    let plain = squares(&residuals);
    let degrees = (rows.len() as f64 - 1.0) * (columns.len() as f64 - 1.0);
    let corrected = yates && degrees == 1.0;
    let statistic = if corrected {
        let cell = |(observed, expected): (&f64, &f64)| {
            let distance = (observed - expected).abs();
            (distance - distance.min(0.5)).powi(2) / expected
        };
        observed.iter().flatten().zip(expected.iter().flatten()).map(cell).sum()
    } else {
        plain
    };
    let least = rows.len().min(columns.len()) as f64 - 1.0;
    ChiSquare {
        statistic,
        degrees,
        p: chi_square_above(statistic, degrees),
        effect: (plain / total / least).sqrt(),
        expected,
        residuals,
        corrected,
    }
}

/// Whether counts fit these proportions, which sum to 1 and are all positive.
pub(crate) fn fit(observed: &[f64], proportions: &[f64]) -> ChiSquare {
    let total: f64 = observed.iter().sum();
    let expected = vec![proportions.iter().map(|share| share * total).collect::<Vec<f64>>()];
    let residuals = residuals(&[observed.to_vec()], &expected);
    let statistic = squares(&residuals);
    let degrees = observed.len() as f64 - 1.0;
    ChiSquare {
        statistic,
        degrees,
        p: chi_square_above(statistic, degrees),
        effect: (statistic / total).sqrt(),
        expected,
        residuals,
        corrected: false,
    }
}
