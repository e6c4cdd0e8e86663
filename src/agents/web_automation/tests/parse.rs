//! Whether `web_automation.parse` reads documents of every kind as they are, and ends those that are made to harm.

use std::io::Write;
use std::path::Path;

use crate::harness::{Ended, perform_on_file};
use crate::web::{answer, on_port, serve};
use baton_agents_web_automation::{
    MAXIMUM_ATTACHMENTS, MAXIMUM_DOCUMENT_BYTES, MAXIMUM_ENTRIES, MAXIMUM_ITEM_DEPTH, MAXIMUM_ITEMS, MAXIMUM_MEMBERS, MAXIMUM_PARAGRAPHS,
    PARSE, WebAutomation,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(bytes: &[u8], input: Value) -> Ended {
    perform_on_file(WebAutomation::default(), PARSE, input, "document", bytes)
}

fn of(bytes: &[u8]) -> Value {
    parse(bytes, json!({})).value()
}

fn reference(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)).unwrap()
}

/// A zip archive of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn word(body: &str) -> Vec<u8> {
    let text = format!("<w:document xmlns:w='w' xmlns:r='r'><w:body>{body}</w:body></w:document>");
    archive(&[("word/document.xml", text.as_bytes())])
}

#[test]
fn rss_is_read() {
    let feed = r#"<?xml version="1.0" encoding="iso-8859-1"?>
        <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News &amp; more</title><link>https://example.org/</link>
        <description>All</description><language>en</language><ttl>60</ttl>
        <item><title>One &lt;b&gt;bold&lt;/b&gt;</title><link>https://example.org/1</link><guid>id-1</guid>
        <pubDate>Tue, 03 Nov 2026 10:15:00 +0100</pubDate><dc:creator>Ann</dc:creator><category>a</category><category>b</category>
        <description><![CDATA[<p>First.</p><p>Second &eacute;.</p><script>x</script>]]></description>
        <enclosure url="https://example.org/1.mp3" type="audio/mpeg" length="9"/></item>
        <item><title>Caf"#;
    let mut bytes = feed.as_bytes().to_vec();
    bytes.extend_from_slice(b"\xe9</title><link>https://example.org/2</link></item></channel></rss>");
    let result = of(&bytes);
    assert_eq!((&result["kind"], &result["title"], &result["count"]), (&json!("feed"), &json!("News & more"), &json!(2)));
    assert_eq!((&result["facts"]["minutes_to_live"], &result["facts"]["language"]), (&json!(60), &json!("en")));
    let first = &result["records"][0];
    assert_eq!((&first["id"], &first["title"], &first["url"]), (&json!("id-1"), &json!("One bold"), &json!("https://example.org/1")));
    assert_eq!((&first["published"], &first["categories"]), (&json!("2026-11-03T09:15:00+00:00"), &json!("a, b")));
    assert_eq!((&first["summary"], &first["enclosures"]), (&json!("First. Second é."), &json!("https://example.org/1.mp3")));
    assert_eq!(result["records"][1]["title"], "Café");
}

#[test]
fn atom_and_json_feeds_are_read_alike() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>f</id><updated>2026-11-03T09:15:00Z</updated>
        <entry><id>e1</id><title type="html">A &amp;amp; B</title><link rel="self" href="https://example.org/self"/>
        <link href="https://example.org/e1"/><updated>2026-11-03T09:15:00Z</updated><author><name>Ann</name></author>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Body</p></div></content></entry></feed>"#;
    let json_feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [
        {"id": "e1", "title": "A & B", "url": "https://example.org/e1", "content_text": "Body", "date_published": "2026-11-03T09:15:00Z"}
    ]});
    for (name, bytes) in [("atom", atom.as_bytes().to_vec()), ("json", json_feed.to_string().into_bytes())] {
        let result = of(&bytes);
        let entry = &result["records"][0];
        assert_eq!(
            (&entry["id"], &entry["title"], &entry["url"]),
            (&json!("e1"), &json!("A & B"), &json!("https://example.org/e1")),
            "{name}"
        );
        assert_eq!(entry["content"], "Body", "{name}");
        assert!(result["facts"]["format"].as_str().unwrap().starts_with(name), "{result}");
    }
}

#[test]
fn structured_data_of_a_page_is_read() {
    // The second item is the example of the HTML standard's section on microdata, with its name moved out by itemref.
    let page = r#"<!doctype html><html lang="en"><title>Shop</title><link rel="canonical" href="/p/7">
        <meta name="description" content=" A  thing "><meta property="og:image" content="/i.png"><meta name="viewport" content="x">
        <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Product", "name": "Thing", "offers": {"price": 3}}</script>
        <script type="application/ld+json">//<![CDATA[
          {"@context": "https://schema.org", "@graph": [{"@type": ["Person", "X"], "name": "line
          break"}, {"@type": "http://schema.org/Place"}]};
        //]]></script>
        <script type="application/ld+json">{"broken": </script>
        <div itemscope itemid="urn:isbn:0-330-34032-8" itemtype="http://vocab.example.net/book https://example.org/b" itemref="name">
          <time itemprop="pubdate" datetime="1996-01-26">26 January</time><img itemprop="image" src="a.png"><meta itemprop="n" content="5">
          <div itemprop="author" itemscope><b itemprop="name">Peter</b></div><a itemprop="url n" href="/x">y</a><data itemprop="v" value="9">nine</data>
        </div>
        <p id="name">Called <b itemprop="name">The  Reality</b></p><body><p>Seen</p>"#;
    let port = serve(vec![("/shop/page", answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", page.as_bytes()))]);
    let result = on_port(PARSE, port, "/shop/page", json!({"kind": "page"})).value();
    let base = format!("http://127.0.0.1:{port}");
    assert_eq!((&result["title"], &result["facts"]["canonical"]), (&json!("Shop"), &json!(format!("{base}/p/7"))));
    assert_eq!((&result["facts"]["description"], &result["facts"]["og:image"]), (&json!("A thing"), &json!("/i.png")));
    assert!(result["facts"].get("viewport").is_none());
    let kinds: Vec<&str> = result["records"].as_array().unwrap().iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Product", "Person", "Place", "book"]);
    assert_eq!(result["records"][0]["data"]["offers"]["price"], 3);
    let item = &result["records"][3]["data"];
    assert_eq!(item["id"], "urn:isbn:0-330-34032-8");
    let properties = json!({
        "pubdate": ["1996-01-26"], "image": [format!("{base}/shop/a.png")], "n": ["5", format!("{base}/x")],
        "author": [{"properties": {"name": ["Peter"]}}], "url": [format!("{base}/x")], "v": ["9"], "name": ["The Reality"]
    });
    assert_eq!(item["properties"], properties);
    assert_eq!(result["notes"], json!(["1 blocks of JSON-LD do not read as JSON"]));
}

#[test]
fn a_word_document_is_read() {
    let result = of(&reference("report.docx"));
    assert_eq!(
        (&result["kind"], &result["title"], &result["facts"]["creator"]),
        (&json!("docx"), &json!("Support in autumn"), &json!("M. Laurent"))
    );
    let markdown = result["markdown"].as_str().unwrap();
    let expected = "# Support in autumn\n\n# Summary\n\nTickets rose by **12 %**, as \\[expected\\]; *much* more \\* than before.\n\n- One product\n- Two causes\n   - The sign-in\n";
    assert!(markdown.starts_with(expected), "{markdown}");
    assert!(markdown.contains("## Steps\n\n1. Mend it\n2. Tell them\n"), "{markdown}");
    assert!(markdown.contains("| Cause | Tickets |\n| --- | --- |\n| Sign-in \\| SSO | 1310 |\n| Invoices | 890 |\n"), "{markdown}");
    assert!(markdown.contains("| wide |  | narrow |"), "{markdown}");
    assert!(markdown.ends_with("Ünïcode – 数据 & \\<tags>"), "{markdown}");
    let text = result["text"].as_str().unwrap();
    assert!(text.contains("Tickets rose by 12 %, as [expected]; much more * than before.\n") && text.contains("Invoices\t890\n"), "{text}");
    assert_eq!(result["records"][1], json!({"kind": "heading", "level": 1, "text": "Summary"}));
}

#[test]
fn what_word_hides_is_not_read() {
    let body = "<w:p><w:r><w:t>a</w:t><w:tab/><w:t xml:space='preserve'> b</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del>\
        <w:ins><w:r><w:t>new</w:t><w:br/></w:r></w:ins><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>\
        <w:p><w:r><w:t>outer </w:t><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
        <mc:Fallback><w:p><w:r><w:t>twice</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent><w:t>end</w:t></w:r></w:p>";
    assert_eq!(of(&word(body))["text"], "a\t bnew\nbox\nouter end");
}

#[test]
fn a_pdf_is_read_page_by_page() {
    let result = of(&reference("report.pdf"));
    assert_eq!((&result["kind"], &result["title"], &result["facts"]["pages"]), (&json!("pdf"), &json!("Support in autumn"), &json!(2)));
    let page = |number: usize| result["records"][number]["text"].as_str().unwrap();
    assert!(page(0).contains("Tickets rose by 12 %, and the first answer came faster."), "{}", page(0));
    assert!(page(0).contains("1310") && !page(0).contains("second page"));
    assert_eq!(page(1), "The second page says something else.");
    // Some mail gateways put lines before it.
    let mut late = b"\n\nX: y\n".to_vec();
    late.extend(reference("report.pdf"));
    assert_eq!(parse(&late, json!({"kind": "pdf"})).value()["facts"]["pages"], 2);
    assert_eq!(parse(&reference("locked.pdf"), json!({})).code(), "WEB-018");
}

#[test]
fn a_message_is_read_with_what_is_attached() {
    let message = reference("message.eml");
    for bytes in [message.clone(), [b"From zoe@example.org Tue Nov  3 10:15:00 2026\r\n", message.as_slice()].concat()] {
        let ended = parse(&bytes, json!({}));
        let files: Vec<(String, String)> = ended.stored.iter().map(|(name, kind, _)| (name.clone(), kind.clone())).collect();
        let known = [("Zahlen für Zoë.csv", "text/csv"), ("passwd", "application/octet-stream"), ("attachment-3.eml", "message/rfc822")];
        assert_eq!(files, known.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
        assert_eq!(ended.stored[1].2, [0, 1, 2]);
        assert!(String::from_utf8_lossy(&ended.stored[2].2).contains("Within another."));
        let result = ended.value();
        assert_eq!((&result["kind"], &result["title"]), (&json!("mail"), &json!("Quartalszahlen für Müller & Söhne – 第三季度")));
        assert_eq!(result["text"], "Guten Tag,\n\nanbei die Zahlen. Grüße");
        let facts = &result["facts"];
        assert_eq!(facts["from"], json!(["Zoë Müller <zoe@example.org>"]));
        assert_eq!(facts["to"], json!(["Ann <ann@example.org>", "bob@example.org"]));
        assert_eq!(
            (&facts["date"], &facts["references"]),
            (&json!("2026-11-03T10:15:00+01:00"), &json!(["a@example.org", "b@example.org"]))
        );
        assert_eq!((result["count"].as_u64(), result["files"].as_array().unwrap().len()), (Some(3), 3));
    }
    let html =
        b"From: a@example.org\nTo: b@example.org\nContent-Type: text/html; charset=iso-8859-1\n\n<style>x</style><p>caf\xe9</p><p>2</p>";
    assert_eq!(of(html)["text"], "café 2");
}

#[test]
fn other_kinds_are_named() {
    for (bytes, what) in [
        (&b""[..], "empty"),
        (b"just text, 1 < 2", "plain text"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xd0\xcf\x11\xe0\xa1", "before 2007"),
        (b"{\"a\": 1}", "no JSON Feed"),
        (b"<?xml version='1.0'?><svg/>", "svg"),
        (&archive(&[("xl/workbook.xml", b"<a/>")]), "Excel"),
        (&archive(&[("a.txt", b"x")]), "zip archive"),
    ] {
        let ended = parse(bytes, json!({}));
        assert!(ended.code() == "WEB-015" && ended.message().contains(what), "{what}: {}", ended.message());
    }
    for (bytes, code) in [
        (&b"%PDF-1.4 nothing more"[..], "WEB-016"),
        (b"PK\x03\x04 cut", "WEB-015"),
        (&word("<w:p><w:r>"), "WEB-016"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel><item></channel></rss>", "WEB-016"),
        (b"<rss version='2.0'><channel><title>x", "WEB-016"),
        (b"<feed", "WEB-016"),
    ] {
        assert_eq!(parse(bytes, json!({})).code(), code, "{}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(parse(&reference("report.pdf"), json!({"kind": "feed"})).code(), "WEB-016");
}

#[test]
fn what_is_made_to_harm_ends_within_bounds() {
    let began = std::time::Instant::now();
    // A member of 65 MiB that takes 64 KiB; and nesting that no document has.
    let zeros = vec![b' '; 65 << 20];
    assert_eq!(parse(&archive(&[("word/document.xml", &zeros)]), json!({})).code(), "WEB-017");
    assert_eq!(parse(&word(&"<w:p>".repeat(100_000)), json!({})).code(), "WEB-017");
    let deep = format!("<rss version='2.0'>{}", "<channel>".repeat(100_000));
    assert_eq!(parse(deep.as_bytes(), json!({})).code(), "WEB-017");
    let page = format!("<html>{}", "<div>".repeat(100_000));
    assert_eq!(parse(page.as_bytes(), json!({})).code(), "WEB-011");
    // Entities that unfold to gigabytes are not unfolded.
    let mut laughs = "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a0 'ha'>".to_owned();
    for level in 1..40 {
        laughs.push_str(&format!("<!ENTITY a{level} '&a{};&a{};'>", level - 1, level - 1));
    }
    laughs.push_str("]><rss version='2.0'><channel><title>&a39;</title><item><title>x &a39; &amp; y</title></item></channel></rss>");
    let ended = parse(laughs.as_bytes(), json!({}));
    match &ended.result {
        Ok(value) => assert!(value.to_string().len() < 2_000, "{value}"),
        Err(failure) => assert_eq!(failure.code, "WEB-016", "{}", failure.message),
    }
    let outside = "<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel><title>&x;</title></channel></rss>";
    assert!(!format!("{:?}", parse(outside.as_bytes(), json!({})).result).contains("root:"));
    // Items of microdata that hold one another.
    let circle =
        "<div itemscope itemref=a></div><div id=a itemprop=x itemscope itemref=b></div><div id=b itemprop=y itemscope itemref=a></div>";
    assert!(of(format!("<html><body>{circle}").as_bytes()).to_string().contains("ERROR"));
    let wide =
        format!("<html><body>{}<div id=a>{}</div>", "<p itemscope itemref=a></p>".repeat(5_000), "<b itemprop=x>y</b>".repeat(1_000));
    assert_eq!(parse(wide.as_bytes(), json!({})).code(), "WEB-017");
    assert_eq!(parse(&vec![b'<'; usize::try_from(MAXIMUM_DOCUMENT_BYTES).unwrap() + 1], json!({})).code(), "WEB-017");
    // A stream of a PDF that unpacks to 300 MB.
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..300 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    assert_eq!(parse(&pdf(&packed.finish().unwrap(), "Resources<<>>"), json!({})).code(), "WEB-017");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn what_is_too_much_is_left_out_and_said() {
    let items = "<item><title>x</title><link>https://example.org/</link></item>".repeat(MAXIMUM_ENTRIES + 1);
    let feed = of(format!("<rss version='2.0'><channel><title>t</title>{items}</channel></rss>").as_bytes());
    assert_eq!((&feed["count"], feed["notes"].as_array().unwrap().len()), (&json!(MAXIMUM_ENTRIES), 1));
    let mut mail = "From: a@example.org\nTo: b@example.org\nContent-Type: multipart/mixed; boundary=x\n\n".to_owned();
    for number in 0..=MAXIMUM_ATTACHMENTS {
        mail.push_str(&format!("--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename={number}\n\ndata\n"));
    }
    let ended = parse(mail.as_bytes(), json!({}));
    assert_eq!(ended.stored.len(), MAXIMUM_ATTACHMENTS);
    let mail = ended.value();
    assert_eq!((&mail["count"], &mail["records"][MAXIMUM_ATTACHMENTS]["kept"]), (&json!(MAXIMUM_ATTACHMENTS + 1), &json!(false)));
    assert_eq!(parse(&word(&"<w:p/>".repeat(MAXIMUM_PARAGRAPHS + 1)), json!({})).code(), "WEB-017");
    let names: Vec<String> = (0..MAXIMUM_MEMBERS).map(|number| number.to_string()).collect();
    let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    members.push(("word/document.xml", b"<w:document/>"));
    assert_eq!(parse(&archive(&members), json!({})).code(), "WEB-017");
    let wide: String = (0..MAXIMUM_ITEMS + 10).map(|_| "<p itemscope></p>").collect();
    assert_eq!(of(format!("<html><body>{wide}").as_bytes())["count"], json!(MAXIMUM_ITEMS));
    let deep = format!("<html><body>{}", "<div itemscope itemprop=x>".repeat(MAXIMUM_ITEM_DEPTH + 2));
    assert_eq!(parse(deep.replacen(" itemprop=x", "", 1).as_bytes(), json!({})).code(), "WEB-017");
}

/// A PDF of one page whose packed content is this.
fn pdf(content: &[u8], resources: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/{resources}>>"),
        format!("<</Length {}/Filter/FlateDecode>>", content.len()),
    ]
    .iter()
    .enumerate()
    {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj{object}", number + 1).into_bytes());
        if number == 3 {
            bytes.extend(b"stream\n");
            bytes.extend(content);
            bytes.extend(b"\nendstream");
        }
        bytes.extend(b" endobj\n");
    }
    let table = bytes.len();
    bytes.extend(b"xref\n0 5\n0000000000 65535 f \n");
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    bytes.extend(format!("trailer<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF").into_bytes());
    bytes
}

#[test]
fn every_operator_that_shows_text_is_heard() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"BT /F1 12 Tf 14 TL 10 700 Td (one) Tj T* (two) Tj (three) ' 0 0 (four) \" [(fi) -20 (ve)] TJ ET").unwrap();
    let font = "Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>";
    let page = pdf(&packed.finish().unwrap(), font);
    let text = of(&page)["text"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.starts_with("one two three four") && text.contains("five"), "{text}");
}

#[test]
fn a_page_that_breaks_the_reader_costs_that_page() {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"BT /Missing 12 Tf (x) Tj ET").unwrap();
    let ended = parse(&pdf(&packed.finish().unwrap(), "Resources<<>>"), json!({}));
    assert!(ended.result.is_ok() || ended.code() == "WEB-016", "{:?}", ended.result);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn no_damage_makes_it_crash(which in 0_usize..3, place in any::<prop::sample::Index>(), with in proptest::collection::vec(any::<u8>(), 1..8), cut in any::<bool>()) {
        let mut bytes = reference(["report.docx", "report.pdf", "message.eml"][which]);
        let at = place.index(bytes.len());
        if cut {
            bytes.truncate(at);
        }
        for (offset, byte) in with.into_iter().enumerate() {
            if let Some(place) = bytes.get_mut(at + offset) {
                *place = byte;
            }
        }
        let ended = parse(&bytes, json!({}));
        if let Err(failure) = &ended.result {
            prop_assert!(failure.code.starts_with("WEB-0"), "{}: {}", failure.code, failure.message);
        }
    }
}
