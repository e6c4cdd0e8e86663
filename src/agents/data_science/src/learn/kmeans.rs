//! Which groups rows fall into: k-means by Lloyd's iterations (1982), begun by k-means++ (Arthur and Vassilvitskii, 2007).

use baton_agents_runtime::SkillError;

use super::Check;
use super::matrix::Matrix;
use crate::random::Random;

/// After so many rounds a run ends although rows still change their group.
const ROUNDS: usize = 300;

/// Groups and how tight they are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clusters {
    pub(crate) centres: Matrix,
    pub(crate) labels: Vec<u32>,
    /// The sum of squared distances of rows from their centres.
    pub(crate) inertia: f64,
    pub(crate) settled: bool,
}

pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The nearest centre and how far it is, squared.
pub(crate) fn nearest(centres: &Matrix, row: &[f64]) -> (u32, f64) {
    let mut best = (0, f64::INFINITY);
    for centre in 0..centres.rows {
        let far = distance(centres.row(centre), row);
        if far < best.1 {
            best = (centre as u32, far);
        }
    }
    best
}

/// Centres to begin with: each is drawn by its squared distance from those before; of a few candidates the best one is taken.
fn begin(matrix: &Matrix, count: usize, random: &mut Random, check: Check<'_>) -> Result<Matrix, SkillError> {
    let mut centres = Matrix::new(0, matrix.width);
    let mut add = |row: &[f64]| {
        centres.cells.extend_from_slice(row);
        centres.rows += 1;
    };
    let first = random.below(matrix.rows);
    add(matrix.row(first));
    let mut far: Vec<f64> = (0..matrix.rows).map(|row| distance(matrix.row(first), matrix.row(row))).collect();
    let candidates = 2 + (count as f64).ln() as usize;
    for _ in 1..count {
        let total: f64 = far.iter().sum();
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..candidates {
            check()?;
            let mut left = random.unit() * total;
            let drawn = far.iter().position(|distance| {
                left -= distance;
                left < 0.0
            });
            let drawn = drawn.unwrap_or_else(|| random.below(matrix.rows));
            let nearer: Vec<f64> =
                far.iter().enumerate().map(|(row, known)| known.min(distance(matrix.row(drawn), matrix.row(row)))).collect();
            let sum: f64 = nearer.iter().sum();
            if best.as_ref().is_none_or(|best| sum < best.0) {
                best = Some((sum, drawn, nearer));
            }
        }
        if let Some((_, drawn, nearer)) = best {
            add(matrix.row(drawn));
            far = nearer;
        }
    }
    Ok(centres)
}

/// Lloyd's iterations from these centres until no row changes its group.
pub(crate) fn settle(matrix: &Matrix, mut centres: Matrix, check: Check<'_>) -> Result<Clusters, SkillError> {
    let count = centres.rows;
    let mut labels = vec![u32::MAX; matrix.rows];
    let mut far = vec![0.0; matrix.rows];
    let mut settled = false;
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (row, label) in labels.iter_mut().enumerate() {
            if row % 1_024 == 0 {
                check()?;
            }
            let (next, distance) = nearest(&centres, matrix.row(row));
            changed |= next != *label;
            *label = next;
            far[row] = distance;
        }
        if !changed {
            settled = true;
            break;
        }
        let mut sums = Matrix::new(count, matrix.width);
        let mut sizes = vec![0usize; count];
        for (row, label) in labels.iter().enumerate() {
            sizes[*label as usize] += 1;
            sums.row_mut(*label as usize).iter_mut().zip(matrix.row(row)).for_each(|(sum, value)| *sum += value);
        }
        // A centre without rows takes over the row that lies farthest from its own, as scikit-learn does.
        for empty in (0..count).filter(|centre| sizes[*centre] == 0).collect::<Vec<_>>() {
            let Some(row) = (0..matrix.rows).filter(|row| sizes[labels[*row] as usize] > 1).max_by(|a, b| far[*a].total_cmp(&far[*b]))
            else {
                break;
            };
            let old = labels[row] as usize;
            sums.row_mut(old).iter_mut().zip(matrix.row(row)).for_each(|(sum, value)| *sum -= value);
            sums.row_mut(empty).copy_from_slice(matrix.row(row));
            (sizes[old], sizes[empty]) = (sizes[old] - 1, 1);
            (labels[row], far[row]) = (empty as u32, 0.0);
        }
        for (centre, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            let size = *size as f64;
            centres.row_mut(centre).iter_mut().zip(sums.row(centre)).for_each(|(value, sum)| *value = sum / size);
        }
    }
    if !settled {
        for (row, label) in labels.iter_mut().enumerate() {
            (*label, far[row]) = nearest(&centres, matrix.row(row));
        }
    }
    Ok(Clusters { centres, labels, inertia: far.iter().sum(), settled })
}

/// The tightest of so many runs.
pub(crate) fn fit(matrix: &Matrix, count: usize, starts: usize, seed: u64, check: Check<'_>) -> Result<Clusters, SkillError> {
    let mut random = Random::new(seed);
    let mut best: Option<Clusters> = None;
    for _ in 0..starts.max(1) {
        let centres = begin(matrix, count, &mut random, check)?;
        let found = settle(matrix, centres, check)?;
        if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
            best = Some(found);
        }
    }
    best.ok_or_else(|| SkillError::internal("k-means without a run"))
}

/// The mean silhouette (Rousseeuw, 1987): −1 to 1, near 1 where rows lie much nearer to their own group than to the next one. None with
/// fewer than two groups. It takes the square of the rows.
pub(crate) fn silhouette(matrix: &Matrix, labels: &[u32], check: Check<'_>) -> Result<Option<f64>, SkillError> {
    let count = labels.iter().max().map_or(0, |label| *label as usize + 1);
    let mut sizes = vec![0usize; count];
    labels.iter().for_each(|label| sizes[*label as usize] += 1);
    if sizes.iter().filter(|size| **size > 0).count() < 2 {
        return Ok(None);
    }
    let mut sum = 0.0;
    let mut totals = vec![0.0; count];
    for row in 0..matrix.rows {
        check()?;
        totals.fill(0.0);
        for (other, label) in labels.iter().enumerate() {
            totals[*label as usize] += distance(matrix.row(row), matrix.row(other)).sqrt();
        }
        let own = labels[row] as usize;
        if sizes[own] < 2 {
            continue;
        }
        let inner = totals[own] / (sizes[own] - 1) as f64;
        let others = (0..count).filter(|group| *group != own && sizes[*group] > 0).map(|group| totals[group] / sizes[group] as f64);
        let outer = others.fold(f64::INFINITY, f64::min);
        if inner.max(outer) > 0.0 {
            sum += (outer - inner) / inner.max(outer);
        }
    }
    Ok(Some(sum / matrix.rows as f64))
}
