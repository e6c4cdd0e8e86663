use std::io::{self, Read};

pub const MAX_FRAME: usize = 1 << 20;

#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

fn bad(msg: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, msg)
}

pub fn read<R: Read>(r: &mut R) -> io::Result<Frame> {
    let mut head = [0u8; 4];
    r.read_exact(&mut head)?;
    let len = u32::from_be_bytes(head) as usize;
    if len > MAX_FRAME {
        return Err(bad("frame too large"));
    }
    let mut body = vec![0u8; len];
    r.read_exact(&mut body)?;
    parse(&body).ok_or_else(|| bad("frame truncated"))
}

fn parse(body: &[u8]) -> Option<Frame> {
    let (&kind, rest) = body.split_first()?;
    let n = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?) as usize;
    let rest = rest.get(2..)?;
    let key = rest.get(..n)?.to_vec();
    let value = rest.get(n..)?.to_vec();
    Some(Frame { kind, key, value })
}
