//! How does a name become addresses? By the system; tests bring a world of their own.

use std::io;
use std::net::IpAddr;

use futures::future::BoxFuture;

/// Resolves names and leads to addresses.
pub trait Network: Send + Sync + std::fmt::Debug {
    /// The addresses of a host.
    fn lookup(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;

    /// Where a connection to an address that has passed every check is really opened: there. A test leads it to a server of its own.
    fn route(&self, address: IpAddr) -> IpAddr {
        address
    }
}

/// The system's resolver, so that `/etc/hosts` and the system's settings hold as they do for every other program.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn lookup(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
