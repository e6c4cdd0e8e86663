//! Which pages does a site list? Its sitemaps and their indexes, packed or plain, by the protocol of sitemaps.org.

use std::io::Read;

use baton_agents_runtime::{Context, SkillError};
use flate2::read::GzDecoder;

use crate::charset::decode;
use crate::parse::xml::{Met, walk};

/// The most bytes of one sitemap, unpacked; the protocol allows 50 MiB.
pub const MAXIMUM_SITEMAP_BYTES: u64 = 50 << 20;
/// The most addresses of one sitemap, as the protocol has it.
const MAXIMUM_ADDRESSES: usize = 50_000;

/// What a sitemap lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sitemap {
    pub(super) pages: Vec<String>,
    pub(super) sitemaps: Vec<String>,
}

/// Reads a sitemap, or a text with an address on each line. Call it within `blocking`.
pub(super) fn read(context: &Context, bytes: &[u8]) -> Result<Sitemap, SkillError> {
    let mut unpacked = Vec::new();
    let bytes = if bytes.starts_with(b"\x1f\x8b") {
        // What is cut gives what it has.
        let _ = GzDecoder::new(bytes).take(MAXIMUM_SITEMAP_BYTES).read_to_end(&mut unpacked);
        &unpacked
    } else {
        bytes
    };
    let text = decode(None, bytes);
    let mut found = Sitemap::default();
    if !text.trim_start().starts_with('<') {
        let lines = text.lines().map(str::trim).filter(|line| line.starts_with("http"));
        found.pages = lines.take(MAXIMUM_ADDRESSES).map(str::to_owned).collect();
        return Ok(found);
    }
    // `loc` stands in `url` and in `sitemap`; those of pictures and videos have other names.
    let (mut above, mut place): (Vec<String>, Option<String>) = (Vec::new(), None);
    walk(context, "the sitemap", &text, |met| {
        match met {
            Met::Start(name, _) => {
                if name == "loc" {
                    place = Some(String::new());
                }
                above.push(name.to_owned());
            }
            Met::Text(text) => {
                if let Some(place) = &mut place {
                    place.push_str(text);
                }
            }
            Met::End(_) => {
                above.pop();
                if let Some(address) = place.take() {
                    let address = address.trim().to_owned();
                    let list = match above.last().map(String::as_str) {
                        Some("url") => &mut found.pages,
                        Some("sitemap") => &mut found.sitemaps,
                        _ => return Ok(()),
                    };
                    if list.len() < MAXIMUM_ADDRESSES && !address.is_empty() {
                        list.push(address);
                    }
                }
            }
        }
        Ok(())
    })?;
    Ok(found)
}
