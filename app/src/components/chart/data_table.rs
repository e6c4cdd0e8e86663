//! How does the data of a chart read as a table?

use serde_json::Value;

use baton_domain::time::Timestamp;

use super::figures::figure;

/// The most rows of a table.
pub(super) const MAXIMUM_ROWS: usize = 200;

/// The data of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct DataTable {
    /// What the columns are.
    pub(super) heads: Vec<String>,
    /// The cells.
    pub(super) rows: Vec<Vec<String>>,
    /// Whether there are more rows than these.
    pub(super) cut: bool,
}

impl DataTable {
    fn new(heads: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut rows: Vec<Vec<String>> = rows.into_iter().take(MAXIMUM_ROWS + 1).collect();
        let cut = rows.len() > MAXIMUM_ROWS;
        rows.truncate(MAXIMUM_ROWS);
        Self { heads, rows, cut }
    }
}

/// Reads the data out of ECharts options. What it does not know gives an empty table.
pub(super) fn table_of(options: &Value) -> DataTable {
    if let Some(source) = options.pointer("/dataset/source").or_else(|| options.pointer("/dataset/0/source")).and_then(Value::as_array) {
        return from_source(source);
    }
    let series: Vec<&Value> = many(options.get("series")).filter(|series| series.get("data").is_some_and(Value::is_array)).collect();
    let Some(first) = series.first() else {
        return DataTable::default();
    };
    let x = Axis::of(options.get("xAxis"));
    let y = Axis::of(options.get("yAxis"));
    match first.get("type").and_then(Value::as_str) {
        Some("heatmap") => matrix(first, &x, &y),
        Some("pie" | "funnel" | "treemap" | "sunburst") => named(first),
        _ if !x.categories.is_empty() => by_category(&series, &x),
        _ if !y.categories.is_empty() => by_category(&series, &y),
        _ => by_position(&series, &x, &y),
    }
}

struct Axis {
    name: String,
    categories: Vec<String>,
    time: bool,
}

impl Axis {
    fn of(axis: Option<&Value>) -> Self {
        let axis = many(axis).next();
        let text = |key: &str| axis.and_then(|axis| axis.get(key)).and_then(Value::as_str).unwrap_or_default();
        let categories = axis.and_then(|axis| axis.get("data")).and_then(Value::as_array);
        Self {
            name: text("name").to_owned(),
            categories: categories.into_iter().flatten().map(|item| cell(Some(item))).collect(),
            time: text("type") == "time",
        }
    }

    fn head(&self, otherwise: &str) -> String {
        match (self.name.as_str(), self.time) {
            ("", true) => "Time (UTC)".to_owned(),
            ("", false) => otherwise.to_owned(),
            (name, _) => name.to_owned(),
        }
    }

    fn place(&self, value: Option<&Value>) -> String {
        match value.and_then(Value::as_f64) {
            Some(millis) if self.time => Timestamp::from_millis(millis as i64).to_string(),
            Some(index) if !self.categories.is_empty() => {
                self.categories.get(index.max(0.0) as usize).cloned().unwrap_or_else(|| figure(index))
            }
            _ => cell(value),
        }
    }
}

/// Options may give one thing alone or several in an array.
fn many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
    .iter()
}

fn name_of(series: &Value, otherwise: &str) -> String {
    series.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(otherwise).to_owned()
}

fn data_of(series: &Value) -> &[Value] {
    series.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A point is a value, or an object around one.
fn point(item: &Value) -> &Value {
    item.get("value").unwrap_or(item)
}

fn cell(value: Option<&Value>) -> String {
    match value.map(point) {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_f64().map_or_else(|| number.to_string(), figure),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

fn from_source(source: &[Value]) -> DataTable {
    let row = |row: &Value| many(Some(row)).map(|item| cell(Some(item))).collect::<Vec<_>>();
    let heads = source.first().map(row).unwrap_or_default();
    DataTable::new(heads, source.iter().skip(1).map(row))
}

fn named(series: &Value) -> DataTable {
    let rows = data_of(series).iter().map(|item| vec![name_of(item, "–"), cell(Some(item))]);
    DataTable::new(vec!["Name".to_owned(), name_of(series, "Value")], rows)
}

fn by_category(series: &[&Value], axis: &Axis) -> DataTable {
    let names = series.iter().map(|series| name_of(series, "Value"));
    let heads = std::iter::once(axis.head("Category")).chain(names).collect();
    let rows = axis.categories.iter().enumerate().map(|(index, category)| {
        let cells = series.iter().map(|series| cell(data_of(series).get(index)));
        std::iter::once(category.clone()).chain(cells).collect()
    });
    DataTable::new(heads, rows)
}

fn matrix(series: &Value, x: &Axis, y: &Axis) -> DataTable {
    let heads = vec![y.head("Row"), x.head("Column"), name_of(series, "Value")];
    let rows = data_of(series).iter().map(|item| {
        let at = |index: usize| point(item).get(index);
        vec![y.place(at(1)), x.place(at(0)), cell(at(2))]
    });
    DataTable::new(heads, rows)
}

/// Points at free places: side by side where all series have the same places, else one after another.
fn by_position(series: &[&Value], x: &Axis, y: &Axis) -> DataTable {
    let place = |item: &Value| point(item).get(0).cloned();
    let places: Vec<Option<Value>> = series.first().map(|first| data_of(first).iter().map(place).collect()).unwrap_or_default();
    let together = series.iter().all(|series| data_of(series).iter().map(place).eq(places.iter().cloned()));
    if together {
        let heads = std::iter::once(x.head("x")).chain(series.iter().map(|series| name_of(series, &y.head("y")))).collect();
        let rows = places.iter().enumerate().map(|(index, place)| {
            let cells = series.iter().map(|series| cell(data_of(series).get(index).and_then(|item| point(item).get(1))));
            std::iter::once(x.place(place.as_ref())).chain(cells).collect()
        });
        return DataTable::new(heads, rows);
    }
    let heads = vec!["Series".to_owned(), x.head("x"), y.head("y")];
    let rows = series.iter().flat_map(|series| {
        data_of(series).iter().map(|item| vec![name_of(series, "–"), x.place(point(item).get(0)), cell(point(item).get(1))])
    });
    DataTable::new(heads, rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(heads: &[&str], rows: &[&[&str]]) -> DataTable {
        let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        DataTable { heads: owned(heads), rows: rows.iter().map(|row| owned(row)).collect(), cut: false }
    }

    #[test]
    fn series_over_time_stand_side_by_side() {
        let options = json!({
            "xAxis": {"type": "time"}, "yAxis": {"type": "value"},
            "series": [
                {"type": "line", "name": "Completed", "data": [[0, 3], [10_000, 4]]},
                {"type": "line", "name": "Failed", "data": [[0, null], [10_000, 1.25]]}
            ]
        });
        let expected =
            table(&["Time (UTC)", "Completed", "Failed"], &[&["1970-01-01T00:00:00Z", "3", "–"], &["1970-01-01T00:00:10Z", "4", "1.25"]]);
        assert_eq!(table_of(&options), expected);
    }

    #[test]
    fn categories_are_rows_whichever_axis_they_are_on() {
        let vertical =
            json!({"xAxis": {"type": "category", "data": ["a", "b"]}, "yAxis": {}, "series": {"type": "bar", "data": [1, {"value": 2}]}});
        let level = json!({"xAxis": {}, "yAxis": [{"data": ["a", "b"]}], "series": [{"type": "bar", "data": [1, 2]}]});
        let expected = table(&["Category", "Value"], &[&["a", "1"], &["b", "2"]]);
        assert_eq!((table_of(&vertical), table_of(&level)), (expected.clone(), expected));
    }

    #[test]
    fn a_heatmap_names_its_rows_and_columns() {
        let options = json!({
            "xAxis": {"type": "category", "data": ["width", "height"]}, "yAxis": {"type": "category", "data": ["width", "height"]},
            "series": [{"type": "heatmap", "name": "Pearson", "data": [[0, 0, 1], [1, 0, -0.25]]}]
        });
        let expected = table(&["Row", "Column", "Pearson"], &[&["width", "width", "1"], &["width", "height", "-0.25"]]);
        assert_eq!(table_of(&options), expected);
    }

    #[test]
    fn scattered_series_follow_one_another() {
        let options = json!({"series": [
            {"type": "scatter", "name": "one", "data": [[1, 2]]},
            {"type": "scatter", "name": "two", "data": [[3, 4], [5, 6]]}
        ]});
        let expected = table(&["Series", "x", "y"], &[&["one", "1", "2"], &["two", "3", "4"], &["two", "5", "6"]]);
        assert_eq!(table_of(&options), expected);
    }

    #[test]
    fn a_source_has_its_heads_in_its_first_row() {
        let options = json!({"dataset": {"source": [["day", "count"], ["Monday", 4]]}, "series": [{"type": "bar"}]});
        assert_eq!(table_of(&options), table(&["day", "count"], &[&["Monday", "4"]]));
    }

    #[test]
    fn long_data_is_cut_and_strange_data_gives_nothing() {
        let data: Vec<Value> = (0..=MAXIMUM_ROWS).map(|index| json!([index, 1])).collect();
        let long = table_of(&json!({"series": [{"type": "scatter", "data": data}]}));
        assert_eq!((long.rows.len(), long.cut), (MAXIMUM_ROWS, true));
        for strange in [json!(null), json!([]), json!({"series": 7}), json!({"series": [{"data": "x"}]}), json!({"series": []})] {
            assert_eq!(table_of(&strange), DataTable::default());
        }
    }
}
