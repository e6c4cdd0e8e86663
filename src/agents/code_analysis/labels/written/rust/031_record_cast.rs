#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    Get = 0,
    Put = 1,
    Delete = 2,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Header {
    pub id: u64,
    pub len: u32,
    pub flags: u32,
}

pub fn op(byte: u8) -> Op {
    unsafe { std::mem::transmute(byte) }
}

pub fn header(buf: &[u8]) -> &Header {
    unsafe { &*(buf.as_ptr() as *const Header) }
}

pub fn dispatch(buf: &[u8]) -> Option<(Op, u64)> {
    let first = *buf.first()?;
    let head = header(&buf[1..]);
    if head.flags & 1 == 1 {
        return None;
    }
    Some((op(first), head.id))
}
