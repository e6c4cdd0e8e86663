//! Where along an axis does a value lie, once the data is known?

use crate::read::{AxisKind, AxisOptions};
use crate::ticks::{self, Ticks};

/// An axis between two places of the picture.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub(crate) names: Option<Vec<String>>,
    pub(crate) ticks: Ticks,
    pub(crate) log: bool,
    inverse: bool,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis of these options whose data lies between `low` and `high`, with at most about `count` ticks.
    pub(crate) fn new(options: &AxisOptions, low: f64, high: f64, count: usize) -> Self {
        let (low, high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        let (names, ticks, log) = match &options.kind {
            AxisKind::Category(names) => {
                let at = names.iter().enumerate().map(|(place, name)| (place as f64, name.clone())).collect();
                (Some(names.clone()), Ticks { min: -0.5, max: names.len().max(1) as f64 - 0.5, at }, false)
            }
            AxisKind::Time => (None, ticks::moments(options.min.unwrap_or(low), options.max.unwrap_or(high), count), false),
            AxisKind::Log if low > 0.0 => (None, ticks::powers(low, high), true),
            AxisKind::Value | AxisKind::Log => {
                let min = options.min.unwrap_or(low);
                let max = options.max.filter(|max| *max > min).unwrap_or(high.max(min));
                let fixed = (options.min.is_some(), options.max.is_some_and(|max| max > min));
                let mut ticks = ticks::numbers(min, max, count, options.least_step, fixed);
                let (before, after) = &options.around;
                ticks.at.iter_mut().for_each(|(_, text)| *text = format!("{before}{text}{after}"));
                (None, ticks, false)
            }
        };
        Self { names, ticks, log, inverse: options.inverse, from: 0.0, to: 1.0 }
    }

    /// Lays the axis from one place of the picture to another.
    pub(crate) fn lay(&mut self, from: f64, to: f64) {
        (self.from, self.to) = if self.inverse { (to, from) } else { (from, to) };
    }

    /// The place of a value; outside the axis for one beyond its ends.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let (min, max) = (self.ticks.min, self.ticks.max);
        let share = if self.log {
            (value.max(f64::MIN_POSITIVE).log10() - min.log10()) / (max.log10() - min.log10())
        } else {
            (value - min) / (max - min)
        };
        self.from + (self.to - self.from) * share
    }

    /// The place of a value, at the nearer end for one beyond the ends.
    pub(crate) fn within(&self, value: f64) -> f64 {
        let (low, high) = if self.from < self.to { (self.from, self.to) } else { (self.to, self.from) };
        self.at(value).clamp(low, high)
    }

    /// Whether a value lies on the axis.
    pub(crate) fn holds(&self, value: f64) -> bool {
        let room = (self.ticks.max - self.ticks.min) * 1e-9;
        value >= self.ticks.min - room && value <= self.ticks.max + room
    }

    /// How long a step of 1 is.
    pub(crate) fn unit(&self) -> f64 {
        (self.to - self.from).abs() / (self.ticks.max - self.ticks.min)
    }

    /// Its two ends, the lower place first.
    pub(crate) fn ends(&self) -> (f64, f64) {
        if self.from < self.to { (self.from, self.to) } else { (self.to, self.from) }
    }
}
