//! What does a page say of its article: its title as it stands there, and when it was published?

use scraper::{ElementRef, Html, Selector};

use super::names;
use crate::page;

/// The names of `meta` elements that give the time of publication, the surest first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "originalpublicationdate",
    "pubdate",
    "publishdate",
    "publish_date",
    "publication_date",
    "displaydate",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date",
    "date",
];
/// The longest text that is read as a date, in bytes.
const DATE_BYTES: usize = 120;

/// The title: the page's heading if the document's title holds it, else what was guessed from the document's title.
pub(super) fn title(html: &Html, guessed: &str) -> String {
    let document = bare(&first(html, "title").map(page::text).unwrap_or_default());
    let guess = bare(guessed);
    let heading = select(html, "h1").find_map(|heading| {
        let text = page::text(heading);
        let text = text.trim_end_matches(['¶', '#', '§', ' ']);
        let bare_text = bare(text);
        if bare_text.is_empty() || !document.contains(&bare_text) {
            return None;
        }
        // A shorter one is the title without the site's name if it stands first, unless it is the site's name that leads home.
        let whole = bare_text.len() >= guess.len();
        let leads = Selector::parse("a[href]").is_ok_and(|link| heading.select(&link).any(|link| bare(&page::text(link)) == bare_text));
        (whole || document.starts_with(&bare_text) && !leads).then(|| text.to_owned())
    });
    heading.unwrap_or_else(|| guessed.to_owned())
}

/// Letters and digits in lower case: what two ways of writing a title share.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// When the article was published, as the page writes it: from its `meta` and `time` elements, or a day that stands in an element
/// which is named as a date.
pub(super) fn published(html: &Html) -> Option<String> {
    let metas: Vec<(String, &str)> = select(html, "meta[content]")
        .filter_map(|meta| {
            let name = meta.attr("property").or_else(|| meta.attr("name")).or_else(|| meta.attr("itemprop"))?;
            Some((name.trim().trim_start_matches("rnews:").to_ascii_lowercase(), meta.attr("content")?))
        })
        .collect();
    let meta = PUBLISHED.iter().find_map(|known| {
        let (_, content) = metas.iter().find(|(name, content)| name == known && day(content).is_some())?;
        Some((*content).to_owned())
    });
    let time = || {
        let named = select(html, "[itemprop=datePublished]")
            .chain(select(html, "time[pubdate]"))
            .chain(select(html, "article time, main time, time"));
        named.filter_map(|time| time.attr("datetime").or_else(|| time.attr("content"))).find(|text| day(text).is_some()).map(str::to_owned)
    };
    meta.or_else(time).or_else(|| seen(html))
}

/// A day in an element that is named as a date.
fn seen(html: &Html) -> Option<String> {
    let named = select(html, "[class*=date], [class*=time], [class*=pub], [id*=date], [id*=pub], [class*=info], [class*=source]");
    named.filter(|element| !names::surely_frames(&element.attr("class").unwrap_or_default().to_ascii_lowercase())).find_map(|element| {
        let text = page::text(element);
        (text.len() <= DATE_BYTES).then(|| day(&text)).flatten()
    })
}

/// The first day that a text writes with its year first (2024-05-06, 2024/5/6, 2024年5月6日), as ISO 8601.
fn day(text: &str) -> Option<String> {
    let numbers: Vec<(usize, &str)> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| (digits.as_ptr() as usize - text.as_ptr() as usize, digits))
        .collect();
    numbers.windows(3).find_map(|three| {
        let [(at, year), (middle, month), (last, date)] = three else { return None };
        let close = middle - (at + year.len()) <= 3 && last - (middle + month.len()) <= 3;
        let separated = [&text[at + year.len()..*middle], &text[middle + month.len()..*last]];
        let separated = separated.iter().all(|between| ["-", "/", ".", "年", "月"].contains(between));
        let (y, m, d) = (year.parse::<u16>().ok()?, month.parse::<u8>().ok()?, date.parse::<u8>().ok()?);
        let real = year.len() == 4 && (1990..2100).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d);
        (close && separated && real).then(|| format!("{y:04}-{m:02}-{d:02}"))
    })
}

fn first<'a>(html: &'a Html, selector: &str) -> Option<ElementRef<'a>> {
    select(html, selector).next()
}

fn select<'a>(html: &'a Html, selector: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let found: Vec<_> = Selector::parse(selector).map(|selector| html.select(&selector).collect()).unwrap_or_default();
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_with_its_year_first() {
        let written = ["2024-05-06T07:08:09Z", "on 2024/5/6 12:00", "发布日期：2024年5月6日", "2024.05.06"];
        assert!(written.iter().all(|text| day(text).as_deref() == Some("2024-05-06")));
        assert!(["", "2024", "06-05-2024", "2024-13-01", "call 2024 555 12", "1024-05-06"].iter().all(|text| day(text).is_none()));
    }
}
