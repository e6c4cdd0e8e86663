//! Which groups rows fall into, and along which directions they differ, where there is no target.

use std::collections::HashSet;

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use serde_json::{Value, json};

use super::encode::{Coding, Encoder, Policy};
use super::fit::{Settings, affordable};
use super::frame::Frame;
use super::kmeans::{self, Clusters};
use super::matrix::Matrix;
use super::model::{Document, Estimator, Trained};
use super::outcome::{Component, Grid, Line, Outcome};
use super::split::shuffle;
use super::train::columns_used;
use super::{ClassWeight, Input, Method, Missing, chart, pca};
use crate::numbers::short;
use crate::random::Random;

/// Rows on which numbers of groups are compared, and of which silhouettes are taken.
const SCANNED: usize = 10_000;
const SILHOUETTE: usize = 2_000;
/// The most groups that are tried to find how many there are.
const TRIED: usize = 10;
/// Distances that all runs may take: rows times centres times columns times runs.
const DISTANCES: f64 = 3e9;
/// The most components that a result lists, and the most columns of its weights.
const LISTED: usize = 50;
const WEIGHTS: usize = 10;

/// Learns from features alone.
pub(super) fn run(context: &Context, frame: &Frame, input: &Input, table: String) -> Result<(Outcome, Document), SkillError> {
    let check = &|| context.check();
    let policy = Policy {
        impute: input.missing == Missing::Impute,
        standardize: input.standardize.unwrap_or(true),
        max_levels: input.max_levels,
        base: false,
    };
    let rows: Vec<usize> = (0..frame.rows).collect();
    let encoder = Encoder::fit(&frame.features, &rows, policy, check)?;
    let settings = Settings {
        method: input.method,
        policy,
        penalty: 0.0,
        weight: ClassWeight::Equal,
        trees: 0,
        depth: 0,
        leaf: 1,
        columns: None,
        seed: input.seed,
    };
    affordable(&settings, frame.rows, encoder.width(), None, 1)?;
    if frame.rows < 2 {
        return Err(SkillError::new(Code::DataUnfit, "there is one row only; at least two are needed."));
    }
    let read = encoder.read(&frame.features, &rows, check)?;
    let missing = read.missing;
    context.info(
        format!("training {} on {} rows", input.method.title(), frame.rows),
        json!({"rows": frame.rows, "numbers_of_a_row": encoder.width()}),
    );
    let (mut outcome, estimator) = match input.method {
        Method::KMeans => groups(context, &read.matrix, &encoder, input)?,
        _ => directions(context, &read.matrix, &encoder, input)?,
    };
    outcome.columns = columns_used(&encoder, &missing);
    let trained = Trained { table, rows: frame.rows, seed: input.seed };
    Ok((outcome, Document::new(input.method, trained, None, encoder, estimator)))
}

/// Some of the rows, by chance.
fn sample(matrix: &Matrix, count: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..matrix.rows).collect();
    if matrix.rows > count {
        shuffle(&mut places, &mut Random::new(seed ^ 0x5a_3b1e));
        places.truncate(count);
        places.sort_unstable();
    }
    places
}

fn silhouette(context: &Context, matrix: &Matrix, labels: &[u32], seed: u64) -> Result<Option<f64>, SkillError> {
    let places = sample(matrix, SILHOUETTE, seed);
    let labels: Vec<u32> = places.iter().map(|place| labels[*place]).collect();
    kmeans::silhouette(&matrix.pick(&places), &labels, &|| context.check())
}

fn groups(context: &Context, matrix: &Matrix, encoder: &Encoder, input: &Input) -> Result<(Outcome, Estimator), SkillError> {
    let check = &|| context.check();
    let mut notes = Vec::new();
    let most = input.clusters.unwrap_or(TRIED);
    let different: HashSet<Vec<u64>> = (0..matrix.rows)
        .map(|row| matrix.row(row).iter().map(|value| value.to_bits()).collect())
        .take(1_000_000)
        .fold(HashSet::new(), |mut seen, row| {
            if seen.len() <= most {
                seen.insert(row);
            }
            seen
        });
    let (needed, different) = (input.clusters.unwrap_or(2), different.len());
    if different < needed {
        let message = format!("clusters: there are {different} different rows, too few for {needed} groups.");
        return Err(SkillError::new(Code::DataUnfit, message));
    }
    let starts = input.starts.unwrap_or(10);
    let steps = matrix.rows as f64 * most as f64 * matrix.width as f64 * starts as f64;
    if steps > DISTANCES {
        let message = format!(
            "{starts} runs with {most} groups of {} rows would take {steps:.1e} steps a round; at most {DISTANCES:.0e} are taken. Lower \
             starts or clusters, name fewer features, or take a sample of the rows.",
            matrix.rows
        );
        return Err(SkillError::new(Code::TrainingTooLarge, message));
    }
    // How inertia and silhouette change with the number of groups, on a sample.
    let scanned = matrix.pick(&sample(matrix, SCANNED, input.seed));
    let last = different.min(TRIED.max(input.clusters.unwrap_or(0).min(TRIED) + 2)).min(scanned.rows);
    let mut scan: Vec<(usize, f64, Option<f64>)> = Vec::new();
    for count in 1..=last {
        context.progress(0.5 + 0.2 * count as f64 / last as f64, format!("trying {count} groups"));
        let found = kmeans::fit(&scanned, count, 3, input.seed, check)?;
        scan.push((count, found.inertia, silhouette(context, &scanned, &found.labels, input.seed)?));
    }
    let count = input.clusters.unwrap_or_else(|| {
        let scored = scan.iter().filter_map(|(count, _, score)| score.map(|score| (*count, score)));
        scored.fold((2, f64::NEG_INFINITY), |best, found| if found.1 > best.1 { found } else { best }).0
    });
    context.progress(0.7, format!("finding {count} groups"));
    let mut found = kmeans::fit(matrix, count, starts, input.seed, check)?;
    in_order(&mut found);
    if !found.settled {
        notes.push("After 300 rounds some rows still changed their group; the groups overlap.".to_owned());
    }
    let score = silhouette(context, matrix, &found.labels, input.seed)?;
    if matrix.rows > SILHOUETTE {
        notes.push(format!("The silhouette is that of {SILHOUETTE} rows drawn by chance."));
    }
    let mut sizes = vec![0usize; count];
    found.labels.iter().for_each(|label| sizes[*label as usize] += 1);
    let terms = encoder.terms();
    let columns = ["cluster", "rows", "share"].map(str::to_owned).into_iter().chain(terms.iter().take(LISTED).cloned()).collect();
    let rows = (0..count).map(|centre| {
        let values = in_units(encoder, found.centres.row(centre));
        let facts = [json!(centre + 1), json!(sizes[centre]), json!(sizes[centre] as f64 / matrix.rows as f64)];
        facts.into_iter().chain(values.into_iter().take(LISTED).map(|value| json!(value))).collect()
    });
    let grid = Grid { columns, rows: rows.collect() };
    let how = if input.clusters.is_some() { "as asked" } else { "by the silhouette" };
    let summary = format!(
        "**{count} groups** ({how}) of {} rows by {} columns; silhouette {}.",
        matrix.rows,
        encoder.columns.len(),
        score.map_or_else(|| "unknown".to_owned(), |score| short((score * 1e3).round() / 1e3))
    );
    let metrics =
        vec![Line { on: "all rows".to_owned(), rows: matrix.rows, inertia: Some(found.inertia), silhouette: score, ..Line::default() }];
    let outcome = Outcome {
        summary,
        charts: chart::groups(&scan, &drawn(context, matrix, input.seed)?, &found.labels, count),
        metrics,
        clusters: Some(grid),
        fit: json!({"clusters": count, "settled": found.settled, "numbers_of_a_row": matrix.width}),
        notes,
        ..Outcome::default()
    };
    Ok((outcome, Estimator::Centres { centres: (0..count).map(|centre| found.centres.row(centre).to_vec()).collect() }))
}

/// Sorts groups by their size, the largest first, so that numbers mean the same whatever chance began with.
fn in_order(found: &mut Clusters) {
    let count = found.centres.rows;
    let mut sizes = vec![0usize; count];
    found.labels.iter().for_each(|label| sizes[*label as usize] += 1);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| {
        let by_centre = || found.centres.row(*a).partial_cmp(found.centres.row(*b)).unwrap_or(std::cmp::Ordering::Equal);
        sizes[*b].cmp(&sizes[*a]).then_with(by_centre)
    });
    let mut into = vec![0u32; count];
    order.iter().enumerate().for_each(|(new, old)| into[*old] = new as u32);
    found.centres = found.centres.pick(&order);
    found.labels.iter_mut().for_each(|label| *label = into[*label as usize]);
}

/// A row of the model in the units of the table.
fn in_units(encoder: &Encoder, row: &[f64]) -> Vec<f64> {
    let mut values = Vec::with_capacity(row.len());
    let mut cells = row.iter();
    for column in &encoder.columns {
        let (mean, scale) = match column.coding {
            Coding::Number { mean, scale, .. } => (mean, scale),
            Coding::Category { .. } => (0.0, 1.0),
        };
        values.extend(cells.by_ref().take(column.width()).map(|value| mean + value * scale));
    }
    values
}

/// Rows along the two directions in which they differ most: the row and its two places.
fn drawn(context: &Context, matrix: &Matrix, seed: u64) -> Result<Vec<(usize, f64, f64)>, SkillError> {
    let check = &|| context.check();
    let found = pca::fit(matrix, check)?;
    let place = |direction: usize, row: usize| {
        found.directions.get(direction).map_or(0.0, |direction| pca::along(&found.means, direction, matrix.row(row)))
    };
    Ok(sample(matrix, chart::POINTS, seed).into_iter().map(|row| (row, place(0, row), place(1, row))).collect())
}

fn directions(context: &Context, matrix: &Matrix, encoder: &Encoder, input: &Input) -> Result<(Outcome, Estimator), SkillError> {
    let found = pca::fit(matrix, &|| context.check())?;
    let count = found.directions.len();
    if found.total <= 0.0 {
        return Err(SkillError::new(Code::DataUnfit, "features: all rows are equal; there is no direction in which they differ."));
    }
    let shares: Vec<f64> = found.variances.iter().map(|variance| variance / found.total).collect();
    let cumulative: Vec<f64> = shares
        .iter()
        .scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        })
        .collect();
    let wanted = match input.components {
        Some(wanted) if wanted > count => {
            let message = format!("there are {count} components of {} rows and {} numbers a row", matrix.rows, matrix.width);
            return Err(SkillError::input("components", message));
        }
        Some(wanted) => wanted,
        None => {
            let share = input.explained.unwrap_or(0.95);
            cumulative.iter().position(|reached| *reached >= share - 1e-12).map_or(count, |place| place + 1)
        }
    };
    let components: Vec<Component> = (0..count.min(LISTED))
        .map(|place| Component {
            component: format!("component {}", place + 1),
            variance: found.variances[place],
            share: shares[place],
            cumulative: cumulative[place].min(1.0),
            kept: place < wanted,
        })
        .collect();
    let terms = encoder.terms();
    let shown = wanted.min(WEIGHTS);
    let columns = std::iter::once("column".to_owned()).chain((1..=shown).map(|place| format!("component {place}"))).collect();
    let rows = terms.iter().enumerate().map(|(column, term)| {
        let weights = found.directions[..shown].iter().map(|direction| json!(direction[column]));
        std::iter::once(Value::from(term.as_str())).chain(weights).collect()
    });
    let weights = Grid { columns, rows: rows.collect() };
    let reached = cumulative.get(wanted - 1).copied().unwrap_or(0.0).min(1.0);
    let summary = format!(
        "**{wanted} of {count} components** explain {} % of the variance of {} columns over {} rows.",
        short((reached * 1e4).round() / 1e2),
        encoder.columns.len(),
        matrix.rows
    );
    let outcome = Outcome {
        summary,
        charts: chart::directions(&components, &drawn(context, matrix, input.seed)?),
        components,
        weights: Some(weights),
        fit: json!({"components": wanted, "explained": reached, "total_variance": found.total, "numbers_of_a_row": matrix.width}),
        ..Outcome::default()
    };
    let estimator = Estimator::Components {
        means: found.means,
        directions: found.directions[..wanted].to_vec(),
        variances: found.variances[..wanted].to_vec(),
    };
    Ok((outcome, estimator))
}
