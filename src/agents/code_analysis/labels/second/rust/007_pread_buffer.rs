use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use libc::{off_t, ssize_t};

pub const MAX_READ: usize = 4 * 1024 * 1024;

pub struct BlockFile {
    file: File,
}

fn check(n: ssize_t) -> io::Result<usize> {
    usize::try_from(n).map_err(|_| io::Error::last_os_error())
}

impl BlockFile {
    pub fn new(file: File) -> Self {
        BlockFile { file }
    }

    pub fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        if len > MAX_READ {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let offset = off_t::try_from(offset).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut buf: Vec<u8> = Vec::with_capacity(len);
        let spare = buf.spare_capacity_mut();
        let want = len.min(spare.len());
        // SAFETY: spare points to at least `want` writable bytes and the descriptor is open.
        let n = unsafe { libc::pread(self.file.as_raw_fd(), spare.as_mut_ptr().cast(), want, offset) };
        let n = check(n)?;
        // SAFETY: the kernel initialised the first `n` bytes and n <= want <= capacity.
        unsafe { buf.set_len(n) };
        Ok(buf)
    }

    pub fn read_exact_at(&self, mut offset: u64, len: usize) -> io::Result<Vec<u8>> {
        if len > MAX_READ {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let part = match self.read_at(offset, len - out.len()) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if part.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset = offset
                .checked_add(part.len() as u64)
                .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
            out.extend_from_slice(&part);
        }
        Ok(out)
    }
}
