use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use percent_encoding::percent_decode_str;

struct Links {
    table: HashMap<String, String>,
}

struct Request {
    path: String,
    query: HashMap<String, String>,
}

fn parse_target(target: &str) -> Request {
    let (path, raw) = target.split_once('?').unwrap_or((target, ""));
    let query = raw
        .split('&')
        .filter_map(|kv| kv.split_once('='))
        .map(|(k, v)| (k.to_string(), percent_decode_str(v).decode_utf8_lossy().into_owned()))
        .collect();
    Request { path: path.trim_start_matches('/').to_string(), query }
}

fn read_request(stream: &TcpStream) -> io::Result<Option<Request>> {
    let mut line = String::new();
    BufReader::new(stream.take(8192)).read_line(&mut line)?;
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some("GET"), Some(target)) => Ok(Some(parse_target(target))),
        _ => Ok(None),
    }
}

fn respond(stream: &mut TcpStream, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.flush()
}

fn handle(links: &Links, mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let Some(req) = read_request(&stream)? else {
        return respond(&mut stream, "400 Bad Request", &[]);
    };
    match links.table.get(&req.path) {
        Some(target) => {
            let campaign = req.query.get("campaign").map(String::as_str).unwrap_or("none");
            respond(
                &mut stream,
                "302 Found",
                &[("Location", target.as_str()), ("X-Campaign", campaign)],
            )
        }
        None => respond(&mut stream, "404 Not Found", &[]),
    }
}

fn main() -> io::Result<()> {
    let table = HashMap::from([("docs".to_string(), "https://docs.example.com/".to_string())]);
    let links = Links { table };
    for stream in TcpListener::bind("127.0.0.1:8099")?.incoming() {
        if let Err(e) = handle(&links, stream?) {
            eprintln!("request failed: {e}");
        }
    }
    Ok(())
}
