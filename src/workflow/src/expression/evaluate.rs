//! What is the value of an expression? Every evaluation ends: there is no recursion, loops go over lists that exist, and steps are counted.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;

use baton_domain::problem::Code;
use serde_json::{Number, Value};

use super::call;
use super::functions::Function;
use super::syntax::{Expression, Kind, Operator, StepField};
use crate::problem::Position;

/// The most steps of one evaluation: a part of the tree, a value that is copied, or 64 bytes of text that are made.
pub const MAXIMUM_STEPS: u64 = 2_000_000;
/// How many bytes of text count as a step.
const BYTES_A_STEP: usize = 64;

/// How many values that are handed on as they are count as a step.
const VALUES_A_STEP: usize = 8;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `WORKFLOW-021`, or `WORKFLOW-022` where it took too many steps.
    pub code: Code,
    /// The part of the expression.
    pub at: Position,
    /// What happened.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.at)
    }
}

impl std::error::Error for Failure {}

/// What an expression can speak of while a run goes on.
pub trait Values {
    /// The value of `inputs`, `run`, `index` or an item.
    fn name(&self, name: &str) -> Option<Cow<'_, Value>>;
    /// What is read of a step; nothing if it gave none.
    fn step(&self, id: &str, field: StepField) -> Option<Cow<'_, Value>>;
    /// What `success()`, `failure()` and `always()` are.
    fn status(&self, function: Function) -> bool;
}

/// The value of an expression.
///
/// # Errors
/// [`Failure`] where an operation is not defined or the steps are used up.
pub(crate) fn evaluate<'a>(expression: &'a Expression, values: &'a dyn Values, meter: &'a Meter) -> Result<Cow<'a, Value>, Failure> {
    Scope { values, meter, bound: None }.of(expression)
}

/// Counts the steps of one evaluation.
pub(crate) struct Meter {
    left: Cell<u64>,
    most: u64,
}

impl Meter {
    pub(crate) const fn new() -> Self {
        Self::of(MAXIMUM_STEPS)
    }

    /// For several values that are made together.
    pub(crate) const fn of(most: u64) -> Self {
        Self { left: Cell::new(most), most }
    }

    /// The steps that were taken.
    pub(crate) fn used(&self) -> u64 {
        self.most.saturating_sub(self.left.get())
    }

    pub(crate) fn charge(&self, steps: usize, at: Position) -> Result<(), Failure> {
        match self.left.get().checked_sub(steps as u64) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Failure {
                code: Code::WorkflowExpressionExhausted,
                at,
                message: format!("the expression takes more than {} steps", self.most),
            }),
        }
    }

    pub(crate) fn charge_text(&self, bytes: usize, at: Position) -> Result<(), Failure> {
        self.charge(bytes / BYTES_A_STEP, at)
    }

    /// Counts the copy of a value that is handed on as it is.
    pub(crate) fn charge_copy(&self, value: &Value, at: Position) -> Result<(), Failure> {
        self.charge(1 + size(value) / VALUES_A_STEP, at)
    }

    /// Counts what copying a value takes.
    pub(crate) fn charge_value(&self, value: &Value, at: Position) -> Result<(), Failure> {
        match value {
            Value::String(text) => self.charge(1 + text.len() / BYTES_A_STEP, at),
            Value::Array(items) => {
                self.charge(1, at)?;
                items.iter().try_for_each(|item| self.charge_value(item, at))
            }
            Value::Object(map) => {
                self.charge(1 + map.len(), at)?;
                map.values().try_for_each(|item| self.charge_value(item, at))
            }
            _ => self.charge(1, at),
        }
    }
}

/// How many values and pieces of text a value consists of.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / BYTES_A_STEP,
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.len() + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    values: &'a dyn Values,
    pub(super) meter: &'a Meter,
    bound: Option<&'a Bound<'a>>,
}

/// A name that a function binds to each value of a list in turn.
struct Bound<'a> {
    name: &'a str,
    value: &'a Value,
    outer: Option<&'a Bound<'a>>,
}

pub(super) fn failed<T>(at: Position, message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure { code: Code::WorkflowExpressionFailed, at, message: message.into() })
}

/// What people call a value of this kind.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "missing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

static MISSING: Value = Value::Null;

impl<'a> Scope<'a> {
    pub(super) fn of(self, expression: &'a Expression) -> Result<Cow<'a, Value>, Failure> {
        let at = expression.at;
        self.meter.charge(1, at)?;
        match &expression.kind {
            Kind::Literal(value) => Ok(Cow::Borrowed(value)),
            Kind::Name(name) => {
                let mut bound = self.bound;
                while let Some(one) = bound {
                    if one.name == name {
                        return Ok(Cow::Borrowed(one.value));
                    }
                    bound = one.outer;
                }
                self.values.name(name).map_or_else(|| failed(at, format!("there is no `{name}` here")), Ok)
            }
            Kind::Step { id, field } => Ok(self.values.step(id, *field).unwrap_or(Cow::Borrowed(&MISSING))),
            Kind::Member(of, name) => self.member(self.of(of)?, name),
            Kind::Index(of, index) => self.index(of, index),
            Kind::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(self.owned(self.of(item)?, item.at)?);
                }
                Ok(Cow::Owned(Value::Array(list)))
            }
            Kind::Not(of) => Ok(Cow::Owned(Value::Bool(!self.truth(of)?))),
            Kind::Negate(of) => match number_of(self.of(of)?.as_ref(), of.at, "-")? {
                Numeric::Whole(value) => value.checked_neg().map(|value| Cow::Owned(value.into())).map_or_else(|| overflow(at), Ok),
                Numeric::Decimal(value) => decimal(-value, at).map(Cow::Owned),
            },
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, at),
            Kind::Choice(condition, then, otherwise) => {
                if self.truth(condition)? {
                    self.of(then)
                } else {
                    self.of(otherwise)
                }
            }
            Kind::Call(function, _) if function.is_status() => Ok(Cow::Owned(Value::Bool(self.values.status(*function)))),
            Kind::Call(function, arguments) => call::call(self, *function, arguments, at),
        }
    }

    /// A value of one's own; copying counts.
    pub(super) fn owned(self, value: Cow<'a, Value>, at: Position) -> Result<Value, Failure> {
        if let Cow::Borrowed(value) = &value {
            self.meter.charge_value(value, at)?;
        }
        Ok(value.into_owned())
    }

    /// Evaluates `body` with `name` standing for `value`.
    pub(super) fn each(self, name: &str, value: &Value, body: &Expression) -> Result<Value, Failure> {
        let bound = Bound { name, value, outer: self.bound };
        let inner = Scope { values: self.values, meter: self.meter, bound: Some(&bound) };
        let result = inner.of(body)?;
        inner.owned(result, body.at)
    }

    pub(super) fn truth(self, of: &'a Expression) -> Result<bool, Failure> {
        let value = self.of(of)?;
        value.as_bool().map_or_else(|| failed(of.at, format!("a condition is {}, not true or false", kind_of(&value))), Ok)
    }

    fn member(self, of: Cow<'a, Value>, name: &str) -> Result<Cow<'a, Value>, Failure> {
        match of {
            Cow::Borrowed(Value::Object(map)) => Ok(Cow::Borrowed(map.get(name).unwrap_or(&MISSING))),
            Cow::Owned(Value::Object(mut map)) => Ok(map.remove(name).map_or(Cow::Borrowed(&MISSING), Cow::Owned)),
            // Of what has no properties none is there.
            _ => Ok(Cow::Borrowed(&MISSING)),
        }
    }

    fn index(self, of: &'a Expression, index: &'a Expression) -> Result<Cow<'a, Value>, Failure> {
        let value = self.of(of)?;
        let by = self.of(index)?;
        match by.as_ref() {
            Value::String(name) => self.member(value, name),
            Value::Number(number) => {
                // 1.0 is 1: a decimal beyond 2^53 is beyond the end of any list.
                let whole = |value: f64| (value >= 0.0 && value.fract() == 0.0 && value < 9_007_199_254_740_992.0).then_some(value as u64);
                let place = number.as_u64().or_else(|| number.as_f64().and_then(whole)).and_then(|place| usize::try_from(place).ok());
                match value {
                    Cow::Borrowed(Value::Array(items)) => Ok(Cow::Borrowed(place.and_then(|place| items.get(place)).unwrap_or(&MISSING))),
                    Cow::Owned(Value::Array(mut items)) => {
                        let found = place.filter(|place| *place < items.len()).map(|place| items.swap_remove(place));
                        Ok(found.map_or(Cow::Borrowed(&MISSING), Cow::Owned))
                    }
                    _ => Ok(Cow::Borrowed(&MISSING)),
                }
            }
            other => failed(index.at, format!("a part is chosen by {}", kind_of(other))),
        }
    }

    fn binary(self, operator: Operator, left: &'a Expression, right: &'a Expression, at: Position) -> Result<Cow<'a, Value>, Failure> {
        let truth = |value: bool| Ok(Cow::Owned(Value::Bool(value)));
        match operator {
            Operator::Or => return truth(self.truth(left)? || self.truth(right)?),
            Operator::And => return truth(self.truth(left)? && self.truth(right)?),
            Operator::Otherwise => {
                let value = self.of(left)?;
                return if value.is_null() { self.of(right) } else { Ok(value) };
            }
            _ => {}
        }
        let (one, other) = (self.of(left)?, self.of(right)?);
        match operator {
            Operator::Equal | Operator::Unequal => truth(self.equal(&one, &other, at)? == (operator == Operator::Equal)),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let order = self.order(&one, &other, operator.as_str(), at)?;
                truth(match operator {
                    Operator::Less => order == Ordering::Less,
                    Operator::LessOrEqual => order != Ordering::Greater,
                    Operator::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            _ => {
                if let (Operator::Add, Value::String(start), Value::String(end)) = (operator, one.as_ref(), other.as_ref()) {
                    self.meter.charge_text(start.len() + end.len(), at)?;
                    return Ok(Cow::Owned(Value::String(format!("{start}{end}"))));
                }
                let one = number_of(&one, left.at, operator.as_str())?;
                let other = number_of(&other, right.at, operator.as_str())?;
                arithmetic(operator, one, other, at).map(Cow::Owned)
            }
        }
    }

    /// Whether two values are the same JSON; 1 and 1.0 are.
    pub(super) fn equal(self, one: &Value, other: &Value, at: Position) -> Result<bool, Failure> {
        self.meter.charge(1, at)?;
        Ok(match (one, other) {
            (Value::Number(one), Value::Number(other)) => compare(one, other) == Ordering::Equal,
            (Value::String(one), Value::String(other)) => {
                self.meter.charge_text(one.len().min(other.len()), at)?;
                one == other
            }
            (Value::Array(one), Value::Array(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (one, other) in one.iter().zip(other) {
                    if !self.equal(one, other, at)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Object(one), Value::Object(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (name, value) in one {
                    let same = match other.get(name) {
                        Some(found) => self.equal(value, found, at)?,
                        None => false,
                    };
                    if !same {
                        return Ok(false);
                    }
                }
                true
            }
            _ => one == other,
        })
    }

    pub(super) fn order(self, one: &Value, other: &Value, by: &str, at: Position) -> Result<Ordering, Failure> {
        match (one, other) {
            (Value::Number(one), Value::Number(other)) => Ok(compare(one, other)),
            (Value::String(one), Value::String(other)) => {
                self.meter.charge_text(one.len().min(other.len()), at)?;
                Ok(one.cmp(other))
            }
            _ => failed(at, format!("`{by}` compares {} with {}", kind_of(one), kind_of(other))),
        }
    }
}

/// A number, whole as long as it can be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Numeric {
    Whole(i64),
    Decimal(f64),
}

impl Numeric {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Decimal(value) => value,
        }
    }
}

pub(super) fn number_of(value: &Value, at: Position, by: &str) -> Result<Numeric, Failure> {
    match value {
        Value::Number(number) => Ok(numeric(number)),
        other => failed(at, format!("`{by}` is given {}, not a number", kind_of(other))),
    }
}

pub(super) fn numeric(number: &Number) -> Numeric {
    match number.as_i64() {
        Some(value) => Numeric::Whole(value),
        // Minus zero is zero.
        None => Numeric::Decimal(number.as_f64().unwrap_or(f64::MAX) + 0.0),
    }
}

/// The order of two numbers. A whole number and a decimal are compared exactly where the whole one fits a decimal, nearly where it does not.
pub(super) fn compare(one: &Number, other: &Number) -> Ordering {
    if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64()) {
        return one.cmp(&other);
    }
    if let (Some(one), Some(other)) = (one.as_u64(), other.as_u64()) {
        return one.cmp(&other);
    }
    numeric(one).as_f64().total_cmp(&numeric(other).as_f64())
}

pub(super) fn overflow<T>(at: Position) -> Result<T, Failure> {
    failed(at, "the result is too large for a number")
}

/// A decimal as a value; whole ones stay decimals.
pub(super) fn decimal(value: f64, at: Position) -> Result<Value, Failure> {
    // Minus zero is written as 0: the two are equal, and only one of them is read back as it was.
    Number::from_f64(value + 0.0).map(Value::Number).map_or_else(|| overflow(at), Ok)
}

pub(super) fn arithmetic(operator: Operator, one: Numeric, other: Numeric, at: Position) -> Result<Value, Failure> {
    if let (Numeric::Whole(one), Numeric::Whole(other)) = (one, other) {
        let result = match operator {
            Operator::Add => one.checked_add(other),
            Operator::Subtract => one.checked_sub(other),
            Operator::Multiply => one.checked_mul(other),
            Operator::Remainder if other != 0 => one.checked_rem(other),
            // Exact where it can be: 6 / 3 is 2, 7 / 2 is 3.5.
            Operator::Divide if other != 0 && one.checked_rem(other) == Some(0) => one.checked_div(other),
            Operator::Divide if other != 0 => return decimal(one as f64 / other as f64, at),
            _ => return failed(at, "something is divided by zero"),
        };
        return result.map(Value::from).map_or_else(|| overflow(at), Ok);
    }
    let (one, other) = (one.as_f64(), other.as_f64());
    match operator {
        Operator::Add => decimal(one + other, at),
        Operator::Subtract => decimal(one - other, at),
        Operator::Multiply => decimal(one * other, at),
        _ if other == 0.0 => failed(at, "something is divided by zero"),
        Operator::Remainder => decimal(one % other, at),
        _ => decimal(one / other, at),
    }
}
