//! What do the functions give?

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Number, Value};

use super::evaluate::Failure;
use super::evaluate::{Numeric, Scope, arithmetic, compare, decimal, failed, kind_of, number_of, numeric, overflow};
use super::functions::Function;
use super::syntax::{Argument, Expression, Operator};
use crate::problem::Position;

/// The most values that `range` gives.
const MAXIMUM_RANGE: i64 = 10_000;
/// The most digits that `round` keeps.
const MAXIMUM_DIGITS: i64 = 15;

type Result<T> = std::result::Result<T, Failure>;

/// The value of a call.
pub(super) fn call<'a>(scope: Scope<'a>, function: Function, arguments: &'a [Argument], at: Position) -> Result<Cow<'a, Value>> {
    use Function as F;
    if function.binds() {
        return over_list(scope, function, arguments, at).map(Cow::Owned);
    }
    // These two look at no more arguments than they need.
    if matches!(function, F::Default | F::Coalesce) {
        let mut last = Cow::Owned(Value::Null);
        for argument in values(arguments) {
            last = scope.of(argument)?;
            if !last.is_null() {
                break;
            }
        }
        return Ok(last);
    }
    let mut given = Vec::with_capacity(arguments.len());
    for argument in values(arguments) {
        given.push((scope.of(argument)?, argument.at));
    }
    let given = Given { scope, function, given, at };
    match function {
        F::First | F::Last => given.end(),
        _ => given.value().map(Cow::Owned),
    }
}

fn values(arguments: &[Argument]) -> impl Iterator<Item = &Expression> {
    arguments.iter().filter_map(|argument| match argument {
        Argument::Value(value) => Some(value),
        Argument::Each(..) => None,
    })
}

fn over_list(scope: Scope<'_>, function: Function, arguments: &[Argument], at: Position) -> Result<Value> {
    let [Argument::Value(list), Argument::Each(name, body)] = arguments else {
        return failed(at, format!("write `{}`", function.usage()));
    };
    let list = scope.of(list)?;
    let Some(items) = list.as_array() else {
        return failed(at, format!("`{}` is given {}, not a list", function.as_str(), kind_of(&list)));
    };
    let mut made = Vec::new();
    for item in items {
        let result = scope.each(name, item, body)?;
        if function == Function::Map {
            made.push(result);
            continue;
        }
        let Some(holds) = result.as_bool() else {
            return failed(body.at, format!("a condition is {}, not true or false", kind_of(&result)));
        };
        match function {
            Function::Filter if holds => {
                scope.meter.charge_value(item, at)?;
                made.push(item.clone());
            }
            Function::Any if holds => return Ok(Value::Bool(true)),
            Function::All if !holds => return Ok(Value::Bool(false)),
            _ => {}
        }
    }
    Ok(match function {
        Function::Any => Value::Bool(false),
        Function::All => Value::Bool(true),
        _ => Value::Array(made),
    })
}

struct Given<'a> {
    scope: Scope<'a>,
    function: Function,
    given: Vec<(Cow<'a, Value>, Position)>,
    at: Position,
}

impl<'a> Given<'a> {
    fn get(&self, place: usize) -> &Value {
        self.given.get(place).map_or(&Value::Null, |(value, _)| value.as_ref())
    }

    fn wrong<T>(&self, place: usize, wanted: &str) -> Result<T> {
        let at = self.given.get(place).map_or(self.at, |(_, at)| *at);
        failed(at, format!("`{}` is given {}, not {wanted}", self.function.as_str(), kind_of(self.get(place))))
    }

    fn text(&self, place: usize) -> Result<&str> {
        self.get(place).as_str().map_or_else(|| self.wrong(place, "a text"), Ok)
    }

    fn list(&self, place: usize) -> Result<&[Value]> {
        self.get(place).as_array().map_or_else(|| self.wrong(place, "a list"), |items| Ok(items.as_slice()))
    }

    fn number(&self, place: usize) -> Result<Numeric> {
        number_of(self.get(place), self.at, self.function.as_str())
    }

    fn whole(&self, place: usize) -> Result<i64> {
        let value = self.get(place);
        let whole =
            value.as_i64().or_else(|| value.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9e15).map(|value| value as i64));
        whole.map_or_else(|| self.wrong(place, "a whole number"), Ok)
    }

    /// A text that is made: it counts.
    fn made(&self, text: String) -> Result<Value> {
        self.scope.meter.charge_text(text.len(), self.at)?;
        Ok(Value::String(text))
    }

    fn copied<'v>(&self, items: impl IntoIterator<Item = &'v Value>) -> Result<Value> {
        let mut made = Vec::new();
        for item in items {
            self.scope.meter.charge_value(item, self.at)?;
            made.push(item.clone());
        }
        Ok(Value::Array(made))
    }

    /// From where to where, within `length`.
    fn bounds(&self, length: usize) -> Result<(usize, usize)> {
        let place = |value: i64| usize::try_from(value.max(0)).unwrap_or(usize::MAX).min(length);
        let from = place(self.whole(1)?);
        let to = if self.given.len() > 2 { place(self.whole(2)?) } else { length };
        Ok((from, to.max(from)))
    }

    /// `first` and `last` take a value out of a list without copying the others.
    fn end(mut self) -> Result<Cow<'a, Value>> {
        self.list(0)?;
        let first = self.function == Function::First;
        let (value, _) = self.given.swap_remove(0);
        Ok(match value {
            Cow::Borrowed(Value::Array(items)) => {
                let found = if first { items.first() } else { items.last() };
                found.map_or(Cow::Owned(Value::Null), Cow::Borrowed)
            }
            Cow::Owned(Value::Array(items)) => {
                let mut items = items.into_iter();
                Cow::Owned(if first { items.next() } else { items.next_back() }.unwrap_or(Value::Null))
            }
            _ => Cow::Owned(Value::Null),
        })
    }

    fn value(&self) -> Result<Value> {
        use Function as F;
        match self.function {
            F::Length => match self.get(0) {
                Value::String(text) => {
                    self.scope.meter.charge_text(text.len(), self.at)?;
                    Ok(Value::from(text.chars().count()))
                }
                Value::Array(items) => Ok(Value::from(items.len())),
                Value::Object(map) => Ok(Value::from(map.len())),
                _ => self.wrong(0, "a text, a list or an object"),
            },
            F::Contains => self.contains(),
            F::StartsWith | F::EndsWith => {
                let (text, part) = (self.text(0)?, self.text(1)?);
                self.scope.meter.charge_text(part.len(), self.at)?;
                Ok(Value::Bool(if self.function == F::StartsWith { text.starts_with(part) } else { text.ends_with(part) }))
            }
            F::Lower => self.made(self.text(0)?.to_lowercase()),
            F::Upper => self.made(self.text(0)?.to_uppercase()),
            F::Trim => {
                let text = self.text(0)?;
                self.scope.meter.charge_text(text.len(), self.at)?;
                self.made(text.trim().to_owned())
            }
            F::Replace => self.replace(),
            F::Split => self.split(),
            F::Join => self.join(),
            F::Substring => {
                let text = self.text(0)?;
                self.scope.meter.charge_text(text.len(), self.at)?;
                let (from, to) = self.bounds(text.len())?;
                self.made(text.chars().skip(from).take(to - from).collect())
            }
            F::Text => self.made(text_of(self.get(0))),
            F::Json => self.made(self.get(0).to_string()),
            F::Number => self.parse(),
            F::Round | F::Floor | F::Ceil => self.rounded(),
            F::Abs => match self.number(0)? {
                Numeric::Whole(value) => value.checked_abs().map(Value::from).map_or_else(|| overflow(self.at), Ok),
                Numeric::Decimal(value) => decimal(value.abs(), self.at),
            },
            F::Min | F::Max => self.extreme(),
            F::Sum => {
                let mut sum = Value::from(0);
                for item in self.list(0)? {
                    self.scope.meter.charge(1, self.at)?;
                    let (one, other) = (number_of(&sum, self.at, "sum")?, number_of(item, self.at, "sum")?);
                    sum = arithmetic(Operator::Add, one, other, self.at)?;
                }
                Ok(sum)
            }
            F::Slice => {
                let items = self.list(0)?;
                let (from, to) = self.bounds(items.len())?;
                self.copied(items.get(from..to).unwrap_or_default())
            }
            F::Flatten => {
                let mut parts = Vec::new();
                for item in self.list(0)? {
                    self.scope.meter.charge(1, self.at)?;
                    match item.as_array() {
                        Some(items) => parts.extend(items),
                        None => return failed(self.at, format!("`flatten` is given a list with {}, not lists only", kind_of(item))),
                    }
                }
                self.copied(parts)
            }
            F::Unique => self.unique(),
            F::Sort => self.sort(),
            F::Range => self.range(),
            F::Keys => match self.get(0).as_object() {
                Some(map) => {
                    map.keys().try_for_each(|key| self.scope.meter.charge_text(key.len() + 16, self.at))?;
                    Ok(map.keys().map(String::as_str).collect())
                }
                None => self.wrong(0, "an object"),
            },
            F::Values => match self.get(0).as_object() {
                Some(map) => self.copied(map.values()),
                None => self.wrong(0, "an object"),
            },
            F::Default | F::Coalesce | F::First | F::Last | F::Map | F::Filter | F::Any | F::All => Ok(Value::Null),
            F::Success | F::Failure | F::Always => Ok(Value::Null),
        }
    }

    fn contains(&self) -> Result<Value> {
        match self.get(0) {
            Value::String(text) => {
                self.scope.meter.charge_text(text.len(), self.at)?;
                Ok(Value::Bool(text.contains(self.text(1)?)))
            }
            Value::Array(items) => {
                for item in items {
                    if self.scope.equal(item, self.get(1), self.at)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            _ => self.wrong(0, "a text or a list"),
        }
    }

    fn replace(&self) -> Result<Value> {
        let (text, what, with) = (self.text(0)?, self.text(1)?, self.text(2)?);
        if what.is_empty() {
            return failed(self.at, "`replace` is to replace nothing");
        }
        // Counted before it is made: it may be far longer than the text.
        self.scope.meter.charge_text(text.len(), self.at)?;
        let times = text.matches(what).count();
        self.scope.meter.charge_text(times.saturating_mul(with.len()), self.at)?;
        self.made(text.replace(what, with))
    }

    fn split(&self) -> Result<Value> {
        let (text, separator) = (self.text(0)?, self.text(1)?);
        if separator.is_empty() {
            return failed(self.at, "`split` is given no separator");
        }
        let mut parts = Vec::new();
        for part in text.split(separator) {
            self.scope.meter.charge(1 + part.len() / 64, self.at)?;
            parts.push(Value::from(part));
        }
        Ok(Value::Array(parts))
    }

    fn join(&self) -> Result<Value> {
        let separator = if self.given.len() > 1 { self.text(1)? } else { ", " };
        let mut text = String::new();
        for (index, item) in self.list(0)?.iter().enumerate() {
            let part = match item {
                Value::String(part) => Cow::Borrowed(part.as_str()),
                other => Cow::Owned(text_of(other)),
            };
            self.scope.meter.charge(1 + (part.len() + separator.len()) / 64, self.at)?;
            if index > 0 {
                text.push_str(separator);
            }
            text.push_str(&part);
        }
        Ok(Value::String(text))
    }

    fn parse(&self) -> Result<Value> {
        match self.get(0) {
            Value::Number(number) => Ok(Value::Number(number.clone())),
            Value::String(text) => {
                let text = text.trim();
                let digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
                let number = match text.parse::<i64>() {
                    Ok(value) => Some(Number::from(value)),
                    Err(_) => text.parse::<f64>().ok().filter(|_| digits).and_then(Number::from_f64),
                };
                number.map_or_else(|| failed(self.at, "`number` is given a text that is no number"), |number| Ok(Value::Number(number)))
            }
            _ => self.wrong(0, "a text"),
        }
    }

    fn rounded(&self) -> Result<Value> {
        let digits = if self.given.len() > 1 { Some(self.whole(1)?) } else { None };
        let value = match (self.number(0)?, digits) {
            (Numeric::Whole(value), _) => return Ok(Value::from(value)),
            (Numeric::Decimal(value), _) => value,
        };
        if let Some(digits) = digits {
            if !(0..=MAXIMUM_DIGITS).contains(&digits) {
                return failed(self.at, format!("`round` keeps 0 to {MAXIMUM_DIGITS} digits"));
            }
            // By way of decimal digits, which is exact: 2.675 is rounded as it is written.
            let written = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
            return decimal(written.parse().unwrap_or(value), self.at);
        }
        let whole = match self.function {
            Function::Floor => value.floor(),
            Function::Ceil => value.ceil(),
            _ => value.round(),
        };
        if whole.abs() < 9.2e18 { Ok(Value::from(whole as i64)) } else { overflow(self.at) }
    }

    fn extreme(&self) -> Result<Value> {
        let single;
        let items: &[Value] = if self.given.len() == 1 {
            self.list(0)?
        } else {
            single = self.given.iter().map(|(value, _)| value.as_ref().clone()).collect::<Vec<_>>();
            &single
        };
        let mut best: Option<&Number> = None;
        for item in items {
            self.scope.meter.charge(1, self.at)?;
            let Value::Number(number) = item else {
                return failed(self.at, format!("`{}` is given {}, not numbers only", self.function.as_str(), kind_of(item)));
            };
            let better = best
                .is_none_or(|best| (compare(number, best).is_lt()) == (self.function == Function::Min) && compare(number, best).is_ne());
            if better {
                best = Some(number);
            }
        }
        Ok(best.map_or(Value::Null, |number| Value::Number(number.clone())))
    }

    fn unique(&self) -> Result<Value> {
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for item in self.list(0)? {
            self.scope.meter.charge_value(item, self.at)?;
            let mut key = String::new();
            identity(item, &mut key);
            if seen.insert(key) {
                kept.push(item);
            }
        }
        self.copied(kept)
    }

    fn sort(&self) -> Result<Value> {
        let mut items = self.list(0)?.to_vec();
        let all_texts = items.iter().all(Value::is_string);
        if !all_texts && !items.iter().all(Value::is_number) {
            return failed(self.at, "`sort` is given a list of neither numbers only nor texts only");
        }
        for item in &items {
            // About the comparisons that sorting takes.
            self.scope.meter.charge(items.len().ilog2() as usize + 1, self.at)?;
            self.scope.meter.charge_value(item, self.at)?;
        }
        items.sort_by(|one, other| match (one, other) {
            (Value::Number(one), Value::Number(other)) => compare(one, other),
            _ => one.as_str().cmp(&other.as_str()),
        });
        Ok(Value::Array(items))
    }

    fn range(&self) -> Result<Value> {
        let (from, to) = if self.given.len() > 1 { (self.whole(0)?, self.whole(1)?) } else { (0, self.whole(0)?) };
        if to.saturating_sub(from) > MAXIMUM_RANGE {
            return failed(self.at, format!("`range` gives at most {MAXIMUM_RANGE} numbers"));
        }
        self.scope.meter.charge(usize::try_from(to.saturating_sub(from)).unwrap_or(0), self.at)?;
        Ok((from..to).collect())
    }
}

/// A text as it is, anything else as JSON; nothing for what is missing.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A text that is the same for values that are equal: 1 and 1.0 are.
fn identity(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => match numeric(number) {
            Numeric::Decimal(value) if value.fract() == 0.0 && value.abs() < 9e15 => out.push_str(&(value as i64).to_string()),
            _ => out.push_str(&number.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                identity(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (key, value) in map {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                identity(value, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
