//! Texts as directions in the space of their words, weighted by how rare these are (tf-idf).

use std::collections::HashMap;

/// A direction of length 1, by word number; empty for a text without words.
pub(crate) type Direction = Vec<(u32, f64)>;

/// Counts times `1 + ln((1 + n) / (1 + df))`, brought to length 1: the smoothed form, in which a word of every text still counts.
pub(crate) fn tf_idf(texts: &[HashMap<String, f64>]) -> Vec<Direction> {
    let mut numbers: HashMap<&str, (u32, f64)> = HashMap::new();
    for word in texts.iter().flat_map(HashMap::keys) {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        numbers.entry(word).or_insert((next, 0.0)).1 += 1.0;
    }
    let total = texts.len() as f64;
    let weigh = |(word, count): (&String, &f64)| {
        let (number, within) = numbers[word.as_str()];
        (number, count * (1.0 + ((1.0 + total) / (1.0 + within)).ln()))
    };
    texts
        .iter()
        .map(|counts| {
            let mut direction: Direction = counts.iter().map(weigh).collect();
            // A fixed order, so that sums are the same on every run.
            direction.sort_unstable_by_key(|(number, _)| *number);
            normalize(&mut direction);
            direction
        })
        .collect()
}

/// Brings a direction to length 1.
pub(crate) fn normalize(direction: &mut Direction) {
    let length = direction.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
    if length > 0.0 {
        direction.iter_mut().for_each(|(_, weight)| *weight /= length);
    }
}

/// The cosine of two directions.
pub(crate) fn cosine(left: &Direction, right: &Direction) -> f64 {
    let (mut sum, mut at) = (0.0, 0);
    for (number, weight) in left {
        while at < right.len() && right[at].0 < *number {
            at += 1;
        }
        if at < right.len() && right[at].0 == *number {
            sum += weight * right[at].1;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn cosines_agree_with_the_reference() {
        let data: Value = serde_json::from_str(include_str!("../../tests/reference/vectors.json")).unwrap();
        let count = |text: &Value| {
            let mut counts = HashMap::new();
            text.as_str().unwrap().split(' ').for_each(|word| *counts.entry(word.to_owned()).or_insert(0.0) += 1.0);
            counts
        };
        let texts: Vec<_> = data["texts"].as_array().unwrap().iter().map(count).collect();
        let directions = tf_idf(&texts);
        for (row, left) in directions.iter().enumerate() {
            for (column, right) in directions.iter().enumerate() {
                let expected = data["cosines"][row][column].as_f64().unwrap();
                assert!((cosine(left, right) - expected).abs() < 1e-12, "{row} {column}");
            }
        }
    }
}
