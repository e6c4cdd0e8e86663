//! How are laid pages written as a PDF?

use std::collections::HashMap;
use std::sync::Arc;

use baton_agents_drawing::fonts::Font;
use baton_agents_drawing::{Anchor, Colour, Scene, Segment, Shape};
use baton_agents_runtime::SkillError;
use krilla::Document;
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};

use super::{About, Entry, HEIGHT, Laid, Mark, SIDE, WIDTH};
use crate::document::{Picture, PictureKind};

const MUTED: Colour = Colour { red: 0x59, green: 0x62, blue: 0x73, opacity: 1.0 };
/// How large a picture of a vector file is drawn, for print.
const SVG_SCALE: f32 = 2.0;

/// Fonts as the file has them.
struct Fonts(HashMap<Font, krilla::text::Font>);

pub(super) fn write(laid: &Laid, about: &About, step: &dyn Fn() -> Result<(), SkillError>) -> Result<Vec<u8>, SkillError> {
    let cannot = |what: &str| SkillError::internal(format!("the PDF cannot be written: {what}"));
    let fonts = Font::ALL.into_iter().map(|font| {
        let data: krilla::Data = Arc::new(font.bytes().to_vec()).into();
        krilla::text::Font::new(data, 0).map(|loaded| (font, loaded)).ok_or_else(|| cannot("a font cannot be read"))
    });
    let fonts = Fonts(fonts.collect::<Result<_, _>>()?);
    let mut document = Document::new();
    let settings = || PageSettings::from_wh(WIDTH as f32, HEIGHT as f32).ok_or_else(|| cannot("a page has no size"));
    for (number, marks) in laid.pages.iter().enumerate() {
        step()?;
        let mut page = document.start_page_with(settings()?);
        for mark in marks {
            if let Mark::Link { x, y, width, height, address } = mark
                && let Some(rect) = Rect::from_xywh(*x as f32, *y as f32, *width as f32, *height as f32)
            {
                let link = LinkAnnotation::new(rect, Target::Action(Action::Link(LinkAction::new(address.clone()))));
                page.add_annotation(Annotation::new_link(link, Some(address.clone())));
            }
        }
        let mut surface = page.surface();
        marks.iter().for_each(|mark| draw(&mut surface, mark, &fonts));
        footer(&mut surface, &fonts, &about.title, number + 1, laid.pages.len());
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(&laid.outline));
    let metadata = Metadata::new()
        .title(about.title.clone())
        .authors(about.authors.clone())
        .language(about.language.clone())
        .creator("Baton".to_owned());
    document.set_metadata(metadata);
    document.finish().map_err(|error| cannot(&format!("{error:?}")))
}

/// The picture's width and height in CSS pixels.
pub(super) fn size_of(picture: &Picture) -> Option<(f64, f64)> {
    let image = image(picture)?;
    let (width, height) = image.size();
    let scale = if picture.kind == PictureKind::Svg { f64::from(SVG_SCALE) } else { 1.0 };
    (width > 0 && height > 0).then(|| (f64::from(width) / scale, f64::from(height) / scale))
}

fn image(picture: &Picture) -> Option<Image> {
    let data = |bytes: &[u8]| krilla::Data::from(Arc::new(bytes.to_vec()));
    match picture.kind {
        PictureKind::Png => Image::from_png(data(&picture.bytes), true).ok(),
        PictureKind::Jpeg => Image::from_jpeg(data(&picture.bytes), true).ok(),
        PictureKind::Gif => Image::from_gif(data(&picture.bytes), true).ok(),
        PictureKind::Webp => Image::from_webp(data(&picture.bytes), true).ok(),
        PictureKind::Svg => {
            let svg = std::str::from_utf8(&picture.bytes).ok()?;
            let png = baton_agents_drawing::png(svg, SVG_SCALE).ok()?;
            Image::from_png(data(&png), true).ok()
        }
    }
}

fn fill_of(colour: Colour) -> Fill {
    Fill {
        paint: rgb::Color::new(colour.red, colour.green, colour.blue).into(),
        opacity: NormalizedF32::new(colour.opacity.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE),
        rule: Default::default(),
    }
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, fonts: &Fonts) {
    match mark {
        Mark::Text { x, y, size, font, colour, text } => write_text(surface, fonts, (*x, *y), *size, *font, *colour, text),
        Mark::Box { x, y, width, height, colour } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(*x as f32, *y as f32, *width as f32, *height as f32) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.set_stroke(None);
                surface.set_fill(Some(fill_of(*colour)));
                surface.draw_path(&path);
            }
        }
        // Annotations are the page's, not the surface's.
        Mark::Link { .. } => {}
        Mark::Picture { x, y, width, height, picture } => {
            if let (Some(image), Some(size)) = (image(picture), Size::from_wh(*width as f32, *height as f32)) {
                surface.push_transform(&Transform::from_translate(*x as f32, *y as f32));
                surface.draw_image(image, size);
                surface.pop();
            }
        }
        Mark::Chart { x, y, scale, scene } => draw_scene(surface, fonts, scene, *x, *y, *scale),
    }
}

fn write_text(surface: &mut Surface<'_>, fonts: &Fonts, (x, y): (f64, f64), size: f64, font: Font, colour: Colour, text: &str) {
    let Some(loaded) = fonts.0.get(&font) else { return };
    let shaped = font.shape(text);
    let glyphs: Vec<KrillaGlyph> = shaped
        .iter()
        .enumerate()
        .map(|(place, glyph)| {
            // Glyphs of one cluster share its text.
            let end = shaped[place..].iter().map(|next| next.begin).find(|begin| *begin > glyph.begin).unwrap_or(text.len());
            KrillaGlyph {
                glyph_id: GlyphId::new(glyph.id),
                text_range: glyph.begin..end,
                x_advance: glyph.advance as f32,
                x_offset: glyph.offset.0 as f32,
                y_offset: glyph.offset.1 as f32,
                y_advance: 0.0,
                location: None,
            }
        })
        .collect();
    surface.set_stroke(None);
    surface.set_fill(Some(fill_of(colour)));
    surface.draw_glyphs(Point::from_xy(x as f32, y as f32), &glyphs, loaded.clone(), text, size as f32, false);
}

fn draw_scene(surface: &mut Surface<'_>, fonts: &Fonts, scene: &Scene, x: f64, y: f64, scale: f64) {
    let scale = scale as f32;
    surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, x as f32, y as f32));
    for shape in &scene.shapes {
        match shape {
            Shape::Path { segments, fill, stroke, .. } => {
                let mut path = PathBuilder::new();
                for segment in segments {
                    match *segment {
                        Segment::Move(x, y) => path.move_to(x as f32, y as f32),
                        Segment::Line(x, y) => path.line_to(x as f32, y as f32),
                        Segment::Cubic([a, b, c, d, x, y]) => path.cubic_to(a as f32, b as f32, c as f32, d as f32, x as f32, y as f32),
                        Segment::Close => path.close(),
                    }
                }
                let Some(path) = path.finish() else { continue };
                surface.set_fill(fill.map(fill_of));
                surface.set_stroke(stroke.as_ref().map(|stroke| {
                    Stroke {
                        paint: rgb::Color::new(stroke.colour.red, stroke.colour.green, stroke.colour.blue).into(),
                        width: stroke.width as f32,
                        dash: (!stroke.dashes.is_empty())
                            .then(|| StrokeDash { array: stroke.dashes.iter().map(|length| *length as f32).collect(), offset: 0.0 }),
                        ..Stroke::default()
                    }
                }));
                surface.draw_path(&path);
            }
            Shape::Text { x, y, size, font, colour, anchor, turn, text } => {
                let width = font.width(text, *size);
                let before = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => width / 2.0,
                    Anchor::End => width,
                };
                surface.push_transform(&Transform::from_rotate_at(*turn as f32, *x as f32, *y as f32));
                write_text(surface, fonts, (x - before, *y), *size, *font, *colour, text);
                surface.pop();
            }
        }
    }
    surface.pop();
}

fn footer(surface: &mut Surface<'_>, fonts: &Fonts, title: &str, number: usize, pages: usize) {
    const SIZE: f64 = 8.0;
    let y = HEIGHT - 34.0;
    let count = format!("{number} / {pages}");
    let width = Font::Regular.width(&count, SIZE);
    let known: String = title.chars().filter(|character| Font::Regular.has(*character)).collect();
    let title = Font::Regular.cut(&known, SIZE, WIDTH - 2.0 * SIDE - width - 20.0);
    write_text(surface, fonts, (SIDE, y), SIZE, Font::Regular, MUTED, &title);
    write_text(surface, fonts, (WIDTH - SIDE - width, y), SIZE, Font::Regular, MUTED, &count);
}

/// Headings as the reader's side bar shows them, those of a lower level within those above.
fn outline(entries: &[Entry]) -> Outline {
    let mut outline = Outline::new();
    let mut place = 0;
    while place < entries.len() {
        let (node, next) = node(entries, place);
        outline.push_child(node);
        place = next;
    }
    outline
}

fn node(entries: &[Entry], place: usize) -> (OutlineNode, usize) {
    let entry = &entries[place];
    let text = if entry.text.is_empty() { "…".to_owned() } else { entry.text.clone() };
    let mut made = OutlineNode::new(text, XyzDestination::new(entry.page, Point::from_xy(0.0, entry.y as f32)));
    let mut next = place + 1;
    while next < entries.len() && entries[next].level > entry.level {
        let (child, after) = node(entries, next);
        made.push_child(child);
        next = after;
    }
    (made, next)
}
