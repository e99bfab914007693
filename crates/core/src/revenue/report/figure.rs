//! The figures of a report, by name.
//!
//! Names and order only; what adds them up is [`super::sums`].

/// A figure of a row, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Figure {
    /// All slices of the window.
    Revenue,
    /// Those up to the day that counts as today.
    Recognised,
    /// All slices of what may be expected: of `round(amount * probability / 100)`.
    Projected,
    /// [`Figure::Revenue`] in the organization's currency.
    RevenueDefault,
    /// [`Figure::Recognised`] in the organization's currency.
    RecognisedDefault,
    /// [`Figure::Projected`] in the organization's currency.
    ProjectedDefault,
}

/// Three amounts: all, recognised, projected.
pub(super) type Three<T> = [T; 3];

/// The figures in the currency of the deals.
pub(super) const OWN: Three<Figure> = [Figure::Revenue, Figure::Recognised, Figure::Projected];
/// The figures in the currency of the organization.
pub(super) const DEFAULT: Three<Figure> =
    [Figure::RevenueDefault, Figure::RecognisedDefault, Figure::ProjectedDefault];

impl Figure {
    /// Every figure, in the order of the wire.
    pub const ALL: [Self; 6] = [
        Self::Revenue,
        Self::Recognised,
        Self::Projected,
        Self::RevenueDefault,
        Self::RecognisedDefault,
        Self::ProjectedDefault,
    ];

    /// Its name on the wire, such as `total_recognized_revenue`.
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

    /// Its amount among those in either currency; `None` where its own are not there.
    pub(super) fn amount_in(self, own: Option<Three<i64>>, default: Three<i64>) -> Option<i64> {
        let named = |names: Three<Self>, amounts: Three<i64>| {
            let at = names.iter().position(|name| *name == self)?;
            amounts.get(at).copied()
        };
        own.and_then(|own| named(OWN, own)).or_else(|| named(DEFAULT, default))
    }
}
