//! Backends: a canvas as SVG and as PNG, through plotters.
use std::path::Path;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::drawing::DrawingAreaErrorKind;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, FontStyle, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use crate::report::draw::canvas::{Anchor, At, Canvas, Mark, Text};
use crate::report::draw::font;
use crate::report::draw::theme::Colour;

/// The factor by which SVG is drawn larger than it is shown, because backends take whole coordinates.
const SVG_SCALE: f64 = 8.0;
/// The pixels of a PNG in a unit of the canvas, of which an inch has 96.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution(usize);

/// Twice the pixels of a screen.
pub const SCREEN: Resolution = Resolution(2);
/// 384 pixels an inch.
pub const PRINT: Resolution = Resolution(4);

/// Samples along each side of a pixel, whose mean is its colour.
const SAMPLES: usize = 2;

/// The error of writing a PNG file.
pub(crate) type PngError = DrawingAreaErrorKind<<BitMapBackend<'static> as DrawingBackend>::ErrorType>;

/// The canvas as SVG, in which texts stay texts.
pub(crate) fn svg(canvas: &Canvas) -> String {
    let mut text = String::new();
    let size = ((canvas.width * SVG_SCALE) as u32, (canvas.height * SVG_SCALE) as u32);
    let mut backend = SVGBackend::with_string(&mut text, size);
    draw(canvas, &mut backend, SVG_SCALE);
    backend.present().expect("a string takes everything");
    drop(backend);
    let head = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("<svg width=\"{:.0}\" height=\"{:.0}\" font-kerning=\"none\"", canvas.width, canvas.height);
    let text = text.replacen(&head, &shown, 1).replace("<rect ", "<rect shape-rendering=\"crispEdges\" ");
    text.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace("\n</text>", "</text>")
}

/// Writes the canvas as PNG, with two pixels for each of its units.
///
/// # Errors
/// If the file cannot be written.
pub fn png(canvas: &Canvas, path: &Path) -> Result<(), PngError> {
    png_at(canvas, path, SCREEN)
}

/// Writes the canvas as PNG with these pixels.
///
/// # Errors
/// If the file cannot be written.
pub fn png_at(canvas: &Canvas, path: &Path, resolution: Resolution) -> Result<(), PngError> {
    let (pixels, size) = pixels(canvas, resolution.0);
    let mut backend = BitMapBackend::new(path, size);
    backend.blit_bitmap((0, 0), size, &pixels).map_err(DrawingAreaErrorKind::BackendError)?;
    backend.present().map_err(DrawingAreaErrorKind::BackendError)
}

/// The pixels of a canvas, row after row of red, green, blue, with their width and height.
///
/// Each is the mean of several samples, because plotters draws lines without smoothing them.
fn pixels(canvas: &Canvas, scale: usize) -> (Vec<u8>, (u32, u32)) {
    let (width, height) = (canvas.width.ceil() as usize * scale, canvas.height.ceil() as usize * scale);
    let (wide, high) = (width * SAMPLES, height * SAMPLES);
    let mut fine = vec![255; wide * high * 3];
    {
        let mut backend = BitMapBackend::with_buffer(&mut fine, (wide as u32, high as u32));
        draw(canvas, &mut backend, (scale * SAMPLES) as f64);
        backend.present().expect("a buffer takes everything");
    }
    let mut pixels = vec![0; width * height * 3];
    for (y, row) in pixels.chunks_exact_mut(width * 3).enumerate() {
        for (index, channel) in row.iter_mut().enumerate() {
            let (x, c) = (index / 3, index % 3);
            let sample = |dx, dy| u32::from(fine[((y * SAMPLES + dy) * wide + x * SAMPLES + dx) * 3 + c]);
            let sum: u32 = (0..SAMPLES * SAMPLES).map(|each| sample(each % SAMPLES, each / SAMPLES)).sum();
            *channel = (sum / (SAMPLES * SAMPLES) as u32) as u8;
        }
    }
    (pixels, (width as u32, height as u32))
}

fn draw<S: Surface>(canvas: &Canvas, surface: &mut S, scale: f64) {
    let whole = |(x, y): At| ((x * scale).round() as i32, (y * scale).round() as i32);
    for mark in canvas.marks() {
        let drawn = match mark {
            Mark::Rectangle { frame, colour } => {
                let (from, to) = (whole((frame.x, frame.y)), whole((frame.right(), frame.bottom())));
                surface.draw_rect(from, to, &paint(*colour), true).map_err(DrawingAreaErrorKind::BackendError)
            }
            Mark::Polygon { points, colour } => surface
                .fill_polygon(points.iter().copied().map(whole), &paint(*colour))
                .map_err(DrawingAreaErrorKind::BackendError),
            Mark::Line { points, colour, width } => {
                let points: Vec<At> = points.iter().map(|(x, y)| (x * scale, y * scale)).collect();
                surface.stroke(&points, *colour, width * scale)
            }
            Mark::Disc { at, radius, colour, cover } => surface
                .draw_circle(whole(*at), (radius * scale).round() as u32, &paint(*colour).mix(*cover), true)
                .map_err(DrawingAreaErrorKind::BackendError),
            Mark::Text(text) => surface.set(text, scale),
        };
        drawn.unwrap_or_else(|error| panic!("memory takes every mark: {error}"));
    }
}

fn paint([red, green, blue]: Colour) -> RGBAColor {
    RGBColor(red, green, blue).to_rgba()
}

/// The result of drawing on a backend.
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A backend of plotters with the lines and texts that SVG and pixels draw differently.
trait Surface: DrawingBackend + Sized {
    /// Draws a line through points in the units of the backend.
    fn stroke(&mut self, points: &[At], colour: Colour, width: f64) -> Drawn<Self>;

    /// Draws a line of text; `scale` is the number of the backend's units in one of the canvas.
    fn set(&mut self, text: &Text, scale: f64) -> Drawn<Self>;
}

impl Surface for SVGBackend<'_> {
    fn stroke(&mut self, points: &[At], colour: Colour, width: f64) -> Drawn<Self> {
        let style = ShapeStyle { color: paint(colour), filled: false, stroke_width: width.round().max(1.0) as u32 };
        self.draw_path(points.iter().map(|(x, y)| (x.round() as i32, y.round() as i32)), &style)
            .map_err(DrawingAreaErrorKind::BackendError)
    }

    fn set(&mut self, text: &Text, scale: f64) -> Drawn<Self> {
        let horizontal = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let family = FontFamily::Name(font::FAMILY);
        // plotters divides by 1.24 and puts the baseline of what hangs from a place 0.76 em below it.
        let size = text.size * scale * 1.24;
        let style = TextStyle::from((family, size, if text.bold { FontStyle::Bold } else { FontStyle::Normal }));
        let colour = paint(text.colour);
        let style = style.color(&colour).pos(Pos::new(horizontal, VPos::Top));
        let style = if text.upright { style.transform(FontTransform::Rotate270) } else { style };
        let lift = 0.76 * text.size;
        let (x, y) = if text.upright { (text.at.0 - lift, text.at.1) } else { (text.at.0, text.at.1 - lift) };
        self.draw_text(&text.text, &style, ((x * scale).round() as i32, (y * scale).round() as i32))
            .map_err(DrawingAreaErrorKind::BackendError)
    }
}

impl Surface for BitMapBackend<'_> {
    fn stroke(&mut self, points: &[At], colour: Colour, width: f64) -> Drawn<Self> {
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length < 1e-9 {
                continue;
            }
            let aside = ((to.1 - from.1) / length * width / 2.0, (from.0 - to.0) / length * width / 2.0);
            let corner =
                |(x, y): At, side: f64| ((x + side * aside.0).round() as i32, (y + side * aside.1).round() as i32);
            let corners = [corner(from, 1.0), corner(to, 1.0), corner(to, -1.0), corner(from, -1.0)];
            if from.0 == to.0 || from.1 == to.1 {
                let xs = corners.map(|(x, _)| x);
                let ys = corners.map(|(_, y)| y);
                let low = (xs.into_iter().min().unwrap_or(0), ys.into_iter().min().unwrap_or(0));
                let high = (xs.into_iter().max().unwrap_or(0), ys.into_iter().max().unwrap_or(0));
                self.draw_rect(low, high, &paint(colour), true).map_err(DrawingAreaErrorKind::BackendError)?;
            } else {
                self.fill_polygon(corners, &paint(colour)).map_err(DrawingAreaErrorKind::BackendError)?;
            }
        }
        for &(x, y) in points.iter().skip(1).take(points.len().saturating_sub(2)) {
            self.draw_circle((x as i32, y as i32), (width / 2.0) as u32, &paint(colour), true)
                .map_err(DrawingAreaErrorKind::BackendError)?;
        }
        Ok(())
    }

    fn set(&mut self, text: &Text, scale: f64) -> Drawn<Self> {
        let size = text.size * scale;
        let before = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(&text.text, size, text.bold) / 2.0,
            Anchor::End => font::width(&text.text, size, text.bold),
        };
        let (x, y) = (text.at.0 * scale, text.at.1 * scale);
        let [red, green, blue] = text.colour;
        let mut drawn = Ok(());
        font::cover(&text.text, size, text.bold, |right, down, share| {
            let right = f64::from(right) - before;
            let at = if text.upright { (x + f64::from(down), y - right) } else { (x + right, y + f64::from(down)) };
            let colour = RGBAColor(red, green, blue, share.min(1.0));
            let pixel = self.draw_pixel((at.0.round() as i32, at.1.round() as i32), colour.to_backend_color());
            if let Err(error) = pixel {
                drawn = Err(DrawingAreaErrorKind::BackendError(error));
            }
        });
        drawn
    }
}
