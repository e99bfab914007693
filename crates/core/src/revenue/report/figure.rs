//! The figures of a report, by name.
//!
//! Only names and their order; the sums are [`super::sums`].

/// A figure of a row, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// The sum of all slices in the window.
    Revenue,
    /// The sum of the slices of won deals up to the day that counts as today.
    Recognised,
    /// The sum of the slices of the projected amount, `round(amount * probability / 100)`.
    Projected,
    /// [`Figure::Revenue`] in the organization's currency.
    RevenueDefault,
    /// [`Figure::Recognised`] in the organization's currency.
    RecognisedDefault,
    /// [`Figure::Projected`] in the organization's currency.
    ProjectedDefault,
}

/// Three amounts: revenue, recognised and projected.
pub(super) type Three<T> = [T; 3];

/// The figures in the currency of the deals.
pub(super) const OWN: Three<Figure> = [Figure::Revenue, Figure::Recognised, Figure::Projected];
/// The figures in the currency of the organization.
pub(super) const DEFAULT: Three<Figure> =
    [Figure::RevenueDefault, Figure::RecognisedDefault, Figure::ProjectedDefault];

impl Figure {
    /// Every figure, in the order of the API.
    pub const ALL: [Self; 6] = [
        Self::Revenue,
        Self::Recognised,
        Self::Projected,
        Self::RevenueDefault,
        Self::RecognisedDefault,
        Self::ProjectedDefault,
    ];

    /// Returns the name in the API, such as `total_recognized_revenue`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revenue => "total_revenue",
            Self::Recognised => "total_recognized_revenue",
            Self::Projected => "total_projected_revenue",
            Self::RevenueDefault => "total_revenue_default",
            Self::RecognisedDefault => "total_recognized_revenue_default",
            Self::ProjectedDefault => "total_projected_revenue_default",
        }
    }

    /// Picks the figure from the amounts in both currencies; `None` if it is one of `own` and that
    /// is `None`.
    pub(super) fn amount_in(self, own: Option<Three<i64>>, default: Three<i64>) -> Option<i64> {
        let named = |names: Three<Self>, amounts: Three<i64>| {
            let at = names.iter().position(|name| *name == self)?;
            amounts.get(at).copied()
        };
        own.and_then(|own| named(OWN, own)).or_else(|| named(DEFAULT, default))
    }
}
