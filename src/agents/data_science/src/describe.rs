//! What is said of each column.

use serde::Serialize;
use serde_json::Value;

use crate::limits::{MAXIMUM_VALUE, TOP_VALUES, cut};
use crate::numbers::{Histogram, Moments, Quantiles, short};
use crate::outliers::Outliers;
use crate::read::{Column, Kind, Values};

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Top {
    pub(crate) value: String,
    pub(crate) count: u64,
}

/// A column as results describe it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Described {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) missing: u64,
    pub(crate) distinct: u64,
    pub(crate) min: Value,
    pub(crate) max: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skewness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kurtosis: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quantiles: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outliers: Option<Outliers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) histogram: Option<Histogram>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) top: Vec<Top>,
    #[serde(skip)]
    pub(crate) aside: Aside,
}

/// What the notes and the charts need beside.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Aside {
    pub(crate) numeric: bool,
    pub(crate) whole: bool,
    pub(crate) long: bool,
    pub(crate) infinite: u64,
    /// Smallest and largest number.
    pub(crate) range: Option<(f64, f64)>,
    /// The longest text in bytes, and whether any holds a space.
    pub(crate) longest: usize,
    pub(crate) spaced: bool,
}

impl Described {
    /// Describes a column.
    pub(crate) fn of(column: &Column) -> Self {
        let mut described = Self {
            name: column.name.clone(),
            kind: column.kind.name(),
            missing: column.missing,
            distinct: 0,
            min: Value::Null,
            max: Value::Null,
            mean: None,
            sd: None,
            skewness: None,
            kurtosis: None,
            quantiles: None,
            outliers: None,
            histogram: None,
            top: Vec::new(),
            aside: Aside { numeric: column.kind.is_numeric(), whole: column.kind == Kind::Integer, long: column.long, ..Aside::default() },
        };
        match &column.values {
            Values::Numbers { values, infinite } => described.numbers(values, *infinite, column.kind == Kind::Integer),
            Values::Booleans(counts) => described.booleans(*counts),
            Values::Dates { instants, timed } => described.dates(instants, *timed),
            Values::Texts(distinct) => described.texts(distinct.len() as u64, distinct.iter()),
            Values::Nothing => {}
        }
        described
    }

    fn numbers(&mut self, values: &[f64], infinite: u64, whole: bool) {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let moments = Moments::of(&sorted);
        sorted.sort_unstable_by(f64::total_cmp);
        let json = |value: f64| {
            // Integers are exact up to 2^53 here, and read nicer without a fraction.
            if whole { Value::from(value as i64) } else { Value::from(value) }
        };
        let mut runs: Vec<(u64, f64)> = sorted.chunk_by(|a, b| a == b).map(|run| (run.len() as u64, run[0])).collect();
        self.distinct = runs.len() as u64;
        self.aside.infinite = infinite;
        if let (Some(low), Some(high)) = (sorted.first(), sorted.last()) {
            (self.min, self.max) = (json(*low), json(*high));
            self.aside.range = Some((*low, *high));
        }
        (self.mean, self.sd) = (moments.mean, moments.sd);
        (self.skewness, self.kurtosis) = (moments.skewness, moments.kurtosis);
        self.quantiles = Quantiles::of(&sorted);
        self.outliers = Outliers::of(&sorted);
        self.histogram = Histogram::of(&sorted);
        // Where no value repeats, none is frequent.
        if runs.len() < sorted.len() {
            runs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
            let text = |value: f64| if whole { format!("{value:.0}") } else { short(value) };
            self.top = runs.into_iter().take(TOP_VALUES).map(|(count, value)| Top { value: text(value), count }).collect();
        }
    }

    fn booleans(&mut self, [no, yes]: [u64; 2]) {
        let mut top: Vec<Top> = [("true", yes), ("false", no)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(value, count)| Top { value: value.to_owned(), count })
            .collect();
        top.sort_by_key(|top| std::cmp::Reverse(top.count));
        self.distinct = top.len() as u64;
        self.top = top;
    }

    fn dates(&mut self, instants: &[i64], timed: bool) {
        let mut sorted = instants.to_vec();
        sorted.sort_unstable();
        if let (Some(low), Some(high)) = (sorted.first(), sorted.last()) {
            self.min = Value::from(crate::read::iso(*low, timed));
            self.max = Value::from(crate::read::iso(*high, timed));
        }
        sorted.dedup();
        self.distinct = sorted.len() as u64;
    }

    fn texts<'a>(&mut self, distinct: u64, texts: impl Iterator<Item = (&'a [u8], u32)>) {
        self.distinct = distinct;
        // The most frequent ones, by a small list: the column may hold a million others.
        let mut top: Vec<(u32, &[u8])> = Vec::with_capacity(TOP_VALUES + 1);
        let (mut low, mut high): (Option<&[u8]>, Option<&[u8]>) = (None, None);
        let mut repeated = false;
        for (text, count) in texts {
            repeated |= count > 1;
            low = Some(low.map_or(text, |low| low.min(text)));
            high = Some(high.map_or(text, |high| high.max(text)));
            self.aside.longest = self.aside.longest.max(text.len());
            self.aside.spaced |= text.contains(&b' ');
            let place = top.partition_point(|(other, known)| *other > count || (*other == count && *known < text));
            if place < TOP_VALUES {
                top.insert(place, (count, text));
                top.truncate(TOP_VALUES);
            }
        }
        let show = |text: &[u8]| cut(&String::from_utf8_lossy(text), MAXIMUM_VALUE);
        self.min = low.map(show).map_or(Value::Null, Value::from);
        self.max = high.map(show).map_or(Value::Null, Value::from);
        if repeated {
            self.top = top.into_iter().map(|(count, text)| Top { value: show(text), count: u64::from(count) }).collect();
        }
    }

    /// Cells with a value.
    pub(crate) fn present(&self, rows: u64) -> u64 {
        rows.saturating_sub(self.missing)
    }

    /// Whether each row seems to have a value of its own that only names it.
    pub(crate) fn is_likely_id(&self, rows: u64) -> bool {
        if rows < 20 || self.missing > 0 || self.distinct != rows {
            return false;
        }
        let name = self.name.to_lowercase();
        let named =
            name == "id" || name.ends_with("_id") || name.ends_with(" id") || name.ends_with("uuid") || name == "key" || name == "index";
        match (self.kind, self.aside.range) {
            ("integer", Some((low, high))) => named || high - low + 1.0 == rows as f64,
            ("text", _) => named || (self.aside.longest <= 40 && !self.aside.spaced),
            _ => false,
        }
    }
}
