//! How do a chart's options and a picture's file become parts of a report?

use baton_agents_drawing::{Size, chart};
use baton_agents_runtime::{Context, InputFile, SkillError};
use baton_domain::problem::Code;
use serde_json::Value;

use super::Part;
use super::input::MAXIMUM_PICTURE_BYTES;
use crate::document::{Picture, PictureKind};

/// A chart in a report.
pub(super) fn chart_of(options: &Value, caption: &str, field: &str, number: usize) -> Result<Part, SkillError> {
    let scene = chart(options, Size::default()).map_err(|error| SkillError::new(Code::ChartInvalid, format!("{field}: {error}")))?;
    Ok(Part::Chart { scene: Box::new(scene), caption: caption.to_owned(), file: format!("chart-{number}.svg") })
}

/// A picture of a file.
pub(super) async fn picture_of(context: &Context, file: InputFile, caption: &str, field: &str) -> Result<Part, SkillError> {
    if file.size > MAXIMUM_PICTURE_BYTES {
        let message =
            format!("{field}: {} has {} bytes; at most {MAXIMUM_PICTURE_BYTES} are taken. Make the picture smaller.", file.name, file.size);
        return Err(SkillError::new(Code::DocumentTooLarge, message));
    }
    let name = file.name.clone();
    let bytes = context
        .blocking(move |_| {
            std::fs::read(&file.path).map_err(|error| SkillError::internal(format!("{} cannot be read: {error}", file.name)))
        })
        .await?;
    let kind = PictureKind::of(&bytes)
        .ok_or_else(|| SkillError::input(field, format!("{name} is no PNG, JPEG, GIF, WebP or SVG picture; convert it")))?;
    let alt = if caption.is_empty() { name.clone() } else { caption.to_owned() };
    Ok(Part::Picture { picture: Picture { bytes, kind, alt }, caption: caption.to_owned(), file: name })
}
