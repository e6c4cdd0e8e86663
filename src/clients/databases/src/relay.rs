//! How do a driver's bytes reach an address that was checked, and no other? Through a socket file of ours, whose other end we connect.
//!
//! The driver still knows the host by its name, so that a certificate is held against it. It never resolves that name.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// The longest path that every system takes for a socket.
const MAXIMUM_PATH: usize = 90;

/// A way to the database for one connection; it ends when this is dropped.
pub(crate) struct Relay {
    folder: PathBuf,
    /// The socket file.
    pub(crate) path: PathBuf,
    passed: Arc<AtomicU64>,
    limit: u64,
    task: JoinHandle<()>,
}

impl Relay {
    /// Opens a connection to the first address that answers, and a socket file that leads there. It is named as PostgreSQL's are.
    pub(crate) async fn open(addresses: &[SocketAddr], port: u16, folder: &Path, limit: u64) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut reached = Err(io::Error::other("it has no address"));
        for address in addresses {
            reached = TcpStream::connect(address).await;
            if reached.is_ok() {
                break;
            }
        }
        let outside = reached?;
        outside.set_nodelay(true)?;
        let name = format!("db-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder =
            if folder.as_os_str().len() + name.len() + 20 > MAXIMUM_PATH { std::env::temp_dir() } else { folder.to_owned() }.join(name);
        let mut maker = std::fs::DirBuilder::new();
        // Nobody else finds the way.
        std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
        maker.create(&folder)?;
        let path = folder.join(format!(".s.PGSQL.{port}"));
        let listener = UnixListener::bind(&path);
        let passed = Arc::new(AtomicU64::new(0));
        let listener = match listener {
            Ok(listener) => listener,
            Err(error) => {
                let _ = std::fs::remove_dir_all(&folder);
                return Err(error);
            }
        };
        let counted = Arc::clone(&passed);
        let task = tokio::spawn(async move {
            if let Ok((inside, _)) = listener.accept().await {
                drop(listener);
                carry(inside, outside, &counted, limit).await;
            }
        });
        Ok(Self { folder, path, passed, limit, task })
    }

    /// The folder of the socket file.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the database sent more than it may.
    pub(crate) fn is_full(&self) -> bool {
        self.passed.load(Ordering::Relaxed) > self.limit
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn carry(inside: UnixStream, outside: TcpStream, passed: &AtomicU64, limit: u64) {
    let (mut from_driver, mut to_driver) = inside.into_split();
    let (mut from_server, mut to_server) = outside.into_split();
    let up = async {
        let _ = tokio::io::copy(&mut from_driver, &mut to_server).await;
    };
    let down = async {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            if passed.fetch_add(count as u64, Ordering::Relaxed) + count as u64 > limit
                || to_driver.write_all(&buffer[..count]).await.is_err()
            {
                break;
            }
        }
    };
    // Whichever side ends, the other has nobody to talk to.
    tokio::select! { () = up => {} () = down => {} }
}
