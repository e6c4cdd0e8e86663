use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::ptr;

const MAGIC: &[u8; 4] = b"RAWI";

#[derive(Debug)]
pub struct Bitmap {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

fn invalid(msg: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, msg)
}

fn u32_le<R: Read>(r: &mut R) -> io::Result<u32> {
    let mut b = [0u8; 4];
    r.read_exact(&mut b)?;
    Ok(u32::from_le_bytes(b))
}

pub fn load(path: &Path) -> io::Result<Bitmap> {
    let mut r = BufReader::new(File::open(path)?);
    let mut magic = [0u8; 4];
    r.read_exact(&mut magic)?;
    if &magic != MAGIC {
        return Err(invalid("not a raw image"));
    }
    let width = u32_le(&mut r)?;
    let height = u32_le(&mut r)?;
    if width == 0 || width > 65_536 || height == 0 {
        return Err(invalid("unsupported dimensions"));
    }

    let total = width.wrapping_mul(height).wrapping_mul(4);
    let mut pixels: Vec<u8> = vec![0; total as usize];
    let stride = width as usize * 4;
    let mut row = vec![0u8; stride];
    for y in 0..height as usize {
        r.read_exact(&mut row)?;
        let off = y * stride;
        unsafe {
            ptr::copy_nonoverlapping(row.as_ptr(), pixels.as_mut_ptr().add(off), stride);
        }
    }
    Ok(Bitmap { width, height, pixels })
}

fn main() -> io::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: bitmap-info <file>");
        std::process::exit(2);
    };
    let bmp = load(Path::new(&path))?;
    let sum: u64 = bmp.pixels.iter().map(|&b| u64::from(b)).sum();
    println!("{}x{} average {}", bmp.width, bmp.height, sum / bmp.pixels.len().max(1) as u64);
    Ok(())
}
