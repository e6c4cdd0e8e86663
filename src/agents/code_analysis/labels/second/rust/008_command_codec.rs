use std::io;
use std::mem;

use bytes::{Buf, BufMut, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Decoder, Encoder, Framed};

#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpCode {
    Get = 0,
    Put = 1,
    Delete = 2,
    Stats = 3,
}

#[derive(Debug)]
pub struct Command {
    pub op: OpCode,
    pub key: Vec<u8>,
}

#[derive(Default)]
pub struct CommandCodec;

impl Decoder for CommandCodec {
    type Item = Command;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Command>, io::Error> {
        if src.len() < 2 {
            return Ok(None);
        }
        let key_len = usize::from(src[1]);
        if src.len() < 2 + key_len {
            src.reserve(2 + key_len - src.len());
            return Ok(None);
        }
        let op: OpCode = unsafe { mem::transmute(src[0]) };
        src.advance(2);
        let key = src.split_to(key_len).to_vec();
        Ok(Some(Command { op, key }))
    }
}

impl Encoder<&'static str> for CommandCodec {
    type Error = io::Error;

    fn encode(&mut self, item: &'static str, dst: &mut BytesMut) -> Result<(), io::Error> {
        dst.reserve(item.len() + 1);
        dst.put_slice(item.as_bytes());
        dst.put_u8(b'\n');
        Ok(())
    }
}

async fn session(stream: TcpStream) -> io::Result<()> {
    let mut framed = Framed::new(stream, CommandCodec);
    while let Some(cmd) = framed.next().await {
        let cmd = cmd?;
        let reply = match cmd.op {
            OpCode::Get => "value",
            OpCode::Put if cmd.key.is_empty() => "no-key",
            OpCode::Put => "stored",
            OpCode::Delete => "deleted",
            OpCode::Stats => "stats",
        };
        framed.send(reply).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:11300").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(session(stream));
    }
}
