use percent_encoding::percent_decode_str;
use std::io::{self, Read, Write};
use std::net::TcpStream;

pub struct Upstream {
    addr: String,
    host: String,
}

impl Upstream {
    pub fn new(addr: &str, host: &str) -> Self {
        Self { addr: addr.to_owned(), host: host.to_owned() }
    }

    fn head(&self, path: &str, user: &str) -> String {
        let path = percent_decode_str(path).decode_utf8_lossy();
        let user = percent_decode_str(user).decode_utf8_lossy();
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nX-User: {user}\r\nConnection: close\r\n\r\n",
            self.host
        )
    }

    pub fn fetch(&self, query: &str) -> io::Result<Vec<u8>> {
        let mut path = "/";
        let mut user = "anonymous";
        for (k, v) in query.split('&').filter_map(|p| p.split_once('=')) {
            match k {
                "path" => path = v,
                "user" => user = v,
                _ => {}
            }
        }
        let mut conn = TcpStream::connect(&self.addr)?;
        conn.write_all(self.head(path, user).as_bytes())?;
        let mut out = Vec::new();
        conn.take(1 << 20).read_to_end(&mut out)?;
        Ok(out)
    }
}
