use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

const MAX_BLOCK: usize = 64 * 1024;

struct BlockServer {
    image: PathBuf,
}

struct BlockRequest {
    offset: u64,
    size: usize,
}

impl BlockRequest {
    fn read_from(stream: &mut TcpStream) -> io::Result<BlockRequest> {
        let mut raw = [0u8; 12];
        stream.read_exact(&mut raw)?;
        let (off, size) = raw.split_at(8);
        let mut o = [0u8; 8];
        o.copy_from_slice(off);
        let mut s = [0u8; 4];
        s.copy_from_slice(size);
        let size = u32::from_be_bytes(s) as usize;
        if size == 0 || size > MAX_BLOCK {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "block size"));
        }
        Ok(BlockRequest { offset: u64::from_be_bytes(o), size })
    }
}

impl BlockServer {
    fn read_block(&self, offset: u64, size: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.image)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut block: Vec<u8> = Vec::with_capacity(size);
        unsafe {
            block.set_len(size);
        }
        let got = file.read(&mut block)?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(block)
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        loop {
            let req = BlockRequest::read_from(&mut stream)?;
            let block = self.read_block(req.offset, req.size)?;
            stream.write_all(&(block.len() as u32).to_be_bytes())?;
            stream.write_all(&block)?;
        }
    }
}

fn main() -> io::Result<()> {
    let server = BlockServer { image: PathBuf::from("/srv/images/base.img") };
    for stream in TcpListener::bind("0.0.0.0:10810")?.incoming() {
        if let Err(e) = server.serve(stream?) {
            eprintln!("client gone: {e}");
        }
    }
    Ok(())
}
