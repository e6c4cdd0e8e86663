//! How does the text of an expression become a tree?

use serde_json::Value;

use super::functions::Function;
use super::lexer::{self, Token};
use super::syntax::{Argument, Expression, Kind, Operator, StepField};
use crate::problem::{Position, suggestion};

/// The longest expression, in bytes.
pub(crate) const MAXIMUM_EXPRESSION_BYTES: usize = 4_096;
/// The deepest nesting of an expression's parts.
const MAXIMUM_NESTING: usize = 32;
/// The most levels of the tree.
const MAXIMUM_TREE: usize = 64;
/// How many functions such as `map` may stand within one another: each multiplies the work.
const MAXIMUM_BINDINGS: usize = 3;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) at: Position,
    pub(crate) message: String,
    pub(crate) advice: String,
}

/// Where a byte of an expression's text stands in the document.
pub(crate) type Locate<'a> = &'a dyn Fn(usize) -> Position;

/// Reads a whole text as one expression.
///
/// # Errors
/// [`SyntaxError`] at the first word that does not fit.
pub(crate) fn parse(text: &str, locate: Locate<'_>) -> Result<Expression, SyntaxError> {
    let (expression, end) = parse_beginning(text, locate)?;
    let (token, start, _) = lexer::next(text, end, locate).map_err(misspelt)?;
    match token {
        Token::End => Ok(expression),
        token => Err(unexpected(&token, locate(start), "the end of the expression or an operator")),
    }
}

/// Reads an expression at the beginning of a text, up to a word that is not part of it; gives its end too.
pub(crate) fn parse_beginning(text: &str, locate: Locate<'_>) -> Result<(Expression, usize), SyntaxError> {
    let mut parser = Parser { text, locate, token: Token::End, start: 0, end: 0, last_end: 0, depth: 0, bound: Vec::new() };
    parser.advance()?;
    let expression = parser.choice()?;
    if parser.last_end > MAXIMUM_EXPRESSION_BYTES {
        return Err(too_long(locate(0)));
    }
    Ok((expression, parser.last_end))
}

/// An expression of parts that are known, if it is no deeper than can be read: what reads the tree, and what lets go of it, goes down by recursion. Looked at
/// as it grows, so that none is ever deeper by more than a level.
fn grown(at: Position, kind: Kind) -> Result<Expression, SyntaxError> {
    let expression = Expression { at, kind };
    if expression.depth() > MAXIMUM_TREE {
        return Err(SyntaxError {
            at,
            message: format!("the expression has more than {MAXIMUM_TREE} levels"),
            advice: "Split the work into steps.".to_owned(),
        });
    }
    Ok(expression)
}

fn too_long(at: Position) -> SyntaxError {
    SyntaxError {
        at,
        message: format!("the expression has more than {MAXIMUM_EXPRESSION_BYTES} bytes"),
        advice: "Split the work into steps.".to_owned(),
    }
}

fn misspelt(wrong: lexer::Misspelt) -> SyntaxError {
    SyntaxError { at: wrong.at, message: wrong.message, advice: "Correct the expression.".to_owned() }
}

fn unexpected(token: &Token, at: Position, wanted: &str) -> SyntaxError {
    let found = match token {
        Token::Name(name) => format!("`{name}`"),
        Token::Text(_) => "a text".to_owned(),
        Token::Whole(_) | Token::Decimal(_) => "a number".to_owned(),
        Token::Sign(sign) => format!("`{sign}`"),
        Token::End => "the end".to_owned(),
    };
    SyntaxError { at, message: format!("{found} stands where {wanted} is expected"), advice: "Correct the expression.".to_owned() }
}

struct Parser<'a> {
    text: &'a str,
    locate: Locate<'a>,
    token: Token,
    start: usize,
    end: usize,
    /// Where the word before ended.
    last_end: usize,
    depth: usize,
    /// The names that functions bind here.
    bound: Vec<String>,
}

/// The operators of two sides, level by level, the loosest first.
const LEVELS: [&[Operator]; 7] = [
    &[Operator::Otherwise],
    &[Operator::Or],
    &[Operator::And],
    &[Operator::Equal, Operator::Unequal],
    &[Operator::LessOrEqual, Operator::GreaterOrEqual, Operator::Less, Operator::Greater],
    &[Operator::Add, Operator::Subtract],
    &[Operator::Multiply, Operator::Divide, Operator::Remainder],
];

impl Parser<'_> {
    fn advance(&mut self) -> Result<(), SyntaxError> {
        // Before more is read: positions are counted from the beginning.
        if self.end > MAXIMUM_EXPRESSION_BYTES {
            return Err(too_long((self.locate)(0)));
        }
        self.last_end = self.end;
        (self.token, self.start, self.end) = lexer::next(self.text, self.end, self.locate).map_err(misspelt)?;
        Ok(())
    }

    fn at(&self) -> Position {
        (self.locate)(self.start)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(found) if *found == sign)
    }

    /// Goes past the sign if it is next.
    fn pass(&mut self, sign: &str) -> Result<bool, SyntaxError> {
        let is = self.is(sign);
        if is {
            self.advance()?;
        }
        Ok(is)
    }

    fn demand(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.pass(sign)? { Ok(()) } else { Err(unexpected(&self.token, self.at(), &format!("`{sign}`"))) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>) -> Result<T, SyntaxError> {
        if self.depth >= MAXIMUM_NESTING {
            return Err(SyntaxError {
                at: self.at(),
                message: format!("the expression is nested deeper than {MAXIMUM_NESTING}"),
                advice: "Split the work into steps.".to_owned(),
            });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn choice(&mut self) -> Result<Expression, SyntaxError> {
        self.deeper(|parser| {
            let at = parser.at();
            let condition = parser.binary(0)?;
            if !parser.pass("?")? {
                return Ok(condition);
            }
            let then = parser.choice()?;
            parser.demand(":")?;
            let otherwise = parser.choice()?;
            grown(at, Kind::Choice(Box::new(condition), Box::new(then), Box::new(otherwise)))
        })
    }

    fn binary(&mut self, level: usize) -> Result<Expression, SyntaxError> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        // A long chain is a deep tree, which is walked by recursion.
        let mut length = 0;
        while let Some(operator) = operators.iter().copied().find(|operator| self.is(operator.as_str())) {
            length += 1;
            if self.depth + length > MAXIMUM_NESTING {
                return Err(SyntaxError {
                    at: self.at(),
                    message: format!("more than {MAXIMUM_NESTING} operators stand in a row"),
                    advice: "Put the values into a list and use a function such as sum, any, all or join.".to_owned(),
                });
            }
            let at = left.at;
            self.advance()?;
            let right = self.binary(level + 1)?;
            left = grown(at, Kind::Binary(operator, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, SyntaxError> {
        let at = self.at();
        if self.pass("!")? {
            let of = self.deeper(Self::unary)?;
            return grown(at, Kind::Not(Box::new(of)));
        }
        if self.pass("-")? {
            let of = self.deeper(Self::unary)?;
            return grown(at, Kind::Negate(Box::new(of)));
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expression, SyntaxError> {
        let mut of = self.primary()?;
        let mut length = 0;
        loop {
            let at = of.at;
            if self.pass(".")? {
                let name = self.name("a property's name")?;
                of = grown(at, Kind::Member(Box::new(of), name))?;
            } else if self.pass("[")? {
                let index = self.choice()?;
                self.demand("]")?;
                of = match index.kind {
                    Kind::Literal(Value::String(name)) => grown(at, Kind::Member(Box::new(of), name))?,
                    _ => grown(at, Kind::Index(Box::new(of), Box::new(index)))?,
                };
            } else {
                return Ok(of);
            }
            length += 1;
            if length > MAXIMUM_NESTING {
                return Err(SyntaxError {
                    at,
                    message: format!("a path has more than {MAXIMUM_NESTING} parts"),
                    advice: "Shorten it.".to_owned(),
                });
            }
        }
    }

    fn name(&mut self, wanted: &str) -> Result<String, SyntaxError> {
        match &self.token {
            Token::Name(name) => {
                let name = name.clone();
                self.advance()?;
                Ok(name)
            }
            token => Err(unexpected(token, self.at(), wanted)),
        }
    }

    fn primary(&mut self) -> Result<Expression, SyntaxError> {
        let at = self.at();
        let kind = match self.token.clone() {
            Token::Text(text) => {
                self.advance()?;
                Kind::Literal(Value::String(text))
            }
            Token::Whole(number) => {
                self.advance()?;
                Kind::Literal(Value::from(number))
            }
            Token::Decimal(number) => {
                self.advance()?;
                Kind::Literal(Value::from(number))
            }
            Token::Sign("(") => {
                self.advance()?;
                let inner = self.choice()?;
                self.demand(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => {
                self.advance()?;
                Kind::List(self.items("]")?)
            }
            Token::Name(name) => {
                self.advance()?;
                self.named(name, at)?
            }
            token => return Err(unexpected(&token, at, "a value")),
        };
        grown(at, kind)
    }

    fn items(&mut self, end: &str) -> Result<Vec<Expression>, SyntaxError> {
        let mut items = Vec::new();
        while !self.pass(end)? {
            if !items.is_empty() {
                self.demand(",")?;
            }
            items.push(self.choice()?);
        }
        Ok(items)
    }

    fn named(&mut self, name: String, at: Position) -> Result<Kind, SyntaxError> {
        match name.as_str() {
            "true" => return Ok(Kind::Literal(Value::Bool(true))),
            "false" => return Ok(Kind::Literal(Value::Bool(false))),
            "null" => return Ok(Kind::Literal(Value::Null)),
            _ => {}
        }
        if self.is("(") {
            return self.call(&name, at);
        }
        if name == "steps" && !self.bound.contains(&name) {
            return self.step(at);
        }
        Ok(Kind::Name(name))
    }

    /// `steps.ID.output`, or `steps['an-id'].output`.
    fn step(&mut self, at: Position) -> Result<Kind, SyntaxError> {
        let shape = |parser: &Self| SyntaxError {
            at: parser.at(),
            message: "a step is read as a whole".to_owned(),
            advice: "Write `steps.ID.output`, `steps.ID.status` or `steps.ID.error`; an id with a hyphen as `steps['an-id'].output`."
                .to_owned(),
        };
        let id = if self.pass(".")? {
            self.name("a step's id")?
        } else if self.pass("[")? {
            let Token::Text(id) = self.token.clone() else {
                return Err(shape(self));
            };
            self.advance()?;
            self.demand("]")?;
            id
        } else {
            return Err(shape(self));
        };
        if self.is("-") && self.start == self.last_end {
            return Err(SyntaxError {
                at,
                message: format!("`{id}-` is read as a subtraction"),
                advice: format!("Write an id with a hyphen as `steps['{id}-…'].output`."),
            });
        }
        if !self.pass(".")? {
            return Err(shape(self));
        }
        let field_at = self.at();
        let name = self.name("`output`, `status` or `error`")?;
        match StepField::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, field)) => Ok(Kind::Step { id, field: *field }),
            None => Err(SyntaxError {
                at: field_at,
                message: format!("a step has no `{name}`"),
                advice: format!("Read `output`, `status` or `error`; a property of the output is `steps.{id}.output.{name}`."),
            }),
        }
    }

    fn call(&mut self, name: &str, at: Position) -> Result<Kind, SyntaxError> {
        let Some(function) = Function::parse(name) else {
            let known = || format!("Functions are {}.", Function::ALL.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", "));
            return Err(SyntaxError {
                at,
                message: format!("there is no function `{name}`"),
                advice: suggestion(name, Function::ALL.iter().map(|known| known.as_str()), known),
            });
        };
        self.demand("(")?;
        let mut arguments = Vec::new();
        while !self.pass(")")? {
            if !arguments.is_empty() {
                self.demand(",")?;
            }
            let binds = function.binds() && arguments.len() == 1;
            arguments.push(if binds { self.each(function)? } else { Argument::Value(self.choice()?) });
        }
        let (fewest, most) = function.arguments();
        if arguments.len() < fewest || arguments.len() > most {
            return Err(SyntaxError {
                at,
                message: format!("`{name}` is given {} arguments", arguments.len()),
                advice: format!("Write `{}`.", function.usage()),
            });
        }
        Ok(Kind::Call(function, arguments))
    }

    fn each(&mut self, function: Function) -> Result<Argument, SyntaxError> {
        let at = self.at();
        let wrong = |message: String, advice: String| SyntaxError { at, message, advice };
        let name = match &self.token {
            Token::Name(name) => name.clone(),
            _ => {
                return Err(wrong(
                    format!("`{}` lacks the name of each value", function.as_str()),
                    format!("Write `{}`.", function.usage()),
                ));
            }
        };
        if self.bound.len() >= MAXIMUM_BINDINGS {
            let message = format!("more than {MAXIMUM_BINDINGS} functions over lists stand within one another");
            return Err(wrong(message, "Split the work into steps.".to_owned()));
        }
        self.advance()?;
        if !self.pass("=>")? {
            return Err(wrong(format!("`{name}` is not followed by `=>`"), format!("Write `{}`.", function.usage())));
        }
        self.bound.push(name.clone());
        let body = self.choice();
        self.bound.pop();
        Ok(Argument::Each(name, body?))
    }
}
