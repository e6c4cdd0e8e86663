//! Do charts show their data where it belongs, whatever the options hold?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use baton_agents_drawing::{Colour, Error, MAXIMUM_POINTS, MAXIMUM_SERIES, MAXIMUM_SVG_BYTES, Scene, Segment, Shape, Size, chart, png};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Each kind of chart that the dashboard draws.
fn kinds() -> Vec<(&'static str, Value)> {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"];
    let cells: Vec<Value> = (0..25).map(|place| json!([place % 5, place / 5, f64::from(place - 12) / 12.0])).collect();
    let days: Vec<Value> = (0..90)
        .map(|day| json!([1_760_000_000_000_i64 + i64::from(day) * 86_400_000, (f64::from(day) / 9.0).sin() * 40.0 + 60.0]))
        .collect();
    let cloud: Vec<Value> = (0..200).map(|place| json!([f64::from(place % 20) * 1.7, f64::from(place * 37 % 101)])).collect();
    vec![
        (
            "bars_grouped",
            json!({"title": {"text": "Orders and returns", "subtext": "in thousands"}, "legend": {}, "xAxis": {"type": "category", "data": months}, "yAxis": {"name": "Thousands"},
            "series": [{"type": "bar", "name": "Orders", "data": [12, 19, 15, 22, 31, 28], "label": {"show": true}}, {"type": "bar", "name": "Returns", "data": [1, 2, 1.5, 2, 3, 2.5]}]}),
        ),
        (
            "bars_stacked",
            json!({"xAxis": {"type": "category", "data": months}, "yAxis": {},
            "series": [{"type": "bar", "stack": "a", "name": "Up", "data": [3, 4, 5, 6, 7, 8], "label": {"show": true}}, {"type": "bar", "stack": "a", "name": "Also up", "data": [1, 1, 2, 2, 3, 3]}, {"type": "bar", "stack": "a", "name": "Down", "data": [-2, -1, -3, -1, -2, -1]}]}),
        ),
        (
            "bars_lying",
            json!({"title": {"text": "Länder nach Fläche"}, "yAxis": {"type": "category", "data": ["Österreich", "Ελλάδα", "Україна", "A country with quite a long name indeed"], "inverse": true}, "xAxis": {"type": "value", "name": "km²"},
            "series": [{"type": "bar", "data": [83_879, 131_957, 603_549, 244_820], "label": {"show": true}}]}),
        ),
        (
            "line",
            json!({"title": {"text": "Latency"}, "legend": {}, "xAxis": {"type": "time"}, "yAxis": {"axisLabel": {"formatter": "{value} ms"}},
            "series": [{"type": "line", "name": "p50", "symbol": "none", "data": days}, {"type": "line", "name": "limit", "lineStyle": {"type": "dashed"}, "data": [[1_760_000_000_000_i64, 90], [1_767_000_000_000_i64, 90]]}]}),
        ),
        (
            "area",
            json!({"xAxis": {"type": "category", "data": months}, "yAxis": {}, "series": [
            {"type": "line", "stack": "s", "areaStyle": {}, "name": "One", "data": [1, 3, 2, 4, 3, 5]}, {"type": "line", "stack": "s", "areaStyle": {}, "name": "Two", "data": [2, 2, null, 3, 1, 2]}]}),
        ),
        (
            "scatter",
            json!({"xAxis": {"name": "Width"}, "yAxis": {"name": "Length"}, "series": [{"type": "scatter", "name": "Fish", "data": cloud}]}),
        ),
        (
            "pie",
            json!({"title": {"text": "Shares"}, "series": [{"type": "pie", "radius": ["40%", "70%"], "data": [{"name": "Direct", "value": 335}, {"name": "E-mail", "value": 310}, {"name": "Other", "value": 0}]}]}),
        ),
        (
            "histogram",
            json!({"xAxis": {"type": "category", "name": "width", "data": (0..24).map(|bin| format!("{} to {}", bin * 5, bin * 5 + 5)).collect::<Vec<_>>()}, "yAxis": {"name": "Rows", "minInterval": 1},
            "series": [{"type": "bar", "barWidth": "94%", "data": (0..24).map(|bin| 200 - (bin - 12) * (bin - 12)).collect::<Vec<i32>>()}]}),
        ),
        (
            "heatmap",
            json!({"xAxis": {"type": "category", "data": ["a", "b", "c", "d", "e"]}, "yAxis": {"type": "category", "inverse": true, "data": ["a", "b", "c", "d", "e"]}, "visualMap": {"min": -1, "max": 1},
            "series": [{"type": "heatmap", "name": "Pearson", "label": {"show": true}, "data": cells}]}),
        ),
        (
            "boxplot",
            json!({"title": {"text": "Body mass"}, "xAxis": {"type": "category", "data": ["Adelie", "Chinstrap", "Gentoo"]}, "yAxis": {"name": "g", "scale": true},
            "series": [{"type": "boxplot", "data": [[2850, 3350, 3700, 4000, 4775], [2700, 3488, 3700, 3950, 4800], [3950, 4700, 5000, 5500, 6300]]}]}),
        ),
        (
            "log",
            json!({"xAxis": {}, "yAxis": {"type": "log"}, "series": [{"type": "line", "data": [[1, 1], [2, 10], [3, 1000], [4, 20000]]}]}),
        ),
    ]
}

fn drawn(options: &Value) -> Scene {
    chart(options, Size::default()).unwrap_or_else(|error| panic!("{options}: {error}"))
}

/// Corners of a path.
fn corners(segments: &[Segment]) -> Vec<(f64, f64)> {
    segments
        .iter()
        .flat_map(|segment| match segment {
            Segment::Move(x, y) | Segment::Line(x, y) => vec![(*x, *y)],
            Segment::Cubic([.., x, y]) => vec![(*x, *y)],
            Segment::Close => vec![],
        })
        .collect()
}

/// Left, top, width and height of the marks with a hint.
fn marks(scene: &Scene) -> Vec<(f64, f64, f64, f64, Colour)> {
    let path = |shape: &Shape| match shape {
        Shape::Path { segments, fill: Some(fill), hint: Some(_), .. } => {
            let points = corners(segments);
            let (left, right) = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (x, _)| (a.min(*x), b.max(*x)));
            let (top, bottom) = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), (_, y)| (a.min(*y), b.max(*y)));
            Some((left, top, right - left, bottom - top, *fill))
        }
        _ => None,
    };
    scene.shapes.iter().filter_map(path).collect()
}

#[test]
fn every_kind_is_drawn_within_its_picture_and_becomes_pixels() {
    for (name, options) in kinds() {
        let scene = drawn(&options);
        for shape in &scene.shapes {
            if let Shape::Path { segments, .. } = shape {
                for (x, y) in corners(segments) {
                    assert!((-0.5..=scene.width + 0.5).contains(&x) && (-0.5..=scene.height + 0.5).contains(&y), "{name}: {x}, {y}");
                }
            }
        }
        let svg = scene.to_svg();
        let pixels = png(&svg, 1.0).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(pixels.starts_with(b"\x89PNG") && pixels.len() > 4_000, "{name}: {}", pixels.len());
        if let Some(folder) = option_env!("BATON_CHARTS") {
            std::fs::write(format!("{folder}/{name}.svg"), &svg).unwrap();
            std::fs::write(format!("{folder}/{name}.png"), &pixels).unwrap();
        }
    }
}

#[test]
fn bars_are_as_high_as_their_values() {
    let options =
        json!({"xAxis": {"type": "category", "data": ["a", "b", "c"]}, "yAxis": {}, "series": [{"type": "bar", "data": [10, 5, -5]}]});
    let marks = marks(&drawn(&options));
    assert_eq!(marks.len(), 3);
    assert!((marks[0].3 - 2.0 * marks[1].3).abs() < 0.01 && (marks[1].3 - marks[2].3).abs() < 0.01, "{marks:?}");
    // Upwards and downwards from one line.
    assert!((marks[0].1 + marks[0].3 - marks[2].1).abs() < 0.01);
    assert!(marks[0].0 < marks[1].0 && marks[1].0 < marks[2].0);
}

#[test]
fn stacked_bars_stand_on_one_another() {
    let options = json!({"xAxis": {"type": "category", "data": ["a"]}, "yAxis": {}, "series": [{"type": "bar", "stack": "s", "data": [3]}, {"type": "bar", "stack": "s", "data": [4]}, {"type": "bar", "stack": "s", "data": [-2]}]});
    let marks = marks(&drawn(&options));
    assert!((marks[1].1 + marks[1].3 - marks[0].1).abs() < 0.01, "the second stands on the first");
    assert!((marks[0].1 + marks[0].3 - marks[2].1).abs() < 0.01, "the third hangs from zero");
    assert!(marks.iter().all(|mark| (mark.0 - marks[0].0).abs() < 1e-9));
}

#[test]
fn lying_bars_reach_to_the_right_and_begin_at_the_top_where_inverse() {
    let options = json!({"yAxis": {"type": "category", "data": ["a", "b"], "inverse": true}, "xAxis": {}, "series": [{"type": "bar", "data": [1, 2]}]});
    let marks = marks(&drawn(&options));
    assert!((marks[1].2 - 2.0 * marks[0].2).abs() < 0.01 && marks[0].1 < marks[1].1, "{marks:?}");
}

#[test]
fn slices_fill_the_circle_by_their_shares() {
    let scene = drawn(&json!({"series": [{"type": "pie", "data": [{"name": "a", "value": 1}, {"name": "b", "value": 3}]}]}));
    let areas: Vec<f64> = scene
        .shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Path { segments, hint: Some(_), .. } => {
                let points = corners(segments);
                let twice: f64 = points.iter().zip(points.iter().cycle().skip(1)).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
                Some(twice.abs() / 2.0)
            }
            _ => None,
        })
        .collect();
    // Polygons through the ends of quarters at most: the quarter is one triangle, three quarters are three.
    assert!((areas[1] / areas[0] - 3.0).abs() < 0.01, "{areas:?}");
}

#[test]
fn gaps_break_lines() {
    let paths = |data: Value| {
        let scene = drawn(
            &json!({"xAxis": {"type": "category", "data": ["a", "b", "c", "d"]}, "yAxis": {}, "series": [{"type": "line", "name": "l", "showSymbol": false, "data": data}]}),
        );
        scene.shapes.iter().filter(|shape| matches!(shape, Shape::Path { fill: None, hint: Some(_), .. })).count()
    };
    assert_eq!(paths(json!([1, 2, 3, 4])), 1);
    assert_eq!(paths(json!([1, 2, null, 3])), 1, "a lone point is a circle");
    assert_eq!(paths(json!([1, 2, "-", 3, 4])), 2);
}

#[test]
fn what_cannot_be_drawn_names_its_option() {
    let axes = |series: Value| json!({"xAxis": {"type": "category", "data": ["a"]}, "yAxis": {}, "series": series});
    let many: Vec<Value> = (0..=MAXIMUM_SERIES).map(|_| json!({"type": "line", "data": [1]})).collect();
    for (options, field) in [
        (json!([]), "options"),
        (json!({}), "series"),
        (axes(json!([{"type": "sankey", "data": [1]}])), "series[0].type"),
        (axes(json!([{"data": [1]}])), "series[0].type"),
        (axes(json!([{"type": "bar", "data": []}])), "series"),
        (axes(json!([{"type": "boxplot", "data": [[1, 2]]}])), "series[0].data"),
        (axes(json!([{"type": "heatmap", "data": [1]}])), "series[0].data"),
        (axes(json!([{"type": "pie", "data": [1]}, {"type": "bar", "data": [1]}])), "series"),
        (axes(json!([{"type": "pie", "data": [-1]}])), "series[0].data"),
        (axes(json!([{"type": "line", "yAxisIndex": 1, "data": [1]}])), "series[0].yAxisIndex"),
        (axes(json!(many)), "series"),
        (axes(json!([{"type": "line", "data": vec![1; MAXIMUM_POINTS + 1]}])), "series[0].data"),
        (json!({"xAxis": {"type": "polar"}, "series": [{"type": "bar", "data": [1]}]}), "xAxis.type"),
    ] {
        match chart(&options, Size::default()) {
            Err(Error::Option { field: named, message }) => {
                assert_eq!(named, field);
                assert!(!message.is_empty());
            }
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn texts_bring_no_markup_into_the_picture() {
    let evil = "</text><script>alert(1)</script>\u{1}&\"";
    let svg = drawn(&json!({"title": {"text": evil}, "xAxis": {"type": "category", "data": [evil], "name": evil}, "yAxis": {"name": evil},
        "series": [{"type": "bar", "name": evil, "itemStyle": {"color": "red\" onload=\"x"}, "data": [{"value": 1, "itemStyle": {"color": "url(#x)"}}]}, {"type": "bar", "name": "b", "data": [1]}]})).to_svg();
    assert!(!svg.contains("<script") && !svg.contains("onload") && !svg.contains('\u{1}'), "{svg}");
    png(&svg, 1.0).unwrap();
}

#[test]
fn a_foreign_svg_reads_no_file_and_is_bounded() {
    let reading = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><image href='/etc/hostname' width='5' height='5'/><text x='1' y='5'>x</text></svg>";
    assert!(png(reading, 1.0).is_ok());
    for wrong in ["", "<html/>", "<svg xmlns='http://www.w3.org/2000/svg' width='90000' height='90000'/>", "not xml"] {
        assert!(matches!(png(wrong, 1.0), Err(Error::Picture(_))), "{wrong}");
    }
    let entities = "<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'>]><svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><text>&e;</text></svg>";
    let began = std::time::Instant::now();
    let _ = png(entities, 1.0);
    assert!(began.elapsed().as_secs() < 10);
}

#[test]
fn many_points_make_a_picture_of_bounded_size() {
    let data: Vec<Value> = (0..MAXIMUM_POINTS).map(|place| json!([place, (place * 7_919 % 10_007)])).collect();
    for kind in ["line", "scatter"] {
        let svg = drawn(&json!({"xAxis": {}, "yAxis": {}, "series": [{"type": kind, "data": data}]})).to_svg();
        assert!(svg.len() < MAXIMUM_SVG_BYTES, "{kind}: {}", svg.len());
        png(&svg, 1.0).unwrap();
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-1e6f64..1e6).prop_map(|number| json!(number)),
        1 => Just(json!(null)),
        1 => Just(json!("-")),
        1 => Just(json!(1e308)),
        1 => Just(json!(-1e308)),
        1 => Just(json!(5e-324)),
        1 => "[a-z<&]{0,6}".prop_map(|text| json!(text)),
        1 => (-1e3f64..1e3, -1e3f64..1e3).prop_map(|(x, y)| json!([x, y])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn nothing_that_options_hold_makes_a_picture_that_cannot_be_read(
        kind in prop_oneof![Just("line"), Just("bar"), Just("scatter"), Just("pie")], axis in prop_oneof![Just("category"), Just("value"), Just("time"), Just("log")],
        lying in any::<bool>(), stack in any::<bool>(), data in prop::collection::vec(value(), 0..12), more in prop::collection::vec(value(), 0..12),
    ) {
        let of = |data: Vec<Value>| { let mut series = json!({"type": kind, "name": "s", "data": data, "label": {"show": true}, "areaStyle": {}}); if stack { series["stack"] = json!("s"); } series };
        let (x, y) = (json!({"type": axis, "name": "base"}), json!({"type": "value"}));
        let (x, y) = if lying { (y, x) } else { (x, y) };
        if let Ok(scene) = chart(&json!({"xAxis": x, "yAxis": y, "legend": {}, "series": [of(data), of(more)]}), Size::default()) {
            let svg = scene.to_svg();
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
            prop_assert!(png(&svg, 0.25).is_ok());
        }
    }
}
