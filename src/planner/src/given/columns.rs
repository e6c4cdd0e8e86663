//! Which columns does a table have, by its beginning, and what do they hold?

use serde_json::Value;

use super::{Column, ColumnKind, MAXIMUM_COLUMNS, MAXIMUM_LEVELS, SAMPLE_BYTES};

pub(super) fn columns_of_records(rows: &[Value]) -> Vec<Column> {
    let Some(first) = rows.first().and_then(Value::as_object) else { return Vec::new() };
    let read = |name: &String| {
        let values: Vec<String> = rows.iter().take(1_000).filter_map(|row| row.get(name)).map(plain).collect();
        column(name, &values)
    };
    first.keys().take(MAXIMUM_COLUMNS).map(read).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The columns of a table by its beginning: CSV with any usual delimiter, or JSON records.
#[must_use]
pub fn columns_of(bytes: &[u8]) -> Vec<Column> {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let whole = String::from_utf8_lossy(sample);
    let text = whole.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        let rows: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        return if rows.len() > 1 { columns_of_records(&rows) } else { Vec::new() };
    }
    if text.starts_with('[') {
        // A list that is cut is read object by object as far as it goes.
        let whole = serde_json::from_slice::<Vec<Value>>(bytes).ok();
        return columns_of_records(&whole.unwrap_or_else(|| beginning(&text[1..])));
    }
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [',', '\t', ';', '|'].into_iter().max_by_key(|mark| (first.matches(*mark).count(), *mark == ',')).unwrap_or(',');
    let mut lines: Vec<Vec<String>> = records(text, delimiter);
    // The last one may be cut.
    if bytes.len() > SAMPLE_BYTES {
        lines.pop();
    }
    let Some((header, rows)) = lines.split_first() else { return Vec::new() };
    let of = |(place, name): (usize, &String)| {
        let values: Vec<String> = rows.iter().filter_map(|row| row.get(place)).cloned().collect();
        column(name, &values)
    };
    header.iter().take(MAXIMUM_COLUMNS).enumerate().map(of).collect()
}

/// The columns of the first table of a page that has some rows.
pub(super) fn columns_of_page(text: &str) -> Vec<Column> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(open) = lower[from..].find("<table").map(|at| from + at) {
        let close = lower[open..].find("</table").map_or(lower.len(), |at| open + at);
        let rows: Vec<Vec<String>> = lower[open..close]
            .match_indices("<tr")
            .map(|(at, _)| {
                let start = open + at;
                let end = lower[start..close].find("</tr").map_or(close, |at| start + at);
                cells(&text[start..end], &lower[start..end])
            })
            .collect();
        if let Some((header, body)) = rows.split_first()
            && header.len() >= 2
            && !body.is_empty()
        {
            let of = |(place, name): (usize, &String)| {
                let values: Vec<String> = body.iter().filter_map(|row| row.get(place)).cloned().collect();
                column(name, &values)
            };
            return header.iter().take(MAXIMUM_COLUMNS).enumerate().map(of).collect();
        }
        from = close.max(open + 1);
    }
    Vec::new()
}

/// The texts of a row's cells.
fn cells(row: &str, lower: &str) -> Vec<String> {
    let mut starts: Vec<usize> = lower.match_indices("<td").chain(lower.match_indices("<th")).map(|(at, _)| at).collect();
    starts.sort_unstable();
    let mut found = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(row.len());
        let mut text = String::new();
        let mut within = false;
        for letter in row[*start..end].chars() {
            match letter {
                '<' => within = true,
                '>' => within = false,
                _ if !within => text.push(letter),
                _ => {}
            }
        }
        found.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    found
}

/// The objects at the beginning of a list.
fn beginning(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(Ok(value)) = serde_json::Deserializer::from_str(rest).into_iter::<Value>().next() {
        let length = value_length(rest);
        found.push(value);
        rest = rest[length..].trim_start().trim_start_matches(',').trim_start();
        if rest.is_empty() || rest.starts_with(']') || length == 0 {
            break;
        }
    }
    found
}

fn value_length(text: &str) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let _ = stream.next();
    stream.byte_offset()
}

/// Records of a text with quoted fields.
fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ if letter == delimiter && !quoted => row.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

fn column(name: &str, values: &[String]) -> Column {
    let filled: Vec<&str> =
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty() && *value != "NA" && *value != "null").collect();
    let share = |test: &dyn Fn(&str) -> bool| {
        let fit = filled.iter().filter(|value| test(value)).count();
        !filled.is_empty() && fit * 10 >= filled.len() * 9
    };
    let mut different: Vec<&str> = filled.clone();
    different.sort_unstable();
    different.dedup();
    let few = different.len() <= MAXIMUM_LEVELS && different.len() * 2 <= filled.len().max(4);
    let number = |value: &str| value.parse::<f64>().is_ok_and(f64::is_finite);
    let year = |value: &str| value.parse::<u32>().is_ok_and(|year| (1000..=2999).contains(&year));
    let values_given = values.len();
    let lower = name.to_lowercase();
    let named_time = ["date", "time", "year", "month", "day", "week", "quarter", "timestamp"].iter().any(|word| {
        lower == *word
            || lower.starts_with(&format!("{word}_"))
            || lower.ends_with(&format!("_{word}"))
            || lower.ends_with(&format!(" {word}"))
    });
    let kind = if share(&is_time) || (named_time && share(&year)) || (named_time && !share(&number) && !few) {
        ColumnKind::Time
    } else if share(&number) {
        ColumnKind::Number
    } else if few {
        ColumnKind::Group
    } else {
        ColumnKind::Text
    };
    let values = if few && kind == ColumnKind::Group {
        different.iter().map(|value| (*value).to_owned()).filter(|value| value.len() <= 60).collect()
    } else {
        Vec::new()
    };
    let words = filled.iter().map(|value| value.split_whitespace().count()).sum::<usize>();
    Column {
        name: name.trim().to_owned(),
        kind,
        levels: if few { different.len() } else { 0 },
        values,
        // Of numbers, only those that count rows tell them apart: measures may well all be different.
        unique: different.len() == values_given
            && values_given > 1
            && (kind != ColumnKind::Number
                || filled.len() >= 5
                    && filled
                        .windows(2)
                        .all(|pair| matches!((pair[0].parse::<i64>(), pair[1].parse::<i64>()), (Ok(one), Ok(other)) if other == one + 1))),
        // Names of two or three words are no sentences.
        prose: kind != ColumnKind::Number && kind != ColumnKind::Time && words >= filled.len() * 4 && !filled.is_empty(),
        latest: if kind == ColumnKind::Time {
            filled.iter().rev().take(2).rev().map(|value| (*value).to_owned()).collect()
        } else {
            Vec::new()
        },
    }
}

/// Whether a value looks like a date: `2024-05-01`, `2024-05`, `01.05.2024`, `2024/05/01 12:00`.
fn is_time(value: &str) -> bool {
    let day = value.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.len() <= 4 && part.chars().all(|letter| letter.is_ascii_digit()));
    digits
        && (parts.len() == 3 || (parts.len() == 2 && day.contains('-') && parts[0].len() == 4))
        && parts.iter().any(|part| part.len() == 4)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn columns_are_learnt_from_the_beginning_of_a_table() {
        let csv = "month;sales;region;remark\n2024-01;10.5;north;\"good; start\"\n2024-02;11;south;quiet\n2024-03;12;north;late\n2024-04;12;south;well done\n";
        let kinds: Vec<(String, ColumnKind)> = columns_of(csv.as_bytes()).into_iter().map(|column| (column.name, column.kind)).collect();
        let expected =
            [("month", ColumnKind::Time), ("sales", ColumnKind::Number), ("region", ColumnKind::Group), ("remark", ColumnKind::Text)];
        assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
        assert!(columns_of(b"").is_empty());
        let json = br#"[{"volume": 3.5, "year": 1990}, {"volume": 4, "year": 1991}]"#;
        assert_eq!(columns_of(json).iter().map(|column| column.kind).collect::<Vec<_>>(), [ColumnKind::Number, ColumnKind::Time]);
        assert_eq!(columns_of(&json[..40]).len(), 2, "the beginning of a list is enough");
    }
}
