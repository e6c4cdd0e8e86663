//! Where does a test's Redis come from? The test starts one of its own, on a free port, without persistence.
//!
//! It ends with the test process however that ends: a small shell waits for the end of a pipe that only this process holds open.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::Authority;
use crate::certificates::THIS_SECOND;

/// A Redis of a test's own.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    port: u16,
    tls: Option<Tls>,
    running: Mutex<Option<Child>>,
}

/// How it speaks TLS, beside the port without.
#[derive(Debug)]
struct Tls {
    port: u16,
    folder: TempDir,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn start() -> Result<Self, String> {
        Self::start_on(|| Ok(None))
    }

    fn start_on(tls: impl Fn() -> Result<Option<Tls>, String>) -> Result<Self, String> {
        let program =
            program().ok_or("no Redis is installed: `make test` says how to install it, and BATON_REDIS_SERVER names its program")?;
        let mut last = String::new();
        // A port that is free may be taken before the server takes it.
        for _ in 0..5 {
            let server = Self { program: program.clone(), port: free_port()?, tls: tls()?, running: Mutex::new(None) };
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

    /// One that speaks TLS for 127.0.0.1 too, with a certificate of the first of these authorities; the second has nothing to do with it.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn start_with_tls() -> Result<(Self, [Authority; 2]), String> {
        let folder = || TempDir::with_prefix("baton-redis-").map_err(|error| error.to_string());
        let server = Self::start_on(|| {
            let folder = folder()?;
            Authority::make(folder.path(), &openssl)?.issue(&openssl, 30)?;
            Ok(Some(Tls { port: free_port()?, folder }))
        })?;
        let other = server.tls_folder()?.join("other");
        std::fs::create_dir(&other).map_err(|error| error.to_string())?;
        let authorities = [Authority::of(server.tls_folder()?), Authority::make(&other, &openssl)?];
        Ok((server, authorities))
    }

    /// Starts it again with a certificate of its authority whose time is over.
    ///
    /// # Errors
    /// What `openssl` says, or if it does not answer.
    pub fn let_certificate_expire(&self) -> Result<(), String> {
        Authority::of(self.tls_folder()?).issue(&openssl, 0)?;
        std::thread::sleep(THIS_SECOND);
        self.crash();
        self.resume()
    }

    /// Where it is over TLS.
    ///
    /// # Errors
    /// If it was started without.
    pub fn tls_url(&self) -> Result<String, String> {
        self.tls.as_ref().map(|tls| format!("rediss://127.0.0.1:{}", tls.port)).ok_or_else(|| "it speaks no TLS".to_owned())
    }

    fn tls_folder(&self) -> Result<&Path, String> {
        self.tls.as_ref().map(|tls| tls.folder.path()).ok_or_else(|| "it speaks no TLS".to_owned())
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
        if let Some(tls) = &self.tls {
            guard.args(["--tls-port", &tls.port.to_string(), "--tls-auth-clients", "no"]);
            for (option, file) in [("--tls-cert-file", "server.crt"), ("--tls-key-file", "server.key"), ("--tls-ca-cert-file", "ca.pem")] {
                guard.arg(option).arg(tls.folder.path().join(file));
            }
        }
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

/// Runs `openssl`.
fn openssl(arguments: &[&str]) -> Result<(), String> {
    let said = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().map_err(|error| format!("openssl: {error}"))?;
    if said.status.success() { Ok(()) } else { Err(format!("openssl: {}", String::from_utf8_lossy(&said.stderr))) }
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
