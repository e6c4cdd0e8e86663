use clap::Parser;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;

#[derive(Parser)]
struct Cli {
    file: PathBuf,
    #[arg(short, long, default_value_t = 10)]
    top: usize,
}

pub struct Histogram {
    buckets: Box<[u64; 256]>,
}

impl Histogram {
    pub fn new() -> Self {
        Histogram { buckets: Box::new([0; 256]) }
    }

    pub fn update(&mut self, data: &[u8]) {
        for &b in data {
            let slot = unsafe { self.buckets.get_unchecked_mut(usize::from(b)) };
            *slot += 1;
        }
    }

    pub fn merge_pairs(&self) -> Vec<u64> {
        let n = self.buckets.len() / 2;
        let mut out = Vec::with_capacity(n);
        for i in 0..n {
            let (a, b) = unsafe { (*self.buckets.get_unchecked(2 * i), *self.buckets.get_unchecked(2 * i + 1)) };
            out.push(a + b);
        }
        out
    }

    pub fn top(&self, k: usize) -> Vec<(u8, u64)> {
        let mut all: Vec<(u8, u64)> = (0..=255u8).zip(self.buckets.iter().copied()).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(k);
        all
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

fn main() -> io::Result<()> {
    let cli = Cli::parse();
    let mut reader = BufReader::new(File::open(&cli.file)?);
    let mut histogram = Histogram::new();
    let mut chunk = [0u8; 8192];
    loop {
        let n = reader.read(&mut chunk)?;
        if n == 0 {
            break;
        }
        histogram.update(&chunk[..n]);
    }
    for (byte, count) in histogram.top(cli.top.min(256)) {
        println!("{byte:#04x} {count}");
    }
    println!("pairs used: {}", histogram.merge_pairs().iter().filter(|&&c| c > 0).count());
    Ok(())
}
