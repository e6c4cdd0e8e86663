//! How does arithmetic text become a number? A recursive descent parser with a bound on its depth.

use std::fmt;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// Something else was expected at this byte.
    Unexpected { at: usize, expected: &'static str },
    /// The text ends too early.
    End,
    /// A division by zero.
    Zero,
    /// Parentheses within parentheses beyond the bound.
    TooDeep,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { at, expected } => write!(f, "expected {expected} at byte {at}"),
            Self::End => f.write_str("the text ends too early"),
            Self::Zero => f.write_str("a division by zero"),
            Self::TooDeep => f.write_str("parentheses are nested too deep"),
        }
    }
}

const MAXIMUM_DEPTH: usize = 64;

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn sum(&mut self) -> Result<f64, Error> {
        let mut value = self.product()?;
        while let Some(operator @ (b'+' | b'-')) = self.peek() {
            self.at += 1;
            let right = self.product()?;
            if operator == b'+' { value += right } else { value -= right }
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<f64, Error> {
        let mut value = self.factor()?;
        while let Some(operator @ (b'*' | b'/')) = self.peek() {
            self.at += 1;
            let right = self.factor()?;
            match operator {
                b'*' => value *= right,
                _ if right == 0.0 => return Err(Error::Zero),
                _ => value /= right,
            }
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<f64, Error> {
        match self.peek().ok_or(Error::End)? {
            b'-' => {
                self.at += 1;
                Ok(-self.factor()?)
            }
            b'(' => {
                if self.depth == MAXIMUM_DEPTH {
                    return Err(Error::TooDeep);
                }
                self.depth += 1;
                self.at += 1;
                let value = self.sum()?;
                self.depth -= 1;
                match self.peek() {
                    Some(b')') => {
                        self.at += 1;
                        Ok(value)
                    }
                    Some(_) => Err(Error::Unexpected { at: self.at, expected: "a closing parenthesis" }),
                    None => Err(Error::End),
                }
            }
            digit if digit.is_ascii_digit() || digit == b'.' => self.number(),
            _ => Err(Error::Unexpected { at: self.at, expected: "a number" }),
        }
    }

    fn number(&mut self) -> Result<f64, Error> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap();
        text.parse().map_err(|_| Error::Unexpected { at: start, expected: "a number" })
    }
}

/// The value of an expression.
pub fn evaluate(text: &str) -> Result<f64, Error> {
    let mut parser = Parser { text: text.as_bytes(), at: 0, depth: 0 };
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(Error::Unexpected { at: parser.at, expected: "an operator" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_bind_tighter_than_sums() {
        assert_eq!(evaluate("1 + 2 * 3").unwrap(), 7.0);
        assert_eq!(evaluate("(1 + 2) * -3").unwrap(), -9.0);
        assert_eq!(evaluate("1 / (2 - 2)"), Err(Error::Zero));
    }
}
