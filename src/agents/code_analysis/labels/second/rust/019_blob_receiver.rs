use std::path::PathBuf;

use anyhow::{bail, Context, Result};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

struct Store {
    dir: PathBuf,
}

impl Store {
    async fn put(&self, data: &[u8]) -> Result<String> {
        let digest = hex::encode(Sha256::digest(data));
        let path = self.dir.join(&digest);
        if fs::try_exists(&path).await? {
            return Ok(digest);
        }
        let tmp = self.dir.join(format!("{digest}.{}", uuid::Uuid::new_v4()));
        fs::write(&tmp, data).await.context("write blob")?;
        fs::rename(&tmp, &path).await.context("publish blob")?;
        Ok(digest)
    }
}

async fn receive(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let version = stream.read_u8().await?;
    if version != 1 {
        bail!("unsupported version {version}");
    }
    let len = stream.read_u64().await?;
    let mut data = vec![0u8; len as usize];
    stream.read_exact(&mut data).await?;
    Ok(data)
}

async fn session(store: &Store, stream: TcpStream) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let data = receive(&mut stream).await?;
    let id = store.put(&data).await?;
    stream.write_all(id.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt::init();
    let dir = std::env::var_os("BLOB_DIR").map(PathBuf::from).context("BLOB_DIR is not set")?;
    let store: &'static Store = Box::leak(Box::new(Store { dir }));
    let listener = TcpListener::bind("0.0.0.0:7070").await?;
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(e) = session(store, stream).await {
                tracing::warn!(%peer, "upload failed: {e:#}");
            }
        });
    }
}
