//! How is a request sent at the least cost? Blocking HTTP/1.1 on one connection that is kept, with requests made beforehand.
//!
//! It speaks only to the server that the command itself has started. A common client would cost a good part of what is measured.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::failed;
use crate::start_error::StartError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The largest head and the largest body of an answer.
const MAXIMUM_HEAD: usize = 64 << 10;
const MAXIMUM_BODY: usize = 64 << 20;

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub(super) struct Request(Vec<u8>);

impl Request {
    /// A request without a body.
    pub(super) fn get(path: &str, token: &str) -> Self {
        Self(format!("GET /api/v1{path} HTTP/1.1\r\nhost: baton\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes())
    }

    /// A request with a JSON body.
    pub(super) fn post(path: &str, token: &str, body: &str) -> Self {
        let length = body.len();
        Self(
            format!(
                "POST /api/v1{path} HTTP/1.1\r\nhost: baton\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

/// One kept connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

fn broken(error: &dyn std::fmt::Display) -> StartError {
    failed(format!("the connection to the server broke: {error}"))
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: SocketAddr) -> Result<Self, StartError> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| broken(&error))?;
        stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(PATIENCE))).map_err(|error| broken(&error))?;
        Ok(Self { stream, read: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and gives the body of its answer, which must be a success.
    pub(super) fn call(&mut self, request: &Request) -> Result<&[u8], StartError> {
        self.stream.write_all(&request.0).map_err(|error| broken(&error))?;
        self.read.clear();
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            if self.read.len() > MAXIMUM_HEAD {
                return Err(failed("the head of an answer is too long"));
            }
            self.more(4 << 10)?;
        };
        let Head { status, length } = Head::parse(&self.read[..head])?;
        if length > MAXIMUM_BODY {
            return Err(failed("an answer is too long"));
        }
        while self.read.len() < head + length {
            self.more(head + length - self.read.len())?;
        }
        let body = &self.read[head..head + length];
        if (200..300).contains(&status) {
            Ok(body)
        } else {
            Err(failed(format!("the server answered {status}: {}", String::from_utf8_lossy(&body[..body.len().min(500)]))))
        }
    }

    /// Sends a request and reads its answer.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T, StartError> {
        serde_json::from_slice(self.call(request)?).map_err(|error| failed(format!("an answer does not read: {error}")))
    }

    /// Waits for at least one more byte, and at most as many as these.
    fn more(&mut self, most: usize) -> Result<(), StartError> {
        let before = self.read.len();
        self.read.resize(before + most, 0);
        let taken = loop {
            match self.stream.read(&mut self.read[before..]) {
                Ok(taken) => break taken,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error)),
            }
        };
        self.read.truncate(before + taken);
        if taken == 0 { Err(failed("the server closed the connection")) } else { Ok(()) }
    }
}

/// What matters of an answer's head.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    length: usize,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self, StartError> {
        let text = std::str::from_utf8(bytes).map_err(|error| broken(&error))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok());
        match (status, length) {
            (Some(status), Some(length)) => Ok(Self { status, length }),
            (Some(204), None) => Ok(Self { status: 204, length: 0 }),
            _ => Err(failed("an answer does not say its status and length")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::net::TcpListener;

    use super::*;

    fn answering(text: &'static str) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = Connection::open(listener.local_addr().unwrap()).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1_024];
            while stream.read(&mut asked).unwrap_or(0) > 0 {
                // Byte by byte, so that head and body come in pieces.
                for byte in text.bytes() {
                    stream.write_all(&[byte]).unwrap();
                }
            }
        });
        connection
    }

    #[test]
    fn answers_are_read_one_after_another_however_they_are_cut() {
        let mut connection = answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
        for _ in 0..3 {
            assert_eq!(connection.call(&Request::get("/tasks", "t")).unwrap(), b"{\"a\":1}");
        }
    }

    #[test]
    fn a_refusal_is_a_failure_with_its_reason() {
        let mut connection = answering("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 4\r\n\r\nslow");
        let text = connection.call(&Request::post("/tasks", "t", "{}")).unwrap_err().to_string();
        assert!(text.contains("429: slow"), "{text}");
    }

    #[test]
    fn a_head_without_a_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(Head::parse(b"nonsense\r\n\r\n").is_err());
        assert_eq!(Head::parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Head { status: 204, length: 0 });
    }
}
