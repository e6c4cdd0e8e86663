//! How many trees that see different rows and columns agree: the random forest (Breiman, 2001).
//!
//! Each tree grows on rows drawn with replacement. A place is divided where Gini's impurity, or the squared error, falls the most, among
//! some columns drawn anew each time; trees are not pruned. Shares of classes, or means, of the leaves are averaged over the trees.

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use super::Check;
use super::bins::Binned;
use super::matrix::Matrix;
use crate::random::Random;

/// The most places of all trees together: the model is written down.
pub(crate) const MAXIMUM_NODES: usize = 1_000_000;
/// The deepest tree.
pub(crate) const MAXIMUM_DEPTH: usize = 64;

/// What is learned, one for each row.
pub(crate) enum Goal<'a> {
    Numbers(&'a [f64]),
    /// With the weight of each class.
    Classes {
        codes: &'a [u32],
        count: usize,
        weights: &'a [f64],
    },
}

/// How trees grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) trees: usize,
    pub(crate) depth: usize,
    /// The fewest rows of a leaf.
    pub(crate) leaf: usize,
    /// Columns that are looked at to divide a place.
    pub(crate) columns: usize,
    pub(crate) seed: u64,
}

/// A tree as lists, the whole part below a place's lower side right behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tree {
    /// The column that divides; −1 of a leaf.
    pub(crate) column: Vec<i32>,
    /// Rows up to this value go on with the next place; 0 of a leaf.
    pub(crate) limit: Vec<f64>,
    /// Where the others go on; of a leaf its number among the leaves.
    pub(crate) above: Vec<u32>,
    /// Leaf by leaf: the mean, or the weight of each class.
    pub(crate) leaves: Vec<f64>,
}

impl Tree {
    /// The values of the leaf that a row ends in, of which each leaf has so many.
    pub(crate) fn leaf(&self, row: &[f64], values: usize) -> &[f64] {
        let mut place = 0;
        loop {
            match usize::try_from(self.column[place]) {
                Ok(column) => place = if row[column] <= self.limit[place] { place + 1 } else { self.above[place] as usize },
                Err(_) => {
                    let leaf = self.above[place] as usize;
                    return &self.leaves[leaf * values..(leaf + 1) * values];
                }
            }
        }
    }
}

/// Trees, and how much each column helped to divide (the mean decrease of impurity, in shares).
pub(crate) struct Forest {
    pub(crate) trees: Vec<Tree>,
    pub(crate) importance: Vec<f64>,
}

/// The mean of the trees.
pub(crate) fn predict_number(trees: &[Tree], row: &[f64]) -> f64 {
    trees.iter().map(|tree| tree.leaf(row, 1)[0]).sum::<f64>() / trees.len().max(1) as f64
}

/// The mean share of each class.
pub(crate) fn predict_shares(trees: &[Tree], row: &[f64], shares: &mut [f64]) {
    shares.fill(0.0);
    for tree in trees {
        let leaf = tree.leaf(row, shares.len());
        let whole = leaf.iter().sum::<f64>() * trees.len() as f64;
        shares.iter_mut().zip(leaf).for_each(|(share, weight)| *share += weight / whole);
    }
}

/// Grows the trees.
///
/// # Errors
/// `DATA-054` if they take more places than a model may have, and what `check` answers.
pub(crate) fn grow(matrix: &Matrix, goal: &Goal<'_>, growth: Growth, check: Check<'_>, told: &dyn Fn(f64)) -> Result<Forest, SkillError> {
    let binned = Binned::of(matrix, check)?;
    let mut seeds = Random::new(growth.seed);
    let mut forest = Forest { trees: Vec::with_capacity(growth.trees), importance: vec![0.0; matrix.width] };
    let mut nodes = 0;
    let values = match goal {
        Goal::Numbers(_) => 1,
        Goal::Classes { count, .. } => *count,
    };
    let mut counts = vec![0u32; matrix.rows];
    for number in 0..growth.trees {
        told(number as f64 / growth.trees as f64);
        // A stream of its own, whatever the trees before drew.
        let mut random = Random::new(seeds.below(usize::MAX) as u64);
        counts.fill(0);
        for _ in 0..matrix.rows {
            counts[random.below(matrix.rows)] += 1;
        }
        let mut rows: Vec<u32> = (0..matrix.rows as u32).filter(|row| counts[*row as usize] > 0).collect();
        let mut grower = Grower {
            binned: &binned,
            goal,
            growth,
            values,
            counts: &counts,
            random,
            order: (0..matrix.width).collect(),
            tree: Tree::default(),
            gains: vec![0.0; matrix.width],
            sums: vec![0.0; 256 * values.max(2)],
            sizes: vec![0; 256],
            left: Vec::new(),
            taken: nodes,
            check,
        };
        grower.grow(&mut rows, 0)?;
        nodes += grower.tree.column.len() + grower.tree.leaves.len();
        let gained: f64 = grower.gains.iter().sum();
        if gained > 0.0 {
            for (sum, gain) in forest.importance.iter_mut().zip(&grower.gains) {
                *sum += gain / gained / growth.trees as f64;
            }
        }
        forest.trees.push(grower.tree);
    }
    Ok(forest)
}

/// A division that was found.
#[derive(Clone, Copy)]
struct Division {
    column: usize,
    code: u8,
    gain: f64,
}

struct Grower<'a> {
    binned: &'a Binned,
    goal: &'a Goal<'a>,
    growth: Growth,
    /// Of each leaf.
    values: usize,
    /// How often each row was drawn.
    counts: &'a [u32],
    random: Random,
    order: Vec<usize>,
    tree: Tree,
    gains: Vec<f64>,
    /// For each code the weight of each class, or the weight and the sum.
    sums: Vec<f64>,
    sizes: Vec<u32>,
    left: Vec<f64>,
    /// Places of the trees before.
    taken: usize,
    check: Check<'a>,
}

impl Grower<'_> {
    /// What the rows come to: the weight of each class; or the weight, the sum and the sum of squares.
    fn whole(&self, rows: &[u32]) -> Vec<f64> {
        match self.goal {
            Goal::Classes { codes, weights, .. } => {
                let mut whole = vec![0.0; self.values];
                for row in rows {
                    let class = codes[*row as usize] as usize;
                    whole[class] += f64::from(self.counts[*row as usize]) * weights[class];
                }
                whole
            }
            Goal::Numbers(target) => {
                let mut whole = vec![0.0; 3];
                for row in rows {
                    let (weight, value) = (f64::from(self.counts[*row as usize]), target[*row as usize]);
                    whole[0] += weight;
                    whole[1] += weight * value;
                }
                let mean = whole[1] / whole[0];
                whole[2] = rows.iter().map(|row| f64::from(self.counts[*row as usize]) * (target[*row as usize] - mean).powi(2)).sum();
                whole
            }
        }
    }

    fn grow(&mut self, rows: &mut [u32], depth: usize) -> Result<(), SkillError> {
        (self.check)()?;
        let place = self.tree.column.len();
        if self.taken + place + self.tree.leaves.len() >= MAXIMUM_NODES {
            let message = format!(
                "the trees take more than {MAXIMUM_NODES} places and values of leaves; raise leaf_rows, or lower trees or max_depth."
            );
            return Err(SkillError::new(Code::ModelTooLarge, message));
        }
        self.tree.column.push(-1);
        self.tree.limit.push(0.0);
        self.tree.above.push(0);
        let whole = self.whole(rows);
        let pure = match self.goal {
            Goal::Classes { .. } => whole.iter().filter(|weight| **weight > 0.0).count() < 2,
            Goal::Numbers(_) => whole[2] <= f64::EPSILON * f64::EPSILON * whole[1] * whole[1] / whole[0],
        };
        let enough = rows.len() >= 2 * self.growth.leaf && rows.len() > 1 && depth < self.growth.depth;
        let found = if enough && !pure { self.divide(rows, &whole) } else { None };
        let Some(found) = found else {
            self.tree.above[place] = (self.tree.leaves.len() / self.values) as u32;
            match self.goal {
                Goal::Classes { .. } => self.tree.leaves.extend_from_slice(&whole),
                Goal::Numbers(_) => self.tree.leaves.push(whole[1] / whole[0]),
            }
            return Ok(());
        };
        self.gains[found.column] += found.gain.max(0.0);
        let codes = self.binned.column(found.column);
        let mut middle = 0;
        for at in 0..rows.len() {
            if codes[rows[at] as usize] <= found.code {
                rows.swap(at, middle);
                middle += 1;
            }
        }
        self.tree.column[place] = found.column as i32;
        self.tree.limit[place] = self.binned.dividers[found.column][found.code as usize];
        let (below, above) = rows.split_at_mut(middle);
        self.grow(below, depth + 1)?;
        self.tree.above[place] = self.tree.column.len() as u32;
        self.grow(above, depth + 1)
    }

    /// The best division among some columns.
    fn divide(&mut self, rows: &[u32], whole: &[f64]) -> Option<Division> {
        let width = self.order.len();
        let mut best: Option<Division> = None;
        let (mut looked, mut varied) = (0, 0);
        while looked < width && (looked < self.growth.columns || varied == 0) {
            let other = looked + self.random.below(width - looked);
            self.order.swap(looked, other);
            let column = self.order[looked];
            looked += 1;
            let (differs, found) = self.of_column(column, rows, whole);
            varied += usize::from(differs);
            if let Some(found) = found
                && best.is_none_or(|best| found.gain > best.gain)
            {
                best = Some(found);
            }
        }
        best
    }

    /// Whether the rows differ in a column, and its best division.
    fn of_column(&mut self, column: usize, rows: &[u32], whole: &[f64]) -> (bool, Option<Division>) {
        let binned = self.binned;
        let codes = binned.column(column);
        let (mut low, mut high) = (u8::MAX, 0);
        for row in rows {
            let code = codes[*row as usize];
            (low, high) = (low.min(code), high.max(code));
        }
        if low >= high {
            return (false, None);
        }
        let (first, last) = (low as usize, high as usize);
        self.sizes[first..=last].fill(0);
        let found = match self.goal {
            Goal::Classes { codes: classes, weights, .. } => {
                let values = self.values;
                self.sums[first * values..(last + 1) * values].fill(0.0);
                for row in rows {
                    let row = *row as usize;
                    let (code, class) = (codes[row] as usize, classes[row] as usize);
                    self.sizes[code] += 1;
                    self.sums[code * values + class] += f64::from(self.counts[row]) * weights[class];
                }
                self.best_of_classes(first, last, rows.len(), whole)
            }
            Goal::Numbers(target) => {
                self.sums[first * 2..(last + 1) * 2].fill(0.0);
                let mean = whole[1] / whole[0];
                for row in rows {
                    let row = *row as usize;
                    let (code, weight) = (codes[row] as usize, f64::from(self.counts[row]));
                    self.sizes[code] += 1;
                    self.sums[code * 2] += weight;
                    self.sums[code * 2 + 1] += weight * (target[row] - mean);
                }
                self.best_of_numbers(first, last, rows.len(), whole)
            }
        };
        (true, found.map(|(code, gain)| Division { column, code: code as u8, gain }))
    }

    /// Where squares of weights over their sums grow the most: Gini's impurity falls as much.
    fn best_of_classes(&mut self, first: usize, last: usize, rows: usize, whole: &[f64]) -> Option<(usize, f64)> {
        let values = self.values;
        let weight: f64 = whole.iter().sum();
        let squares: f64 = whole.iter().map(|value| value * value).sum();
        self.left.clear();
        self.left.resize(values, 0.0);
        let (mut left, mut left_squares, mut right_squares, mut size) = (0.0, 0.0, squares, 0);
        let mut best = None;
        for code in first..last {
            if self.sizes[code] == 0 {
                continue;
            }
            size += self.sizes[code] as usize;
            for (class, total) in whole.iter().enumerate() {
                let moved = self.sums[code * values + class];
                if moved > 0.0 {
                    let (there, here) = (self.left[class], total - self.left[class]);
                    left_squares += moved * (2.0 * there + moved);
                    right_squares += moved * (moved - 2.0 * here);
                    self.left[class] += moved;
                    left += moved;
                }
            }
            if size < self.growth.leaf {
                continue;
            }
            if rows - size < self.growth.leaf {
                break;
            }
            let gain = left_squares / left + right_squares / (weight - left) - squares / weight;
            if best.is_none_or(|(_, known)| gain > known) {
                best = Some((code, gain));
            }
        }
        best
    }

    /// Where the squared error falls the most. The sums are about the mean of all.
    fn best_of_numbers(&self, first: usize, last: usize, rows: usize, whole: &[f64]) -> Option<(usize, f64)> {
        let (mut left, mut sum, mut size) = (0.0, 0.0, 0);
        let mut best = None;
        for code in first..last {
            if self.sizes[code] == 0 {
                continue;
            }
            size += self.sizes[code] as usize;
            left += self.sums[code * 2];
            sum += self.sums[code * 2 + 1];
            if size < self.growth.leaf {
                continue;
            }
            if rows - size < self.growth.leaf {
                break;
            }
            let gain = sum * sum / left + sum * sum / (whole[0] - left);
            if best.is_none_or(|(_, known)| gain > known) {
                best = Some((code, gain));
            }
        }
        best
    }
}
