//! How are charts drawn without a browser?
//!
//! [`chart`] reads the subset of ECharts options that the dashboard draws and gives a [`Scene`]: shapes with places, colours and
//! texts. A scene is written as SVG ([`Scene::to_svg`]) or drawn by whoever makes a document of it; [`png`] turns any SVG
//! text into pixels with the fonts that lie in [`fonts`], never those of the machine.

mod axis;
mod colour;
mod draw;
mod error;
pub mod fonts;
mod pixels;
mod read;
mod scene;
mod svg;
mod ticks;

use serde_json::Value;

pub use colour::Colour;
pub use error::Error;
pub use pixels::{MAXIMUM_PIXELS, MAXIMUM_SVG_BYTES, png};
pub use read::{MAXIMUM_CATEGORIES, MAXIMUM_POINTS, MAXIMUM_SERIES, MAXIMUM_SLICES};
pub use scene::{Anchor, Scene, Segment, Shape, Stroke};

/// How large a picture is, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// From left to right, 200 to 4,000.
    pub width: f64,
    /// From top to bottom, 150 to 4,000.
    pub height: f64,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 720.0, height: 420.0 }
    }
}

/// Draws a chart from its ECharts options: line, bar, scatter, pie, heatmap and boxplot series, with title, legend and axes.
///
/// # Errors
/// [`Error`] names the option that cannot be drawn.
pub fn chart(options: &Value, size: Size) -> Result<Scene, Error> {
    let size = Size { width: size.width.clamp(200.0, 4_000.0), height: size.height.clamp(150.0, 4_000.0) };
    let chart = read::chart(options)?;
    Ok(draw::scene(&chart, size))
}
