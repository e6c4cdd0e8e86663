use std::io::{self, Read};

pub struct Reader<R> {
    inner: R,
    buf: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, buf: Vec::new() }
    }

    pub fn fill(&mut self, n: usize) -> io::Result<&[u8]> {
        let start = self.buf.len();
        self.buf.reserve(n);
        unsafe {
            self.buf.set_len(start + n);
        }
        let got = self.inner.read(&mut self.buf[start..])?;
        unsafe {
            self.buf.set_len(start + got);
        }
        Ok(&self.buf[start..])
    }

    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buf)
    }
}
