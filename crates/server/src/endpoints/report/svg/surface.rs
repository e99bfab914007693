//! The surface that Plotters draws on: the text of an SVG document. Colours are written as classes,
//! so that one style sheet can give them for light and for dark.
//!
//! A surface takes only what a bar chart needs: lines, texts and bars. It escapes all texts.

use std::fmt::{self, Write};

use plotters::element::{Drawable, PointCollection};
use plotters::style::{Color, IntoFont, TextStyle};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::bars::Shade;

/// The width and the height of the paper, in its own units.
pub(super) const SIZE: (i32, i32) = (9_600, 5_400);

/// The units in a pixel, if the document is shown in its own size.
const UNITS_PER_PIXEL: i32 = 10;

/// The anchor of a text that begins at its place.
pub(super) const LEFT: Pos = Pos { h_pos: HPos::Left, v_pos: VPos::Center };
/// The anchor of a text that is centred at its place.
pub(super) const CENTRE: Pos = Pos { h_pos: HPos::Center, v_pos: VPos::Center };

const STYLE: &str = include_str!("chart.css");

/// The class of a line or a text in the style sheet. Plotters knows it as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Title,
    Note,
    Name,
    Label,
    Grid,
    Axis,
}

impl Ink {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Title, "title"),
        (Self::Note, "note"),
        (Self::Name, "name"),
        (Self::Label, "label"),
        (Self::Grid, "grid"),
        (Self::Axis, "axis"),
    ];

    /// Returns the style of a text. The style sheet gives its size; the size here has no effect.
    pub(super) fn text(self, anchor: Pos) -> TextStyle<'static> {
        let font = ("sans-serif", 120).into_font();
        TextStyle { font, color: self.to_backend_color(), pos: anchor }
    }

    /// Returns the class that stands behind a colour of Plotters.
    fn class(color: BackendColor) -> &'static str {
        let known = Self::ALL.iter().find(|(ink, _)| ink.to_backend_color().rgb == color.rgb);
        known.map_or("", |(_, class)| class)
    }
}

impl Color for Ink {
    fn to_backend_color(&self) -> BackendColor {
        let number = (0..).zip(Self::ALL).find(|(_, (ink, _))| ink == self);
        BackendColor { alpha: 1.0, rgb: (number.map_or(u8::MAX, |(number, _)| number), 0, 0) }
    }
}

/// A rectangle between two corners, whose coordinates are of type `C`.
#[derive(Clone, Debug)]
pub(super) struct Segment<C> {
    pub(super) corners: [C; 2],
    pub(super) shade: Shade,
    /// The tooltip; may be empty.
    pub(super) title: String,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Segment<C> {
    type IntoIter = &'a [C; 2];
    type Point = &'a C;

    fn point_iter(self) -> Self::IntoIter {
        &self.corners
    }
}

impl<C> Drawable<Surface<'_>> for Segment<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut corners: I,
        surface: &mut Surface<'_>,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<fmt::Error>> {
        let (Some(first), Some(second)) = (corners.next(), corners.next()) else { return Ok(()) };
        surface.rectangle(first, second, self).map_err(drawing)
    }
}

/// A document that shapes are appended to.
pub(super) struct Surface<'a>(&'a mut String);

/// Returns the beginning of a document, up to the first shape. `class` is that of the root element.
pub(super) fn opening(class: &str, title: &str, description: &str) -> String {
    let (width, height) = SIZE;
    let [title, description] = [title, description].map(escaped);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{}\" height=\"{}\" class=\"{class}\" role=\"img\" \
         aria-labelledby=\"chart-title chart-description\">\n\
         <title id=\"chart-title\">{title}</title>\n\
         <desc id=\"chart-description\">{description}</desc>\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n",
        width.saturating_div(UNITS_PER_PIXEL),
        height.saturating_div(UNITS_PER_PIXEL),
    )
}

/// Escapes a text for an element or an attribute in quotes, without the characters that XML 1.0
/// cannot hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter < ' ' => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

impl<'a> Surface<'a> {
    /// Creates a surface that appends to a document.
    pub(super) fn new(document: &'a mut String) -> Self {
        Self(document)
    }

    fn rectangle<C>(
        &mut self,
        (x0, y0): BackendCoord,
        (x1, y1): BackendCoord,
        segment: &Segment<C>,
    ) -> fmt::Result {
        let (x, y) = (x0.min(x1), y0.min(y1));
        let (width, height) = (x0.abs_diff(x1), y0.abs_diff(y1));
        let class = match segment.shade {
            Shade::Colour(number) => format!("s{number}"),
            Shade::Pale => "pale".to_owned(),
            Shade::Other => "other".to_owned(),
        };
        write!(self.0, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" ")?;
        write!(self.0, "width=\"{width}\" height=\"{height}\"")?;
        match escaped(&segment.title) {
            title if title.is_empty() => self.0.write_str("/>\n"),
            title => writeln!(self.0, "><title>{title}</title></rect>"),
        }
    }
}

fn drawing(error: fmt::Error) -> DrawingErrorKind<fmt::Error> {
    DrawingErrorKind::DrawingError(error)
}

impl DrawingBackend for Surface<'_> {
    type ErrorType = fmt::Error;

    fn get_size(&self) -> (u32, u32) {
        (SIZE.0.unsigned_abs(), SIZE.1.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<fmt::Error>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<fmt::Error>> {
        Ok(())
    }

    /// Fails, because every shape of a chart has a method of its own below.
    fn draw_pixel(
        &mut self,
        _: BackendCoord,
        _: BackendColor,
    ) -> Result<(), DrawingErrorKind<fmt::Error>> {
        Err(drawing(fmt::Error))
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<fmt::Error>> {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<fmt::Error>> {
        // Plotters always draws some lines, such as ticks; the chart makes them transparent.
        if style.color().alpha <= 0.0 {
            return Ok(());
        }
        let points: Vec<String> = path.into_iter().map(|(x, y)| format!("{x},{y}")).collect();
        let (class, points) = (Ink::class(style.color()), points.join(" "));
        writeln!(self.0, "<polyline class=\"{class}\" points=\"{points}\"/>").map_err(drawing)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<fmt::Error>> {
        let (class, Pos { h_pos, v_pos }) = (Ink::class(style.color()), style.anchor());
        let anchor = match h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // Many renderers other than browsers ignore `dominant-baseline`.
        let dy = match v_pos {
            VPos::Top => "0.75em",
            VPos::Center => "0.35em",
            VPos::Bottom => "-0.25em",
        };
        let place = format!("x=\"{x}\" y=\"{y}\" dy=\"{dy}\" text-anchor=\"{anchor}\"");
        let text = escaped(text);
        writeln!(self.0, "<text class=\"{class}\" {place}>{text}</text>").map_err(drawing)
    }
}
