//! What does a file hold, by its content type and its name?

/// What a file holds, by its content type and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    Prose,
    Page,
    /// PDF, Word, mail or a feed: it has to be read first.
    Paper,
    Source,
    Archive,
    /// JSON that may be records, a model, data or an OpenAPI document.
    Data,
    Picture,
    Recording,
    Unknown,
}

pub(crate) fn form_of(media_type: Option<&str>, file: Option<&str>) -> Form {
    let ending = file.and_then(|file| file.rsplit_once('.')).map(|(_, ending)| ending.to_lowercase());
    let by_name = ending.as_deref().map(|ending| match ending {
        "csv" | "tsv" | "parquet" | "ndjson" | "jsonl" => Form::Table,
        "txt" | "md" | "markdown" | "log" => Form::Prose,
        "html" | "htm" => Form::Page,
        "pdf" | "docx" | "eml" | "xml" | "rss" | "atom" => Form::Paper,
        "py" | "rs" | "go" | "java" | "js" | "ts" | "tsx" | "jsx" | "mjs" => Form::Source,
        "zip" => Form::Archive,
        "json" | "yaml" | "yml" => Form::Data,
        "wav" | "mp3" | "ogg" | "m4a" | "mp4" | "mov" => Form::Recording,
        "png" | "jpg" | "jpeg" | "svg" | "gif" => Form::Picture,
        "lock" | "toml" | "sum" | "mod" => Form::Source,
        _ => Form::Unknown,
    });
    let media = media_type.unwrap_or_default().to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| media.contains(word));
    // What is said of the content weighs more than a name, where it says anything.
    let telling = has(&["csv", "tab-separated", "parquet", "ndjson", "pdf", "wordprocessing", "rfc822", "html", "audio/", "video/"]);
    if let Some(form) = by_name.filter(|form| !telling && *form != Form::Unknown) {
        return form;
    }
    if has(&["audio/", "video/"]) {
        return Form::Recording;
    }
    if has(&["csv", "tab-separated", "parquet", "ndjson", "jsonl"]) {
        Form::Table
    } else if has(&["pdf", "wordprocessing", "rfc822", "rss", "atom", "/xml"]) {
        Form::Paper
    } else if has(&["html"]) {
        Form::Page
    } else if has(&["zip"]) {
        Form::Archive
    } else if has(&["x-python", "x-rust", "x-go", "java", "typescript", "x-source"]) {
        Form::Source
    } else if has(&["json", "yaml"]) {
        Form::Data
    } else if media.starts_with("image/") {
        Form::Picture
    } else if media.starts_with("text/") {
        Form::Prose
    } else {
        Form::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_first() {
        assert_eq!(form_of(Some("text/plain"), Some("a.csv")), Form::Table);
        assert_eq!(form_of(Some("application/pdf"), None), Form::Paper);
        assert_eq!(form_of(None, None), Form::Unknown);
    }
}
