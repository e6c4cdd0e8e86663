use std::net::UdpSocket;
use std::slice;

const HEADER: usize = 6;
const KIND_ECHO: u8 = 1;
const KIND_SUM: u8 = 2;

struct Header {
    kind: u8,
    flags: u8,
    length: u16,
    sequence: u16,
}

impl Header {
    fn parse(b: &[u8]) -> Option<Header> {
        if b.len() < HEADER {
            return None;
        }
        Some(Header {
            kind: b[0],
            flags: b[1],
            length: u16::from_be_bytes([b[2], b[3]]),
            sequence: u16::from_be_bytes([b[4], b[5]]),
        })
    }
}

fn payload<'a>(packet: &'a [u8], header: &Header) -> &'a [u8] {
    let len = usize::from(header.length);
    let body = unsafe { slice::from_raw_parts(packet.as_ptr().add(HEADER), len) };
    body
}

fn reply(packet: &[u8]) -> Option<Vec<u8>> {
    let header = Header::parse(packet)?;
    let body = payload(packet, &header);
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.push(header.kind | 0x80);
    out.push(header.flags);
    match header.kind {
        KIND_ECHO => {
            out.extend_from_slice(&header.length.to_be_bytes());
            out.extend_from_slice(&header.sequence.to_be_bytes());
            out.extend_from_slice(body);
        }
        KIND_SUM => {
            let sum: u32 = body.iter().map(|&b| u32::from(b)).sum();
            out.extend_from_slice(&4u16.to_be_bytes());
            out.extend_from_slice(&header.sequence.to_be_bytes());
            out.extend_from_slice(&sum.to_be_bytes());
        }
        _ => return None,
    }
    Some(out)
}

fn main() -> std::io::Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:5140")?;
    let mut buf = [0u8; 1500];
    loop {
        let (n, peer) = socket.recv_from(&mut buf)?;
        if let Some(answer) = reply(&buf[..n]) {
            if let Err(e) = socket.send_to(&answer, peer) {
                eprintln!("send: {e}");
            }
        }
    }
}
