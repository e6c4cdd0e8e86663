//! Of which type is an expression, and does it hold together?

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::problem::Code;

use super::functions::Function;
use super::schema::type_of_value;
use super::syntax::{Argument, Expression, Kind, Operator, StepField};
use super::types::kinds::{BOOLEAN, INTEGER, LIST, NULL, NUMBER, OBJECT, TEXT};
use super::types::{Field, Type};
use crate::problem::{Position, Problems, suggestion};

/// What an expression may speak of at its place.
pub(crate) trait Names {
    /// The type of `inputs`, `run`, `index` or an item.
    fn name(&self, name: &str) -> Option<Type>;
    /// All names, for suggestions.
    fn names(&self) -> Vec<String>;
    /// The type of what is read of a step; nothing if there is no such step, which is told elsewhere.
    fn step(&self, id: &str, field: StepField) -> Option<Type>;
    /// Whether the functions that ask how earlier steps ended may stand here.
    fn status(&self) -> bool;
}

/// The type of an expression; what does not hold together is added to the problems.
pub(crate) fn check(expression: &Expression, names: &dyn Names, path: &str, problems: &mut Problems) -> Type {
    let mut checker = Checker { names, path, problems, bound: Vec::new() };
    checker.of(expression)
}

struct Checker<'a> {
    names: &'a dyn Names,
    path: &'a str,
    problems: &'a mut Problems,
    bound: Vec<(String, Type)>,
}

impl Checker<'_> {
    fn wrong(&mut self, at: Position, message: impl Into<String>, advice: impl Into<String>) {
        self.problems.add(Code::WorkflowTypes, at, self.path, message, advice);
    }

    fn of(&mut self, expression: &Expression) -> Type {
        match &expression.kind {
            Kind::Literal(value) => type_of_value(value),
            Kind::Name(name) => self.name(name, expression.at),
            Kind::Step { id, field } => self.names.step(id, *field).unwrap_or_else(Type::any),
            Kind::Member(of, name) => {
                let kind = self.of(of);
                self.member(&kind, name, expression.at)
            }
            Kind::Index(of, index) => self.index(of, index),
            Kind::List(items) => {
                let kinds: Vec<Type> = items.iter().map(|item| self.of(item)).collect();
                kinds.into_iter().reduce(Type::or).map_or(Type::of(LIST), Type::list)
            }
            Kind::Not(of) => {
                self.wanted(of, BOOLEAN, "`!`");
                Type::boolean()
            }
            Kind::Negate(of) => {
                let kind = self.wanted(of, INTEGER | NUMBER, "`-`");
                Type::of(kind.kinds & (INTEGER | NUMBER))
            }
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, expression.at),
            Kind::Choice(condition, then, otherwise) => {
                self.wanted(condition, BOOLEAN, "`?`");
                self.of(then).or(self.of(otherwise))
            }
            Kind::Call(function, arguments) => self.call(*function, arguments, expression.at),
        }
    }

    fn name(&mut self, name: &str, at: Position) -> Type {
        if let Some((_, kind)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return kind.clone();
        }
        if let Some(kind) = self.names.name(name) {
            return kind;
        }
        if self.problems.is_full() {
            return Type::any();
        }
        let mut known = self.names.names();
        known.extend(self.bound.iter().map(|(bound, _)| bound.clone()));
        known.push("steps".to_owned());
        let list = format!("Here are {}.", known.join(", "));
        let advice = suggestion(name, known.iter().map(String::as_str), || list);
        self.wrong(at, format!("there is no `{name}` here"), advice);
        Type::any()
    }

    fn member(&mut self, of: &Type, name: &str, at: Position) -> Type {
        let kind = self.member_of_present(of, name, at);
        // What is read of something missing, or of what may have no properties, may be missing.
        let certain = of.is(OBJECT) || kind.is_any();
        if certain { kind } else { kind.or_missing() }
    }

    fn member_of_present(&mut self, of: &Type, name: &str, at: Position) -> Type {
        if !of.may_be(OBJECT) {
            self.wrong(at, format!("`{name}` is read of what has no properties: it is {of}"), "Correct the path.");
            return Type::any();
        }
        let Some(fields) = &of.fields else {
            return Type::any();
        };
        match fields.known.get(name) {
            Some(Field { kind, required: true }) => kind.clone(),
            Some(Field { kind, required: false }) if kind.is_any() => Type::any(),
            Some(Field { kind, required: false }) => kind.clone().or_missing(),
            None if fields.open || self.problems.is_full() => Type::any(),
            None => {
                let known: Vec<&str> = fields.known.keys().map(String::as_str).collect();
                let list = if known.is_empty() { "It has none.".to_owned() } else { format!("It has {}.", known.join(", ")) };
                let advice = suggestion(name, known.iter().copied(), || list);
                self.wrong(at, format!("there is no property `{name}`"), advice);
                Type::any()
            }
        }
    }

    fn index(&mut self, of: &Expression, index: &Expression) -> Type {
        let kind = self.of(of);
        let by = self.of(index);
        if kind.is(LIST | NULL) && kind.may_be(LIST) {
            if !by.is(INTEGER) {
                self.wrong(index.at, format!("a place in a list is a whole number, and this is {by}"), "Count from 0.");
            }
            // A place may be beyond the end.
            let item = kind.item();
            return if item.is_any() { item } else { item.or_missing() };
        }
        if !kind.may_be(LIST | OBJECT) {
            self.wrong(of.at, format!("a part is read of what has none: it is {kind}"), "Correct the path.");
        } else if !by.is(TEXT | INTEGER) {
            self.wrong(index.at, format!("a part is chosen by a text or a whole number, and this is {by}"), "Correct the path.");
        }
        Type::any()
    }

    /// The type of a part that has to be of these kinds.
    fn wanted(&mut self, of: &Expression, kinds: u8, by: &str) -> Type {
        let kind = self.of(of);
        self.demand(&kind, of.at, kinds, by);
        kind
    }

    fn demand(&mut self, kind: &Type, at: Position, kinds: u8, by: &str) {
        if let Some(why) = kind.misfit(&Type::of(kinds)) {
            let advice = if kind.may_be_missing() && kind.may_be(kinds) {
                "Say what to take where it is missing: `default(value, otherwise)`."
            } else if kinds == BOOLEAN {
                "Compare it with something: only true and false are conditions."
            } else {
                "Correct the expression."
            };
            self.wrong(at, format!("{by} does not fit: {why}"), advice);
        }
    }

    fn binary(&mut self, operator: Operator, left: &Expression, right: &Expression, at: Position) -> Type {
        let by = format!("`{}`", operator.as_str());
        match operator {
            Operator::Or | Operator::And => {
                self.wanted(left, BOOLEAN, &by);
                self.wanted(right, BOOLEAN, &by);
                Type::boolean()
            }
            Operator::Otherwise => {
                let (one, other) = (self.of(left), self.of(right));
                if one.is_any() { Type::any() } else { one.present().or(other) }
            }
            Operator::Equal | Operator::Unequal => {
                let (one, other) = (self.of(left), self.of(right));
                self.comparable(&one, &other, at);
                Type::boolean()
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let (one, other) = (self.wanted(left, INTEGER | NUMBER | TEXT, &by), self.wanted(right, INTEGER | NUMBER | TEXT, &by));
                let mixed = |one: &Type, other: &Type| one.may_be(TEXT) && other.may_be(INTEGER | NUMBER);
                if !one.is_any() && !other.is_any() && (mixed(&one, &other) || mixed(&other, &one)) {
                    self.wrong(at, format!("{by} compares a text with a number"), "Make a number of the text with `number(text)`.");
                }
                Type::boolean()
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Remainder => {
                let one = self.of(left);
                let other = self.of(right);
                let unknown = one.is_any() && other.is_any();
                if operator == Operator::Add && unknown {
                    return Type::of(TEXT | INTEGER | NUMBER);
                }
                let text = |kind: &Type| kind.may_be(TEXT) && !kind.is_any();
                if operator == Operator::Add && (text(&one) || text(&other)) {
                    self.demand(&one, left.at, TEXT, &by);
                    self.demand(&other, right.at, TEXT, &by);
                    return Type::text();
                }
                self.demand(&one, left.at, INTEGER | NUMBER, &by);
                self.demand(&other, right.at, INTEGER | NUMBER, &by);
                let whole = one.kinds == INTEGER && other.kinds == INTEGER;
                if whole { Type::integer() } else { Type::number() }
            }
            Operator::Divide => {
                self.wanted(left, INTEGER | NUMBER, &by);
                self.wanted(right, INTEGER | NUMBER, &by);
                Type::number()
            }
        }
    }

    fn comparable(&mut self, one: &Type, other: &Type, at: Position) {
        let wide = |kind: &Type| if kind.may_be(INTEGER | NUMBER) { kind.kinds | INTEGER | NUMBER } else { kind.kinds };
        if wide(one) & wide(other) == 0 {
            self.wrong(at, format!("{one} and {other} are never equal"), "Compare values of the same kind.");
            return;
        }
        if let (TEXT, TEXT, Some(mine), Some(theirs)) = (one.kinds & !NULL, other.kinds & !NULL, &one.choices, &other.choices)
            && mine.is_disjoint(theirs)
            && !(one.may_be(NULL) && other.may_be(NULL))
        {
            let (few, many) = if mine.len() <= theirs.len() { (mine, theirs) } else { (theirs, mine) };
            let list = |choices: &BTreeSet<String>| choices.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
            let wrong = few.iter().next().map_or("", String::as_str);
            let advice = suggestion(wrong, many.iter().map(String::as_str), || format!("It is one of {}.", list(many)));
            self.wrong(at, format!("it is never `{}`", list(few)), advice);
        }
    }

    fn call(&mut self, function: Function, arguments: &[Argument], at: Position) -> Type {
        let by = format!("`{}`", function.as_str());
        if function.is_status() {
            if !self.names.status() {
                self.wrong(at, format!("{by} may only stand in the `if` of a step"), "Take it out.");
            }
            return Type::boolean();
        }
        let mut kinds = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                Argument::Value(value) => kinds.push((self.of(value), value.at)),
                Argument::Each(name, body) => {
                    let item = kinds.first().map_or_else(Type::any, |(list, _): &(Type, Position)| list.item());
                    self.bound.push((name.clone(), item));
                    let kind = self.of(body);
                    self.bound.pop();
                    kinds.push((kind, body.at));
                }
            }
        }
        self.result(function, &kinds, &by)
    }

    fn result(&mut self, function: Function, given: &[(Type, Position)], by: &str) -> Type {
        use Function as F;
        let wanted = wanted_of(function, given.len());
        for (place, (kind, at)) in given.iter().enumerate() {
            if let Some(wanted) = wanted.get(place).or(wanted.last()).filter(|wanted| **wanted != 0) {
                self.demand(kind, *at, *wanted, by);
            }
        }
        let first = given.first().map_or_else(Type::any, |(kind, _)| kind.clone());
        if let (F::Contains, [(within, _), (what, at)]) = (function, given)
            && within.may_be(TEXT)
            && !within.is_any()
        {
            self.demand(what, *at, TEXT, by);
        }
        let item = |kind: &Type| if kind.may_be(LIST) { kind.item() } else { Type::any() };
        self.items(function, given, &item(&first), by);
        match function {
            F::Length => Type::integer(),
            F::Contains | F::StartsWith | F::EndsWith | F::Any | F::All | F::Success | F::Failure | F::Always => Type::boolean(),
            F::Lower | F::Upper | F::Trim | F::Replace | F::Join | F::Substring | F::Text | F::Json => Type::text(),
            F::Split | F::Keys => Type::list(Type::text()),
            F::Number => Type::number(),
            F::Round if given.len() == 2 => Type::number(),
            F::Round | F::Floor | F::Ceil => Type::integer(),
            F::Abs => Type::of(if first.kinds == INTEGER { INTEGER } else { INTEGER | NUMBER }),
            F::Min | F::Max if given.len() == 1 => Type::number().or_missing(),
            F::Min | F::Max | F::Sum => Type::number(),
            F::Default | F::Coalesce => {
                let mut kinds = given.iter().map(|(kind, _)| kind.clone());
                let Some(last) = kinds.next_back() else { return Type::any() };
                let mut result = last;
                for kind in kinds {
                    if kind.is_any() {
                        return Type::any();
                    }
                    result = kind.present().or(result);
                }
                result
            }
            F::First | F::Last => {
                let item = item(&first);
                if item.is_any() { item } else { item.or_missing() }
            }
            F::Slice | F::Unique | F::Sort | F::Filter => Type { kinds: LIST, fields: None, choices: None, format: None, ..first },
            F::Flatten => Type::list(item(&item(&first))),
            F::Range => Type::list(Type::integer()),
            F::Values => match &first.fields {
                Some(fields) if !fields.open => {
                    let kinds = fields.known.values().map(|field| field.kind.clone());
                    kinds.reduce(Type::or).map_or(Type::of(LIST), Type::list)
                }
                _ => Type::of(LIST),
            },
            F::Map => {
                let body = given.get(1).map(|(kind, _)| kind.clone()).filter(|kind| !kind.is_any());
                Type { items: body.map(Arc::new), ..Type::of(LIST) }
            }
        }
    }
}

impl Checker<'_> {
    /// What a list has to hold.
    fn items(&mut self, function: Function, given: &[(Type, Position)], item: &Type, by: &str) {
        use Function as F;
        const NUMERIC: u8 = INTEGER | NUMBER;
        let Some((_, at)) = given.first() else { return };
        let wanted = match function {
            F::Sum => NUMERIC,
            F::Min | F::Max if given.len() == 1 => NUMERIC,
            F::Sort => NUMERIC | TEXT,
            F::Flatten => LIST,
            _ => return,
        };
        self.demand(item, *at, wanted, &format!("what is in the list of {by}"));
        if function == F::Sort && !item.is_any() && item.may_be(TEXT) && item.may_be(NUMERIC) {
            self.wrong(*at, format!("{by} compares a text with a number"), "Make texts of all with `map(list, x => text(x))`.");
        }
    }
}

/// The kinds that each argument has to be of; 0 for any. The last stands for those after it too.
fn wanted_of(function: Function, count: usize) -> &'static [u8] {
    use Function as F;
    const NUMERIC: u8 = INTEGER | NUMBER;
    match function {
        F::Length => &[TEXT | LIST | OBJECT],
        F::Contains => &[TEXT | LIST, 0],
        F::StartsWith | F::EndsWith | F::Lower | F::Upper | F::Trim | F::Replace | F::Split => &[TEXT],
        F::Number => &[TEXT | NUMERIC],
        F::Join => &[LIST, TEXT],
        F::Substring => &[TEXT, INTEGER],
        F::Round => &[NUMERIC, INTEGER],
        F::Floor | F::Ceil | F::Abs => &[NUMERIC],
        F::Min | F::Max if count == 1 => &[LIST],
        F::Min | F::Max => &[NUMERIC],
        F::Sum | F::First | F::Last | F::Flatten | F::Unique | F::Sort => &[LIST],
        F::Slice => &[LIST, INTEGER],
        F::Range => &[INTEGER],
        F::Keys | F::Values => &[OBJECT],
        F::Map => &[LIST, 0],
        F::Filter | F::Any | F::All => &[LIST, BOOLEAN],
        F::Default | F::Coalesce | F::Text | F::Json | F::Success | F::Failure | F::Always => &[0],
    }
}
