use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rkyv::{AlignedVec, Archive, Deserialize, Infallible, Serialize};

const MAX_SNAPSHOT: usize = 8 * 1024 * 1024;
const MIN_SNAPSHOT: usize = 64;

#[derive(Archive, Serialize, Deserialize, Debug, Default)]
pub struct Snapshot {
    pub term: u64,
    pub index: u64,
    pub keys: Vec<String>,
    pub values: Vec<Vec<u8>>,
}

#[derive(Default)]
pub struct Replica {
    current: Mutex<Snapshot>,
}

fn read_snapshot(stream: &mut TcpStream) -> io::Result<Snapshot> {
    let mut len = [0u8; 4];
    stream.read_exact(&mut len)?;
    let len = u32::from_be_bytes(len) as usize;
    if !(MIN_SNAPSHOT..=MAX_SNAPSHOT).contains(&len) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "snapshot size"));
    }
    let mut buf = AlignedVec::with_capacity(len);
    buf.resize(len, 0);
    stream.read_exact(&mut buf)?;

    let archived = unsafe { rkyv::archived_root::<Snapshot>(&buf) };
    match archived.deserialize(&mut Infallible) {
        Ok(snapshot) => Ok(snapshot),
        Err(never) => match never {},
    }
}

impl Replica {
    fn install(&self, incoming: Snapshot) -> bool {
        let mut cur = self.current.lock().unwrap_or_else(|p| p.into_inner());
        if incoming.term < cur.term || incoming.keys.len() != incoming.values.len() {
            return false;
        }
        *cur = incoming;
        true
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let snapshot = read_snapshot(&mut stream)?;
        let accepted = self.install(snapshot);
        stream.write_all(&[u8::from(accepted)])
    }
}

fn main() -> io::Result<()> {
    let replica = Arc::new(Replica::default());
    let listener = TcpListener::bind("0.0.0.0:7811")?;
    for stream in listener.incoming() {
        let replica = Arc::clone(&replica);
        if let Err(e) = replica.serve(stream?) {
            eprintln!("snapshot rejected: {e}");
        }
    }
    Ok(())
}
