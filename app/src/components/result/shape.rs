//! What do results look like, as far as the page draws them?
//!
//! Only what makes a result one of its kind is demanded; all else may be absent, and what is not known is passed over.

use serde::Deserialize;
use serde_json::Value;

/// `table_profile`: a table described.
#[derive(Deserialize)]
pub(super) struct TableProfile {
    #[serde(default)]
    pub(super) rows: u64,
    pub(super) columns: Vec<Column>,
    #[serde(default)]
    pub(super) correlations: Option<Correlations>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    #[serde(default)]
    pub(super) charts: Vec<DrawnChart>,
}

/// A column of the table.
#[derive(Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) missing: u64,
    #[serde(default)]
    pub(super) distinct: u64,
    #[serde(default)]
    pub(super) min: Value,
    #[serde(default)]
    pub(super) max: Value,
    #[serde(default)]
    pub(super) mean: Option<f64>,
    #[serde(default)]
    pub(super) sd: Option<f64>,
    #[serde(default)]
    pub(super) skewness: Option<f64>,
    #[serde(default)]
    pub(super) kurtosis: Option<f64>,
    #[serde(default)]
    pub(super) outliers: Option<Outliers>,
    #[serde(default)]
    pub(super) quantiles: Option<Quantiles>,
    #[serde(default)]
    pub(super) histogram: Option<Histogram>,
    #[serde(default)]
    pub(super) top: Vec<Frequent>,
}

/// The values of a column that lie far from the others, by two rules.
#[derive(Deserialize)]
pub(super) struct Outliers {
    #[serde(default)]
    pub(super) iqr: Option<Outlying>,
    #[serde(default)]
    pub(super) mad: Option<Outlying>,
}

/// How many values lie beyond the bounds of a rule.
#[derive(Deserialize)]
pub(super) struct Outlying {
    pub(super) count: u64,
}

/// The quantiles of a column.
#[derive(Deserialize)]
pub(super) struct Quantiles {
    #[serde(default)]
    pub(super) p05: Option<f64>,
    #[serde(default)]
    pub(super) p95: Option<f64>,
    #[serde(default)]
    pub(super) p25: Option<f64>,
    #[serde(default)]
    pub(super) p50: Option<f64>,
    #[serde(default)]
    pub(super) p75: Option<f64>,
}

/// How often values fall between edges.
#[derive(Clone, Deserialize)]
pub(super) struct Histogram {
    pub(super) edges: Vec<f64>,
    pub(super) counts: Vec<u64>,
}

/// A value that is frequent.
#[derive(Deserialize)]
pub(super) struct Frequent {
    pub(super) value: String,
    #[serde(default)]
    pub(super) count: u64,
}

/// How the numeric columns go together.
#[derive(Deserialize)]
pub(super) struct Correlations {
    pub(super) columns: Vec<String>,
    #[serde(default)]
    pub(super) pearson: Vec<Vec<Option<f64>>>,
    #[serde(default)]
    pub(super) spearman: Vec<Vec<Option<f64>>>,
}

/// A chart that the agent drew.
#[derive(Deserialize)]
pub(super) struct DrawnChart {
    #[serde(default)]
    pub(super) title: String,
    pub(super) options: Value,
}

/// `language`: which language a text is in.
#[derive(Deserialize)]
pub(super) struct Language {
    pub(super) language: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) script: String,
    #[serde(default)]
    pub(super) confidence: Option<f64>,
    #[serde(default)]
    pub(super) reliable: Option<bool>,
    #[serde(default)]
    pub(super) alternatives: Vec<Alternative>,
}

/// Another language that it could be.
#[derive(Deserialize)]
pub(super) struct Alternative {
    pub(super) language: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) confidence: f64,
}

/// `sentiment`: how a text feels.
#[derive(Deserialize)]
pub(super) struct Sentiment {
    pub(super) compound: f64,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default)]
    pub(super) positive: Option<f64>,
    #[serde(default)]
    pub(super) neutral: Option<f64>,
    #[serde(default)]
    pub(super) negative: Option<f64>,
    #[serde(default)]
    pub(super) sentences: Vec<FeltSentence>,
}

/// How a sentence feels.
#[derive(Deserialize)]
pub(super) struct FeltSentence {
    pub(super) text: String,
    #[serde(default)]
    pub(super) compound: f64,
    #[serde(default)]
    pub(super) label: String,
}

/// `keywords`: what a text is about.
#[derive(Deserialize)]
pub(super) struct Keywords {
    #[serde(default)]
    pub(super) language: String,
    pub(super) keywords: Vec<Keyword>,
}

/// A word or phrase that the text is about.
#[derive(Deserialize)]
pub(super) struct Keyword {
    pub(super) term: String,
    #[serde(default)]
    pub(super) score: f64,
    #[serde(default)]
    pub(super) count: Option<u64>,
}

/// `summary`: the sentences of a text that say most, or what models wrote in their place.
#[derive(Deserialize)]
pub(super) struct Summary {
    #[serde(default)]
    pub(super) language: String,
    pub(super) sentences: Vec<ChosenSentence>,
    #[serde(default)]
    pub(super) total_sentences: Option<u64>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) models: Vec<String>,
}

/// A sentence that was chosen.
#[derive(Deserialize)]
pub(super) struct ChosenSentence {
    #[serde(default)]
    pub(super) index: u64,
    pub(super) text: String,
    #[serde(default)]
    pub(super) score: f64,
}
