//! Pages of a list.

use std::ops::RangeInclusive;

/// The maximum number of items in a page: 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// The accepted limits.
    pub const RANGE: RangeInclusive<u16> = 1..=1000;

    /// The limit, if it is within [`RANGE`](Self::RANGE).
    #[must_use]
    pub fn new(limit: u16) -> Option<Self> {
        Self::RANGE.contains(&limit).then_some(Self(limit))
    }

    /// The limit as a number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Default for PageLimit {
    /// The largest page: callers that do not ask for pages expect the whole list.
    fn default() -> Self {
        Self(*Self::RANGE.end())
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Whether the list has more items after them.
    pub has_more: bool,
}

impl<T> Page<T> {
    /// Creates a page from up to `limit` + 1 `items`. The additional item only shows that the list has more.
    #[must_use]
    pub fn from_one_past(limit: PageLimit, mut items: Vec<T>) -> Self {
        let limit = usize::from(limit.get());
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self { items, has_more }
    }

    /// The last item, if there is a next page, which begins after it.
    #[must_use]
    pub fn last_before_next(&self) -> Option<&T> {
        self.items.last().filter(|_| self.has_more)
    }
}
