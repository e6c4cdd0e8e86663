use axum::{http::StatusCode, routing::post, Router};

#[derive(Debug)]
pub enum Expr {
    Number(f64),
    Neg(Box<Expr>),
    Group(Box<Expr>),
    Sum(Box<Expr>, Box<Expr>),
}

struct Parser<'a> {
    src: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn expr(&mut self) -> Expr {
        let left = self.term();
        if self.src.get(self.at) == Some(&b'+') {
            self.at += 1;
            return Expr::Sum(Box::new(left), Box::new(self.expr()));
        }
        left
    }

    fn term(&mut self) -> Expr {
        match self.src.get(self.at) {
            Some(b'-') => {
                self.at += 1;
                Expr::Neg(Box::new(self.term()))
            }
            Some(b'(') => {
                self.at += 1;
                let inner = self.expr();
                self.at += 1;
                Expr::Group(Box::new(inner))
            }
            _ => {
                let start = self.at;
                while self.src.get(self.at).map_or(false, |b| b.is_ascii_digit() || *b == b'.') {
                    self.at += 1;
                }
                let text = std::str::from_utf8(&self.src[start..self.at]).unwrap();
                Expr::Number(text.parse().unwrap())
            }
        }
    }
}

async fn check(body: String) -> (StatusCode, String) {
    let mut p = Parser { src: body.trim().as_bytes(), at: 0 };
    let tree = p.expr();
    (StatusCode::OK, format!("{tree:?}"))
}

pub fn routes() -> Router {
    Router::new().route("/check", post(check))
}
