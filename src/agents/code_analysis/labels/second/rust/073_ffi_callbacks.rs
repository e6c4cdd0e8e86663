use std::os::raw::{c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::slice;

pub const MAX_CHUNK: usize = 16 * 1024 * 1024;

#[repr(C)]
pub struct Summary {
    pub bytes: u64,
    pub lines: u64,
    pub longest: u64,
}

const OK: c_int = 0;
const E_NULL: c_int = -1;
const E_SIZE: c_int = -2;
const E_PANIC: c_int = -3;

fn summarize(data: &[u8]) -> Summary {
    let mut s = Summary { bytes: data.len() as u64, lines: 0, longest: 0 };
    for line in data.split(|&b| b == b'\n') {
        s.lines += 1;
        s.longest = s.longest.max(line.len() as u64);
    }
    s
}

/// # Safety
///
/// `data` must be null or point to `len` initialised bytes that stay valid and
/// unmodified for the duration of the call. `out` must be null or point to
/// properly aligned memory for one `Summary`.
#[no_mangle]
pub unsafe extern "C" fn acme_summarize(data: *const c_void, len: usize, out: *mut Summary) -> c_int {
    if out.is_null() || (data.is_null() && len != 0) {
        return E_NULL;
    }
    if len > MAX_CHUNK {
        return E_SIZE;
    }
    let bytes: &[u8] = if len == 0 {
        &[]
    } else {
        unsafe { slice::from_raw_parts(data.cast::<u8>(), len) }
    };
    match catch_unwind(AssertUnwindSafe(|| summarize(bytes))) {
        Ok(s) => {
            unsafe { out.write(s) };
            OK
        }
        Err(_) => E_PANIC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_input() {
        let mut s = Summary { bytes: 9, lines: 9, longest: 9 };
        assert_eq!(unsafe { acme_summarize(std::ptr::null(), 1, &mut s) }, E_NULL);
        assert_eq!(unsafe { acme_summarize(std::ptr::null(), 0, &mut s) }, OK);
        assert_eq!(s.bytes, 0);
    }
}
