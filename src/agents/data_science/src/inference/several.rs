//! How several groups are tested, and then their pairs.

use baton_agents_runtime::{Context, SkillError};

use super::groups::Split;
use super::outcome::{Effect, Line, OF_SHARE, Outcome, Pairwise};
use super::run::{draw, shares, unfit};
use super::sample::Sample;
use super::student::{self, Alternative};
use super::variance;
use super::{Input, Pairing, Test, chart, rank};

/// Tests one column by its groups.
pub(super) fn test(context: &Context, input: &Input, split: Split, variable: &str, outcome: &mut Outcome) -> Result<(), SkillError> {
    split.demand(variable, if input.test == Test::KruskalWallis { 1 } else { 2 })?;
    let n = split.values.iter().map(Vec::len).sum();
    let samples: Vec<Sample> = split.values.iter().map(|values| Sample::of(values)).collect();
    let comparison = format!("{} groups", split.names.len());
    match input.test {
        Test::KruskalWallis => {
            let first = split.values[0][0];
            if split.values.iter().flatten().all(|value| *value == first) {
                return Err(unfit(format!("{variable}: all values are equal.")));
            }
            let kruskal = rank::kruskal_wallis(&split.values);
            let mut line = Line::new(variable, comparison, n, "H", kruskal.h, kruskal.p);
            line.df = Some(kruskal.degrees);
            line.effects = vec![Effect::new(variable, "epsilon squared", kruskal.epsilon_squared, OF_SHARE)];
            outcome.tests.push(line);
            if input.pairwise != Pairing::None {
                let pairs = pairs(split.names.len())
                    .map(|(first, second)| {
                        let (z, p) = kruskal.dunn(&split.values, first, second);
                        let difference = kruskal.mean_ranks[first] - kruskal.mean_ranks[second];
                        pair(variable, &split, first, second, "Dunn, mean ranks", difference, z, p)
                    })
                    .collect();
                corrected(input, pairs, outcome);
            }
        }
        Test::Levene => {
            let spread = variance::equal_spread(&split.values);
            if spread.f.is_nan() {
                return Err(unfit(format!("{variable}: the values of each group are all equally far from its median.")));
            }
            let mut line = Line::new(variable, comparison, n, "F", spread.f, spread.p);
            (line.df, line.df2) = (Some(spread.between_degrees), Some(spread.within_degrees));
            outcome.tests.push(line);
        }
        Test::WelchAnova => {
            if samples.iter().any(Sample::is_constant) {
                return Err(unfit(format!(
                    "{variable}: a group's values are all equal, and Welch's analysis weighs groups by their spread."
                )));
            }
            let (f, df, df2, p) = variance::welch(&samples);
            let analysis = variance::one_way(&samples);
            let mut line = Line::new(variable, comparison, n, "F", f, p);
            (line.df, line.df2) = (Some(df), Some(df2));
            line.effects = shares(variable, analysis.eta_squared, analysis.omega_squared);
            outcome.tests.push(line);
            if input.pairwise != Pairing::None {
                by_t(context, input, &samples, &split, variable, false, outcome)?;
            }
        }
        _ => {
            if samples.iter().all(Sample::is_constant) {
                return Err(unfit(format!("{variable}: the values of each group are all equal, so their spread says nothing.")));
            }
            let analysis = variance::one_way(&samples);
            let mut line = Line::new(variable, comparison, n, "F", analysis.f, analysis.p);
            (line.df, line.df2) = (Some(analysis.between_degrees), Some(analysis.within_degrees));
            line.effects = shares(variable, analysis.eta_squared, analysis.omega_squared);
            outcome.tests.push(line);
            let spread = variance::equal_spread(&split.values);
            if spread.p < 0.05 {
                outcome.notes.push(format!(
                    "{variable}: the groups are not equally spread (Levene p = {:.1e}); welch_anova does not need that.",
                    spread.p
                ));
            }
            match input.pairwise {
                Pairing::None => {}
                Pairing::Corrected => by_t(context, input, &samples, &split, variable, true, outcome)?,
                Pairing::Auto | Pairing::Tukey => by_tukey(context, input, &samples, &split, variable, outcome)?,
            }
        }
    }
    outcome.groups.extend(split.described(variable));
    draw(outcome, || chart::boxes(variable, &split));
    Ok(())
}

fn pairs(groups: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..groups).flat_map(move |first| (first + 1..groups).map(move |second| (first, second)))
}

#[expect(clippy::too_many_arguments, reason = "it fills a row of eleven cells")]
fn pair(
    variable: &str,
    split: &Split,
    first: usize,
    second: usize,
    method: &'static str,
    difference: f64,
    statistic: f64,
    p: f64,
) -> Pairwise {
    Pairwise {
        variable: variable.to_owned(),
        first: split.names[first].clone(),
        second: split.names[second].clone(),
        method,
        difference,
        ci_low: None,
        ci_high: None,
        statistic,
        p,
        p_adjusted: p,
        significant: false,
    }
}

/// Corrects the probabilities of one column's pairs.
fn corrected(input: &Input, mut pairs: Vec<Pairwise>, outcome: &mut Outcome) {
    let corrected = input.correction.of(&pairs.iter().map(|pair| pair.p).collect::<Vec<f64>>());
    for (pair, p) in pairs.iter_mut().zip(corrected) {
        pair.p_adjusted = p;
        pair.significant = p < 1.0 - input.confidence;
    }
    outcome.pairwise.extend(pairs);
}

/// Pairs by t tests; `equal` takes the spread of all groups together, as after an analysis of variance.
fn by_t(
    context: &Context,
    input: &Input,
    samples: &[Sample],
    split: &Split,
    variable: &str,
    equal: bool,
    outcome: &mut Outcome,
) -> Result<(), SkillError> {
    let mut lines = Vec::new();
    for (first, second) in pairs(samples.len()) {
        context.check()?;
        let compared = student::two(&samples[first], &samples[second], equal, Alternative::TwoSided, input.confidence);
        let method = if equal { "t test" } else { "Welch's t test" };
        let mut line = pair(variable, split, first, second, method, compared.difference, compared.t, compared.p);
        (line.ci_low, line.ci_high) = (Some(compared.interval.0), Some(compared.interval.1));
        lines.push(line);
    }
    corrected(input, lines, outcome);
    Ok(())
}

fn by_tukey(
    context: &Context,
    input: &Input,
    samples: &[Sample],
    split: &Split,
    variable: &str,
    outcome: &mut Outcome,
) -> Result<(), SkillError> {
    for found in variance::tukey(samples, input.confidence, || context.check())? {
        let mut line = pair(variable, split, found.first, found.second, "Tukey", found.difference, found.statistic, found.p);
        (line.ci_low, line.ci_high) = (Some(found.interval.0), Some(found.interval.1));
        line.significant = found.p < 1.0 - input.confidence;
        outcome.pairwise.push(line);
    }
    Ok(())
}
