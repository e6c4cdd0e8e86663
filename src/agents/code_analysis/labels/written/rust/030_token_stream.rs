use std::iter::Peekable;
use std::str::Chars;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Number(f64),
    Ident(String),
    Symbol(char),
}

pub struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
}

impl<'a> Lexer<'a> {
    pub fn new(source: &'a str) -> Self {
        Self { chars: source.chars().peekable() }
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(&c) = self.chars.peek() {
            if !keep(c) {
                break;
            }
            out.push(c);
            self.chars.next();
        }
        out
    }
}

impl Iterator for Lexer<'_> {
    type Item = Result<Token, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take_while(char::is_whitespace);
        let first = *self.chars.peek()?;
        if first.is_ascii_digit() {
            let text = self.take_while(|c| c.is_ascii_digit() || c == '.');
            return Some(text.parse().map(Token::Number).map_err(|_| format!("bad number {text}")));
        }
        if first.is_alphabetic() {
            return Some(Ok(Token::Ident(self.take_while(char::is_alphanumeric))));
        }
        self.chars.next();
        Some(Ok(Token::Symbol(first)))
    }
}
