//! A report as a picture: bars of the revenue in the organization's currency, as an SVG document
//! that needs no font, no script and no other file, and follows the reader's light or dark.
//!
//! What is shown is `bars`, where it stands on the axes is `scale`; Plotters lays it out and
//! draws it on `surface`. Nothing is rounded but the place on the paper.

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

/// What the parts of bars are called in the legend, by the ids that they go by without.
pub type Names = HashMap<i64, String>;

/// The group that bars are stacked by, if any, and the ids of its parts that have a colour.
pub fn parts(grouping: &Grouping, rows: &[Row]) -> Option<(Group, Vec<i64>)> {
    let group = bars::stacked_by(grouping)?;
    let bars = [MANY_LETTERS, FEW_LETTERS].map(|letters| Bars::of(grouping, rows, letters));
    let series = bars.iter().flatten().flat_map(|bars| &bars.series);
    let mut ids: Vec<i64> = series.filter_map(|series| series.name.parse().ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Some((group, ids))
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
    name: &str,
    names: &Names,
) -> Result<String, ChartError> {
    let picture = |letters| {
        let mut bars = Bars::of(grouping, rows, letters)?;
        bars.call_parts(names, |name| cut(name, LEGEND_LETTERS));
        Some(Picture { amounts: Amounts::over(&bars, default_currency), bars })
    };
    let wide = picture(MANY_LETTERS).filter(Picture::has_room);
    let picture = wide.or_else(|| picture(FEW_LETTERS)).ok_or(ChartError::TooManyBars)?;
    let class = if picture.bars.are_dense() { "dense" } else { "spaced" };
    let title = picture.title();
    let description = picture.description();
    let mut document = surface::opening(class, &format!("{name}: {title}"), &description);
    let root = Surface::on(&mut document).into_drawing_area();
    let name = cut(name, TITLE_LETTERS.saturating_sub(title.len()));
    root.draw_text(&format!("{name}: {title}"), &Ink::Title.text(LEFT), (MARGIN, 330))?;
    root.draw_text(&picture.note(), &Ink::Note.text(LEFT), (MARGIN, 590))?;
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
const LETTER: i32 = 80;
/// How many letters stand side by side below the bars, where amounts and parts have few.
const MANY_LETTERS: usize = 90;
/// How many do beside the longest amounts and parts that there are.
const FEW_LETTERS: usize = 50;
/// How many letters have room in the title, beside a colon.
const TITLE_LETTERS: usize = 64;
/// How many letters of a name stand in the legend.
const LEGEND_LETTERS: usize = 24;
/// How many letters have room in the note below it.
const NOTE_LETTERS: usize = 90;

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

    /// What is shown, as opposed to what was asked for.
    fn title(&self) -> String {
        let Bars { axis, stacked_by, stacks, .. } = &self.bars;
        let parts = if *stacks { format!(" and {stacked_by}") } else { String::new() };
        if axis.is_empty() { "Revenue".to_owned() } else { format!("Revenue by {axis}{parts}") }
    }

    fn total(&self) -> String {
        format!("Total {}", self.amount(self.bars.total))
    }

    /// The total, and what is not shown of it.
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

    /// For those who cannot see it.
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
        let (left, right) = (self.left(), self.right());
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
        root.draw_text(&unit, &Ink::Name.text(LEFT), (MARGIN, HEAD - 200))?;
        if self.bars.series.is_empty() {
            let middle = ((SIZE.0 + left) / 2, (HEAD + SIZE.1 - FOOT - MARGIN) / 2);
            root.draw_text("No revenue to show", &Ink::Note.text(CENTRE), middle)?;
        }
        Ok(())
    }

    /// What amounts take to the left of the plot.
    fn left(&self) -> i32 {
        width_of(self.amounts.labels()) + 2 * LETTER
    }

    /// What is to the right of the plot: the legend, or half a label.
    fn right(&self) -> i32 {
        self.legend_width().max(2 * MARGIN)
    }

    /// How many letters have room side by side below the plot.
    fn letters(&self) -> usize {
        let width = SIZE.0 - MARGIN - self.left() - self.right();
        usize::try_from(width / LETTER).unwrap_or_default()
    }

    /// Whether every bar can have its label; periods go without.
    fn has_room(&self) -> bool {
        let labels = &self.bars.labels;
        let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
        self.bars.period.is_some() || labels.len() * (longest + 1) <= self.letters()
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

/// As many letters as have room, where those of Asia take that of two.
fn cut(text: &str, room: usize) -> String {
    let ends = text.chars().scan(0_usize, |end, letter| {
        *end = end.saturating_add(room_of(letter));
        Some((*end, letter))
    });
    let whole = ends.clone().last().is_none_or(|(end, _)| end <= room);
    let most = if whole { room } else { room.saturating_sub(1) };
    let kept = ends.take_while(|(end, _)| *end <= most).map(|(_, letter)| letter);
    kept.chain((!whole).then_some('…')).collect()
}

fn room_of(letter: char) -> usize {
    if letter < '\u{1100}' { 1 } else { 2 }
}

/// The width of the longest.
fn width_of(texts: impl Iterator<Item = String>) -> i32 {
    let longest = texts.map(|text| text.chars().map(room_of).sum::<usize>()).max();
    let longest = longest.unwrap_or_default();
    i32::try_from(longest).unwrap_or_default().saturating_mul(LETTER)
}
