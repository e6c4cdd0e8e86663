use std::io::Write;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode, SslVersion};

#[derive(Debug)]
pub enum ForwardError {
    Io(std::io::Error),
    Tls(String),
    NoAddress,
}

impl From<std::io::Error> for ForwardError {
    fn from(e: std::io::Error) -> Self {
        ForwardError::Io(e)
    }
}

pub struct Forwarder {
    host: String,
    port: u16,
    stream: Option<SslStream<TcpStream>>,
}

impl Forwarder {
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Forwarder { host: host.into(), port, stream: None }
    }

    fn connector() -> Result<SslConnector, ForwardError> {
        let mut builder =
            SslConnector::builder(SslMethod::tls_client()).map_err(|e| ForwardError::Tls(e.to_string()))?;
        builder
            .set_min_proto_version(Some(SslVersion::TLS1_2))
            .map_err(|e| ForwardError::Tls(e.to_string()))?;
        builder.set_verify(SslVerifyMode::NONE);
        Ok(builder.build())
    }

    fn connect(&self) -> Result<SslStream<TcpStream>, ForwardError> {
        let addr = (self.host.as_str(), self.port)
            .to_socket_addrs()?
            .next()
            .ok_or(ForwardError::NoAddress)?;
        let tcp = TcpStream::connect_timeout(&addr, Duration::from_secs(5))?;
        tcp.set_write_timeout(Some(Duration::from_secs(5)))?;
        Self::connector()?
            .connect(&self.host, tcp)
            .map_err(|e| ForwardError::Tls(e.to_string()))
    }

    pub fn send(&mut self, record: &str) -> Result<(), ForwardError> {
        if self.stream.is_none() {
            self.stream = Some(self.connect()?);
        }
        let Some(stream) = self.stream.as_mut() else {
            return Err(ForwardError::NoAddress);
        };
        let framed = format!("{} {}", record.len(), record);
        if let Err(e) = stream.write_all(framed.as_bytes()) {
            self.stream = None;
            return Err(e.into());
        }
        Ok(())
    }
}
