//! How are pages, documents and APIs read?

use serde_json::{Map, Value as Json, json};

use super::numbers::beside;
use super::sources::{Need, is_paper};
use super::{Builder, Planned};
use crate::draft::literal;
use crate::given::Form;
use crate::values::{Value, What};
use crate::words::{Kind, Token};

impl Builder<'_> {
    pub(super) fn web(&mut self) -> Planned<()> {
        match self.now.capability {
            "fetch" => self.fetch(),
            "article" => {
                let page = self.page()?;
                let made = if is_paper(&self.values[page]) { self.parsed(page)? } else { self.article_of(page)? };
                self.shown(made);
                self.current = Some(made);
                Ok(())
            }
            "tables" => {
                let page = self.page()?;
                let made = self.table_of_page(page)?;
                self.shown(made);
                self.current = Some(made);
                Ok(())
            }
            "parse" => self.parse(),
            "extract" => self.extract(),
            "api_call" => self.api_call(),
            _ => self.look(),
        }
    }

    /// What was made is wanted for itself.
    fn shown(&mut self, made: usize) {
        if let Some(step) = self.values[made].step {
            self.steps[step].bridge = false;
        }
    }

    fn page(&mut self) -> Planned<usize> {
        let picked = self.pick(Need::Page, "a page", "Give the address of a page, or an HTML file.")?;
        match picked.as_slice() {
            [one] => Ok(*one),
            several => {
                // Several addresses are a list of them.
                let exprs: Vec<String> = several.iter().map(|place| self.values[*place].expr.clone()).collect();
                let mut value = Value::new(self.values[several[0]].what, format!("[{}]", exprs.join(", ")), "the pages");
                value.list = true;
                self.values.push(value);
                Ok(self.values.len() - 1)
            }
        }
    }

    fn fetch(&mut self) -> Planned<()> {
        let picked = self.pick(Need::Address, "an address", "Give the address with `https://`.")?;
        let place = picked[0];
        let address = self.values[place].place();
        let binary = [".csv", ".tsv", ".pdf", ".zip", ".parquet", ".docx", ".ndjson", ".xlsx", ".yaml", ".yml"]
            .iter()
            .any(|ending| address.ends_with(ending));
        let made = self.fetched(place, if binary { "artifact" } else { "text" })?;
        self.shown(made);
        if address.ends_with(".csv") || address.ends_with(".tsv") || address.ends_with(".parquet") {
            self.values[made].what = What::Artifact(Form::Table);
        } else if address.ends_with(".pdf") || address.ends_with(".docx") {
            self.values[made].what = What::Artifact(Form::Paper);
        }
        // A page goes on by its address: then its article is taken, not its markup.
        let page = !binary
            && (address.ends_with(".html") || address.ends_with('/') || !address.rsplit('/').next().unwrap_or_default().contains('.'));
        if page {
            self.values[made].flows = false;
            self.values[made].names.clear();
        }
        self.current = Some(if page { place } else { made });
        Ok(())
    }

    fn parse(&mut self) -> Planned<()> {
        let picked = self.pick(Need::Document, "a document", "Give a PDF, Word, mail or feed file, or its address.")?;
        let place = picked[0];
        let feed = self.direct(if self.values[place].what == What::Address { "url" } else { "artifact" }, place);
        let why = format!("{}.", self.clause());
        let step = self.step("web_automation.parse", feed.map(), feed.list.clone(), &why)?;
        let feedlike = self.sentence().iter().any(|token| token.is_any(&["feed", "rss", "atom", "entries", "entry", "posts", "headlines"]));
        let text = self.product(step, What::Text, "text", "the document's text", Some("' '"));
        self.values[text].flows = !feedlike;
        let records = self.product(step, What::Records, "records", "the entries", None);
        self.values[records] = self.values[records].clone().named(&["entries", "items", "records", "feed", "posts", "attachments"]);
        self.values[records].flows = feedlike;
        self.turned.insert((self.values[place].expr.clone(), "parsed"), text);
        self.current = Some(if feedlike { records } else { text });
        Ok(())
    }

    /// Records of a page by CSS selectors: stated ones, or those of a tag that the goal shows.
    fn extract(&mut self) -> Planned<()> {
        let page = self.page()?;
        let tokens = self.reading.tokens.clone();
        let sentence = self.sentence();
        let goal = &self.reading.goal;
        let shown = shown_tags(goal);
        let stated: Vec<String> =
            tokens.iter().filter(|token| token.kind == Kind::Quoted && is_selector(&token.text)).map(|token| token.text.clone()).collect();
        let mut with = Map::new();
        let mut fields: Vec<Json> = Vec::new();
        let mut scope = None;
        let named = named_selectors(&tokens);
        if !named.is_empty() {
            // "each product (li.product) with its name (h2) and price (.price)".
            // "Of every li.product" says what is gone through, wherever it stands.
            let mut named = named;
            if let Some(place) = named.iter().position(|(name, _)| ["every", "each", "all"].contains(&name.as_str())) {
                let whole = named.remove(place);
                named.insert(0, whole);
            }
            let mut named = named.into_iter();
            let first = named.next();
            let rest: Vec<(String, String)> = named.collect();
            match (first, rest.is_empty()) {
                (Some((name, selector)), true) => fields.push(field(&name, &selector)),
                (Some((_, selector)), false) if sentence.iter().any(|token| token.is_any(&["each", "every", "all"])) => {
                    scope = Some(selector);
                    fields.extend(rest.iter().map(|(name, selector)| field(name, selector)));
                }
                (Some((name, selector)), false) => {
                    fields.push(field(&name, &selector));
                    fields.extend(rest.iter().map(|(name, selector)| field(name, selector)));
                }
                (None, _) => {}
            }
        } else if let Some((first, rest)) = shown.split_first().or_else(|| stated.split_first()) {
            scope = Some(first.clone());
            if rest.is_empty() {
                fields.push(json!({"name": "text"}));
            } else {
                fields.extend(
                    rest.iter()
                        .enumerate()
                        .map(|(number, selector)| json!({"name": format!("field_{}", number + 1), "selector": literal(selector)})),
                );
            }
        }
        if fields.is_empty() {
            return Err(self.missing(
                "what to take from the page",
                "Say the CSS selectors in quotation marks, or show the tag: <p class=\"comment\">.",
            ));
        }
        let value = self.values[page].clone();
        with.insert(if value.what == What::Address { "url".to_owned() } else { "artifact".to_owned() }, value.json());
        if let Some(scope) = scope {
            with.insert("scope".to_owned(), literal(&scope));
        }
        // Numbers with a decimal comma are said to be so.
        if tokens.windows(2).any(|pair| pair[0].is_any(&["decimal"]) && pair[1].is_any(&["comma", "commas"])) {
            for field in fields.iter_mut().filter(|field| field["type"] == "number") {
                field["decimal"] = json!(",");
            }
        }
        with.insert("fields".to_owned(), Json::Array(fields.clone()));
        let why = format!("{}.", self.clause());
        let step = self.step("web_automation.extract", with, None, &why)?;
        if let Some(name) = fields.first().and_then(|field| field["name"].as_str()).filter(|_| fields.len() == 1) {
            let mut texts = Value::new(
                What::Text,
                format!("map(filter({0}.records, r => r[{1}] != null), r => text(r[{1}]))", self.output(step), crate::draft::quoted(name)),
                "the texts of the page",
            );
            texts.list = true;
            texts.step = Some(step);
            texts.flows = true;
            self.values.push(texts.named(&["comments", "comment", "reviews", "texts", "elements", "quotes", "posts"]));
            self.current = Some(self.values.len() - 1);
        } else {
            let records = self.product(step, What::Records, "records", "the records", None);
            self.values[records] = self.values[records].clone().named(&["records", "items", "products", "rows"]).flowing();
            self.values[records].columns = fields
                .iter()
                .filter_map(|field| {
                    let kind = if field["type"] == "number" { crate::given::ColumnKind::Number } else { crate::given::ColumnKind::Text };
                    Some(crate::given::Column::new(field["name"].as_str()?, kind))
                })
                .collect();
            self.current = Some(records);
        }
        Ok(())
    }

    fn api_call(&mut self) -> Planned<()> {
        let connections: Vec<usize> = (0..self.values.len()).filter(|place| self.values[*place].what == What::Connection).collect();
        let place = match connections.as_slice() {
            [] => return Err(self.missing("a connection", "Make a connection for the API and give its name as an input.")),
            [one] => *one,
            several => {
                let sentence = self.sentence();
                let spoken: Vec<usize> =
                    several.iter().copied().filter(|place| self.values[*place].mentioned(&sentence).is_some()).collect();
                match spoken.as_slice() {
                    [one] => *one,
                    _ => {
                        let candidates: Vec<String> = several.iter().map(|place| self.values[*place].label.clone()).collect();
                        return Err(self.ambiguous("several connections were given".to_owned(), candidates));
                    }
                }
            }
        };
        let mut with = Map::from_iter([("connection".to_owned(), self.values[place].json())]);
        let tokens = self.reading.tokens.clone();
        let path = path_after(&tokens, &["path", "endpoint", "resource"]).or_else(|| path_after(&tokens, &["under"]));
        if let Some(path) = path.filter(|path| path.contains(['/', '.']) || tokens.iter().any(|token| token.is("path"))) {
            with.insert("path".to_owned(), literal(path.trim_start_matches('/')));
        }
        if let Some(list) = tokens
            .windows(3)
            .find(|three| three[0].is_any(&["is", "are", "list", "array", "records"]) && three[1].is_any(&["under", "in", "below"]))
            .map(|three| three[2].text.clone())
        {
            with.insert("select".to_owned(), literal(&format!("$.{list}[*]")));
        }
        let why = format!("{}.", self.clause());
        let step = self.step("web_automation.api_call", with, None, &why)?;
        let records = self.product(step, What::Records, "records", "the records", Some("[]"));
        self.values[records] =
            self.values[records].clone().named(&["records", "orders", "items", "entries", "answer", "list", "ones"]).flowing();
        self.current = Some(records);
        Ok(())
    }

    /// Skills that look at a page and say something about it.
    fn look(&mut self) -> Planned<()> {
        let page = self.page()?;
        let value = self.values[page].clone();
        let address = value.what == What::Address;
        let (skill, path, names): (&str, &str, &[&str]) = match self.now.capability {
            "links" => ("web_automation.links", "links", &["links", "link"]),
            "crawl" => ("web_automation.crawl", "records", &["pages", "site"]),
            "watch" => ("web_automation.watch", "state", &["change", "changes"]),
            "screenshot" => ("web_automation.screenshot", "title", &["screenshot", "picture"]),
            _ => ("web_automation.render", "text", &["rendered page"]),
        };
        self.skill(skill)?;
        if !address && skill != "web_automation.links" {
            return Err(self.missing("the address of a page", "Give the address with `https://`."));
        }
        let feed = self.direct(if address { "url" } else { "artifact" }, page);
        let mut with = feed.map();
        let sentence = self.sentence();
        let has = |words: &[&str]| sentence.iter().any(|token| token.is_any(words));
        match self.now.capability {
            "links" => {
                let away = has(&[
                    "external",
                    "away",
                    "other",
                    "outside",
                    "outgoing",
                    "outbound",
                    "elsewhere",
                    "foreign",
                    "leave",
                    "leaves",
                    "leaving",
                    "third",
                    "abroad",
                ]);
                let own = has(&["internal", "own", "same", "inside", "within"]);
                if away {
                    with.insert("kind".to_owned(), json!("external"));
                } else if own {
                    with.insert("kind".to_owned(), json!("internal"));
                }
            }
            "crawl" => {
                if let Some(pages) = beside(&sentence, &["pages", "page"]) {
                    with.insert("maximum_pages".to_owned(), json!(pages.clamp(1, 1000)));
                }
                if let Some(depth) = beside(&sentence, &["levels", "level", "deep", "clicks", "depth"]) {
                    with.insert("maximum_depth".to_owned(), json!(depth.clamp(0, 10)));
                }
                if has(&["text", "texts", "content"]) {
                    with.insert("keep_text".to_owned(), json!(true));
                }
            }
            "watch" => {
                let state = (0..self.values.len())
                    .find(|place| matches!(self.values[*place].what, What::Artifact(_)) && self.values[*place].step.is_none());
                if let Some(state) = state {
                    with.insert("since".to_owned(), self.values[state].json());
                }
            }
            "screenshot" => {
                if has(&["whole", "full", "entire"]) {
                    with.insert("full_page".to_owned(), json!(true));
                }
                if has(&["pdf"]) {
                    with.insert("format".to_owned(), json!("pdf"));
                }
            }
            _ => {}
        }
        let why = format!("{}.", self.clause());
        let step = self.step(skill, with, feed.list.clone(), &why)?;
        let what = match self.now.capability {
            "crawl" => What::Records,
            "render_page" => What::Text,
            _ => What::Other,
        };
        let made = self.product(step, what, path, &format!("the {}", names[0]), None);
        self.values[made] = self.values[made].clone().named(names);
        self.values[made].flows = what == What::Text;
        self.current = Some(if what == What::Text { made } else { page });
        Ok(())
    }
}

/// The path that stands after one of some words, with all its parts: `path /v2/orders.json`.
fn path_after(tokens: &[Token], words: &[&str]) -> Option<String> {
    (0..tokens.len()).filter(|place| tokens[*place].is_any(words)).find_map(|place| {
        let rest = &tokens[place + 1..];
        let rest = if rest.first().is_some_and(|token| matches!(token.kind, Kind::Mark(':' | '='))) { &rest[1..] } else { rest };
        if let Some(quoted) = rest.first().filter(|token| token.kind == Kind::Quoted) {
            return Some(quoted.text.clone());
        }
        let (mut path, mut end) = (String::new(), rest.first()?.start);
        for token in rest {
            let belongs = match token.kind {
                Kind::Word | Kind::File | Kind::Number(_) => true,
                Kind::Mark(mark) => matches!(mark, '/' | '.' | '-' | '_'),
                _ => false,
            };
            // What stands apart is another word.
            if !belongs || token.start != end {
                break;
            }
            path.push_str(&token.text);
            end = token.end;
        }
        let path = path.trim_end_matches(['.', '-', '/']);
        (!path.is_empty()).then(|| path.to_owned())
    })
}

fn field(name: &str, selector: &str) -> Json {
    let number = ["price", "cost", "amount", "quantity", "stock", "rating", "score"].iter().any(|word| name.to_lowercase().contains(word));
    let link = ["link", "url", "address"].iter().any(|word| name.to_lowercase().contains(word));
    let mut field = Map::from_iter([("name".to_owned(), literal(name)), ("selector".to_owned(), literal(selector))]);
    if number {
        field.insert("type".to_owned(), json!("number"));
    } else if link {
        field.insert("type".to_owned(), json!("url"));
    }
    Json::Object(field)
}

/// Whether a quotation is a CSS selector: `.price`, `li.product`, `#main h2`, `table td`.
fn is_selector(text: &str) -> bool {
    let plain = text.trim();
    let starts = plain.starts_with(['.', '#', '[']) || plain.contains(['.', '#', '>', '[']);
    let tags = ["h1", "h2", "h3", "p", "a", "li", "td", "tr", "div", "span", "article", "img"];
    !plain.contains("://") && (starts && !plain.ends_with('.') || tags.contains(&plain))
}

/// Tags that a goal shows, as selectors: `<p class="comment">` is `p.comment`.
fn shown_tags(goal: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = goal;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else { break };
        let tag = &rest[open + 1..open + close];
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        if !name.is_empty() {
            let attribute = |key: &str| {
                let at = tag.find(&format!("{key}="))? + key.len() + 1;
                let value: String = tag[at..]
                    .trim_start_matches(['"', '\''])
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter))
                    .collect();
                (!value.trim().is_empty()).then(|| value.trim().to_owned())
            };
            let selector = match (attribute("class"), attribute("id")) {
                (Some(class), _) => format!("{name}.{}", class.split_whitespace().collect::<Vec<_>>().join(".")),
                (None, Some(id)) => format!("{name}#{id}"),
                _ => name,
            };
            if !found.contains(&selector) {
                found.push(selector);
            }
        }
        rest = &rest[open + close + 1..];
    }
    found
}

/// Selectors with names: `the price (.price)`, `title in h2`, `each product is in li.product`, `name from 'h2.name'`.
pub(super) fn named_selectors(tokens: &[Token]) -> Vec<(String, String)> {
    let (mut found, mut place) = (Vec::new(), 0);
    while place < tokens.len() {
        let Some((selector, end)) = selector_at(tokens, place) else {
            place += 1;
            continue;
        };
        // The word before it that says what it is: "name in h2", "price (.price)", "product is in li.product".
        let mut before = place;
        while before > 0
            && (tokens[before - 1].is_mark()
                || tokens[before - 1].is_any(&[
                    "in", "is", "are", "from", "under", "as", "a", "an", "the", "has", "within", "inside", "with", "element", "class",
                    "selector", "stand", "stands", "at", "tag", "of",
                ]))
        {
            before -= 1;
        }
        if let Some(name) = before
            .checked_sub(1)
            .map(|before| &tokens[before])
            .filter(|token| token.kind == Kind::Word && place - before <= 4 && (place > before || token.is_any(&["every", "each", "all"])))
        {
            found.push((name.lower.clone(), selector));
        }
        place = end;
    }
    found
}

/// A selector that begins at a place, quoted or not, and where it ends.
fn selector_at(tokens: &[Token], place: usize) -> Option<(String, usize)> {
    let first = &tokens[place];
    if first.kind == Kind::Quoted {
        return is_selector(&first.text).then(|| (first.text.clone(), place + 1));
    }
    let starts = matches!(first.kind, Kind::Mark('.' | '#')) || (first.kind == Kind::Word && HTML.contains(&first.lower.as_str()));
    let free = place == 0 || tokens[place - 1].end < first.start || matches!(tokens[place - 1].kind, Kind::Mark('('));
    if !starts || !free {
        return None;
    }
    let mut end = place + 1;
    while end < tokens.len()
        && tokens[end].start == tokens[end - 1].end
        && !matches!(tokens[end].kind, Kind::Mark(',' | ')' | ';' | ':' | '!' | '?'))
    {
        end += 1;
    }
    let mut text: String = tokens[place..end].iter().map(|token| token.text.as_str()).collect();
    if text.ends_with('.') {
        text.pop();
    }
    let heading = HEADINGS.contains(&text.as_str())
        && place > 0
        && (tokens[place - 1].is_any(&["in", "is", "from", "under", "as"]) || matches!(tokens[place - 1].kind, Kind::Mark('(')));
    let telling = text.len() > 1 && text.trim_start_matches(['.', '#']).len() > 1 && text.contains(['.', '#']);
    (telling || heading).then_some((text, end))
}

const HTML: &[&str] = &[
    "h1",
    "h2",
    "h3",
    "h4",
    "p",
    "a",
    "li",
    "td",
    "tr",
    "div",
    "span",
    "article",
    "img",
    "ul",
    "section",
    "table",
    "blockquote",
    "dt",
    "dd",
];
const HEADINGS: &[&str] = &["h1", "h2", "h3", "h4", "td", "li", "blockquote", "span", "p"];
