//! Are PDFs such that other programs read them, with their text, their pages and their links?
use std::process::Command;

use crate::harness::perform;
use baton_agents_documentation::{Documentation, RENDER};
use serde_json::{Value, json};

/// The PDF that a Markdown text becomes, and the notes about it.
fn pdf(markdown: &str) -> (Vec<u8>, Value) {
    let input = json!({"template": "{{ text | markdown }}", "data": {"text": markdown, "title": "Übersicht"}, "files": ["pdf"]});
    let ended = perform(Documentation::default(), RENDER, input);
    let bytes = ended.stored.iter().find(|(name, ..)| name.ends_with(".pdf")).unwrap_or_else(|| panic!("{:?}", ended.message())).2.clone();
    (bytes, ended.value()["notes"].clone())
}

/// What poppler's tool reads; nothing where it is not installed.
fn tool(name: &str, arguments: &[&str], bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, bytes).unwrap();
    let mut all = vec![path.to_str().unwrap()];
    all.extend(arguments);
    match Command::new(name).args(&all).output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && errors.is_empty(), "{name}: {errors}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(_) => {
            println!("skipped: {name} is not installed (Debian: poppler-utils)");
            None
        }
    }
}

const TEXT: &str = "# Übersicht Ωμέγα Київ\n\nA **bold**, *italic* and `code` word, ~~struck~~, with a [link](https://example.org/a?b=1&c=2).\n\n\
                    ## Lists\n\n1. first\n2. second\n   - nested `x`\n\n> A quote that says something.\n\n```rust\nfn main() {\n    run();\n}\n```\n\n\
                    | Name | Amount |\n| --- | ---: |\n| Łódź | 1,234.50 |\n| Straße | 7 |\n\n---\n\nLast words: fi ffl — “quoted” … €5\n";

#[test]
fn the_text_of_a_pdf_is_the_text_of_its_document() {
    let (bytes, notes) = pdf(TEXT);
    assert!(bytes.starts_with(b"%PDF-"));
    assert_eq!(notes, json!([]));
    if let Some(text) = tool("pdftotext", &["-layout", "-"], &bytes) {
        for part in [
            "Übersicht Ωμέγα Київ",
            "A bold, italic and code word, struck, with a link.",
            "1. first",
            "• nested x",
            "A quote that says something.",
            "    run();",
            "Łódź",
            "1,234.50",
            "Straße",
            "fi ffl — “quoted” … €5",
            "1 / 1",
        ] {
            assert!(text.contains(part) || text.replace(' ', "").contains(&part.replace(' ', "")), "{part:?} is not in\n{text}");
        }
    }
    if let Some(info) = tool("pdfinfo", &[], &bytes) {
        assert!(info.contains("Übersicht") && info.contains("A4"), "{info}");
    }
    if let Some(fonts) = tool("pdffonts", &[], &bytes) {
        // Each font is within the file, in part, and its text can be copied.
        let rows: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(rows.len() >= 3 && rows.iter().all(|row| row.contains("yes yes yes")), "{fonts}");
    }
    assert!(bytes.len() < 120_000, "{}", bytes.len());
    if let Some(folder) = option_env!("BATON_PDFS") {
        std::fs::write(format!("{folder}/text.pdf"), &bytes).unwrap();
    }
}

#[test]
fn long_documents_have_many_pages_and_repeat_the_heads_of_tables() {
    let rows: String = (0..400).map(|row| format!("| row {row} | {} |\n", row * 7)).collect();
    let paragraphs: String =
        (0..120).map(|number| format!("Paragraph {number}: {}\n\n", "several words that fill a line ".repeat(9))).collect();
    let (bytes, _) = pdf(&format!("# Long\n\n{paragraphs}\n\n| Name | Sevenfold |\n| --- | ---: |\n{rows}"));
    if let Some(folder) = option_env!("BATON_PDFS") {
        std::fs::write(format!("{folder}/long.pdf"), &bytes).unwrap();
    }
    let Some(text) = tool("pdftotext", &["-layout", "-"], &bytes) else { return };
    let pages = text.matches('\u{c}').count();
    assert!((15..40).contains(&pages), "{pages}");
    assert!(text.replace(' ', "").contains(&format!("{pages}/{pages}")));
    assert!(text.matches("Sevenfold").count() >= 6);
    for number in 0..120 {
        assert!(text.contains(&format!("Paragraph {number}:")), "{number}");
    }
    let close = text.replace(' ', "");
    for row in 0..400 {
        assert!(close.contains(&format!("row{row}{}\n", row * 7)), "{row}");
    }
}

#[test]
fn nothing_leaves_the_page() {
    let long = "W".repeat(3_000);
    let cells = (0..14).map(|_| "a cell with averyverylongwordthatdoesnotfit |").collect::<String>();
    let wide = format!("| {} \n| {} \n| {cells}\n", "head |".repeat(14), "--- |".repeat(14));
    let deep = (0..30).map(|depth| format!("{}- deep\n", "  ".repeat(depth))).collect::<String>();
    let tall = format!("| a |\n| --- |\n| {} |\n", "tall cell ".repeat(4_000));
    let (bytes, _) =
        pdf(&format!("# {long}\n\n{long}\n\n`{long}`\n\n```\n{long}\n```\n\n{wide}\n\n{deep}\n\n{tall}\n\n> > > > > > > > quoted\n"));
    let Some(boxes) = tool("pdftotext", &["-bbox", "-"], &bytes) else { return };
    let mut words = 0;
    for word in boxes.lines().filter(|line| line.contains("<word ")) {
        let number = |name: &str| word.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap();
        assert!(number("xMin") >= 40.0 && number("xMax") <= 556.0 && number("yMin") >= 30.0 && number("yMax") <= 830.0, "{word}");
        words += 1;
    }
    assert!(words > 8_000, "{words}");
}

#[test]
fn characters_without_a_font_are_boxes_and_a_note_names_them() {
    let (bytes, notes) = pdf("漢字 and text 🙂 combining e\u{301}, zero\u{200b}width");
    assert!(notes[0].as_str().unwrap().contains('漢'), "{notes}");
    if let Some(text) = tool("pdftotext", &["-"], &bytes) {
        assert!(text.contains("□□ and text □ combining e\u{301}, zerowidth"), "{text}");
    }
}

#[test]
fn too_many_pages_are_refused() {
    let input = json!({"template": "{% for i in range(19000) %}line {{ i }}\n\n{% endfor %}", "files": ["pdf"]});
    assert_eq!(perform(Documentation::default(), RENDER, input).code(), "DOC-005");
}
