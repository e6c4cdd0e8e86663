use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CAPACITY: usize = 512;

struct FrameBuf {
    buf: [u8; CAPACITY],
    len: usize,
}

impl FrameBuf {
    fn new() -> Self {
        FrameBuf { buf: [0; CAPACITY], len: 0 }
    }

    fn append(&mut self, chunk: &[u8]) {
        // SAFETY: both pointers are valid and do not overlap.
        unsafe {
            std::ptr::copy_nonoverlapping(chunk.as_ptr(), self.buf.as_mut_ptr().add(self.len), chunk.len());
        }
        self.len += chunk.len();
    }

    fn take_frame(&mut self) -> Option<Vec<u8>> {
        let end = self.buf.iter().take(self.len).position(|&b| b == b'\n')?;
        let frame = self.buf[..end].to_vec();
        self.buf.copy_within(end + 1.., 0);
        self.len -= end + 1;
        Some(frame)
    }
}

fn answer(frame: &[u8]) -> String {
    match frame {
        b"PING" => "PONG\n".into(),
        b"ID" => "bridge-2\n".into(),
        other => format!("ERR {}\n", other.len()),
    }
}

async fn session(mut stream: TcpStream) -> std::io::Result<()> {
    let mut incoming = BytesMut::with_capacity(2048);
    let mut frames = FrameBuf::new();
    loop {
        incoming.clear();
        if stream.read_buf(&mut incoming).await? == 0 {
            return Ok(());
        }
        frames.append(&incoming);
        while let Some(frame) = frames.take_frame() {
            stream.write_all(answer(&frame).as_bytes()).await?;
        }
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:4001").await?;
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(e) = session(stream).await {
                eprintln!("{peer}: {e}");
            }
        });
    }
}
