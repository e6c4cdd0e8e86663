//! What does a whole HTML page look like, on a screen and on paper, without anything from elsewhere?

use crate::markdown::escape_html;

/// The page's look; the colours are the dashboard's.
const STYLE: &str = include_str!("page.css");

/// A page with this title around a body.
pub(crate) fn whole(title: &str, language: &str, body: &str) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\
         </main>\n</body>\n</html>\n",
        escape_html(language),
        escape_html(title)
    )
}
