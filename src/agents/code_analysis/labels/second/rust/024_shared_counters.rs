use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const MAX_KEYS: usize = 10_000;

pub struct Counters {
    inner: UnsafeCell<HashMap<String, u64>>,
}

// SAFETY: the map is only reachable through the methods below.
unsafe impl Sync for Counters {}

impl Counters {
    pub fn new() -> Self {
        Counters { inner: UnsafeCell::new(HashMap::new()) }
    }

    pub fn increment(&self, key: &str) -> u64 {
        let map = unsafe { &mut *self.inner.get() };
        if map.len() >= MAX_KEYS && !map.contains_key(key) {
            return 0;
        }
        let n = map.entry(key.to_owned()).or_insert(0);
        *n = n.saturating_add(1);
        *n
    }

    pub fn read(&self, key: &str) -> u64 {
        let map = unsafe { &*self.inner.get() };
        map.get(key).copied().unwrap_or(0)
    }
}

fn session(counters: &Counters, stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut out = stream.try_clone()?;
    let mut reader = BufReader::new(stream.take(1 << 20));
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let answer = match line.trim().split_once(' ') {
            Some(("INCR", key)) if key.len() <= 64 => counters.increment(key).to_string(),
            Some(("GET", key)) => counters.read(key).to_string(),
            _ => "ERR".to_string(),
        };
        writeln!(out, "{answer}")?;
        line.clear();
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    let counters = Arc::new(Counters::new());
    for stream in TcpListener::bind("0.0.0.0:6400")?.incoming() {
        let stream = stream?;
        let counters = Arc::clone(&counters);
        thread::spawn(move || {
            if let Err(e) = session(&counters, stream) {
                eprintln!("session: {e}");
            }
        });
    }
    Ok(())
}
