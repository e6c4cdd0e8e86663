//! Which tables does a page hold? Each as rows of equal length, with cells that span others repeated, as preview and as CSV.

use baton_agents_runtime::{Context, SkillError};
use scraper::{ElementRef, Html, Selector};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::page::{self, Page, Source, parse, selector, text};

/// The most tables of one page.
pub const MAXIMUM_TABLES: usize = 50;
/// The most columns of a table; cells beyond are left out.
pub const MAXIMUM_COLUMNS: usize = 500;
/// The most bytes of the texts of one table, with those that spans repeat; rows beyond are left out.
pub const MAXIMUM_TABLE_BYTES: usize = 16 << 20;
/// The most cells of one table, with those that spans repeat; rows beyond are left out.
pub const MAXIMUM_CELLS: usize = 1_000_000;
/// The rows of a preview, its columns, and the bytes of a cell within.
const PREVIEW: (usize, usize, usize) = (20, 30, 200);
/// How many bytes the previews have together; tables beyond have only their files.
const MAXIMUM_PREVIEW_BYTES: usize = 512 << 10;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    source: Source,
    #[serde(default = "table")]
    selector: String,
    #[serde(default = "one")]
    minimum_rows: usize,
    #[serde(default = "two")]
    minimum_columns: usize,
    #[serde(default = "twenty")]
    maximum_tables: usize,
}

fn table() -> String {
    "table".to_owned()
}

const fn one() -> usize {
    1
}

const fn two() -> usize {
    2
}

const fn twenty() -> usize {
    20
}

struct Table {
    caption: String,
    columns: Vec<String>,
    header: bool,
    rows: Vec<Vec<String>>,
    truncated: bool,
}

/// A cell that reaches into rows below.
#[derive(Clone)]
struct Reaching {
    rows: usize,
    text: String,
}

/// Reads the tables of the page that the input names.
pub(crate) async fn perform(context: Context, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    let which = selector("selector", &input.selector)?;
    let page = page::load(&context, input.source).await?;
    context.progress(0.4, "reading the page");
    let url = page.url.clone();
    let (rows, columns) = (input.minimum_rows, input.minimum_columns);
    let large = move |table: &Table| table.rows.len() >= rows && table.columns.len() >= columns;
    let maximum = input.maximum_tables.min(MAXIMUM_TABLES);
    let (tables, more) = context.blocking(move |context| search(context, &page, &which, large, maximum)).await?;
    context.info(format!("{} tables found", tables.len()), json!({"more": more}));
    let mut result = json!({"count": tables.len(), "truncated": more, "tables": []});
    if let Some(url) = url {
        result["url"] = json!(url.as_str());
    }
    let (mut described, mut room) = (Vec::new(), MAXIMUM_PREVIEW_BYTES);
    for (at, table) in tables.iter().enumerate() {
        context.check()?;
        let mut one = json!({
            "number": at + 1, "rows": table.rows.len(), "columns": table.columns.len(), "header": table.header,
            "truncated": table.truncated
        });
        if !table.caption.is_empty() {
            one["caption"] = json!(cut(&table.caption));
        }
        let preview = preview(table);
        let bytes = preview.to_string().len();
        if bytes <= room {
            room -= bytes;
            one["preview"] = preview;
        }
        one["artifact"] = json!(context.store(&format!("table-{}.csv", at + 1), "text/csv; charset=utf-8", &csv(table)?).await?);
        described.push(one);
    }
    result["tables"] = Value::Array(described);
    context.progress(1.0, "done");
    Ok(result)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(PREVIEW.2)]
}

fn preview(table: &Table) -> Value {
    let line = |cells: &Vec<String>| cells.iter().take(PREVIEW.1).map(|cell| json!(cut(cell))).collect::<Value>();
    json!({"columns": line(&table.columns), "rows": table.rows.iter().take(PREVIEW.0).map(line).collect::<Value>()})
}

fn csv(table: &Table) -> Result<Vec<u8>, SkillError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let broken = |error: csv::Error| SkillError::internal(format!("cannot write CSV: {error}"));
    for row in std::iter::once(&table.columns).chain(&table.rows) {
        writer.write_record(row).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| SkillError::internal(format!("cannot write CSV: {error}")))
}

fn search(
    context: &Context,
    page: &Page,
    which: &Selector,
    large: impl Fn(&Table) -> bool,
    maximum: usize,
) -> Result<(Vec<Table>, bool), SkillError> {
    let _span = context.span("tables");
    let html: Html = parse(context, &page.text)?;
    let mut tables = Vec::new();
    for element in html.select(which).filter(|element| element.value().name() == "table") {
        context.check()?;
        let table = read(context, element)?;
        if !large(&table) {
            continue;
        }
        if tables.len() == maximum {
            return Ok((tables, true));
        }
        tables.push(table);
    }
    Ok((tables, false))
}

fn children<'a>(element: ElementRef<'a>, names: &'static [&'static str]) -> impl Iterator<Item = ElementRef<'a>> {
    element.child_elements().filter(move |child| names.contains(&child.value().name()))
}

/// Lays the cells out (HTML Standard, "forming a table"): the rows of the table itself, not of tables within its cells.
fn read(context: &Context, table: ElementRef<'_>) -> Result<Table, SkillError> {
    let caption = children(table, &["caption"]).next().map(text).unwrap_or_default();
    let (mut heads, mut rows) = (Vec::new(), Vec::new());
    let (mut cells, mut bytes, mut truncated) = (0_usize, 0_usize, false);
    // The parser puts every row into a group.
    'groups: for group in children(table, &["thead", "tbody", "tfoot"]) {
        // A cell never reaches beyond its group.
        let mut reaching: Vec<Option<Reaching>> = Vec::new();
        for row in children(group, &["tr"]) {
            context.check()?;
            let (line, head, cut) = lay(row, &mut reaching);
            truncated |= cut;
            cells += line.len();
            bytes += line.iter().map(String::len).sum::<usize>();
            if cells > MAXIMUM_CELLS || bytes > MAXIMUM_TABLE_BYTES {
                truncated = true;
                break 'groups;
            }
            if line.is_empty() {
                continue;
            }
            if rows.is_empty() && (group.value().name() == "thead" || head) { heads.push(line) } else { rows.push(line) }
        }
    }
    let width = heads.iter().chain(&rows).map(Vec::len).max().unwrap_or_default();
    // A long row among many short ones must not multiply them.
    let kept = MAXIMUM_CELLS.checked_div(width).unwrap_or_default();
    truncated |= rows.len() > kept;
    rows.truncate(kept);
    for row in &mut rows {
        row.resize(width, String::new());
    }
    Ok(Table { caption, columns: names(&heads, width), header: !heads.is_empty(), rows, truncated })
}

/// One row, whether it consists of headers only, and whether something of it was left out.
fn lay(row: ElementRef<'_>, reaching: &mut Vec<Option<Reaching>>) -> (Vec<String>, bool, bool) {
    let (mut line, mut head, mut cut) = (Vec::new(), true, false);
    // The cells from above that come next.
    let fill = |line: &mut Vec<String>, reaching: &mut Vec<Option<Reaching>>| {
        while let Some(slot) = reaching.get_mut(line.len())
            && let Some(cell) = slot
        {
            cell.rows -= 1;
            line.push(cell.text.clone());
            if cell.rows == 0 {
                *slot = None;
            }
        }
    };
    for cell in children(row, &["td", "th"]) {
        fill(&mut line, reaching);
        head &= cell.value().name() == "th";
        let span = |name: &str| cell.attr(name).and_then(|span| span.trim().parse::<usize>().ok());
        // The bounds of the standard; a row span of 0 is the rest of the group.
        let columns = span("colspan").unwrap_or(1).clamp(1, 1_000);
        let rows = span("rowspan").map_or(1, |rows| if rows == 0 { 65_534 } else { rows.min(65_534) });
        let text = text(cell);
        for _ in 0..columns {
            if line.len() == MAXIMUM_COLUMNS {
                cut = true;
                break;
            }
            let at = line.len();
            if reaching.len() <= at {
                reaching.resize(at + 1, None);
            }
            // Where cells overlap, the later one wins.
            reaching[at] = (rows > 1).then(|| Reaching { rows: rows - 1, text: text.clone() });
            line.push(text.clone());
        }
    }
    head &= children(row, &["th"]).next().is_some();
    // What reaches down to the right of the last cell; between them may be gaps.
    if let Some(last) = reaching.iter().rposition(Option::is_some) {
        while line.len() <= last {
            fill(&mut line, reaching);
            if line.len() <= last {
                line.push(String::new());
            }
        }
    }
    (line, head, cut)
}

/// Names of the columns: the headers above each, joined; each name once.
fn names(heads: &[Vec<String>], width: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut taken = std::collections::BTreeSet::new();
    for column in 0..width {
        let mut parts: Vec<&str> =
            heads.iter().filter_map(|head| head.get(column)).map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.dedup();
        let name = if parts.is_empty() { format!("column {}", column + 1) } else { parts.join(" ") };
        let mut unique = name.clone();
        let mut number = 2;
        while !taken.insert(unique.clone()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        names.push(unique);
    }
    names
}
