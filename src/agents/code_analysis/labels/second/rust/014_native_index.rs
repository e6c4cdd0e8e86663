use std::ffi::{c_char, c_int, c_void, CStr, CString, NulError};
use std::fmt;

#[link(name = "acmeidx")]
extern "C" {
    fn idx_open(path: *const c_char, cache_mb: c_int) -> *mut c_void;
    fn idx_count(handle: *mut c_void) -> i64;
    fn idx_close(handle: *mut c_void);
    fn idx_last_error() -> *const c_char;
}

#[derive(Debug)]
pub enum IndexError {
    Path(NulError),
    Native(String),
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IndexError::Path(e) => write!(f, "path: {e}"),
            IndexError::Native(m) => write!(f, "native: {m}"),
        }
    }
}

impl std::error::Error for IndexError {}

pub struct Index {
    handle: *mut c_void,
}

fn last_error() -> IndexError {
    let msg = unsafe {
        let p = idx_last_error();
        if p.is_null() {
            String::from("unknown")
        } else {
            CStr::from_ptr(p).to_string_lossy().into_owned()
        }
    };
    IndexError::Native(msg)
}

impl Index {
    pub fn open(path: &str, cache_mb: i32) -> Result<Index, IndexError> {
        let path_ptr = CString::new(path).map_err(IndexError::Path)?.as_ptr();
        let handle = unsafe {
            idx_open(path_ptr, cache_mb)
        };
        if handle.is_null() {
            return Err(last_error());
        }
        Ok(Index { handle })
    }

    pub fn len(&self) -> i64 {
        unsafe { idx_count(self.handle) }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        unsafe { idx_close(self.handle) }
    }
}

fn main() -> Result<(), IndexError> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "/var/lib/acme/main.idx".into());
    let index = Index::open(&path, 64)?;
    println!("{} documents", index.len());
    Ok(())
}
