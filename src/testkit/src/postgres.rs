//! Where does a test's PostgreSQL come from? The test process starts one of its own, beside any that runs on the machine.
//!
//! The programs are those that are installed; the cluster is a new one in the temporary folder, on a free port. It ends with the
//! test process however that ends: a small shell waits for the end of a pipe that only this process holds open.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Authority;
use crate::certificates::THIS_SECOND;

/// Where systems put PostgreSQL's programs when they do not put them on PATH: a folder, and what follows the version in it.
const PLACES: [(&str, &str, &str); 4] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
];

/// PostgreSQL refuses to run as root; its packages bring this user.
const USER: &str = "postgres";

/// A PostgreSQL of this test process.
#[derive(Debug)]
pub struct PostgresServer {
    programs: PathBuf,
    folder: PathBuf,
    as_other: bool,
    port: u16,
    databases: AtomicU32,
    tls: bool,
    // Dropped or not, its standard input closes with this process, and then it stops the server.
    guard: Child,
}

impl PostgresServer {
    /// The one that the tests of this process share.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn shared() -> Result<&'static Self, String> {
        static SHARED: OnceLock<Result<PostgresServer, String>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref().map_err(Clone::clone)
    }

    /// One of the caller's own, to stop and start; it ends when it is dropped.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn start() -> Result<Self, String> {
        let programs = programs().ok_or(
            "no PostgreSQL is installed: `make test` says how to install it, and BATON_POSTGRES_BIN names the folder of its programs",
        )?;
        let as_other = output(Command::new("id").arg("-u"))?.trim() == "0";
        let folder = std::env::temp_dir().join(format!("baton-postgres-{}-{}", std::process::id(), free_port()?));
        let run = |program: &str| command(&programs, as_other, program);
        let data = folder.join("data");
        // The folder is made by whom the server runs as, and with it whatever is in it.
        output(
            run("initdb").args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"]).arg(&data),
        )?;
        let guard = guard(&programs, &folder, as_other).map_err(|error| format!("no guard: {error}"))?;
        let mut server = Self { programs, folder, as_other, port: 0, databases: AtomicU32::new(0), tls: false, guard };
        let mut last = String::new();
        // A port that is free may be taken before the server takes it.
        for _ in 0..5 {
            server.port = free_port()?;
            match server.resume() {
                Ok(()) => return Ok(server),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// One that speaks TLS for 127.0.0.1, with a certificate of the first of these authorities; the second has nothing to do with it.
    ///
    /// # Errors
    /// What is missing, in words for whoever runs the tests.
    pub fn start_with_tls() -> Result<(Self, [Authority; 2]), String> {
        let mut server = Self::start()?;
        let (data, other) = (server.folder.join("data"), server.folder.join("other"));
        // As the server's user, who alone may see the keys.
        let openssl = |arguments: &[&str]| output(plain_command("openssl".as_ref(), server.as_other).args(arguments)).map(drop);
        output(plain_command("mkdir".as_ref(), server.as_other).arg(&other))?;
        let authority = Authority::make(&data, &openssl)?;
        authority.issue(&openssl, 30)?;
        let stranger = Authority::make(&other, &openssl)?;
        server.crash()?;
        server.tls = true;
        server.resume()?;
        Ok((server, [authority, stranger]))
    }

    /// Starts it again with a certificate of this authority whose time is over.
    ///
    /// # Errors
    /// What `openssl` or `pg_ctl` says.
    pub fn let_certificate_expire(&self, authority: &Authority) -> Result<(), String> {
        let openssl = |arguments: &[&str]| output(plain_command("openssl".as_ref(), self.as_other).args(arguments)).map(drop);
        authority.issue(&openssl, 0)?;
        std::thread::sleep(THIS_SECOND);
        self.crash()?;
        self.resume()
    }

    /// Makes an empty database and gives its address.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn new_database(&self) -> Result<String, String> {
        self.database("template0")
    }

    /// Makes a database with everything that the one at this address holds, which nobody may be connected to.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn copy_database(&self, url: &str) -> Result<String, String> {
        self.database(url.rsplit('/').next().unwrap_or(url))
    }

    fn database(&self, like: &str) -> Result<String, String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        output(self.client("createdb").args(["-T", like]).arg(&name))?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    /// Stops it as a crash would; what is connected loses its connection.
    ///
    /// # Errors
    /// What `pg_ctl` says.
    pub fn crash(&self) -> Result<(), String> {
        output(self.control("stop").args(["-m", "immediate"])).map(drop)
    }

    /// Starts it again, on the same port.
    ///
    /// # Errors
    /// What `pg_ctl` says.
    pub fn resume(&self) -> Result<(), String> {
        let mut settings = format!("-p {} -k '{}' -c listen_addresses=127.0.0.1", self.port, self.folder.display());
        // As durable as where it matters, and many small test databases fit into it.
        for setting in ["fsync=on", "synchronous_commit=on", "max_connections=300", "shared_buffers=64MB", "autovacuum_naptime=5s"] {
            let _ = write!(settings, " -c {setting}");
        }
        if self.tls {
            settings.push_str(" -c ssl=on -c ssl_cert_file=server.crt -c ssl_key_file=server.key");
        }
        let log = self.folder.join("data").join("server.log");
        output(self.control("start").arg("-o").arg(settings).arg("-l").arg(log)).map(drop)
    }

    fn control(&self, what: &str) -> Command {
        let mut control = command(&self.programs, self.as_other, "pg_ctl");
        control.args([what, "-s", "-w", "-t", "60", "-D"]).arg(self.folder.join("data"));
        control
    }

    fn client(&self, program: &str) -> Command {
        let mut client = Command::new(self.programs.join(program));
        client.args(["-h", "127.0.0.1", "-U", "postgres", "-p"]).arg(self.port.to_string());
        client
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // It ends once the server has.
        let _ = self.guard.wait();
    }
}

/// The folder of PostgreSQL's programs: as the environment says, on PATH, or where systems put the newest.
fn programs() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "test runs are configured by their environment")]
    let (named, path) = (std::env::var_os("BATON_POSTGRES_BIN"), std::env::var_os("PATH"));
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "createdb"].iter().all(|program| folder.join(program).is_file());
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named)).filter(complete);
    }
    let on_path = path.iter().flat_map(std::env::split_paths).find(complete);
    on_path.or_else(|| PLACES.iter().flat_map(|(root, prefix, rest)| versions(Path::new(root), prefix, rest)).find(complete))
}

/// The folders below `root` whose names are `prefix` and a version, the newest first.
fn versions(root: &Path, prefix: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let version = |name: &str| name.strip_prefix(prefix)?.trim_start_matches('@').parse::<f64>().ok();
    let mut found: Vec<_> = names.filter_map(|name| Some((version(&name)?, root.join(&name).join(rest)))).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn command(programs: &Path, as_other: bool, program: &str) -> Command {
    plain_command(programs.join(program).as_os_str(), as_other)
}

/// A program, run as whoever the server runs as.
fn plain_command(program: &OsStr, as_other: bool) -> Command {
    let mut command = if as_other {
        let mut command = Command::new("runuser");
        command.args(["-u", USER, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The folder that the tests run in may not be one that the other user may see.
    command.current_dir("/");
    command
}

/// Waits for the end of this process, however it comes, stops the server and removes its folder.
fn guard(programs: &Path, folder: &Path, as_other: bool) -> io::Result<Child> {
    const SCRIPT: &str = r#"trap '' INT TERM HUP
        cat >/dev/null
        folder=$1
        shift
        "$@" stop -s -w -t 60 -m immediate -D "$folder/data"
        rm -rf "$folder""#;
    let stop = command(programs, as_other, "pg_ctl");
    let mut guard = Command::new("sh");
    guard.args(["-c", SCRIPT, "guard"]).arg(folder).arg(stop.get_program()).args(stop.get_args());
    // Its own group, so that an interrupt from the terminal does not end it before its work.
    guard.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    socket.map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

/// Runs a program to its end; gives what it said, or why it failed.
fn output(command: &mut Command) -> Result<String, String> {
    let name = format!("{command:?}");
    // The server inherits what `pg_ctl` has: with pipes, their end would never come.
    let said = if name.contains("pg_ctl") {
        command.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null()).output()
    } else {
        command.stdin(Stdio::null()).output()
    };
    let said = said.map_err(|error| format!("{name}: {error}"))?;
    if said.status.success() {
        return Ok(String::from_utf8_lossy(&said.stdout).into_owned());
    }
    Err(format!("{name}: {}: {}", said.status, String::from_utf8_lossy(&said.stderr)))
}
