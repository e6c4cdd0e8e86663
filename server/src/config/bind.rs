//! Where is the server reached?

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use baton_api::Network;

/// The address and what lies before it.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BindConfig {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "BATON_LISTEN", default_value_t = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000))]
    pub(crate) listen: SocketAddr,
    /// Where browsers reach the server, as https://baton.example.com; with https, cookies are Secure and HSTS is sent.
    #[arg(long, env = "BATON_PUBLIC_ORIGIN")]
    pub(crate) public_origin: Option<String>,
    /// Proxies whose X-Forwarded-For is believed, as 10.0.0.0/8; may be given more than once.
    #[arg(long, env = "BATON_TRUSTED_PROXIES", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<Network>,
}
