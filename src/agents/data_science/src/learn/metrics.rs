//! How good predictions are, as scikit-learn counts it.

use serde::Serialize;

/// How far predicted numbers lie from the true ones.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Errors {
    pub(crate) r2: Option<f64>,
    pub(crate) rmse: f64,
    pub(crate) mae: f64,
    pub(crate) median: f64,
}

/// Of at least one pair.
pub(crate) fn errors(actual: &[f64], predicted: &[f64]) -> Errors {
    let count = actual.len().max(1) as f64;
    let mean = actual.iter().map(|value| value / count).sum::<f64>();
    let total: f64 = actual.iter().map(|value| (value - mean).powi(2)).sum();
    let mut distances: Vec<f64> = actual.iter().zip(predicted).map(|(actual, predicted)| (actual - predicted).abs()).collect();
    let squares: f64 = distances.iter().map(|distance| distance * distance).sum();
    let mae = distances.iter().sum::<f64>() / count;
    distances.sort_unstable_by(f64::total_cmp);
    let median = crate::numbers::quantile(&distances, 0.5).unwrap_or(0.0);
    Errors { r2: (total > 0.0).then(|| 1.0 - squares / total), rmse: (squares / count).sqrt(), mae, median }
}

/// How well one class is told from the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ClassScore {
    pub(crate) class: String,
    pub(crate) precision: f64,
    pub(crate) recall: f64,
    pub(crate) f1: f64,
    pub(crate) rows: usize,
}

/// How well classes are told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scores {
    pub(crate) accuracy: f64,
    pub(crate) balanced_accuracy: f64,
    /// The mean over the classes that occur or are predicted.
    pub(crate) f1: f64,
    /// Of two classes that of the second; of more the mean of one against the rest. None where a class does not occur.
    pub(crate) roc_auc: Option<f64>,
    pub(crate) log_loss: f64,
    pub(crate) classes: Vec<ClassScore>,
    /// Actual classes down, predicted ones across.
    pub(crate) confusion: Vec<Vec<usize>>,
}

/// Of classes and of probabilities, one for each class, row by row.
pub(crate) fn scores(names: &[String], actual: &[u32], probabilities: &[f64]) -> Scores {
    let count = names.len();
    let mut confusion = vec![vec![0usize; count]; count];
    let mut loss = 0.0;
    for (actual, shares) in actual.iter().zip(probabilities.chunks_exact(count)) {
        confusion[*actual as usize][best(shares)] += 1;
        let sum: f64 = shares.iter().sum();
        loss -= (shares[*actual as usize].clamp(f64::EPSILON, 1.0 - f64::EPSILON) / sum).ln();
    }
    let rows = actual.len().max(1) as f64;
    let right: usize = (0..count).map(|class| confusion[class][class]).sum();
    let part = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let classes: Vec<ClassScore> = (0..count)
        .map(|class| {
            let (of_class, predicted) = (confusion[class].iter().sum(), confusion.iter().map(|line| line[class]).sum());
            let hits = confusion[class][class];
            ClassScore {
                class: names[class].clone(),
                precision: part(hits, predicted),
                recall: part(hits, of_class),
                f1: part(2 * hits, of_class + predicted),
                rows: of_class,
            }
        })
        .collect();
    let present: Vec<&ClassScore> = classes.iter().filter(|class| class.rows > 0).collect();
    let seen: Vec<f64> = (0..count)
        .filter(|class| classes[*class].rows > 0 || confusion.iter().any(|line| line[*class] > 0))
        .map(|class| classes[class].f1)
        .collect();
    let auc = |class: usize| {
        let scored: Vec<(f64, bool)> = actual
            .iter()
            .zip(probabilities.chunks_exact(count))
            .map(|(actual, shares)| (shares[class], *actual as usize == class))
            .collect();
        area(scored)
    };
    let roc_auc = if count == 2 { auc(1) } else { (0..count).map(auc).sum::<Option<f64>>().map(|sum| sum / count as f64) };
    Scores {
        accuracy: right as f64 / rows,
        balanced_accuracy: present.iter().map(|class| class.recall).sum::<f64>() / present.len().max(1) as f64,
        f1: seen.iter().sum::<f64>() / seen.len().max(1) as f64,
        roc_auc,
        log_loss: loss / rows,
        classes,
        confusion,
    }
}

/// The place of the largest; the first of equal ones.
pub(crate) fn best(shares: &[f64]) -> usize {
    shares.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (place, share)| if *share > best.1 { (place, *share) } else { best }).0
}

/// The share of pairs of one that belongs and one that does not in which the first has the higher score; ties count half
/// (Mann and Whitney).
fn area(mut scored: Vec<(f64, bool)>) -> Option<f64> {
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let positive = scored.iter().filter(|(_, belongs)| *belongs).count();
    let negative = scored.len() - positive;
    if positive == 0 || negative == 0 {
        return None;
    }
    let (mut ranks, mut start) = (0.0, 0);
    while start < scored.len() {
        let end = start + scored[start..].iter().take_while(|(score, _)| *score == scored[start].0).count();
        let rank = (start + end + 1) as f64 / 2.0;
        ranks += rank * scored[start..end].iter().filter(|(_, belongs)| *belongs).count() as f64;
        start = end;
    }
    let positive = positive as f64;
    Some((ranks - positive * (positive + 1.0) / 2.0) / (positive * negative as f64))
}

/// The curve whose area that is: shares of false and of true alarms, at most so many points.
pub(crate) fn roc(actual: &[u32], probabilities: &[f64], points: usize) -> Vec<(f64, f64)> {
    let mut scored: Vec<(f64, bool)> =
        actual.iter().zip(probabilities.chunks_exact(2)).map(|(actual, shares)| (shares[1], *actual == 1)).collect();
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let positive = scored.iter().filter(|(_, belongs)| *belongs).count().max(1) as f64;
    let negative = (scored.len() as f64 - positive).max(1.0);
    let (mut hits, mut misses) = (0.0, 0.0);
    let mut curve = vec![(0.0, 0.0)];
    for (place, (score, belongs)) in scored.iter().enumerate() {
        if *belongs {
            hits += 1.0
        } else {
            misses += 1.0
        }
        if scored.get(place + 1).is_none_or(|next| next.0 != *score) {
            curve.push((misses / negative, hits / positive));
        }
    }
    let step = curve.len().div_ceil(points).max(1);
    let last = curve.last().copied();
    let mut thinned: Vec<(f64, f64)> = curve.into_iter().step_by(step).collect();
    if let Some(last) = last.filter(|last| thinned.last() != Some(last)) {
        thinned.push(last);
    }
    thinned
}
