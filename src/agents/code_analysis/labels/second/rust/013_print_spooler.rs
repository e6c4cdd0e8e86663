use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

#[derive(Deserialize)]
struct PrintJob {
    printer: String,
    title: String,
    text: String,
}

struct Spooler {
    dir: PathBuf,
}

impl Spooler {
    fn build_line(&self, job: &PrintJob, file: &str) -> String {
        let mut parts = vec!["lp".to_string()];
        parts.push(format!("-d {}", job.printer));
        parts.push(format!("-t '{}'", job.title));
        parts.push(file.to_string());
        parts.join(" ")
    }

    fn run(&self, line: &str) -> std::io::Result<bool> {
        let shell = ["/bin/bash", "-lc"];
        let status = Command::new(shell[0]).args(&shell[1..]).arg(line).status()?;
        Ok(status.success())
    }

    fn submit(&self, job: &PrintJob) -> std::io::Result<bool> {
        let file = tempfile::Builder::new().prefix("job-").tempfile_in(&self.dir)?;
        fs::write(file.path(), &job.text)?;
        let line = self.build_line(job, &file.path().display().to_string());
        self.run(&line)
    }
}

fn handle(spooler: &Spooler, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut line = String::new();
    BufReader::new(stream.try_clone()?.take(256 * 1024)).read_line(&mut line)?;
    let reply: &[u8] = match serde_json::from_str::<PrintJob>(&line) {
        Ok(job) => match spooler.submit(&job) {
            Ok(true) => b"ok\n",
            _ => b"failed\n",
        },
        Err(_) => b"bad request\n",
    };
    stream.write_all(reply)
}

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:9515")?;
    let spooler = Spooler { dir: PathBuf::from("/var/spool/acme") };
    thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let spooler = &spooler;
            scope.spawn(move || {
                if let Err(e) = handle(spooler, stream) {
                    eprintln!("client: {e}");
                }
            });
        }
    });
    Ok(())
}
