//! How does an SVG text become pixels?

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::Error;
use crate::fonts::Font;

/// The most pixels of a picture.
pub const MAXIMUM_PIXELS: u64 = 36_000_000;
/// The most bytes of an SVG text.
pub const MAXIMUM_SVG_BYTES: usize = 16 << 20;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    for font in Font::ALL {
        fonts.load_font_source(Source::Binary(Arc::new(font.bytes())));
    }
    fonts.set_sans_serif_family("Inter");
    fonts.set_serif_family("Inter");
    fonts.set_monospace_family("JetBrains Mono");
    Arc::new(fonts)
});

/// A PNG file of an SVG text, each of whose pixels becomes `scale` pixels wide and high. Pictures that the SVG names are left
/// out, so that it reads no file of this machine.
///
/// # Errors
/// [`Error::Picture`] if it is no SVG, or too large.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, Error> {
    if svg.len() > MAXIMUM_SVG_BYTES {
        return Err(Error::Picture(format!("it has {} bytes; at most {MAXIMUM_SVG_BYTES} are read", svg.len())));
    }
    let tree = Tree::from_str(svg, &options()).map_err(|error| Error::Picture(error.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).ceil(), (size.height() * scale).ceil());
    if !(width >= 1.0 && height >= 1.0 && f64::from(width) * f64::from(height) <= MAXIMUM_PIXELS as f64) {
        return Err(Error::Picture(format!("it would have {width} by {height} pixels; at most {MAXIMUM_PIXELS} are drawn")));
    }
    let mut pixels =
        Pixmap::new(width as u32, height as u32).ok_or_else(|| Error::Picture(format!("{width} by {height} pixels cannot be held")))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Error::Picture(error.to_string()))
}

fn options() -> Options<'static> {
    Options {
        font_family: "Inter".to_owned(),
        fontdb: Arc::clone(&FONTS),
        image_href_resolver: ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) },
        ..Options::default()
    }
}
