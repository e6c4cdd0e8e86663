//! Which rows are easily told from all others: the isolation forest of Liu, Ting and Zhou (2008).

use crate::random::Random;

/// Rows that each tree grows from (the authors' choice: more find no more).
const SAMPLE: usize = 256;
const EULER: f64 = 0.577_215_664_901_532_9;

/// A place in a tree.
#[derive(Debug, Clone, Copy)]
enum Node {
    /// The column and the value that divide, and where those below and those from it on lie.
    Split { column: usize, value: f64, below: usize, above: usize },
    /// How deep an average row of those that end here would go on.
    Leaf { depth: f64 },
}

/// The mean depth of an unsuccessful search in a binary tree of so many.
fn mean_depth(count: usize) -> f64 {
    match count {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let below = count as f64 - 1.0;
            2.0 * (below.ln() + EULER) - 2.0 * below / count as f64
        }
    }
}

/// The score of each row, 0 to 1: near 1 of rows that few questions isolate, about 0.5 and below of ordinary ones. Columns are equally
/// long and have no gaps.
///
/// # Errors
/// What `step` answers, which is called with how much is done.
pub(crate) fn scores<E>(columns: &[Vec<f64>], trees: usize, seed: u64, mut step: impl FnMut(f64) -> Result<(), E>) -> Result<Vec<f64>, E> {
    let rows = columns.first().map_or(0, Vec::len);
    let size = rows.min(SAMPLE);
    let mut random = Random::new(seed);
    let mut depths = vec![0.0; rows];
    let mut order: Vec<usize> = (0..rows).collect();
    let limit = (size as f64).log2().ceil().max(1.0) as usize;
    for tree in 0..trees {
        step(tree as f64 / trees as f64)?;
        // The first so many of a shuffle.
        for place in 0..size {
            let other = place + random.below(rows - place);
            order.swap(place, other);
        }
        let mut sample = order[..size].to_vec();
        let mut nodes = Vec::with_capacity(2 * size);
        grow(columns, &mut sample, 0, limit, &mut random, &mut nodes);
        for (row, depth) in depths.iter_mut().enumerate() {
            if row % 65_536 == 65_535 {
                step(tree as f64 / trees as f64)?;
            }
            *depth += depth_of(&nodes, columns, row);
        }
    }
    let usual = mean_depth(size);
    Ok(depths.into_iter().map(|depth| if usual > 0.0 { (-(depth / trees as f64) / usual).exp2() } else { 0.5 }).collect())
}

/// Grows a tree below a set of rows; gives its place.
fn grow(columns: &[Vec<f64>], rows: &mut [usize], depth: usize, limit: usize, random: &mut Random, nodes: &mut Vec<Node>) -> usize {
    let place = nodes.len();
    nodes.push(Node::Leaf { depth: depth as f64 + mean_depth(rows.len()) });
    if depth >= limit || rows.len() < 2 {
        return place;
    }
    // A column in which they differ, tried in the order of chance.
    let offset = random.below(columns.len());
    let divided = (0..columns.len()).map(|step| (offset + step) % columns.len()).find_map(|column| {
        let values = rows.iter().map(|row| columns[column][*row]);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        (low < high).then_some((column, low, high))
    });
    let Some((column, low, high)) = divided else { return place };
    let part = random.unit();
    // Above the least, so that both sides have rows.
    let value = (low * (1.0 - part) + high * part).clamp(low.next_up(), high);
    let mut split = 0;
    for next in 0..rows.len() {
        if columns[column][rows[next]] < value {
            rows.swap(split, next);
            split += 1;
        }
    }
    let (left, right) = rows.split_at_mut(split);
    let below = grow(columns, left, depth + 1, limit, random, nodes);
    let above = grow(columns, right, depth + 1, limit, random, nodes);
    nodes[place] = Node::Split { column, value, below, above };
    place
}

fn depth_of(nodes: &[Node], columns: &[Vec<f64>], row: usize) -> f64 {
    let mut place = 0;
    loop {
        match nodes[place] {
            Node::Leaf { depth } => return depth,
            Node::Split { column, value, below, above } => place = if columns[column][row] < value { below } else { above },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn grown(columns: &[Vec<f64>], seed: u64) -> Vec<f64> {
        scores::<()>(columns, 200, seed, |_| Ok(())).unwrap()
    }

    #[test]
    fn scores_are_those_of_scikit_learn_but_for_chance() {
        let reference: Value = serde_json::from_str(include_str!("../../tests/reference/isolation.json")).unwrap();
        let numbers = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect() };
        let columns: Vec<Vec<f64>> = reference["columns"].as_array().unwrap().iter().map(numbers).collect();
        let expected = numbers(&reference["scores"]);
        let found = grown(&columns, 1);
        let off = found.iter().zip(&expected).map(|(found, expected)| (found - expected).abs());
        let worst = off.clone().fold(0.0, f64::max);
        let mean = off.sum::<f64>() / expected.len() as f64;
        println!("isolation scores: off by {mean:.4} on average, {worst:.4} at most");
        assert!(mean < 0.01 && worst < 0.04, "{mean} {worst}");
    }

    #[test]
    fn the_same_seed_grows_the_same_forest_and_another_one_another() {
        let mut random = Random::new(9);
        let columns: Vec<Vec<f64>> = (0..3).map(|_| (0..400).map(|_| random.normal()).collect()).collect();
        assert_eq!(grown(&columns, 4), grown(&columns, 4));
        assert_ne!(grown(&columns, 4), grown(&columns, 5));
    }

    #[test]
    fn a_lonely_row_in_a_gap_scores_highest() {
        let mut random = Random::new(11);
        // Two clusters, and one row between them that is far from no column's middle.
        let mut x: Vec<f64> = (0..500).map(|row| random.normal() + if row % 2 == 0 { 12.0 } else { -12.0 }).collect();
        let mut y: Vec<f64> = x.iter().map(|value| value + random.normal()).collect();
        (x[77], y[77]) = (0.0, 0.0);
        let scores = grown(&[x, y], 2);
        let better = scores.iter().filter(|score| **score > scores[77]).count();
        assert!(better <= 5, "{better} rows score higher");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn scores_lie_between_zero_and_one_whatever_the_values(
            values in prop::collection::vec(prop_oneof![-1e308..1e308f64, Just(0.0), -1.0..1.0f64, Just(f64::MAX), Just(f64::MIN)], 1..60)
        ) {
            let found = scores::<()>(&[values.clone(), vec![1.0; values.len()]], 10, 0, |_| Ok(())).unwrap();
            prop_assert!(found.iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
}
