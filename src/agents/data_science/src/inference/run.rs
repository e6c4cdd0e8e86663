//! Which test is made of which columns, and what its result says.

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;

use super::chart::{self, MAXIMUM_CHARTS};
use super::groups::{Grouping, Loaded, Split, load, numbers};
use super::outcome::{Effect, Line, Magnitude, OF_D, OF_R, OF_SHARE, Outcome};
use super::rank::{self, MAXIMUM_EXACT, MAXIMUM_EXACT_PAIRS, Method, Ranked};
use super::sample::Sample;
use super::student::{self, Alternative, Compared};
use super::{Input, Test, counted, several, shapiro};
use crate::numbers::short;
use crate::read::{RowColumn, TableFile};

/// Which magnitudes can be squared and summed without leaving the range of numbers.
const MAGNITUDES: std::ops::RangeInclusive<f64> = 1e-140..=1e140;

/// Reads the table, tests every column, corrects the probabilities and says it in words.
pub(super) fn run(context: &Context, source: &TableFile, input: &Input) -> Result<Outcome, SkillError> {
    fitting(input)?;
    let loaded = {
        let _span = context.span("read");
        load(context, source, input)?
    };
    let _span = context.span("test");
    let by_rank = matches!(input.test, Test::MannWhitney | Test::Wilcoxon | Test::KruskalWallis);
    for column in loaded.variables.iter().chain(&loaded.against).filter(|_| !by_rank) {
        let largest = crate::numbers::largest(numbers(column));
        if largest != 0.0 && !MAGNITUDES.contains(&largest) {
            let message = format!(
                "{}: its largest value is {}, whose square is no number; give the column in another unit.",
                column.name,
                short(largest)
            );
            return Err(unfit(message));
        }
    }
    let mut outcome = Outcome::default();
    for (place, variable) in loaded.variables.iter().enumerate() {
        context.check()?;
        context.progress(0.5 + 0.45 * place as f64 / loaded.variables.len() as f64, format!("testing {}", variable.name));
        match input.test {
            Test::TOneSample | Test::TPaired | Test::Wilcoxon => one(input, &loaded, variable, &mut outcome)?,
            Test::TTwoSample | Test::Welch | Test::MannWhitney => two(input, &loaded, variable, &mut outcome)?,
            Test::Anova | Test::WelchAnova | Test::KruskalWallis | Test::Levene => {
                several::test(context, input, split_of(&loaded, variable)?, &variable.name, &mut outcome)?;
            }
            Test::ShapiroWilk => normality(&loaded, variable, &mut outcome)?,
            Test::ChiSquareFit => counted::fit(input, variable, &mut outcome)?,
            Test::ChiSquareIndependence => {
                let grouping = loaded.grouping.as_ref().ok_or_else(|| SkillError::input("group", "it is missing"))?;
                counted::independence(input, variable, grouping, &mut outcome)?;
            }
        }
    }
    conclude(input, &mut outcome);
    Ok(outcome)
}

/// Refuses fields that the test lacks or does not use: what is ignored in silence misleads.
fn fitting(input: &Input) -> Result<(), SkillError> {
    use Test::{
        Anova, ChiSquareFit, ChiSquareIndependence, KruskalWallis, Levene, MannWhitney, ShapiroWilk, TOneSample, TPaired, TTwoSample,
    };
    use Test::{Welch, WelchAnova, Wilcoxon};
    let test = input.test;
    let (group, against) = (input.group.is_some(), input.against.is_some());
    match test {
        TTwoSample | Welch | MannWhitney if group == against => {
            return Err(SkillError::input(
                "group",
                "the test compares two samples: name either the column that groups the rows, or in against the column of the second sample",
            ));
        }
        TPaired if !against => return Err(SkillError::input("against", "name the column with the second value of each pair")),
        Anova | WelchAnova | KruskalWallis | Levene | ChiSquareIndependence if !group => {
            return Err(SkillError::input("group", "name the column that says which group a row belongs to"));
        }
        TOneSample | TPaired | Wilcoxon | ChiSquareFit if group => {
            return Err(SkillError::input("group", "this test knows no groups; leave the field out"));
        }
        TOneSample | Anova | WelchAnova | KruskalWallis | Levene | ShapiroWilk | ChiSquareFit | ChiSquareIndependence if against => {
            return Err(SkillError::input("against", "this test compares with no second column; leave the field out"));
        }
        _ => {}
    }
    if input.expected.is_some() && test != ChiSquareFit {
        return Err(SkillError::input("expected", "only chi_square_fit takes expected shares"));
    }
    if input.expected_mean != 0.0 && !matches!(test, TOneSample | TPaired | Wilcoxon) {
        return Err(SkillError::input("expected_mean", "only tests of one sample or of pairs compare with a number"));
    }
    if input.levels.is_some() && !group {
        return Err(SkillError::input("levels", "they choose among the groups of the column in group, which is missing"));
    }
    let sided = matches!(test, TOneSample | TPaired | TTwoSample | Welch | MannWhitney | Wilcoxon);
    if input.alternative != Alternative::TwoSided && !sided {
        return Err(SkillError::input("alternative", "this test has no direction; leave the field out"));
    }
    if input.against.as_ref().is_some_and(|against| input.columns.contains(against)) {
        return Err(SkillError::input("against", "a column cannot be compared with itself"));
    }
    Ok(())
}

pub(super) fn unfit(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::DataUnfit, message)
}

fn split_of(loaded: &Loaded, variable: &RowColumn) -> Result<Split, SkillError> {
    let split = match (&loaded.grouping, &loaded.against) {
        (Some(grouping), _) => Split::by(grouping, variable),
        (None, Some(against)) => Split::columns(&[variable, against]),
        (None, None) => return Err(SkillError::input("group", "it is missing")),
    };
    if split.names.len() < 2 {
        return Err(unfit(format!("{}: there is only one group; the test needs at least two.", variable.name)));
    }
    Ok(split)
}

fn ends((low, high): (f64, f64)) -> (Option<f64>, Option<f64>) {
    (low.is_finite().then_some(low), high.is_finite().then_some(high))
}

fn compared_line(variable: &str, comparison: String, n: usize, estimate: &'static str, compared: &Compared) -> Line {
    let mut line = Line::new(variable, comparison, n, "t", compared.t, compared.p);
    line.df = Some(compared.degrees);
    (line.estimate_name, line.estimate) = (Some(estimate), Some(compared.difference));
    (line.ci_low, line.ci_high) = ends(compared.interval);
    line.effects = vec![
        Effect::new(variable, "Cohen's d", compared.d, OF_D).within(compared.d_interval),
        Effect::new(variable, "Hedges' g", compared.g, OF_D),
    ];
    line
}

fn ranked_line(variable: &str, comparison: String, n: usize, name: &'static str, ranked: &Ranked) -> Line {
    let mut line = Line::new(variable, comparison, n, name, ranked.statistic, ranked.p);
    line.effects = vec![Effect::new(variable, "rank-biserial correlation", ranked.biserial, OF_R)];
    line
}

/// One sample against a number, or the differences of pairs.
fn one(input: &Input, loaded: &Loaded, variable: &RowColumn, outcome: &mut Outcome) -> Result<(), SkillError> {
    let name = &variable.name;
    let (split, values, comparison) = match &loaded.against {
        None => {
            let split = Split::columns(&[variable]);
            let values = split.values[0].clone();
            (split, values, format!("with {}", short(input.expected_mean)))
        }
        Some(against) => {
            // Only rows with both.
            let pairs = numbers(variable).iter().zip(numbers(against)).filter(|(a, b)| !a.is_nan() && !b.is_nan());
            let values: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
            let comparison = match input.expected_mean {
                0.0 => format!("{name} − {}", against.name),
                mean => format!("{name} − {} with {}", against.name, short(mean)),
            };
            (Split::columns(&[variable, against]), values, comparison)
        }
    };
    if values.len() < 2 {
        let what = if loaded.against.is_some() { "rows with both values" } else { "values" };
        return Err(unfit(format!("{name}: there are {} {what}; the test needs at least two.", values.len())));
    }
    let line = if input.test == Test::Wilcoxon {
        let differences: Vec<f64> = values.iter().map(|value| value - input.expected_mean).collect();
        if input.method == Method::Exact && differences.len() > MAXIMUM_EXACT_PAIRS {
            return Err(SkillError::input("method", format!("exact takes at most {MAXIMUM_EXACT_PAIRS} pairs; use asymptotic")));
        }
        let ranked = rank::wilcoxon(&differences, input.alternative, input.method, false)
            .ok_or_else(|| unfit(format!("{name}: all differences are zero.")))?;
        note_method(input, &ranked, name, outcome);
        ranked_line(name, comparison, values.len(), "W+", &ranked)
    } else {
        let sample = Sample::of(&values);
        if sample.is_constant() {
            return Err(unfit(format!("{name}: all {} values are equal, so their spread says nothing.", values.len())));
        }
        let compared = student::one(&sample, input.expected_mean, input.alternative, input.confidence);
        compared_line(name, comparison, values.len(), "mean difference", &compared)
    };
    outcome.tests.push(line);
    outcome.groups.extend(split.described(name));
    draw(outcome, || chart::boxes(name, &split));
    Ok(())
}

/// Two samples.
fn two(input: &Input, loaded: &Loaded, variable: &RowColumn, outcome: &mut Outcome) -> Result<(), SkillError> {
    let name = &variable.name;
    let split = split_of(loaded, variable)?;
    let [first, second] = split.values.as_slice() else {
        let message =
            format!("there are {} groups ({}); the test compares two. Name them in levels.", split.names.len(), split.names.join(", "));
        return Err(SkillError::input("group", message));
    };
    let comparison = format!("{} with {}", split.names[0], split.names[1]);
    let n = first.len() + second.len();
    let line = if input.test == Test::MannWhitney {
        split.demand(name, 1)?;
        if input.method == Method::Exact && first.len() * second.len() > MAXIMUM_EXACT {
            return Err(SkillError::input("method", format!("exact takes at most {MAXIMUM_EXACT} pairs of values; use asymptotic")));
        }
        if first.iter().chain(second).all(|value| *value == first[0]) {
            return Err(unfit(format!("{name}: all values are equal.")));
        }
        let ranked = rank::mann_whitney(first, second, input.alternative, input.method, input.continuity);
        note_method(input, &ranked, name, outcome);
        ranked_line(name, comparison, n, "U", &ranked)
    } else {
        split.demand(name, 2)?;
        let (left, right) = (Sample::of(first), Sample::of(second));
        let equal = input.test == Test::TTwoSample;
        if left.is_constant() && right.is_constant() {
            return Err(unfit(format!("{name}: the values of each group are all equal, so their spread says nothing.")));
        }
        let compared = student::two(&left, &right, equal, input.alternative, input.confidence);
        let ratio = left.variance.max(right.variance) / left.variance.min(right.variance);
        if equal && ratio > 4.0 {
            outcome
                .notes
                .push(format!("{name}: one group's variance is {} times the other's; welch does not take them to be equal.", short(ratio)));
        }
        compared_line(name, comparison, n, "difference of means", &compared)
    };
    outcome.tests.push(line);
    outcome.groups.extend(split.described(name));
    draw(outcome, || chart::boxes(name, &split));
    Ok(())
}

fn note_method(input: &Input, ranked: &Ranked, name: &str, outcome: &mut Outcome) {
    if input.method == Method::Exact && !ranked.exact {
        outcome.notes.push(format!("{name}: there are ties, so the probability is by the normal distribution."));
    } else if ranked.exact {
        outcome.notes.push(format!("{name}: the probability is exact."));
    }
}

/// Whether a column, or each group of it, could be normal.
fn normality(loaded: &Loaded, variable: &RowColumn, outcome: &mut Outcome) -> Result<(), SkillError> {
    let name = &variable.name;
    let split = match &loaded.grouping {
        Some(grouping) => Split::by(grouping, variable),
        None => Split::columns(&[variable]),
    };
    split.demand(name, shapiro::FEWEST)?;
    for (group, values) in split.names.iter().zip(&split.values) {
        if values.len() > shapiro::MOST {
            let message = format!(
                "{name}: there are {} values; the test is known to hold up to {}. Take a sample, or look at the chart of quantiles in a profile.",
                values.len(),
                shapiro::MOST
            );
            return Err(unfit(message));
        }
        if Sample::of(values).is_constant() {
            return Err(unfit(format!("{name}: all values of {group} are equal.")));
        }
        let (w, p) = shapiro::shapiro_wilk(values);
        let comparison =
            if loaded.grouping.is_some() { format!("{group} with a normal distribution") } else { "with a normal distribution".to_owned() };
        outcome.tests.push(Line::new(name, comparison, values.len(), "W", w, p));
        let title = if loaded.grouping.is_some() { format!("{name}, {group}") } else { name.clone() };
        draw(outcome, || chart::quantiles(&title, values));
    }
    outcome.groups.extend(split.described(name));
    Ok(())
}

pub(super) fn draw(outcome: &mut Outcome, chart: impl FnOnce() -> serde_json::Value) {
    if outcome.charts.len() < MAXIMUM_CHARTS {
        outcome.charts.push(chart());
    }
}

/// Corrects for the number of tests, decides, and writes the sentences.
fn conclude(input: &Input, outcome: &mut Outcome) {
    let level = 1.0 - input.confidence;
    let corrected = input.correction.of(&outcome.tests.iter().map(|line| line.p).collect::<Vec<f64>>());
    for (line, p) in outcome.tests.iter_mut().zip(corrected) {
        line.p_adjusted = p;
        line.significant = p < level;
    }
    let several = outcome.tests.len() > 1;
    let mut sentences = Vec::new();
    for line in &outcome.tests {
        let verdict = match (input.test, line.significant) {
            (Test::ShapiroWilk, true) => "not normally distributed",
            (Test::ShapiroWilk, false) => "no sign against a normal distribution",
            (Test::ChiSquareIndependence, true) => "the classifications go together",
            (Test::ChiSquareIndependence, false) => "no sign that the classifications go together",
            (Test::ChiSquareFit, true) => "the counts are not as expected",
            (Test::ChiSquareFit, false) => "no sign that the counts are not as expected",
            (Test::Levene, true) => "the groups are not equally spread",
            (Test::Levene, false) => "no sign that the groups are not equally spread",
            (_, true) => "significant",
            (_, false) => "not significant",
        };
        let degrees = match (line.df, line.df2) {
            (Some(first), Some(second)) => format!("({}, {})", short(first), short(second)),
            (Some(first), None) => format!("({})", short(first)),
            _ => String::new(),
        };
        let effect = line.effects.first().map_or_else(String::new, |effect| {
            let word = effect.magnitude.map_or("", Magnitude::word);
            format!("; {} {} ({word})", effect.name, short(effect.value))
        });
        let p = |p: f64| if p < 1e-4 { format!("{p:.1e}") } else { format!("{p:.4}") };
        let corrected = if several { format!(" ({} corrected)", p(line.p_adjusted)) } else { String::new() };
        sentences.push(format!(
            "- **{}**, {}: {verdict}. {}{degrees} = {}, p = {}{corrected}{effect}.",
            escaped(&line.variable),
            escaped(&line.comparison),
            line.statistic_name,
            short(line.statistic),
            p(line.p)
        ));
    }
    outcome.summary = sentences.join("\n");
    if several {
        outcome.notes.insert(0, format!("{} tests were made; their probabilities have {}.", outcome.tests.len(), input.correction.title()));
    }
    outcome.effects = outcome.tests.iter_mut().flat_map(|line| std::mem::take(&mut line.effects)).collect();
}

/// Without what Markdown would take for marks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' | '|') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The effect of an analysis of variance.
pub(super) fn shares(variable: &str, eta: f64, omega: f64) -> Vec<Effect> {
    vec![Effect::new(variable, "eta squared", eta, OF_SHARE), Effect::new(variable, "omega squared", omega, OF_SHARE)]
}

/// The grouping of a column of labels whose groups are all wanted.
pub(super) fn classified(column: &RowColumn) -> Result<Grouping, SkillError> {
    Grouping::of(column.clone(), None, "columns", "columns")
}
