//! Which functions queries have beside SQLite's own: statistics of groups, and regular expressions.

use baton_agents_runtime::Context as Attempt;
use baton_agents_runtime::expression::Bounded;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

/// The most values that one median or percentile keeps at a time.
const MAXIMUM_KEPT: usize = 20_000_000;

/// Adds them to a connection.
pub(super) fn add(connection: &Connection, attempt: &Attempt) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let attempt = attempt.clone();
    connection.create_scalar_function("regexp", 2, flags, move |context| matches(context, &attempt))?;
    connection.create_aggregate_function("median", 1, flags, Percentile { half: true })?;
    connection.create_aggregate_function("percentile", 2, flags, Percentile { half: false })?;
    for (name, sample, root) in
        [("var_samp", true, false), ("var_pop", false, false), ("stddev_samp", true, true), ("stddev_pop", false, true)]
    {
        connection.create_aggregate_function(name, 1, flags, Spread { sample, root })?;
    }
    connection.create_aggregate_function("corr", 2, flags, Together)
}

fn wrong(message: &str) -> Error {
    Error::UserFunctionError(message.into())
}

/// The number at this place; none for NULL.
fn number(context: &Context<'_>, place: usize) -> Result<Option<f64>> {
    match context.get_raw(place) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(value) => Ok(Some(value as f64)),
        ValueRef::Real(value) => Ok(Some(value)),
        ValueRef::Text(_) | ValueRef::Blob(_) => Err(wrong("a function of numbers was given a text; use CAST(… AS REAL)")),
    }
}

/// `text REGEXP pattern`, which SQLite calls as `regexp(pattern, text)`. One match is one step of SQLite, which nothing interrupts: the larger
/// the pattern, the shorter the texts that it is held against, and between two of them it is seen whether to stop.
fn matches(context: &Context<'_>, attempt: &Attempt) -> Result<Option<bool>> {
    if attempt.is_canceled() {
        return Err(wrong("the attempt was cancelled"));
    }
    let expression = context.get_or_create_aux(0, |pattern| -> std::result::Result<Bounded, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Bounded::new(pattern.as_str()?)?)
    });
    let text = match context.get_raw(1) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(value) => value.to_string().into(),
        ValueRef::Real(value) => value.to_string().into(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text),
    };
    expression?.is_match(&text).map(Some).map_err(|error| wrong(&format!("REGEXP: {error}")))
}

/// Linear between the two nearest values (type 7); the share is given in 0 to 100, as SQLite's own extension has it.
struct Percentile {
    half: bool,
}

impl Aggregate<(Vec<f64>, f64), Option<f64>> for Percentile {
    fn init(&self, _: &mut Context<'_>) -> Result<(Vec<f64>, f64)> {
        Ok((Vec::new(), 50.0))
    }

    fn step(&self, context: &mut Context<'_>, (values, percent): &mut (Vec<f64>, f64)) -> Result<()> {
        if !self.half {
            *percent = number(context, 1)?
                .filter(|percent| (0.0..=100.0).contains(percent))
                .ok_or_else(|| wrong("percentile needs a number from 0 to 100 as its second argument"))?;
        }
        if let Some(value) = number(context, 0)? {
            if values.len() == MAXIMUM_KEPT {
                return Err(wrong("a median or percentile of more than 20000000 values"));
            }
            values.push(value);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, kept: Option<(Vec<f64>, f64)>) -> Result<Option<f64>> {
        let Some((mut values, percent)) = kept.filter(|(values, _)| !values.is_empty()) else { return Ok(None) };
        let place = (values.len() - 1) as f64 * percent / 100.0;
        let (found, part) = (place.floor() as usize, place.fract());
        // This is one step of SQLite, which nothing interrupts: what lies at one place is found in linear time, a third of a second for
        // as many values as there may be.
        let (_, low, above) = values.select_nth_unstable_by(found, f64::total_cmp);
        let low = *low;
        let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
        Ok(Some(if part == 0.0 { low } else { low + part * (high - low) }))
    }
}

/// Variance and standard deviation, by Welford's recurrence.
struct Spread {
    sample: bool,
    root: bool,
}

impl Aggregate<[f64; 3], Option<f64>> for Spread {
    fn init(&self, _: &mut Context<'_>) -> Result<[f64; 3]> {
        Ok([0.0; 3])
    }

    fn step(&self, context: &mut Context<'_>, [count, mean, squares]: &mut [f64; 3]) -> Result<()> {
        if let Some(value) = number(context, 0)? {
            *count += 1.0;
            let before = value - *mean;
            *mean += before / *count;
            *squares += before * (value - *mean);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, kept: Option<[f64; 3]>) -> Result<Option<f64>> {
        let [count, _, squares] = kept.unwrap_or_default();
        let freedom = if self.sample { count - 1.0 } else { count };
        Ok((freedom > 0.0).then(|| squares / freedom).map(|variance| if self.root { variance.sqrt() } else { variance }))
    }
}

/// Pearson's correlation of the rows where both values are present, by the same recurrence.
struct Together;

impl Aggregate<[f64; 6], Option<f64>> for Together {
    fn init(&self, _: &mut Context<'_>) -> Result<[f64; 6]> {
        Ok([0.0; 6])
    }

    fn step(&self, context: &mut Context<'_>, [count, mean_x, mean_y, xx, yy, xy]: &mut [f64; 6]) -> Result<()> {
        if let (Some(x), Some(y)) = (number(context, 0)?, number(context, 1)?) {
            *count += 1.0;
            let (before_x, before_y) = (x - *mean_x, y - *mean_y);
            *mean_x += before_x / *count;
            *mean_y += before_y / *count;
            *xx += before_x * (x - *mean_x);
            *yy += before_y * (y - *mean_y);
            *xy += before_x * (y - *mean_y);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, kept: Option<[f64; 6]>) -> Result<Option<f64>> {
        let [_, _, _, xx, yy, xy] = kept.unwrap_or_default();
        Ok((xx > 0.0 && yy > 0.0).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0)))
    }
}
