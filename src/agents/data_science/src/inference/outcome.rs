//! What a test's result consists of.

use serde::Serialize;

/// How large an effect is, by Cohen's conventions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Magnitude {
    Negligible,
    Small,
    Medium,
    Large,
}

impl Magnitude {
    /// Of an effect, with the bounds from which on it is small, medium and large.
    pub(crate) fn of(effect: f64, [small, medium, large]: [f64; 3]) -> Option<Self> {
        let effect = effect.abs();
        Some(match effect {
            _ if effect.is_nan() => return None,
            _ if effect < small => Self::Negligible,
            _ if effect < medium => Self::Small,
            _ if effect < large => Self::Medium,
            _ => Self::Large,
        })
    }

    /// As sentences say it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// Bounds for Cohen's d, for correlations and V, and for shares of variance.
pub(crate) const OF_D: [f64; 3] = [0.2, 0.5, 0.8];
pub(crate) const OF_R: [f64; 3] = [0.1, 0.3, 0.5];
pub(crate) const OF_SHARE: [f64; 3] = [0.01, 0.06, 0.14];

/// One tested hypothesis. What has no value is null; an interval of a one-sided question has one end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) variable: String,
    pub(crate) comparison: String,
    pub(crate) n: u64,
    pub(crate) statistic_name: &'static str,
    pub(crate) statistic: f64,
    pub(crate) df: Option<f64>,
    pub(crate) df2: Option<f64>,
    pub(crate) p: f64,
    pub(crate) p_adjusted: f64,
    pub(crate) significant: bool,
    pub(crate) estimate_name: Option<&'static str>,
    pub(crate) estimate: Option<f64>,
    pub(crate) ci_low: Option<f64>,
    pub(crate) ci_high: Option<f64>,
    /// Moved into the list of all effects at the end.
    #[serde(skip)]
    pub(crate) effects: Vec<Effect>,
}

/// The size of an effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Effect {
    pub(crate) variable: String,
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) ci_low: Option<f64>,
    pub(crate) ci_high: Option<f64>,
    pub(crate) magnitude: Option<Magnitude>,
}

impl Effect {
    pub(crate) fn new(variable: &str, name: &'static str, value: f64, bounds: [f64; 3]) -> Self {
        let magnitude = Magnitude::of(value, bounds);
        Self { variable: variable.to_owned(), name, value, ci_low: None, ci_high: None, magnitude }
    }

    pub(crate) fn within(mut self, (low, high): (f64, f64)) -> Self {
        (self.ci_low, self.ci_high) = (Some(low), Some(high));
        self
    }
}

impl Line {
    /// A line without estimate and effects; they are added.
    pub(crate) fn new(variable: &str, comparison: String, n: usize, statistic_name: &'static str, statistic: f64, p: f64) -> Self {
        Self {
            variable: variable.to_owned(),
            comparison,
            n: n as u64,
            statistic_name,
            statistic,
            df: None,
            df2: None,
            p,
            p_adjusted: p,
            significant: false,
            estimate_name: None,
            estimate: None,
            ci_low: None,
            ci_high: None,
            effects: Vec::new(),
        }
    }
}

/// A group as it is described.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Group {
    pub(crate) variable: String,
    pub(crate) group: String,
    pub(crate) n: u64,
    pub(crate) missing: u64,
    pub(crate) mean: Option<f64>,
    pub(crate) sd: Option<f64>,
    pub(crate) median: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

/// A comparison of two groups after a test of several.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Pairwise {
    pub(crate) variable: String,
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) method: &'static str,
    pub(crate) difference: f64,
    pub(crate) ci_low: Option<f64>,
    pub(crate) ci_high: Option<f64>,
    pub(crate) statistic: f64,
    pub(crate) p: f64,
    pub(crate) p_adjusted: f64,
    pub(crate) significant: bool,
}

/// A table of counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Counts {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<serde_json::Value>>,
}

/// The whole result.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub(crate) struct Outcome {
    pub(crate) summary: String,
    pub(crate) tests: Vec<Line>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) groups: Vec<Group>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pairwise: Vec<Pairwise>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counts: Option<Counts>,
    pub(crate) notes: Vec<String>,
    pub(crate) charts: Vec<serde_json::Value>,
}
