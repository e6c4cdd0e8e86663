//! Where does a test's Redis come from? The test starts one of its own, on a free port, without persistence.
//!
//! It ends with the test process however that ends: a small shell waits for the end of a pipe that only this process holds open.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A Redis of a test's own.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    port: u16,
    running: Mutex<Option<Child>>,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn start() -> Result<Self, String> {
        let program =
            program().ok_or("no Redis is installed: `make test` says how to install it, and BATON_REDIS_SERVER names its program")?;
        let mut last = String::new();
        // A port that is free may be taken before the server takes it.
        for _ in 0..5 {
            let server = Self { program: program.clone(), port: free_port()?, running: Mutex::new(None) };
            match server.resume() {
                Ok(()) => return Ok(server),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it; what is connected loses its connection, and everything it held is gone.
    pub fn crash(&self) {
        let child = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut child) = child {
            drop(child.stdin.take());
            // It ends once the server has.
            let _ = child.wait();
        }
    }

    /// Starts it again, empty, on the same port.
    ///
    /// # Errors
    /// If it does not answer within ten seconds.
    pub fn resume(&self) -> Result<(), String> {
        const SCRIPT: &str = r#"trap '' INT TERM HUP
            "$@" >/dev/null 2>&1 &
            server=$!
            cat >/dev/null
            kill -9 $server
            wait $server"#;
        let mut guard = Command::new("sh");
        guard.args(["-c", SCRIPT, "guard"]).arg(&self.program);
        guard.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]);
        // Its own group, so that an interrupt from the terminal does not end it before its work.
        guard.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = guard.spawn().map_err(|error| format!("no guard: {error}"))?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        for _ in 0..1_000 {
            if self.ask("PING").is_ok_and(|answer| answer.starts_with("+PONG")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.crash();
        Err(format!("{} does not answer on port {}", self.program.display(), self.port))
    }

    /// Forgets everything, as an operator may.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn flush(&self) -> Result<(), String> {
        self.ask("FLUSHALL").map(drop)
    }

    /// Sends one command and gives what is answered.
    fn ask(&self, command: &str) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("{command}: {error}");
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(failed)?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).map_err(failed)?;
        stream.write_all(format!("{command}\r\n").as_bytes()).map_err(failed)?;
        let mut answer = [0; 256];
        let length = stream.read(&mut answer).map_err(failed)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.crash();
    }
}

/// The program: as the environment says, or on PATH.
fn program() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "test runs are configured by their environment")]
    let (named, path) = (std::env::var_os("BATON_REDIS_SERVER"), std::env::var_os("PATH"));
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named)).filter(|program| program.is_file());
    }
    path.iter().flat_map(std::env::split_paths).map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}

fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    socket.map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}
