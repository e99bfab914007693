//! A report as a picture: bars of the revenue in the organization's currency, as an SVG document
//! that needs no font, no script and no other file, and follows the reader's light or dark.
//!
//! What is shown is [`bars`], where it stands on the axes is [`scale`]; Plotters lays it out and
//! draws it on [`surface`]. Nothing is rounded but the place on the paper.

mod bars;
mod scale;
mod surface;

use std::fmt;

use apportion_core::currency::Currency;
use apportion_core::report::{Grouping, Row};
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::PathElement;
use plotters::style::colors::TRANSPARENT;
use thiserror::Error;

use super::amount;
use bars::Bars;
use scale::{Amounts, Slots};
use surface::{CENTRE, Ink, LEFT, RIGHT, SIZE, Segment, Surface};

/// Most bars that a picture has: there is half a pixel for each from here on.
pub const MAX_BARS: usize = 1_500;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum ChartError {
    /// Too many periods from the first to the last.
    #[error("there are more than {MAX_BARS} bars; ask for longer periods or fewer days")]
    TooManyBars,
    /// It could not be drawn, which is a fault of this module and not of the report.
    #[error("the chart could not be drawn: {0}")]
    Drawing(#[from] DrawingAreaErrorKind<fmt::Error>),
}

/// The total revenue of each period, or where none is asked for of each value of the first group,
/// stacked by the next group, or where there is none by what is recognised. Periods stand in the
/// order of the calendar and none is left out; other bars in that of the rows, the largest of them
/// where they are many. The title may be any text. XML 1.0 in UTF-8, `image/svg+xml`.
///
/// The style is in the document: a Content-Security-Policy beside it must allow that (`style-src
/// 'unsafe-inline'`), else all is black where the document is opened by itself.
///
/// # Errors
///
/// [`ChartError`].
pub fn draw(
    grouping: &Grouping,
    rows: &[Row],
    default_currency: Currency,
    title: &str,
) -> Result<String, ChartError> {
    let bars = Bars::of(grouping, rows).ok_or(ChartError::TooManyBars)?;
    let picture = Picture { amounts: Amounts::over(&bars, default_currency), bars };
    let class = if picture.bars.are_dense() { "dense" } else { "spaced" };
    let mut document = surface::opening(class, title, &picture.description());
    let root = Surface::on(&mut document).into_drawing_area();
    root.draw_text(title, &Ink::Title.text(LEFT), (MARGIN, 330))?;
    root.draw_text(&picture.total(), &Ink::Note.text(LEFT), (MARGIN, 590))?;
    picture.draw_plot(&root)?;
    picture.draw_legend(&root)?;
    drop(root);
    document.push_str("</svg>\n");
    Ok(document)
}

/// Around everything.
const MARGIN: i32 = 300;
/// Above the plot: title, total, unit.
const HEAD: i32 = 1_100;
/// Below it: labels and what they are.
const FOOT: i32 = 460;
/// From one line of the legend to the next.
const LINE: i32 = 230;
/// Half the side of the square that shows a colour.
const SWATCH: i32 = 60;
/// What a letter of a label takes, rather more than less: the font is the reader's.
const LETTER: i32 = 72;

type Root<'a> = DrawingArea<Surface<'a>, Shift>;

struct Picture {
    bars: Bars,
    amounts: Amounts,
}

impl Picture {
    fn amount(&self, minor: i128) -> String {
        let currency = self.amounts.currency();
        format!("{} {currency}", amount::grouped(minor, currency, false))
    }

    fn total(&self) -> String {
        let total = format!("Total {}", self.amount(self.bars.total));
        match (self.bars.missing, self.bars.labels.len()) {
            (0, _) => total,
            (missing, shown) => {
                let amounts = self.bars.series.iter().flat_map(|series| &series.amounts);
                let rest = self.bars.total.saturating_sub(amounts.sum());
                let rest = self.amount(rest);
                format!("{total}. The {shown} largest; not shown are {missing} more, {rest}")
            }
        }
    }

    /// For those who cannot see it.
    fn description(&self) -> String {
        let Bars { labels, axis, stacked_by, series, .. } = &self.bars;
        let (currency, total) = (self.amounts.currency(), self.total());
        let by = if axis.is_empty() { String::new() } else { format!(" by {axis}") };
        let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
        let names = names.join(", ");
        let span = match labels.as_slice() {
            [] => "no bars".to_owned(),
            [only] => format!("one bar, {only}"),
            [first, .., last] => format!("{} bars, {first} to {last}", labels.len()),
        };
        format!("Revenue in {currency}{by}: {span}. Parts by {stacked_by}: {names}. {total}.")
    }

    /// The parts of all bars: what is above 0 goes up, what is below goes down.
    fn segments(&self, slots: &Slots) -> Vec<Segment<(i64, i128)>> {
        let mut segments = Vec::new();
        for (number, label) in self.bars.labels.iter().enumerate() {
            let [left, right] = slots.edges(number);
            let (mut up, mut down) = (0_i128, 0_i128);
            for series in &self.bars.series {
                let part = series.amounts.get(number).copied().unwrap_or_default();
                let end = if part > 0 { &mut up } else { &mut down };
                let from = *end;
                *end = end.saturating_add(part);
                let (by, name) = (&self.bars.stacked_by, &series.name);
                let title = format!("{label}, {by} {name}: {}", self.amount(part));
                let corners = [(left, from), (right, *end)];
                segments.push(Segment { corners, shade: series.shade, title });
            }
        }
        segments.retain(|segment| segment.corners[0].1 != segment.corners[1].1);
        segments
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "places on a paper of a few thousand units")]
impl Picture {
    fn draw_plot(&self, root: &Root<'_>) -> Result<(), ChartError> {
        let left = width_of(self.amounts.labels()).max(5 * LETTER) + 2 * LETTER;
        let right = self.legend_width().max(MARGIN);
        let slots = Slots::new(&self.bars, (SIZE.0 - MARGIN - left - right) / LETTER);
        let mut chart = ChartBuilder::on(root)
            .margin_left(MARGIN)
            .margin_right(right)
            .margin_top(HEAD)
            .margin_bottom(MARGIN)
            .x_label_area_size(FOOT)
            .y_label_area_size(left)
            .build_cartesian_2d(slots.clone(), self.amounts)?;
        let label = |at: &i64| self.bars.labels.get(Slots::number(*at)).cloned();
        chart
            .configure_mesh()
            .disable_x_mesh()
            .axis_style(TRANSPARENT)
            .set_all_tick_mark_size(LETTER)
            .bold_line_style(Ink::Grid)
            .label_style(Ink::Label.text(LEFT))
            .x_label_formatter(&|at| label(at).unwrap_or_default())
            .y_label_formatter(&|minor| self.amounts.label(*minor))
            .axis_desc_style(Ink::Name.text(LEFT))
            .x_desc(&self.bars.axis)
            .draw()?;
        chart.draw_series(self.segments(&slots))?;
        let [first, last] = slots.ends();
        chart.draw_series([PathElement::new([(first, 0), (last, 0)], Ink::Axis)])?;
        let unit = (MARGIN + left - 2 * LETTER, HEAD - 200);
        root.draw_text(self.amounts.currency().code(), &Ink::Name.text(RIGHT), unit)?;
        if self.bars.series.is_empty() {
            let middle = ((SIZE.0 + left) / 2, (HEAD + SIZE.1 - FOOT - MARGIN) / 2);
            root.draw_text("No revenue to show", &Ink::Note.text(CENTRE), middle)?;
        }
        Ok(())
    }

    /// To the right of the plot, in the order of the stack.
    fn draw_legend(&self, root: &Root<'_>) -> Result<(), ChartError> {
        if self.bars.series.is_empty() {
            return Ok(());
        }
        let left = SIZE.0 - self.legend_width() + MARGIN;
        let heading = (left, HEAD - 200);
        root.draw_text(&self.bars.stacked_by, &Ink::Name.text(LEFT), heading)?;
        let mut y = HEAD;
        for series in self.bars.series.iter().rev() {
            let corners = [(left, y - SWATCH), (left + 2 * SWATCH, y + SWATCH)];
            root.draw(&Segment { corners, shade: series.shade, title: String::new() })?;
            root.draw_text(&series.name, &Ink::Label.text(LEFT), (left + 3 * SWATCH, y))?;
            y += LINE;
        }
        Ok(())
    }

    fn legend_width(&self) -> i32 {
        let names = self.bars.series.iter().map(|series| series.name.clone());
        let heading = self.bars.series.iter().map(|_| self.bars.stacked_by.clone());
        if names.len() == 0 { 0 } else { width_of(names.chain(heading)) + 3 * SWATCH + 2 * MARGIN }
    }
}

/// The width of the longest.
fn width_of(texts: impl Iterator<Item = String>) -> i32 {
    let longest = texts.map(|text| text.chars().count()).max().unwrap_or_default();
    i32::try_from(longest).unwrap_or_default().saturating_mul(LETTER)
}
