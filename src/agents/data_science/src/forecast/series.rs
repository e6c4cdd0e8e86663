//! How rows become a series: values at times that are equally far apart.

use baton_agents_runtime::SkillError;
use baton_domain::problem::Code;

use crate::numbers::short;
use crate::read::{Cells, RowColumn, iso};

/// The most values of a series.
pub(crate) const MAXIMUM_POINTS: usize = 200_000;
/// Of how many values at most one may be missing: more gaps than one in five are no series.
const MOST_MISSING: f64 = 0.2;
const DAY: i64 = 86_400_000;

/// What lies between two times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// Rows without times.
    Rows,
    Milliseconds(i64),
    /// Days without Saturday and Sunday.
    Weekdays,
    Months(i64),
    /// Times that are plain numbers, as years.
    Number(f64),
}

/// A regular series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) values: Vec<f64>,
    /// The place in the table's rows of each value; none where it was filled in.
    pub(crate) rows: Vec<Option<usize>>,
    pub(crate) step: Step,
    start: Start,
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Row,
    Number(f64),
    Instant { milliseconds: i64, timed: bool },
}

fn unfit(message: impl Into<String>) -> SkillError {
    SkillError::new(Code::UnfitTimes, message)
}

impl Series {
    /// Of a column of numbers and, maybe, one of times.
    ///
    /// # Errors
    /// `DATA-022` if the times make no series, `DATA-021` if too many values are missing.
    pub(crate) fn of(values: &[f64], time: Option<&RowColumn>) -> Result<Self, SkillError> {
        if values.len() > MAXIMUM_POINTS {
            let message = format!(
                "the series has {} values; at most {MAXIMUM_POINTS} are taken. Use the newest, or sums over longer times.",
                values.len()
            );
            return Err(SkillError::new(Code::TableTooLarge, message));
        }
        let mut notes = Vec::new();
        let (step, start, places) = match time.map(|time| (&time.name, &time.cells)) {
            None => (Step::Rows, Start::Row, (0..values.len()).map(|row| (row, row)).collect()),
            Some((name, Cells::Numbers(times))) => {
                let ordered = ordered(name, times.iter().map(|time| (!time.is_nan()).then_some(*time)), f64::total_cmp, &mut notes)?;
                by_numbers(name, &ordered)?
            }
            Some((name, Cells::Instants { instants, timed })) => {
                let ordered = ordered(name, instants.iter().copied(), i64::cmp, &mut notes)?;
                by_instants(name, &ordered, *timed)?
            }
            Some((name, Cells::Labels { .. })) => {
                return Err(SkillError::input(
                    "time",
                    format!("{name} holds no times; name a column of dates or numbers, or leave it out"),
                ));
            }
        };
        let length = places.last().map_or(0, |(place, _)| place + 1);
        if length > MAXIMUM_POINTS {
            return Err(unfit(format!("at its shortest step the series would have {length} values, most of them missing.")));
        }
        let mut series = Self { values: vec![f64::NAN; length], rows: vec![None; length], step, start, notes };
        for (place, row) in places {
            series.values[place] = values[row];
            series.rows[place] = Some(row);
        }
        series.fill()?;
        Ok(series)
    }

    /// Cuts missing values off the ends, and fills those between on a straight line.
    fn fill(&mut self) -> Result<(), SkillError> {
        let present = |value: &f64| !value.is_nan();
        let (Some(first), Some(last)) = (self.values.iter().position(present), self.values.iter().rposition(present)) else {
            return Err(SkillError::new(Code::DataUnfit, "the column has no values."));
        };
        self.start = self.start_at(first);
        self.values = self.values[first..=last].to_vec();
        self.rows = self.rows[first..=last].to_vec();
        let missing = self.values.iter().filter(|value| value.is_nan()).count();
        if missing as f64 > MOST_MISSING * self.values.len() as f64 {
            let message = format!("{missing} of {} values are missing; at most one in five may be.", self.values.len());
            return Err(SkillError::new(Code::DataUnfit, message));
        }
        if missing > 0 {
            self.notes.push(format!("{missing} missing values were filled in on a straight line between their neighbours."));
            let mut before = 0;
            for place in 1..self.values.len() {
                if self.values[place].is_nan() {
                    continue;
                }
                let (low, high) = (self.values[before], self.values[place]);
                for gap in before + 1..place {
                    let part = (gap - before) as f64 / (place - before) as f64;
                    self.values[gap] = low * (1.0 - part) + high * part;
                    self.rows[gap] = None;
                }
                before = place;
            }
        }
        Ok(())
    }

    fn start_at(&self, place: usize) -> Start {
        let steps = place as i64;
        match (self.start, self.step) {
            (Start::Number(start), Step::Number(step)) => Start::Number(start + steps as f64 * step),
            (Start::Number(start), _) => Start::Number(start + steps as f64),
            (Start::Row, _) => Start::Row,
            (Start::Instant { milliseconds, timed }, step) => {
                let milliseconds = match step {
                    Step::Milliseconds(step) => milliseconds + steps * step,
                    Step::Months(months) => plus_months(milliseconds, steps * months),
                    Step::Weekdays => from_weekday(weekday(milliseconds) + steps) * DAY + milliseconds.rem_euclid(DAY),
                    Step::Rows | Step::Number(_) => milliseconds,
                };
                Start::Instant { milliseconds, timed }
            }
        }
    }

    /// The time at a place, which may lie beyond the end; a row's number where there are no times.
    pub(crate) fn time(&self, place: usize) -> String {
        match self.start_at(place) {
            Start::Row => (place + 1).to_string(),
            Start::Number(number) => short(number),
            Start::Instant { milliseconds, timed } => iso(milliseconds, timed),
        }
    }

    /// In words.
    pub(crate) fn step_title(&self) -> String {
        match self.step {
            Step::Rows => "row by row".to_owned(),
            Step::Weekdays => "weekdays".to_owned(),
            Step::Months(1) => "months".to_owned(),
            Step::Months(3) => "quarters".to_owned(),
            Step::Months(12) => "years".to_owned(),
            Step::Months(months) => format!("{months} months"),
            Step::Number(step) => format!("steps of {}", short(step)),
            Step::Milliseconds(step) if step % (7 * DAY) == 0 && step / (7 * DAY) == 1 => "weeks".to_owned(),
            Step::Milliseconds(step) => match (step % DAY, step % 3_600_000, step % 60_000) {
                (0, ..) if step == DAY => "days".to_owned(),
                (0, ..) => format!("{} days", step / DAY),
                (_, 0, _) if step == 3_600_000 => "hours".to_owned(),
                (_, 0, _) => format!("{} hours", step / 3_600_000),
                (_, _, 0) => format!("{} minutes", step / 60_000),
                _ => format!("{} seconds", short(step as f64 / 1000.0)),
            },
        }
    }

    /// Which seasons the calendar suggests for this step, in steps.
    pub(crate) fn usual_seasons(&self) -> Vec<usize> {
        match self.step {
            Step::Rows | Step::Number(_) => Vec::new(),
            Step::Weekdays => vec![5],
            Step::Months(months) => {
                if months < 12 && 12 % months == 0 {
                    vec![(12 / months) as usize]
                } else {
                    Vec::new()
                }
            }
            Step::Milliseconds(step) => [3_600_000, DAY, 7 * DAY, 365 * DAY]
                .into_iter()
                .filter(|season| *season >= 2 * step && (season % step == 0 || *season == 365 * DAY))
                .map(|season| (season / step) as usize)
                .collect(),
        }
    }
}

/// Rows in the order of their times, each time once.
fn ordered<T: Copy + PartialEq>(
    name: &str,
    times: impl Iterator<Item = Option<T>>,
    compare: impl Fn(&T, &T) -> std::cmp::Ordering,
    notes: &mut Vec<String>,
) -> Result<Vec<(T, usize)>, SkillError> {
    let mut ordered = Vec::new();
    for (row, time) in times.enumerate() {
        let time = time.ok_or_else(|| unfit(format!("{name} has no time in data row {}. Fill it, or leave time out.", row + 1)))?;
        ordered.push((time, row));
    }
    if !ordered.is_sorted_by(|a, b| compare(&a.0, &b.0).is_le()) {
        notes.push(format!("the rows were put in the order of {name}."));
        ordered.sort_by(|a, b| compare(&a.0, &b.0));
    }
    if let Some(pair) = ordered.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let (first, second) = (pair[0].1 + 1, pair[1].1 + 1);
        return Err(unfit(format!(
            "{name} has the same time in data rows {first} and {second}. Sum or average rows of one time, or leave time out."
        )));
    }
    Ok(ordered)
}

type Placed = (Step, Start, Vec<(usize, usize)>);

fn by_numbers(name: &str, ordered: &[(f64, usize)]) -> Result<Placed, SkillError> {
    let start = ordered.first().map_or(0.0, |first| first.0);
    let step = ordered.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(f64::INFINITY, f64::min);
    let mut places = Vec::with_capacity(ordered.len());
    for (time, row) in ordered {
        let place = if step.is_finite() { (time - start) / step } else { 0.0 };
        if (place - place.round()).abs() > 1e-6 * place.max(1.0) || place > MAXIMUM_POINTS as f64 {
            return Err(unfit(format!("{name}: {} is no whole number of steps of {} from {}.", short(*time), short(step), short(start))));
        }
        places.push((place.round() as usize, *row));
    }
    Ok((Step::Number(if step.is_finite() { step } else { 1.0 }), Start::Number(start), places))
}

fn by_instants(name: &str, ordered: &[(i64, usize)], timed: bool) -> Result<Placed, SkillError> {
    let first = ordered.first().map_or(0, |first| first.0);
    let start = Start::Instant { milliseconds: first, timed };
    let times: Vec<i64> = ordered.iter().map(|(time, _)| *time).collect();
    let placed = |step: Step, place: &dyn Fn(i64) -> i64| {
        let places = ordered.iter().map(|(time, row)| (usize::try_from(place(*time)).unwrap_or(usize::MAX), *row)).collect();
        Ok((step, start, places))
    };
    if times.len() < 2 {
        return placed(Step::Milliseconds(DAY), &|_| 0);
    }
    // The same day and time of each month, or its last day.
    let months: Vec<i64> = times.iter().map(|time| month(*time)).collect();
    let month_step = months.windows(2).map(|pair| pair[1] - pair[0]).fold(0, common_divisor);
    let of_month = |time: &i64| (civil(time.div_euclid(DAY)).2, time.rem_euclid(DAY));
    let last_day = |time: &i64| civil(time.div_euclid(DAY) + 1).2 == 1;
    let same_day = times.iter().all(|time| of_month(time) == of_month(&first)) || times.iter().all(last_day);
    if month_step > 0 && same_day && months.windows(2).all(|pair| pair[1] > pair[0]) {
        return placed(Step::Months(month_step), &|time| (month(time) - months[0]) / month_step);
    }
    let step = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0, common_divisor);
    let shortest = times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(step);
    let weekend = |time: &i64| (time.div_euclid(DAY) + 3).rem_euclid(7) >= 5;
    if step == DAY
        && times.len() >= 10
        && !times.iter().any(weekend)
        && times.iter().any(|time| time.div_euclid(DAY) - first.div_euclid(DAY) > 7)
    {
        let begin = weekday(first);
        return placed(Step::Weekdays, &|time| weekday(time) - begin);
    }
    if step < shortest {
        let place = times.windows(2).position(|pair| (pair[1] - pair[0]) % shortest != 0).unwrap_or(0);
        let message = format!(
            "{name}: from {} to {} is no whole number of the shortest step in the column. Sum or average over regular times, or leave time out.",
            iso(times[place], timed),
            iso(times[place + 1], timed)
        );
        return Err(unfit(message));
    }
    placed(Step::Milliseconds(step), &|time| (time - first) / step)
}

fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.abs()
}

/// Weekdays since Monday, 5 January 1970.
fn weekday(milliseconds: i64) -> i64 {
    let days = milliseconds.div_euclid(DAY) - 4;
    days.div_euclid(7) * 5 + days.rem_euclid(7)
}

/// The day, counted from 1970, of a weekday.
fn from_weekday(weekday: i64) -> i64 {
    weekday.div_euclid(5) * 7 + weekday.rem_euclid(5) + 4
}

fn month(milliseconds: i64) -> i64 {
    let (year, month, _) = civil(milliseconds.div_euclid(DAY));
    year * 12 + month - 1
}

/// The same day and time of a later month; the last day where it has no such day, or where the first was a last day.
fn plus_months(milliseconds: i64, months: i64) -> i64 {
    let days = milliseconds.div_euclid(DAY);
    let (_, _, day) = civil(days);
    let last = civil(days + 1).2 == 1 && day > 27;
    let target = month(milliseconds) + months;
    let begin = |month: i64| days_of(month.div_euclid(12), month.rem_euclid(12) + 1);
    let length = begin(target + 1) - begin(target);
    let day = if last && months != 0 { length } else { day.min(length) };
    (begin(target) + day - 1) * DAY + milliseconds.rem_euclid(DAY)
}

/// Year, month and day of a day counted from 1970, in the Gregorian calendar (Hinnant's algorithm, with years that begin in March).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let calendar_month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(calendar_month <= 2), calendar_month, of_year - (153 * month + 2) / 5 + 1)
}

/// The first day of a month, counted from 1970.
fn days_of(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 - 719_468
}

#[cfg(test)]
#[path = "series_tests.rs"]
mod tests;
