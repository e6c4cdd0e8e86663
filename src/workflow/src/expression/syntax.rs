//! Of which parts does an expression consist?

use serde_json::Value;

use super::functions::Function;
use crate::problem::Position;

/// A part of an expression with its place in the document.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// Where it begins.
    pub at: Position,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Literal(Value),
    /// `inputs`, `run`, `index`, the item, or a name that a function binds.
    Name(String),
    /// `steps.ID.output` and its like.
    Step {
        id: String,
        field: StepField,
    },
    /// `of.name`
    Member(Box<Expression>, String),
    /// `of[index]`
    Index(Box<Expression>, Box<Expression>),
    List(Vec<Expression>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// `condition ? then : otherwise`
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Argument>),
}

/// What can be read of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepField {
    /// What it gave.
    Output,
    /// How it ended: `completed`, `failed`, `skipped` or `canceled`.
    Status,
    /// Why it failed: `code` and `message`.
    Error,
}

impl StepField {
    pub(crate) const ALL: [(&'static str, Self); 3] = [("output", Self::Output), ("status", Self::Status), ("error", Self::Error)];
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    Value(Expression),
    /// `name => body`
    Each(String, Expression),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Otherwise,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Otherwise => "??",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Expression {
    /// A truth value as it is.
    pub(crate) const fn fixed(value: bool, at: Position) -> Self {
        Self { at, kind: Kind::Literal(Value::Bool(value)) }
    }

    /// Calls `visit` with this part and all parts below it.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            Kind::Literal(_) | Kind::Name(_) | Kind::Step { .. } => {}
            Kind::Member(of, _) | Kind::Not(of) | Kind::Negate(of) => of.walk(visit),
            Kind::Index(one, other) | Kind::Binary(_, one, other) => {
                one.walk(visit);
                other.walk(visit);
            }
            Kind::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Kind::Choice(condition, then, otherwise) => {
                condition.walk(visit);
                then.walk(visit);
                otherwise.walk(visit);
            }
            Kind::Call(_, arguments) => {
                for argument in arguments {
                    let (Argument::Value(part) | Argument::Each(_, part)) = argument;
                    part.walk(visit);
                }
            }
        }
    }

    /// How many levels of parts there are.
    pub(crate) fn depth(&self) -> usize {
        let below = match &self.kind {
            Kind::Literal(_) | Kind::Name(_) | Kind::Step { .. } => 0,
            Kind::Member(of, _) | Kind::Not(of) | Kind::Negate(of) => of.depth(),
            Kind::Index(one, other) | Kind::Binary(_, one, other) => one.depth().max(other.depth()),
            Kind::List(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Kind::Choice(condition, then, otherwise) => condition.depth().max(then.depth()).max(otherwise.depth()),
            Kind::Call(_, arguments) => {
                let depth = |argument: &Argument| {
                    let (Argument::Value(part) | Argument::Each(_, part)) = argument;
                    part.depth()
                };
                arguments.iter().map(depth).max().unwrap_or(0)
            }
        };
        below + 1
    }

    /// The steps that it reads, each with the place where it does.
    pub(crate) fn steps<'a>(&'a self, found: &mut Vec<(&'a str, Position)>) {
        self.walk(&mut |part| {
            if let Kind::Step { id, .. } = &part.kind {
                found.push((id, part.at));
            }
        });
    }

    /// Whether it asks how the steps before ended, with `success()`, `failure()` or `always()`.
    pub(crate) fn asks_status(&self) -> bool {
        let mut asks = false;
        self.walk(&mut |part| asks |= matches!(&part.kind, Kind::Call(function, _) if function.is_status()));
        asks
    }
}
