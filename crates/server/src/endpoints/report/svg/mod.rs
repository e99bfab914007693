//! A report as a bar chart of the revenue in the organization's currency. It is an SVG document
//! that needs no font, no script and no other file, and follows the reader's light or dark colour
//! scheme.
//!
//! `bars` decides what is shown and `scale` where it is on the axes; Plotters lays the chart out
//! and draws it on `surface`. Only places on the paper are rounded.

mod bars;
mod scale;
mod surface;

use std::collections::HashMap;
use std::fmt;

use apportion_core::currency::Currency;
use apportion_core::report::{Group, Grouping, Row};
use plotters::chart::ChartBuilder;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::PathElement;
use plotters::style::colors::TRANSPARENT;
use thiserror::Error;

use super::amount;
use bars::Bars;
use scale::{Amounts, Slots};
use surface::{CENTRE, Ink, LEFT, SIZE, Segment, Surface};

/// The largest number of bars that a chart may have. Each is then about half a pixel wide.
pub const MAX_BARS: usize = 1_500;

/// The reason why there is no chart.
#[derive(Debug, Error)]
pub enum ChartError {
    /// There are too many periods from the first to the last.
    #[error("there are more than {MAX_BARS} bars; ask for longer periods or fewer days")]
    TooManyBars,
    /// The chart could not be drawn, which is a fault of this module and not of the report.
    #[error("the chart could not be drawn: {0}")]
    Drawing(#[from] DrawingAreaErrorKind<fmt::Error>),
}

/// The names that the legend gives to parts of bars, by id. A part without a name is shown by its
/// id.
pub type Names = HashMap<i64, String>;

/// Returns the group that bars are stacked by, if any, and the ids of the parts that have a colour.
pub fn parts(grouping: &Grouping, rows: &[Row]) -> Option<(Group, Vec<i64>)> {
    let group = bars::stack_group(grouping)?;
    let bars = [MANY_LETTERS, FEW_LETTERS];
    let bars = bars.map(|letters| Bars::from_rows(grouping, rows, letters));
    let series = bars.iter().flatten().flat_map(|bars| &bars.series);
    let mut ids: Vec<i64> = series.filter_map(|series| series.name.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Some((group, ids))
}

/// Draws the total revenue of each period, or of each key of the first group if there are no
/// periods. Bars are stacked by the next group, or, without one, by what is recognised and what is
/// not. Periods are in the order of the calendar, and none is left out. Other bars are in
/// the order of the rows, and only the largest are shown if there are many. `name` is the
/// organization's and may be any text. Returns XML 1.0 in UTF-8 (`image/svg+xml`).
///
/// The style sheet is in the document. A Content-Security-Policy sent with it must allow that
/// (`style-src 'unsafe-inline'`), or else everything is black if the document is opened by itself.
///
/// # Errors
///
/// [`ChartError`].
pub fn draw(
    grouping: &Grouping,
    rows: &[Row],
    default_currency: Currency,
    name: &str,
    names: &Names,
) -> Result<String, ChartError> {
    let chart = |letters| {
        let mut bars = Bars::from_rows(grouping, rows, letters)?;
        bars.name_parts(names, |name| cut(name, LEGEND_LETTERS));
        Some(Chart { amounts: Amounts::for_bars(&bars, default_currency), bars })
    };
    let wide = chart(MANY_LETTERS).filter(Chart::has_room);
    let chart = wide.or_else(|| chart(FEW_LETTERS)).ok_or(ChartError::TooManyBars)?;
    let class = if chart.bars.are_dense() { "dense" } else { "spaced" };
    let title = chart.title();
    let description = chart.description();
    let mut document = surface::opening(class, &format!("{name}: {title}"), &description);
    let root = Surface::new(&mut document).into_drawing_area();
    let name = cut(name, TITLE_LETTERS.saturating_sub(title.len()));
    root.draw_text(&format!("{name}: {title}"), &Ink::Title.text(LEFT), (MARGIN, TITLE_Y))?;
    root.draw_text(&chart.note(), &Ink::Note.text(LEFT), (MARGIN, NOTE_Y))?;
    chart.draw_plot(&root)?;
    chart.draw_legend(&root)?;
    drop(root);
    document.push_str("</svg>\n");
    Ok(document)
}

// The lengths below are in units of the paper.

/// The space around everything.
const MARGIN: i32 = 300;
/// The height of what is above the plot: title, note, and the headings of axis and legend.
const HEAD: i32 = 1_100;
/// The place of the title, from above.
const TITLE_Y: i32 = 330;
/// The place of the note, from above.
const NOTE_Y: i32 = 590;
/// The place of the headings of the amounts and of the legend, from above.
const HEADING_Y: i32 = HEAD - 200;
/// The height of what is below the plot: labels, and the name of the axis.
const FOOT: i32 = 460;
/// The distance between two lines of the legend.
const LINE: i32 = 230;
/// Half the side of the square that shows a colour.
const SWATCH: i32 = 60;
/// The width of a letter of a label, which is rather too large because the reader chooses the font.
const LETTER: i32 = 80;

/// The number of letters in a line below the bars, if amounts and names of parts are short.
const MANY_LETTERS: usize = 90;
/// The number of letters in that line beside the longest amounts and names of parts.
const FEW_LETTERS: usize = 50;
/// The number of letters that have room in the title, besides a colon and a space.
const TITLE_LETTERS: usize = 64;
/// The number of letters of a name that the legend shows.
const LEGEND_LETTERS: usize = 24;
/// The number of letters that have room in the note.
const NOTE_LETTERS: usize = 90;

type Root<'a> = DrawingArea<Surface<'a>, Shift>;

/// The bars of a chart, and the axis of their amounts.
struct Chart {
    bars: Bars,
    amounts: Amounts,
}

impl Chart {
    fn amount(&self, minor: i128) -> String {
        let currency = self.amounts.currency();
        format!("{} {currency}", amount::grouped(minor, currency, false))
    }

    /// Returns the title, which names the groups that are shown; the request may have named more.
    fn title(&self) -> String {
        let Bars { axis, stacked_by, stacks_group, .. } = &self.bars;
        let parts = if *stacks_group { format!(" and {stacked_by}") } else { String::new() };
        if axis.is_empty() { "Revenue".to_owned() } else { format!("Revenue by {axis}{parts}") }
    }

    fn total(&self) -> String {
        format!("Total {}", self.amount(self.bars.total))
    }

    /// Returns the note below the title: the total, and the part of it that is not shown.
    fn note(&self) -> String {
        let (total, missing, shown) = (self.total(), self.bars.missing, self.bars.labels.len());
        if missing == 0 {
            return total;
        }
        let amounts = self.bars.series.iter().flat_map(|series| &series.amounts);
        let rest = self.amount(self.bars.total.saturating_sub(amounts.sum()));
        let note = format!("{total}. The {shown} largest; not shown are {missing} more, {rest}");
        if note.len() <= NOTE_LETTERS {
            note
        } else {
            format!("{total}. The {shown} largest; not shown are {missing} more")
        }
    }

    /// Returns the description for readers who cannot see the chart.
    fn description(&self) -> String {
        let Bars { labels, axis, stacked_by, series, .. } = &self.bars;
        let (currency, note) = (self.amounts.currency(), self.note());
        let by = if axis.is_empty() { String::new() } else { format!(" by {axis}") };
        let names: Vec<&str> = series.iter().map(|series| series.name.as_str()).collect();
        let names = names.join(", ");
        let span = match labels.as_slice() {
            [] => "no bars".to_owned(),
            [only] => format!("one bar, {only}"),
            [first, .., last] => format!("{} bars, {first} to {last}", labels.len()),
        };
        format!("Revenue in {currency}{by}: {span}. Parts by {stacked_by}: {names}. {note}.")
    }

    /// Returns the parts of all bars. Positive parts are stacked upwards and negative ones
    /// downwards.
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
impl Chart {
    fn draw_plot(&self, root: &Root<'_>) -> Result<(), ChartError> {
        let (left, right) = (self.left_width(), self.right_width());
        let slots = Slots::new(&self.bars, self.letters());
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
        let unit = format!("revenue in {}", self.amounts.currency());
        root.draw_text(&unit, &Ink::Name.text(LEFT), (MARGIN, HEADING_Y))?;
        if self.bars.series.is_empty() {
            let middle = ((SIZE.0 + left) / 2, (HEAD + SIZE.1 - FOOT - MARGIN) / 2);
            root.draw_text("No revenue to show", &Ink::Note.text(CENTRE), middle)?;
        }
        Ok(())
    }

    /// Returns the width of the amounts to the left of the plot.
    fn left_width(&self) -> i32 {
        width_of(self.amounts.labels()) + 2 * LETTER
    }

    /// Returns the width of what is to the right of the plot: the legend, or half a label.
    fn right_width(&self) -> i32 {
        self.legend_width().max(2 * MARGIN)
    }

    /// Returns the number of letters that have room in a line below the plot.
    fn letters(&self) -> usize {
        let width = SIZE.0 - MARGIN - self.left_width() - self.right_width();
        usize::try_from(width / LETTER).unwrap_or_default()
    }

    /// Whether every bar has room for its label. Periods may do without labels.
    fn has_room(&self) -> bool {
        let labels = &self.bars.labels;
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        self.bars.period.is_some() || labels.len() * (longest + 1) <= self.letters()
    }

    /// Draws the legend to the right of the plot, in the order of the stack.
    fn draw_legend(&self, root: &Root<'_>) -> Result<(), ChartError> {
        if self.bars.series.is_empty() {
            return Ok(());
        }
        let left = SIZE.0 - self.legend_width() + MARGIN;
        let heading = (left, HEADING_Y);
        root.draw_text(&self.bars.stacked_by, &Ink::Name.text(LEFT), heading)?;
        let mut y = HEAD;
        for series in self.bars.series.iter().rev() {
            let corners = [(left, y - SWATCH), (left + 2 * SWATCH, y + SWATCH)];
            root.draw(&Segment { corners, shade: series.shade, title: String::new() })?;
            let name = cut(&series.name, LEGEND_LETTERS);
            root.draw_text(&name, &Ink::Label.text(LEFT), (left + 3 * SWATCH, y))?;
            y += LINE;
        }
        Ok(())
    }

    fn legend_width(&self) -> i32 {
        let names = self.bars.series.iter().map(|series| cut(&series.name, LEGEND_LETTERS));
        let heading = self.bars.series.iter().map(|_| self.bars.stacked_by.clone());
        if names.len() == 0 { 0 } else { width_of(names.chain(heading)) + 3 * SWATCH + 2 * MARGIN }
    }
}

/// Cuts a text to the letters that have room, ending with `…` if any are left out.
fn cut(text: &str, room: usize) -> String {
    let ends = text.chars().scan(0_usize, |end, letter| {
        *end = end.saturating_add(room_of(letter));
        Some((*end, letter))
    });
    let whole = ends.clone().last().is_none_or(|(end, _)| end <= room);
    let most = if whole { room } else { room.saturating_sub(1) };
    let first = ends.take_while(|(end, _)| *end <= most).map(|(_, letter)| letter);
    first.chain((!whole).then_some('…')).collect()
}

/// Returns the room that a letter takes. Scripts from Hangul Jamo (U+1100) on count as wide.
fn room_of(letter: char) -> usize {
    if letter < '\u{1100}' { 1 } else { 2 }
}

/// Returns the width of the longest text, in units of the paper.
fn width_of(texts: impl Iterator<Item = String>) -> i32 {
    let longest = texts.map(|text| text.chars().map(room_of).sum::<usize>()).max();
    let longest = longest.unwrap_or_default();
    i32::try_from(longest).unwrap_or_default().saturating_mul(LETTER)
}
