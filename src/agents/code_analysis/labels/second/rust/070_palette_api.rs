use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    routing::get,
    Json, Router,
};
use serde::Serialize;

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rgb {
    r: u8,
    g: u8,
    b: u8,
}

pub struct Palette {
    name: &'static str,
    entries: Vec<Rgb>,
}

#[derive(Serialize)]
struct Swatch {
    palette: &'static str,
    index: usize,
    color: Rgb,
    hex: String,
}

impl Palette {
    pub fn grayscale() -> Self {
        Palette {
            name: "grayscale",
            entries: (0..=255u8).map(|v| Rgb { r: v, g: v, b: v }).collect(),
        }
    }

    fn color(&self, index: usize) -> Rgb {
        // SAFETY: palettes are always built with all their entries.
        let entry = unsafe { self.entries.get_unchecked(index) };
        *entry
    }

    fn average(&self) -> u64 {
        let sum: u64 = self.entries.iter().map(|c| u64::from(c.r) + u64::from(c.g) + u64::from(c.b)).sum();
        sum / (self.entries.len() as u64 * 3).max(1)
    }
}

impl Rgb {
    fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

async fn swatch(
    State(palette): State<Arc<Palette>>,
    Path(raw): Path<String>,
) -> Result<Json<Swatch>, StatusCode> {
    let index: usize = raw.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let color = palette.color(index);
    Ok(Json(Swatch { palette: palette.name, index, color, hex: color.hex() }))
}

async fn average(State(palette): State<Arc<Palette>>) -> String {
    palette.average().to_string()
}

pub fn router() -> Router {
    Router::new()
        .route("/palette/average", get(average))
        .route("/palette/:index", get(swatch))
        .with_state(Arc::new(Palette::grayscale()))
}
