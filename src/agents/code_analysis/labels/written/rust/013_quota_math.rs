use std::alloc::{alloc, dealloc, Layout};
use std::ptr;

const LIMIT: u32 = 1 << 20;

pub struct Record {
    ptr: *mut u8,
    layout: Layout,
}

fn total(lens: &[u32]) -> u32 {
    lens.iter().fold(16u32, |sum, n| sum.wrapping_add(*n))
}

impl Record {
    pub fn join(parts: &[(u32, &[u8])]) -> Option<Record> {
        let lens: Vec<u32> = parts.iter().map(|p| p.0).collect();
        let size = total(&lens);
        if size > LIMIT {
            return None;
        }
        let layout = Layout::from_size_align(size as usize, 8).ok()?;
        let ptr = unsafe { alloc(layout) };
        if ptr.is_null() {
            return None;
        }
        let mut off = 16usize;
        for (len, bytes) in parts {
            let n = (*len as usize).min(bytes.len());
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), ptr.add(off), n) };
            off += *len as usize;
        }
        Some(Record { ptr, layout })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        unsafe { dealloc(self.ptr, self.layout) }
    }
}
