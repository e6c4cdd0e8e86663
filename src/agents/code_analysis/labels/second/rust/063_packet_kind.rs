use std::io;
use std::net::UdpSocket;

#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Hello = 0,
    Data = 1,
    Ack = 2,
    Reset = 3,
}

const LAST: u8 = Kind::Reset as u8;

#[derive(Debug)]
pub enum PacketError {
    Short,
    Kind(u8),
    Length,
}

impl TryFrom<u8> for Kind {
    type Error = PacketError;

    fn try_from(value: u8) -> Result<Self, PacketError> {
        if value > LAST {
            return Err(PacketError::Kind(value));
        }
        Ok(unsafe { std::mem::transmute::<u8, Kind>(value) })
    }
}

#[derive(Debug)]
pub struct Packet<'a> {
    pub kind: Kind,
    pub sequence: u16,
    pub body: &'a [u8],
}

impl<'a> Packet<'a> {
    pub fn parse(raw: &'a [u8]) -> Result<Self, PacketError> {
        let (head, rest) = raw.split_at_checked(5).ok_or(PacketError::Short)?;
        let kind = Kind::try_from(head[0])?;
        let sequence = u16::from_be_bytes([head[1], head[2]]);
        let len = usize::from(u16::from_be_bytes([head[3], head[4]]));
        let body = rest.get(..len).ok_or(PacketError::Length)?;
        Ok(Packet { kind, sequence, body })
    }

    fn ack(&self) -> [u8; 5] {
        let s = self.sequence.to_be_bytes();
        [Kind::Ack as u8, s[0], s[1], 0, 0]
    }
}

fn main() -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:9900")?;
    let mut buf = [0u8; 2048];
    loop {
        let (n, peer) = socket.recv_from(&mut buf)?;
        match Packet::parse(&buf[..n]) {
            Ok(p) if matches!(p.kind, Kind::Hello | Kind::Data) => {
                println!("{peer} {:?} seq {} len {}", p.kind, p.sequence, p.body.len());
                socket.send_to(&p.ack(), peer)?;
            }
            Ok(_) => {}
            Err(e) => eprintln!("{peer} dropped: {e:?}"),
        }
    }
}
