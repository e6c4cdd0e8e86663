//! Which values of a document hold expressions, and what becomes of them?

use std::borrow::Cow;

use baton_domain::problem::Code;
use serde_json::{Map, Value};

use super::call::text_of;
use super::check::{Names, check};
use super::evaluate::{Failure, Meter, Values, evaluate};
use super::parser::{Locate, MAXIMUM_EXPRESSION_BYTES, SyntaxError, parse_beginning};
use super::schema::type_of_value;
use super::syntax::Expression;
use super::types::{Field, Type};
use crate::problem::{Position, Problems, below};
use crate::source::{Node, NodeValue};

/// A value of the document in which `${{ … }}` may stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Where it stands.
    pub at: Position,
    pub(crate) part: Part,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Without any expression.
    Fixed(Value),
    /// One expression and nothing else: the value keeps its type.
    Whole(Expression),
    /// A text with expressions in it.
    Mixed(Vec<Piece>),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Value(Expression),
}

const OPEN: &str = "${{";
const CLOSE: &str = "}}";
/// The most expressions in one text.
const MAXIMUM_PIECES: usize = 200;
/// What stands for `${{` in a text that means it.
const ESCAPED: &str = "$${{";

impl Template {
    /// Reads a value; expressions that cannot be read are added to the problems.
    pub(crate) fn read(node: &Node, text: &str, path: &str, problems: &mut Problems) -> Self {
        let part = match &node.value {
            NodeValue::Text(value) if value.contains(OPEN) => pieces(node, value, text, path, problems),
            NodeValue::List(items) => {
                let items: Vec<Self> =
                    items.iter().enumerate().map(|(index, item)| Self::read(item, text, &below(path, index), problems)).collect();
                Part::List(items)
            }
            NodeValue::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let value = Self::read(value, text, &below(path, &key.text), problems);
                    (key.text.clone(), value)
                });
                Part::Object(entries.collect())
            }
            _ => Part::Fixed(node.to_json()),
        };
        Self { at: node.at, part }
    }

    /// The expressions in it.
    pub(crate) fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match &self.part {
            Part::Fixed(_) => {}
            Part::Whole(expression) => visit(expression),
            Part::Mixed(pieces) => pieces.iter().for_each(|piece| {
                if let Piece::Value(expression) = piece {
                    visit(expression);
                }
            }),
            Part::List(items) => items.iter().for_each(|item| item.expressions(visit)),
            Part::Object(entries) => entries.iter().for_each(|(_, value)| value.expressions(visit)),
        }
    }

    /// The value, if there is no expression in it.
    #[must_use]
    pub fn fixed(&self) -> Option<Value> {
        match &self.part {
            Part::Fixed(value) => Some(value.clone()),
            Part::Whole(_) | Part::Mixed(_) => None,
            Part::List(items) => items.iter().map(Self::fixed).collect::<Option<Vec<_>>>().map(Value::Array),
            Part::Object(entries) => {
                let entries = entries.iter().map(|(name, value)| value.fixed().map(|value| (name.clone(), value)));
                entries.collect::<Option<Map<_, _>>>().map(Value::Object)
            }
        }
    }

    /// The type of the value; what does not hold together is added to the problems.
    pub(crate) fn check(&self, names: &dyn Names, path: &str, problems: &mut Problems) -> Type {
        match &self.part {
            Part::Fixed(value) => type_of_value(value),
            Part::Whole(expression) => check(expression, names, path, problems),
            Part::Mixed(pieces) => {
                for piece in pieces {
                    if let Piece::Value(expression) = piece {
                        check(expression, names, path, problems);
                    }
                }
                Type::text()
            }
            Part::List(items) => {
                let mut kind: Option<Type> = None;
                for (index, item) in items.iter().enumerate() {
                    let next = item.check(names, &below(path, index), problems);
                    kind = Some(match kind {
                        Some(kind) => kind.or(next),
                        None => next,
                    });
                }
                kind.map_or(Type::of(super::types::kinds::LIST), Type::list)
            }
            Part::Object(entries) => {
                let known: Vec<(String, Field)> = entries
                    .iter()
                    .map(|(name, value)| {
                        let kind = value.check(names, &below(path, name), problems);
                        (name.clone(), Field { kind, required: true })
                    })
                    .collect();
                Type::object(known)
            }
        }
    }

    /// The value while a run goes on. All its expressions together have one budget of steps.
    ///
    /// # Errors
    /// [`Failure`] of the first expression that has no value.
    pub fn evaluate(&self, values: &dyn Values) -> Result<Value, Failure> {
        self.with(values, &Meter::new())
    }

    /// The same for an input: a property that is one expression and has no value is left out, so that an optional property can be handed on.
    ///
    /// # Errors
    /// [`Failure`] of the first expression that has no value.
    pub fn evaluate_input(&self, values: &dyn Values) -> Result<Value, Failure> {
        self.input_with(values, &Meter::new())
    }

    /// The same where the steps of several values are counted together.
    pub(crate) fn input_with(&self, values: &dyn Values, meter: &Meter) -> Result<Value, Failure> {
        let Part::Object(entries) = &self.part else {
            return self.with(values, meter);
        };
        let mut map = Map::new();
        for (name, template) in entries {
            let value = template.with(values, meter)?;
            if !(value.is_null() && matches!(template.part, Part::Whole(_))) {
                map.insert(name.clone(), value);
            }
        }
        Ok(Value::Object(map))
    }

    pub(crate) fn with(&self, values: &dyn Values, meter: &Meter) -> Result<Value, Failure> {
        match &self.part {
            Part::Fixed(value) => Ok(value.clone()),
            Part::Whole(expression) => {
                let value = evaluate(expression, values, meter)?;
                if let Cow::Borrowed(value) = &value {
                    meter.charge_copy(value, expression.at)?;
                }
                Ok(value.into_owned())
            }
            Part::Mixed(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(fixed) => text.push_str(fixed),
                        Piece::Value(expression) => {
                            let value = text_of(evaluate(expression, values, meter)?.as_ref());
                            meter.charge_text(value.len(), expression.at)?;
                            text.push_str(&value);
                        }
                    }
                }
                Ok(Value::String(text))
            }
            Part::List(items) => items.iter().map(|item| item.with(values, meter)).collect(),
            Part::Object(entries) => {
                let mut map = Map::new();
                for (name, value) in entries {
                    map.insert(name.clone(), value.with(values, meter)?);
                }
                Ok(Value::Object(map))
            }
        }
    }
}

/// Parts a text at its expressions.
fn pieces(node: &Node, value: &str, text: &str, path: &str, problems: &mut Problems) -> Part {
    let mut pieces = Vec::new();
    let mut fixed = String::new();
    let mut rest = value;
    let mut count = 0;
    while let Some(start) = rest.find(OPEN) {
        if rest[..start].ends_with('$') && rest[start - 1..].starts_with(ESCAPED) {
            fixed.push_str(&rest[..start - 1]);
            fixed.push_str(OPEN);
            rest = &rest[start + OPEN.len()..];
            count += 1;
            continue;
        }
        fixed.push_str(&rest[..start]);
        let inner = &rest[start + OPEN.len()..];
        if count >= MAXIMUM_PIECES {
            let message = format!("a text holds more than {MAXIMUM_PIECES} expressions");
            problems.add(Code::WorkflowExpression, node.at, path, message, "Build the text with `join` and `map`.");
            break;
        }
        let place = Place::of(node, text, count, inner);
        count += 1;
        let locate: Locate<'_> = &|offset| place.at(offset);
        match parse_beginning(inner, locate).and_then(|(expression, end)| closed(inner, end, locate).map(|end| (expression, end))) {
            Ok((expression, end)) => {
                if !fixed.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut fixed)));
                }
                pieces.push(Piece::Value(expression));
                rest = &inner[end..];
            }
            Err(error) => {
                problems.add(Code::WorkflowExpression, error.at, path, error.message, error.advice);
                // What comes after the end that was probably meant is read all the same.
                let end = inner.find(CLOSE).map_or(inner.len(), |end| end + CLOSE.len());
                rest = &inner[end..];
            }
        }
    }
    fixed.push_str(rest);
    // Space around a lone expression, as the line's end of a block text, does not make a text of it.
    if pieces.len() == 1
        && fixed.trim().is_empty()
        && matches!(pieces[0], Piece::Value(_))
        && let Some(Piece::Value(expression)) = pieces.pop()
    {
        return Part::Whole(expression);
    }
    if !fixed.is_empty() {
        pieces.push(Piece::Text(fixed));
    }
    match pieces.len() {
        0 => Part::Fixed(Value::String(String::new())),
        1 if matches!(pieces[0], Piece::Text(_)) => match pieces.pop() {
            Some(Piece::Text(text)) => Part::Fixed(Value::String(text)),
            _ => Part::Fixed(Value::Null),
        },
        _ => Part::Mixed(pieces),
    }
}

/// Where `}}` ends that has to follow an expression.
fn closed(text: &str, end: usize, locate: Locate<'_>) -> Result<usize, SyntaxError> {
    let rest = &text[end..];
    let space = rest.len() - rest.trim_start().len();
    if rest[space..].starts_with(CLOSE) {
        return Ok(end + space + CLOSE.len());
    }
    let found = rest[space..].chars().next().map_or_else(|| "the end of the text".to_owned(), |letter| format!("`{letter}`"));
    Err(SyntaxError {
        at: locate(end + space),
        message: format!("{found} stands where an operator or `}}}}` is expected"),
        advice: "Correct the expression, or close it with `}}`.".to_owned(),
    })
}

/// Where an expression stands in the document.
pub(crate) struct Place<'a> {
    start: Position,
    /// The expression as it is written in the document, if it is written there as it reads.
    verbatim: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Of the expression after the `${{` with this number in a value.
    fn of(node: &Node, text: &'a str, number: usize, inner: &str) -> Self {
        let source = text.get(node.source.clone()).unwrap_or_default();
        match source.match_indices(OPEN).nth(number) {
            Some((offset, _)) => Self::at_offset(node, source, offset + OPEN.len(), inner),
            None => Self { start: node.at, verbatim: None },
        }
    }

    /// Of an expression without `${{`, which is the whole value.
    pub(crate) fn of_whole(node: &Node, text: &'a str, inner: &str) -> Self {
        let source = text.get(node.source.clone()).unwrap_or_default();
        match source.find(inner) {
            Some(offset) => Self::at_offset(node, source, offset, inner),
            None => Self { start: node.at, verbatim: None },
        }
    }

    fn at_offset(node: &Node, source: &'a str, offset: usize, inner: &str) -> Self {
        let start = node.at.after(&source[..offset]);
        let rest = &source[offset..];
        // Up to where the text of the value and that of the document part, because of an escape or an indentation.
        let same = rest.bytes().zip(inner.bytes()).take(MAXIMUM_EXPRESSION_BYTES).take_while(|(one, other)| one == other).count();
        let same = (0..=same).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(0);
        Self { start, verbatim: Some(&rest[..same]) }
    }

    /// Where a byte of the expression stands; its beginning where that cannot be told.
    pub(crate) fn at(&self, offset: usize) -> Position {
        match self.verbatim.and_then(|text| text.get(..offset)) {
            Some(before) => self.start.after(before),
            None => self.start,
        }
    }
}
