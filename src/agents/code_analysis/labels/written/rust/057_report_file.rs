use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

pub struct Report {
    title: String,
    rows: Vec<(String, i64)>,
}

impl Report {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), rows: Vec::new() }
    }

    pub fn row(&mut self, name: &str, value: i64) {
        self.rows.push((name.to_owned(), value));
    }

    fn render<W: Write>(&self, mut out: W) -> io::Result<()> {
        writeln!(out, "# {}", self.title)?;
        for (name, value) in &self.rows {
            writeln!(out, "{name:<30} {value:>12}")?;
        }
        out.flush()
    }

    pub fn save(&self, dir: &Path, file: &str) -> io::Result<PathBuf> {
        let name = Path::new(file)
            .file_name()
            .filter(|n| *n == file)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "plain file name expected"))?;
        let mut tmp: NamedTempFile = Builder::new().prefix(".report-").tempfile_in(dir)?;
        self.render(tmp.as_file_mut())?;
        let target = dir.join(name);
        tmp.persist(&target).map_err(|e| e.error)?;
        Ok(target)
    }
}
