//! What does a PDF say? Its text page by page. A page that the library cannot read costs that page, not the document.

use std::collections::BTreeMap;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

use baton_agents_runtime::{Context, SkillError};
use baton_domain::problem::Code;
use flate2::read::ZlibDecoder;
use pdf_extract::content::{Content, Operation};
use pdf_extract::{Dictionary, Document as Pdf, Object, ObjectId, PlainTextOutput, decode_text_string, output_doc_page};
use serde_json::json;

use super::{Document, MAXIMUM_TEXT_BYTES, Parsed, excessive, unfit};

/// The most pages of a PDF; further ones are left out.
pub const MAXIMUM_PDF_PAGES: usize = 2_000;
/// The most bytes that the streams of a PDF unpack to, pictures aside.
const MAXIMUM_UNPACKED_BYTES: u64 = 256 << 20;

pub(super) fn read(context: &Context, document: &Document) -> Result<Parsed, SkillError> {
    let name = document.name.as_str();
    let damaged = |what: &str| unfit(format!("{name} cannot be read as a PDF: {what}"));
    let start = document.bytes.windows(5).position(|window| window == b"%PDF-").unwrap_or(0);
    let bytes = document.bytes.get(start..).unwrap_or_default();
    let loaded = catch_unwind(AssertUnwindSafe(|| Pdf::load_mem(bytes))).map_err(|_| damaged("it is malformed"))?;
    let mut pdf = loaded.map_err(|error| damaged(&error.to_string()))?;
    if pdf.is_encrypted() {
        // Most protected files only forbid printing or copying and open with the empty password.
        let opened = catch_unwind(AssertUnwindSafe(|| pdf.decrypt("").is_ok())).unwrap_or(false);
        if !opened {
            let advice = "it opens with a password only; save it without one";
            return Err(SkillError::new(Code::DocumentLocked, format!("{name}: {advice}")));
        }
    }
    measure(context, name, &pdf)?;
    let mut parsed = Parsed::of("pdf");
    properties(&pdf, &mut parsed);
    let pages = catch_unwind(AssertUnwindSafe(|| pdf.get_pages())).map_err(|_| damaged("its pages are malformed"))?;
    if pages.is_empty() {
        return Err(damaged("it has no page"));
    }
    mend(context, &mut pdf, &pages)?;
    parsed.fact("pages", Some(pages.len()));
    let (mut text, mut broken) = (String::new(), Vec::new());
    for (at, number) in pages.keys().take(MAXIMUM_PDF_PAGES).enumerate() {
        context.check()?;
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        context.progress(0.4 + 0.4 * at as f64 / pages.len() as f64, format!("page {number} of {}", pages.len()));
        let mut page = String::new();
        let read = catch_unwind(AssertUnwindSafe(|| output_doc_page(&pdf, &mut PlainTextOutput::new(&mut page), *number).is_ok()));
        if !read.unwrap_or(false) {
            broken.push(number.to_string());
        }
        let page = tidied(&page);
        parsed.records.push(&json!({"page": number, "text": page}))?;
        text.push_str(&page);
        text.push_str("\n\n");
        if text.len() > MAXIMUM_TEXT_BYTES {
            break;
        }
    }
    if pages.len() > MAXIMUM_PDF_PAGES {
        parsed.notes.push(format!("of {} pages the first {MAXIMUM_PDF_PAGES} were read", pages.len()));
    }
    if broken.len() == parsed.records.count() {
        return Err(damaged("none of its pages can be read"));
    }
    if !broken.is_empty() {
        broken.truncate(20);
        parsed.notes.push(format!("pages that could not be read, or not to their end: {}", broken.join(", ")));
    }
    let text = text.trim().to_owned();
    if text.is_empty() {
        parsed.notes.push("the pages hold no text; they may be pictures, as of a scanner".to_owned());
    }
    parsed.text = Some(text);
    Ok(parsed)
}

/// Whether what the streams unpack to stays within bounds: a megabyte of zeros takes a kilobyte, and that may be packed again.
fn measure(context: &Context, name: &str, pdf: &Pdf) -> Result<(), SkillError> {
    let mut left = MAXIMUM_UNPACKED_BYTES;
    for object in pdf.objects.values() {
        context.check()?;
        let Object::Stream(stream) = object else { continue };
        let is = |key: &[u8], wanted: &[u8]| stream.dict.get(key).and_then(Object::as_name).is_ok_and(|name| name == wanted);
        let filters = match stream.dict.get(b"Filter") {
            Ok(Object::Name(name)) => vec![name.as_slice()],
            Ok(Object::Array(names)) => names.iter().filter_map(|name| name.as_name().ok()).collect(),
            _ => continue,
        };
        if is(b"Subtype", b"Image") || filters.first() != Some(&b"FlateDecode".as_slice()) {
            continue;
        }
        if filters.iter().filter(|filter| **filter == b"FlateDecode").count() > 1 {
            return Err(excessive(format!("{name} has a stream that is packed several times over")));
        }
        let mut unpacked = ZlibDecoder::new(stream.content.as_slice()).take(left + 1);
        // A stream that is cut gives what it has; the reader of the page meets that again.
        let mut piece = vec![0; 64 << 10];
        while let Ok(length @ 1..) = unpacked.read(&mut piece) {
            left = left
                .checked_sub(length as u64)
                .ok_or_else(|| excessive(format!("the streams of {name} unpack to more than {MAXIMUM_UNPACKED_BYTES} bytes")))?;
            context.check()?;
        }
    }
    Ok(())
}

/// Writes two operators in longer words: the library does not know `'` and `"`, which begin a line and show text, and would lose that
/// text without a word (ISO 32000-1, table 109 says what they stand for).
fn mend(context: &Context, pdf: &mut Pdf, pages: &BTreeMap<u32, ObjectId>) -> Result<(), SkillError> {
    let mut contents: Vec<ObjectId> = pages.values().flat_map(|page| pdf.get_page_contents(*page)).collect();
    let is_form = |object: &Object| {
        object.as_stream().is_ok_and(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form"))
    };
    contents.extend(pdf.objects.iter().filter(|(_, object)| is_form(object)).map(|(id, _)| *id));
    for id in contents {
        context.check()?;
        let Ok(stream) = pdf.get_object(id).and_then(Object::as_stream) else { continue };
        let written = catch_unwind(AssertUnwindSafe(|| {
            let plain = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
            if !plain.iter().any(|byte| matches!(byte, b'\'' | b'"')) {
                return None;
            }
            let content = Content::decode(&plain).ok()?;
            let short = |operation: &Operation| matches!(operation.operator.as_str(), "'" | "\"");
            content
                .operations
                .iter()
                .any(short)
                .then(|| Content { operations: content.operations.into_iter().flat_map(longer).collect::<Vec<_>>() }.encode().ok())?
        }));
        if let (Ok(Some(bytes)), Ok(stream)) = (written, pdf.get_object_mut(id).and_then(Object::as_stream_mut)) {
            stream.set_plain_content(bytes);
        }
    }
    Ok(())
}

fn longer(mut operation: Operation) -> Vec<Operation> {
    let line = || Operation::new("T*", Vec::new());
    match (operation.operator.as_str(), operation.operands.len()) {
        ("'", _) => vec![line(), Operation::new("Tj", operation.operands)],
        ("\"", 3) => {
            let text = operation.operands.split_off(2);
            let characters = operation.operands.split_off(1);
            vec![Operation::new("Tw", operation.operands), Operation::new("Tc", characters), line(), Operation::new("Tj", text)]
        }
        _ => vec![operation],
    }
}

fn properties(pdf: &Pdf, parsed: &mut Parsed) {
    let info: Option<&Dictionary> = pdf.trailer.get(b"Info").ok().and_then(|info| match info {
        Object::Reference(id) => pdf.get_dictionary(*id).ok(),
        other => other.as_dict().ok(),
    });
    let Some(info) = info else { return };
    let text = |key: &[u8]| {
        let text = info.get(key).ok().and_then(|value| decode_text_string(value).ok())?;
        Some(crate::page::tidy(std::iter::once(text.as_str()))).filter(|text| !text.is_empty())
    };
    parsed.title = text(b"Title");
    for (name, key) in [("author", "Author"), ("subject", "Subject"), ("keywords", "Keywords"), ("creator", "Creator")] {
        parsed.fact(name, text(key.as_bytes()));
    }
    for (name, key) in [("created", "CreationDate"), ("modified", "ModDate")] {
        parsed.fact(name, text(key.as_bytes()).map(|date| time(&date).unwrap_or(date)));
    }
}

/// `D:20221014120000+02'00'` as ISO 8601 has it.
fn time(date: &str) -> Option<String> {
    let digits = date.strip_prefix("D:")?;
    let part = |from: usize, to: usize| digits.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (Some(hour), Some(minute)) = (part(8, 10), part(10, 12)) else { return Some(format!("{year}-{month}-{day}")) };
    let second = part(12, 14).unwrap_or("00");
    let zone = digits.get(14..).unwrap_or_default().replace('\'', "");
    let zone = match zone.as_bytes() {
        [b'+' | b'-', a, b, rest @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => {
            let minutes = std::str::from_utf8(rest).ok().filter(|rest| rest.len() == 2).unwrap_or("00");
            format!("{}:{minutes}", &zone[..3])
        }
        [b'Z', ..] => "Z".to_owned(),
        _ => String::new(),
    };
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"))
}

/// Lines without white space at their ends, and at most one empty line in a row.
fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 && !(out.is_empty() && line.is_empty()) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn dates_of_pdf_are_read() {
        for (date, iso) in [
            ("D:20221014120000+02'00'", Some("2022-10-14T12:00:00+02:00")),
            ("D:20221014120000Z", Some("2022-10-14T12:00:00Z")),
            ("D:199812231952-08'00", Some("1998-12-23T19:52:00")),
            ("D:19981223", Some("1998-12-23")),
            ("D:1998é", None),
            ("yesterday", None),
        ] {
            assert_eq!(time(date).as_deref(), iso, "{date}");
        }
    }
}
