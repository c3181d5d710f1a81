//! The four dimensions of a site's roll-ups, and which combinations of them are kept.
//!
//! Most questions name one dimension at the most. Were there only roll-ups by all four, thirty days by device would
//! take a merger of a hundred thousand; so each dimension has roll-ups of its own besides, which are few.

/// What tells the roll-ups of a site apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // The names say it.
pub enum Dimension {
    Device,
    Channel,
    Country,
    Page,
}

impl Dimension {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Device, Self::Channel, Self::Country, Self::Page];

    /// Its name, in questions as in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Channel => "channel",
            Self::Country => "country",
            Self::Page => "page",
        }
    }
}

/// One value for each dimension, by its number.
pub(super) type PerDimension<T> = [T; Dimension::ALL.len()];

/// Which dimensions roll-ups tell apart, a bit for each; all others have [`NO_NAME`] there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Projection(pub u8);

/// The number of no name: of a dimension that is not told apart, and of a conversion's page, which nobody knows.
pub(super) const NO_NAME: i64 = 0;

impl Projection {
    /// All that are kept; the fewer roll-ups it makes, the earlier.
    pub(super) const KEPT: [Self; 5] = [
        Self::of(Dimension::Device),
        Self::of(Dimension::Channel),
        Self::of(Dimension::Page),
        Self::of(Dimension::Country),
        Self::WHOLE,
    ];
    /// That of no dimension, which is not kept.
    pub(super) const NONE: Self = Self(0);
    const WHOLE: Self = Self(0b1111);

    const fn of(dimension: Dimension) -> Self {
        Self(1 << dimension as u8)
    }

    /// This, and one more dimension.
    pub(super) const fn with(self, dimension: Dimension) -> Self {
        Self(self.0 | Self::of(dimension).0)
    }

    /// The smallest kept one that tells at least these dimensions apart.
    pub(super) fn kept(self) -> Self {
        Self::KEPT.into_iter().find(|kept| kept.0 & self.0 == self.0).unwrap_or(Self::WHOLE)
    }

    /// The numbers of those names that it tells apart.
    pub(super) fn of_names(self, names: PerDimension<i64>) -> PerDimension<i64> {
        Dimension::ALL.map(|dimension| {
            let is_kept = self.0 & Self::of(dimension).0 != 0;
            if is_kept { names[dimension as usize] } else { NO_NAME }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dimension_has_its_own_and_two_the_whole() {
        for dimension in Dimension::ALL {
            assert_eq!(Projection::NONE.with(dimension).kept(), Projection::of(dimension));
        }
        let two = Projection::NONE.with(Dimension::Page).with(Dimension::Device);
        assert_eq!(
            (two.kept(), Projection::NONE.kept()),
            (Projection::WHOLE, Projection::of(Dimension::Device))
        );
    }

    #[test]
    fn names_of_other_dimensions_are_left_out() {
        assert_eq!(Projection::of(Dimension::Country).of_names([1, 2, 3, 4]), [0, 0, 3, 0]);
        assert_eq!(Projection::WHOLE.of_names([1, 2, 3, 4]), [1, 2, 3, 4]);
    }
}
