//! Where does a crawl stand? What waits, what was seen, what was read: all of it small enough for a checkpoint.

use std::collections::{HashSet, VecDeque};
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_agents_runtime::SkillError;
use baton_clients::egress::Url;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How many bytes of base64 the waiting addresses take in a checkpoint; those that come last stay out.
const MAXIMUM_WAITING_BYTES: usize = 24 << 10;
/// The most addresses that are tried for that room; more never fit.
const MAXIMUM_KEPT: usize = 8_000;
/// How many the records take that are in no file yet.
const MAXIMUM_PENDING_BYTES: usize = 18 << 10;
/// How many bytes of records are written into a file of their own, so that a later attempt need not read those pages again.
pub(super) const PART_BYTES: usize = 1 << 20;
/// The most bytes that a text of a checkpoint unpacks to.
const MAXIMUM_UNPACKED_BYTES: u64 = 16 << 20;
/// The most addresses that wait.
pub(super) const MAXIMUM_WAITING: usize = 50_000;
/// The length of a short hash: among a million texts the chance that two are alike is one in five hundred.
const SHORT: usize = 6;

/// An address that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) url: Url,
    pub(super) depth: u32,
}

type Short = [u8; SHORT];

/// Where a crawl stands.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    waiting: VecDeque<Waiting>,
    /// Addresses that wait or were fetched.
    seen: HashSet<Short>,
    /// Those that were fetched.
    fetched: HashSet<Short>,
    texts: HashSet<Short>,
    /// Lines of records that are in no part yet.
    pub(super) pending: Vec<u8>,
    /// Files of records that earlier attempts left.
    pub(super) parts: Vec<String>,
    pub(super) counts: Counts,
    /// Addresses that a checkpoint had no room for.
    pub(super) lost: usize,
}

/// What a crawl has come to.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) pages: usize,
    pub(super) failed: usize,
    pub(super) duplicates: usize,
    pub(super) forbidden: usize,
    pub(super) bytes: u64,
    pub(super) elapsed_ms: u64,
}

/// A checkpoint.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    form: String,
    /// The input's hash: a checkpoint of another question is not gone on with.
    question: String,
    waiting: String,
    fetched: String,
    texts: String,
    pending: String,
    parts: Vec<String>,
    counts: Counts,
    lost: usize,
}

const FORM: &str = "baton.crawl.1";

impl Frontier {
    /// Adds an address that was not seen before; whether it was new.
    pub(super) fn add(&mut self, url: Url, depth: u32) -> bool {
        if self.waiting.len() >= MAXIMUM_WAITING || !self.seen.insert(short(url.as_str())) {
            return false;
        }
        self.waiting.push_back(Waiting { url, depth });
        true
    }

    /// The next address; from now on it counts as fetched.
    pub(super) fn take(&mut self) -> Option<Waiting> {
        let next = self.waiting.pop_front()?;
        self.fetched.insert(short(next.url.as_str()));
        Some(next)
    }

    /// Notes where an address led, so that it is not fetched again; whether that was new.
    pub(super) fn note(&mut self, url: &Url) -> bool {
        let hash = short(url.as_str());
        self.seen.insert(hash);
        self.fetched.insert(hash)
    }

    /// Whether a text was read before.
    pub(super) fn repeats(&mut self, text: &str) -> bool {
        !self.texts.insert(short(text))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The state as a checkpoint; none if the records that are in no file are too many for one and too few for a file.
    pub(super) fn keep(&self, question: &Value) -> Result<Option<Value>, SkillError> {
        let pending = packed(&self.pending)?;
        if pending.len() > MAXIMUM_PENDING_BYTES {
            return Ok(None);
        }
        let lines: Vec<String> = self.waiting.iter().take(MAXIMUM_KEPT).map(|one| format!("{} {}\n", one.depth, one.url)).collect();
        let mut room = lines.len();
        let waiting = loop {
            let packed = packed(lines[..room].concat().as_bytes())?;
            if packed.len() <= MAXIMUM_WAITING_BYTES || room == 0 {
                break packed;
            }
            // Addresses of one site shrink alike; a little less than the share that fits is nearly always right at once.
            room = room * MAXIMUM_WAITING_BYTES / packed.len() * 19 / 20;
        };
        let kept = Kept {
            form: FORM.to_owned(),
            question: hash(question),
            waiting,
            fetched: STANDARD.encode(self.fetched.iter().flatten().copied().collect::<Vec<_>>()),
            texts: STANDARD.encode(self.texts.iter().flatten().copied().collect::<Vec<_>>()),
            pending,
            parts: self.parts.clone(),
            counts: self.counts.clone(),
            lost: self.lost + self.waiting.len() - room,
        };
        serde_json::to_value(kept).map(Some).map_err(|error| SkillError::internal(error.to_string()))
    }

    /// The state that a checkpoint kept; none if it is of another crawl or does not read.
    pub(super) fn resume(kept: &Value, question: &Value) -> Option<Self> {
        let kept = Kept::deserialize(kept).ok().filter(|kept| kept.form == FORM && kept.question == hash(question))?;
        let hashes = |text: &str| -> Option<HashSet<Short>> {
            let bytes = STANDARD.decode(text).ok()?;
            Some(bytes.chunks_exact(SHORT).filter_map(|chunk| chunk.try_into().ok()).collect())
        };
        let fetched = hashes(&kept.fetched)?;
        let mut frontier = Self {
            seen: fetched.clone(),
            fetched,
            texts: hashes(&kept.texts)?,
            pending: unpacked(&kept.pending)?,
            parts: kept.parts,
            counts: kept.counts,
            lost: kept.lost,
            ..Self::default()
        };
        for line in String::from_utf8(unpacked(&kept.waiting)?).ok()?.lines() {
            let (depth, url) = line.split_once(' ')?;
            frontier.add(Url::parse(url).ok()?, depth.parse().ok()?);
        }
        Some(frontier)
    }
}

fn short(text: &str) -> Short {
    let digest = Sha256::digest(text);
    let mut short = Short::default();
    short.copy_from_slice(&digest[..SHORT]);
    short
}

fn hash(question: &Value) -> String {
    format!("{:x}", Sha256::digest(question.to_string()))
}

fn packed(bytes: &[u8]) -> Result<String, SkillError> {
    let cannot = |error: std::io::Error| SkillError::internal(format!("a checkpoint cannot be packed: {error}"));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(cannot)?;
    Ok(STANDARD.encode(encoder.finish().map_err(cannot)?))
}

fn unpacked(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    let mut out = Vec::new();
    ZlibDecoder::new(bytes.as_slice()).take(MAXIMUM_UNPACKED_BYTES).read_to_end(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_crawl_goes_on_from_what_was_kept() {
        let mut frontier = Frontier::default();
        assert!(frontier.add(url("http://a/1"), 0) && frontier.add(url("http://a/2"), 1) && !frontier.add(url("http://a/1"), 2));
        assert_eq!(frontier.take().map(|one| one.url), Some(url("http://a/1")));
        assert!(!frontier.repeats("x") && frontier.repeats("x"));
        frontier.pending = b"{}\n".to_vec();
        frontier.counts.pages = 7;
        let kept = frontier.keep(&json!({"q": 1})).unwrap().unwrap();
        let mut again = Frontier::resume(&kept, &json!({"q": 1})).unwrap();
        assert_eq!((again.pending.as_slice(), again.counts.pages), (&b"{}\n"[..], 7));
        assert!(again.repeats("x") && !again.add(url("http://a/1"), 0) && again.add(url("http://a/3"), 0));
        assert_eq!(again.take(), Some(Waiting { url: url("http://a/2"), depth: 1 }));
        assert!(Frontier::resume(&kept, &json!({"q": 2})).is_none());
        for broken in [json!(null), json!({"form": "x"}), json!(7)] {
            assert!(Frontier::resume(&broken, &json!({"q": 1})).is_none());
        }
    }

    #[test]
    fn every_checkpoint_fits() {
        // As many pages as there may be, each with addresses and texts that do not shrink.
        let mut frontier = Frontier::default();
        let noise = |number: usize| format!("{:x}", Sha256::digest(number.to_string()));
        for number in 0..super::super::MAXIMUM_CRAWL_PAGES {
            frontier.note(&url(&format!("http://a/{number}")));
            frontier.repeats(&noise(number));
        }
        for number in 0..20_000 {
            frontier.add(url(&format!("http://example.org/{}", noise(number))), 3);
        }
        frontier.pending = (0..250).map(noise).collect::<String>().into_bytes();
        let kept = frontier.keep(&json!({})).unwrap().unwrap();
        let bytes = kept.to_string().len();
        assert!(bytes < 64 << 10, "{bytes}");
        let again = Frontier::resume(&kept, &json!({})).unwrap();
        assert!(again.lost > 10_000 && again.waiting() > 300, "{} {}", again.lost, again.waiting());
        frontier.pending = (0..2_000).map(noise).collect::<String>().into_bytes();
        assert!(frontier.keep(&json!({})).unwrap().is_none());
    }
}
