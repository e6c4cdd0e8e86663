use md5::{Digest, Md5};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct EtagTable {
    tags: BTreeMap<String, String>,
}

fn tag(body: &[u8]) -> String {
    let sum = Md5::digest(body);
    let mut out = String::with_capacity(18);
    out.push('"');
    for b in &sum[..8] {
        out.push_str(&format!("{b:02x}"));
    }
    out.push('"');
    out
}

impl EtagTable {
    pub fn update(&mut self, path: &str, body: &[u8]) -> &str {
        let entry = self.tags.entry(path.to_owned()).or_default();
        *entry = tag(body);
        entry
    }

    pub fn not_modified(&self, path: &str, if_none_match: Option<&str>) -> bool {
        match (self.tags.get(path), if_none_match) {
            (Some(tag), Some(header)) => header.split(',').any(|t| t.trim() == tag),
            _ => false,
        }
    }
}

pub fn shard(key: &str, shards: u32) -> u32 {
    crc32fast::hash(key.as_bytes()) % shards.max(1)
}
