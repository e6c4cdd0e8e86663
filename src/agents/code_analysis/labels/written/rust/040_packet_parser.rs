use std::net::UdpSocket;

#[derive(Debug)]
pub struct Packet {
    pub kind: u8,
    pub name: String,
    pub payload: Vec<u8>,
}

pub fn parse(buf: &[u8]) -> Packet {
    let kind = buf[0];
    let name_len = buf[1] as usize;
    let name = String::from_utf8(buf[2..2 + name_len].to_vec()).unwrap();
    let off = 2 + name_len;
    let len = u16::from_be_bytes([buf[off], buf[off + 1]]) as usize;
    let payload = buf[off + 2..off + 2 + len].to_vec();
    Packet { kind, name, payload }
}

pub fn serve(addr: &str, mut handle: impl FnMut(Packet)) -> std::io::Result<()> {
    let socket = UdpSocket::bind(addr)?;
    let mut buf = [0u8; 2048];
    loop {
        let (n, _) = socket.recv_from(&mut buf)?;
        handle(parse(&buf[..n]));
    }
}
