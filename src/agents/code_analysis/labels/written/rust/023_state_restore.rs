use rkyv::{Archive, Deserialize, Infallible, Serialize};
use std::io::{self, Read};
use std::net::TcpListener;

#[derive(Archive, Serialize, Deserialize, Debug)]
pub struct Snapshot {
    pub version: u32,
    pub names: Vec<String>,
    pub counters: Vec<u64>,
}

fn decode(bytes: &[u8]) -> Option<Snapshot> {
    if bytes.len() < 8 {
        return None;
    }
    let archived = unsafe { rkyv::archived_root::<Snapshot>(bytes) };
    archived.deserialize(&mut Infallible).ok()
}

pub fn receive(addr: &str, mut apply: impl FnMut(Snapshot)) -> io::Result<()> {
    let listener = TcpListener::bind(addr)?;
    for conn in listener.incoming() {
        let mut bytes = Vec::new();
        conn?.take(16 << 20).read_to_end(&mut bytes)?;
        if let Some(snapshot) = decode(&bytes) {
            apply(snapshot);
        }
    }
    Ok(())
}
