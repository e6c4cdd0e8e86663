//! Which colours do charts have in the light and in the dark?
//!
//! ECharts draws on a canvas and cannot read the page's custom properties, so the values of `style/tailwind.css` that charts
//! need stand here a second time, and nowhere else; a test holds them equal. Options name colours as
//! `var(--color-completed)` and get the theme's value just before they are drawn.

use serde_json::{Map, Value, json};

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Custom property, value in the light theme, value in the dark theme.
const TOKENS: &[(&str, &str, &str)] = &[
    ("--color-background", "#f7f8fa", "#0b0d12"),
    ("--color-raised", "#ffffff", "#12151c"),
    ("--color-line", "#dfe3ea", "#232834"),
    ("--color-text", "#171b23", "#e6e9ef"),
    ("--color-muted", "#596273", "#98a2b3"),
    ("--color-accent", "#4353d9", "#8b9bff"),
    ("--color-queued", "#53627a", "#94a3b8"),
    ("--color-running", "#1d5fd6", "#6aa5ff"),
    ("--color-waiting", "#96580a", "#f2b544"),
    ("--color-completed", "#157347", "#4ac384"),
    ("--color-failed", "#c22a2a", "#ff7b72"),
    ("--color-canceled", "#646b78", "#9aa1ad"),
    ("--color-chart-negative", "#f0a9a4", "#7d3330"),
    ("--color-chart-zero", "#ffffff", "#12151c"),
    ("--color-chart-positive", "#a9b4f7", "#39449b"),
];

const FONT: &str = "Inter Variable, system-ui, sans-serif";
const LABEL_SIZE: u32 = 11;

/// Parts that options may not have: they would put markup or links of the result's author on the page.
const REFUSED: [&str; 6] = ["toolbox", "graphic", "link", "sublink", "extraCssText", "renderMode"];

impl Theme {
    /// The name that ECharts knows it by.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Light => "baton-light",
            Self::Dark => "baton-dark",
        }
    }

    /// The value of a custom property.
    fn value(self, property: &str) -> Option<&'static str> {
        TOKENS.iter().find(|(known, ..)| *known == property).map(|(_, light, dark)| match self {
            Self::Light => *light,
            Self::Dark => *dark,
        })
    }

    fn token(self, property: &str) -> &'static str {
        self.value(property).unwrap_or("#808080")
    }
}

/// The theme as ECharts registers it.
pub(super) fn definition(theme: Theme) -> Value {
    let [raised, line, text, muted] = ["--color-raised", "--color-line", "--color-text", "--color-muted"].map(|name| theme.token(name));
    let series = ["accent", "completed", "waiting", "running", "failed", "queued", "canceled"];
    let colours: Vec<&str> = series.iter().map(|name| theme.token(&format!("--color-{name}"))).collect();
    let axis = json!({
        "axisLine": {"lineStyle": {"color": line}},
        "axisTick": {"lineStyle": {"color": line}},
        "axisLabel": {"color": muted, "fontSize": LABEL_SIZE, "hideOverlap": true},
        "splitLine": {"lineStyle": {"color": line}},
        "nameTextStyle": {"color": muted, "fontSize": LABEL_SIZE}
    });
    json!({
        "color": colours,
        "backgroundColor": "transparent",
        "textStyle": {"color": text, "fontFamily": FONT},
        "title": {"textStyle": {"color": text, "fontSize": 13, "fontWeight": 500}, "subtextStyle": {"color": muted}},
        "legend": {"textStyle": {"color": muted, "fontSize": LABEL_SIZE}, "pageTextStyle": {"color": muted}},
        "tooltip": {
            "backgroundColor": raised,
            "borderColor": line,
            "textStyle": {"color": text, "fontSize": 12},
            "axisPointer": {"lineStyle": {"color": muted}, "crossStyle": {"color": muted}}
        },
        "visualMap": {"textStyle": {"color": muted, "fontSize": LABEL_SIZE}},
        "categoryAxis": axis, "valueAxis": axis, "timeAxis": axis, "logAxis": axis
    })
}

/// The options as they are drawn: colours looked up, series named by ids, nothing that brings markup, links or motion that
/// is not wanted.
pub(super) fn resolve(options: &Value, theme: Theme, still: bool) -> Value {
    let mut options = resolved(options, theme);
    if let Value::Object(parts) = &mut options {
        if let Some(scales) = parts.get_mut("visualMap") {
            each(scales).iter_mut().filter_map(Value::as_object_mut).for_each(|scale| colour_scale(scale, theme));
        }
        parts.insert("animation".to_owned(), Value::Bool(!still));
        parts.insert("animationDuration".to_owned(), json!(160));
        parts.insert("animationDurationUpdate".to_owned(), json!(160));
        if let Some(series) = parts.get_mut("series") {
            each(series).iter_mut().enumerate().for_each(|(index, series)| identify(series, index));
        }
    }
    options
}

fn resolved(value: &Value, theme: Theme) -> Value {
    match value {
        Value::String(text) => Value::String(lookup(text, theme)),
        Value::Array(items) => items.iter().map(|item| resolved(item, theme)).collect(),
        Value::Object(parts) => Value::Object(
            parts.iter().filter(|(key, part)| is_harmless(key, part)).map(|(key, part)| (key.clone(), inner(key, part, theme))).collect(),
        ),
        other => other.clone(),
    }
}

fn is_harmless(key: &str, part: &Value) -> bool {
    !REFUSED.contains(&key) && !part.as_str().is_some_and(|text| text.starts_with("image://"))
}

/// A tooltip's own template would be put on the page as HTML; the one that ECharts makes escapes what it shows.
fn inner(key: &str, part: &Value, theme: Theme) -> Value {
    let mut part = resolved(part, theme);
    if key == "tooltip" {
        for tooltip in each(&mut part).iter_mut().filter_map(Value::as_object_mut) {
            tooltip.remove("formatter");
            tooltip.remove("className");
        }
    }
    part
}

/// ECharts takes one part or a list of them.
fn each(part: &mut Value) -> &mut [Value] {
    match part {
        Value::Array(several) => several,
        one => std::slice::from_mut(one),
    }
}

/// Gives a scale without colours those of the theme: two directions where it goes below zero, else one.
fn colour_scale(scale: &mut Map<String, Value>, theme: Theme) {
    let below_zero = scale.get("min").and_then(Value::as_f64).is_some_and(|minimum| minimum < 0.0);
    let names: &[&str] = if below_zero { &["negative", "zero", "positive"] } else { &["zero", "positive"] };
    let colours: Vec<&str> = names.iter().map(|name| theme.token(&format!("--color-chart-{name}"))).collect();
    scale.entry("inRange").or_insert_with(|| json!({"color": colours}));
}

fn lookup(text: &str, theme: Theme) -> String {
    let property = text.strip_prefix("var(").and_then(|rest| rest.strip_suffix(')'));
    property.and_then(|property| theme.value(property.trim())).unwrap_or(text).to_owned()
}

/// Gives a series without an id one that stays the same when others come and go.
fn identify(series: &mut Value, index: usize) {
    let Some(parts) = series.as_object_mut() else { return };
    if !parts.contains_key("id") {
        let name = parts.get("name").and_then(Value::as_str).map_or_else(|| format!("series {index}"), str::to_owned);
        let mut id = Map::new();
        id.insert("id".to_owned(), Value::String(name));
        parts.append(&mut id);
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_theme() {
        let options =
            json!({"series": [{"name": "Done", "itemStyle": {"color": "var(--color-completed)"}, "data": [[1, 2]]}], "color": ["#123456"]});
        let light = resolve(&options, Theme::Light, false);
        let dark = resolve(&options, Theme::Dark, true);
        assert_eq!(light["series"][0]["itemStyle"]["color"], json!(Theme::Light.token("--color-completed")));
        assert_eq!(dark["series"][0]["itemStyle"]["color"], json!(Theme::Dark.token("--color-completed")));
        assert_eq!((&light["color"], &light["animation"], &dark["animation"]), (&json!(["#123456"]), &json!(true), &json!(false)));
        assert_eq!(light["series"][0]["data"], json!([[1, 2]]));
    }

    /// The custom properties that a rule sets, up to its closing brace.
    fn rule<'a>(css: &'a str, head: &str) -> &'a str {
        let start = css.find(head).unwrap_or_else(|| panic!("style/tailwind.css has no rule {head}"));
        css[start..].split('}').next().unwrap_or_default()
    }

    #[test]
    fn colours_are_those_of_the_page() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../style/tailwind.css");
        let css = std::fs::read_to_string(path).expect("style/tailwind.css can be read");
        for (property, light, dark) in TOKENS {
            assert!(rule(&css, "@theme static {").contains(&format!("{property}: {light};")), "{property} is not {light} in the light");
            assert!(
                rule(&css, "\n[data-theme=\"dark\"] {").contains(&format!("{property}: {dark};")),
                "{property} is not {dark} in the dark"
            );
        }
    }

    #[test]
    fn every_colour_that_frames_name_has_a_value() {
        let frames = include_str!("../../../build/frames.rs");
        let named: Vec<&str> = frames.split('"').filter(|text| text.starts_with("var(")).collect();
        assert!(named.len() > 5);
        for named in named {
            assert!(lookup(named, Theme::Dark).starts_with('#'), "{named}");
        }
        assert_eq!(definition(Theme::Light).to_string().matches("#808080").count(), 0);
    }

    #[test]
    fn a_scale_without_colours_gets_those_of_the_theme() {
        let options = json!({"visualMap": [{"min": -1, "max": 1}, {"min": 0}, {"inRange": {"color": ["#111111"]}}]});
        let shown = resolve(&options, Theme::Dark, false);
        let colours: Vec<&Value> = shown["visualMap"].as_array().into_iter().flatten().map(|scale| &scale["inRange"]["color"]).collect();
        assert_eq!(colours, [&json!(["#7d3330", "#12151c", "#39449b"]), &json!(["#12151c", "#39449b"]), &json!(["#111111"])]);
        assert_eq!(resolve(&json!({"visualMap": {"min": 0}}), Theme::Light, true)["visualMap"]["inRange"]["color"][0], json!("#ffffff"));
    }

    #[test]
    fn series_keep_their_ids_or_get_their_names() {
        let shown = resolve(&json!({"series": [{"id": "a", "name": "x"}, {"name": "y"}, {}]}), Theme::Light, false);
        let ids: Vec<&Value> = shown["series"].as_array().into_iter().flatten().map(|series| &series["id"]).collect();
        assert_eq!(ids, ["a", "y", "series 2"]);
    }

    #[test]
    fn what_brings_markup_or_links_is_left_out() {
        let options = json!({
            "title": {"text": "Widths", "link": "javascript:alert(1)"},
            "tooltip": {"trigger": "item", "formatter": "<img src=x>", "extraCssText": "position:fixed"},
            "toolbox": {"feature": {}}, "graphic": [{"type": "image"}],
            "xAxis": {"axisLabel": {"formatter": "{value} ms"}},
            "series": [{"type": "scatter", "symbol": "image://https://example.org/x.png", "tooltip": {"formatter": "<b>"}}]
        });
        let shown = resolve(&options, Theme::Light, false);
        assert_eq!(shown["title"], json!({"text": "Widths"}));
        assert_eq!(shown["tooltip"], json!({"trigger": "item"}));
        assert_eq!(shown["xAxis"]["axisLabel"]["formatter"], json!("{value} ms"));
        assert!(["toolbox", "graphic"].iter().all(|part| shown.get(part).is_none()));
        assert_eq!(shown["series"][0], json!({"type": "scatter", "tooltip": {}, "id": "series 0"}));
    }
}
