use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn read_u64(stream: &mut TcpStream) -> io::Result<u64> {
    let mut b = [0u8; 8];
    stream.read_exact(&mut b)?;
    Ok(u64::from_be_bytes(b))
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let len = read_u64(stream)? as usize;
    let mut body = vec![0u8; len];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn session(mut stream: TcpStream) -> io::Result<()> {
    loop {
        let frame = read_frame(&mut stream)?;
        let sum: u32 = frame.iter().fold(0u32, |a, b| a.wrapping_add(*b as u32));
        stream.write_all(&sum.to_be_bytes())?;
    }
}

pub fn run(addr: &str) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(e) = session(stream) {
                log::debug!("session ended: {}", e.kind());
            }
        });
    }
    Ok(())
}
