//! How does a page look? As a picture of its window, of all of it or of one element, or printed as PDF.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_agents_runtime::{Context, SkillError};
use baton_clients::egress::EgressClient;
use baton_domain::problem::Code;
use serde::Deserialize;
use serde_json::{Value, json};

use super::events::short;
use super::render::facts;
use super::visit::{Plan, Visit};

/// The longest side of a picture, in pixels: the largest that browsers draw in one piece.
pub const MAXIMUM_SIDE: f64 = 16_384.0;
/// The most pixels of a picture.
pub const MAXIMUM_PIXELS: f64 = 50_000_000.0;
/// The largest picture or PDF, in bytes.
pub const MAXIMUM_PICTURE_BYTES: usize = 32 << 20;

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(flatten)]
    plan: Plan,
    #[serde(default)]
    format: Format,
    #[serde(default)]
    full_page: bool,
    selector: Option<String>,
    #[serde(default)]
    paper: Paper,
    #[serde(default)]
    landscape: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Png,
    Jpeg,
    Pdf,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Paper {
    #[default]
    A4,
    Letter,
}

/// A part of the page, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Area {
    /// What of it may be drawn, and whether something was cut.
    fn within_bounds(self, scale: f64) -> (Self, bool) {
        let width = self.width.min((MAXIMUM_SIDE / scale).floor());
        let rows = (MAXIMUM_PIXELS / (width * scale * scale)).floor().max(1.0);
        let height = self.height.min((MAXIMUM_SIDE / scale).floor()).min(rows);
        let bounded = Self { width, height, ..self };
        (bounded, bounded != self)
    }
}

/// Takes a picture of the page that the input names.
pub(super) async fn perform(context: Context, client: EgressClient, input: Value) -> Result<Value, SkillError> {
    let input: Input = serde_json::from_value(input).map_err(|error| SkillError::input("input", error))?;
    if input.selector.is_some() && input.full_page {
        return Err(SkillError::input("selector", "give either a selector or full_page"));
    }
    if input.format == Format::Pdf && input.selector.is_some() {
        return Err(SkillError::input("selector", "a PDF is of the whole page; leave the selector out, or take a picture"));
    }
    let Input { plan, format, full_page, selector, paper, landscape } = input;
    let visit = Visit::open(&context, &client, plan).await?;
    context.progress(0.7, "taking the picture");
    let span = context.span("picture");
    let (bytes, sizes) = if format == Format::Pdf {
        (print(&visit, paper, landscape).await?, json!({}))
    } else {
        draw(&visit, format, full_page, selector.as_deref()).await?
    };
    let page = visit.read("({url: document.URL, title: document.title.slice(0, 2000).toWellFormed()})").await?;
    drop(span);
    let (ready, milliseconds) = (visit.ready, visit.milliseconds());
    let (witness, traffic, proxy) = visit.close().await;
    if bytes.len() > MAXIMUM_PICTURE_BYTES {
        return Err(too_large(bytes.len()));
    }
    let mut facts = witness.look(|seen| facts(seen, &traffic, &proxy));
    let mut result = json!({
        "url": short(page["url"].as_str().unwrap_or_default()), "title": short(page["title"].as_str().unwrap_or_default().trim()),
        "ready": ready, "milliseconds": milliseconds, "size": bytes.len()
    });
    for name in ["status", "request_count", "refused_count", "error_count"] {
        if !facts[name].is_null() {
            result[name] = facts[name].take();
        }
    }
    if let (Some(result), Value::Object(sizes)) = (result.as_object_mut(), sizes) {
        result.extend(sizes);
    }
    let (property, name, media_type) = match format {
        Format::Png => ("picture", "page.png", "image/png"),
        Format::Jpeg => ("picture", "page.jpg", "image/jpeg"),
        Format::Pdf => ("document", "page.pdf", "application/pdf"),
    };
    result[property] = json!(context.store(name, media_type, &bytes).await?);
    context.info(format!("{name} with {} bytes after {milliseconds} ms", bytes.len()), json!({"bytes": bytes.len()}));
    context.progress(1.0, "done");
    Ok(result)
}

async fn draw(visit: &Visit, format: Format, full_page: bool, selector: Option<&str>) -> Result<(Vec<u8>, Value), SkillError> {
    let (viewport, scale) = visit.window();
    let window = Area { x: 0.0, y: 0.0, width: f64::from(viewport.width), height: f64::from(viewport.height) };
    let area = match selector {
        Some(selector) => element(visit, selector).await?,
        None if full_page => {
            let metrics = visit.take("Page.getLayoutMetrics", json!({})).await?;
            let side = |name: &str| metrics["cssContentSize"][name].as_f64().unwrap_or_default().ceil();
            Area { width: side("width").max(window.width), height: side("height").max(window.height), ..window }
        }
        None => window,
    };
    let (area, cut) = area.within_bounds(scale);
    let clip = json!({"x": area.x, "y": area.y, "width": area.width, "height": area.height, "scale": 1});
    let mut how = json!({"format": if format == Format::Jpeg { "jpeg" } else { "png" }, "optimizeForSpeed": false});
    if format == Format::Jpeg {
        how["quality"] = json!(85);
    }
    if selector.is_some() || full_page {
        how["clip"] = clip;
        how["captureBeyondViewport"] = json!(true);
    }
    let taken = visit.take("Page.captureScreenshot", how).await?;
    let sizes = json!({"width": (area.width * scale).round() as u64, "height": (area.height * scale).round() as u64, "truncated": cut});
    Ok((decoded(&taken["data"])?, sizes))
}

/// Where an element is on the page.
async fn element(visit: &Visit, selector: &str) -> Result<Area, SkillError> {
    let expression = format!(
        "(() => {{ let found; try {{ found = Document.prototype.querySelector.call(document, {}); }} catch (error) {{ return 'invalid'; }} \
         if (!found) return null; const box = found.getBoundingClientRect(); \
         return [box.x + scrollX, box.y + scrollY, box.width, box.height]; }})()",
        json!(selector)
    );
    let place = visit.read(&expression).await?;
    if place == "invalid" {
        return Err(SkillError::input("selector", format!("{selector:?} is no CSS selector")));
    }
    let missing = |why: &str| SkillError::new(Code::ElementMissing, format!("selector: {selector:?} {why}"));
    let place = place.as_array().ok_or_else(|| missing("matches nothing on the page"))?;
    let number = |at: usize| place.get(at).and_then(Value::as_f64).unwrap_or_default();
    let (left, top) = (number(0).floor().max(0.0), number(1).floor().max(0.0));
    let (right, bottom) = ((number(0) + number(2)).ceil(), (number(1) + number(3)).ceil());
    if right <= left || bottom <= top || number(2) < 1.0 || number(3) < 1.0 {
        return Err(missing("matches an element that is not shown"));
    }
    Ok(Area { x: left, y: top, width: right - left, height: bottom - top })
}

async fn print(visit: &Visit, paper: Paper, landscape: bool) -> Result<Vec<u8>, SkillError> {
    // Inches.
    let (width, height) = match paper {
        Paper::A4 => (8.27, 11.69),
        Paper::Letter => (8.5, 11.0),
    };
    let how = json!({
        "printBackground": true, "preferCSSPageSize": false, "landscape": landscape, "paperWidth": width, "paperHeight": height
    });
    let printed = visit.take("Page.printToPDF", how).await?;
    decoded(&printed["data"])
}

fn decoded(data: &Value) -> Result<Vec<u8>, SkillError> {
    let text = data.as_str().unwrap_or_default();
    if text.len() / 4 * 3 > MAXIMUM_PICTURE_BYTES {
        return Err(too_large(text.len() / 4 * 3));
    }
    let bytes = STANDARD.decode(text).map_err(|error| SkillError::internal(format!("the browser's picture does not decode: {error}")))?;
    if bytes.is_empty() {
        return Err(SkillError::passing(Code::BrowserFailed, "the browser gave an empty picture"));
    }
    Ok(bytes)
}

fn too_large(bytes: usize) -> SkillError {
    let advice = "take a smaller part, a lower scale, or format jpeg";
    SkillError::new(Code::PageOverLimit, format!("the picture has {bytes} bytes; at most {MAXIMUM_PICTURE_BYTES} are taken: {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_picture_is_beyond_the_bounds(width in 1.0..1e7_f64, height in 1.0..1e7_f64, scale in 0.5..4.0_f64) {
            let area = Area { x: 0.0, y: 0.0, width: width.ceil(), height: height.ceil() };
            let (bounded, cut) = area.within_bounds(scale);
            prop_assert!(bounded.width * scale <= MAXIMUM_SIDE && bounded.height * scale <= MAXIMUM_SIDE);
            prop_assert!(bounded.width * bounded.height * scale * scale <= MAXIMUM_PIXELS && bounded.height >= 1.0);
            prop_assert_eq!(cut, bounded != area);
        }
    }

    #[test]
    fn a_picture_that_is_too_large_is_not_decoded() {
        let data = json!("A".repeat((MAXIMUM_PICTURE_BYTES + 3) / 3 * 4 + 4));
        assert_eq!(decoded(&data).unwrap_err().code, "WEB-044");
        assert_eq!(decoded(&json!("")).unwrap_err().code, "WEB-041");
        assert_eq!(decoded(&json!("AAAA")).unwrap(), [0, 0, 0]);
    }
}
