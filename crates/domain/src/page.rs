//! Pages of a list.

use std::ops::RangeInclusive;

/// The maximum number of items in a page: 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(u16);

impl PageLimit {
    /// The accepted limits.
    pub const RANGE: RangeInclusive<u16> = 1..=1000;

    /// How many bytes of text a page holds at most: a page ends with the item that reaches this.
    pub const TEXT_BYTES: usize = 4 * 1024 * 1024;

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
    /// Creates a page from up to `limit` + 1 `items`, or up to the item after the one that reaches [`PageLimit::TEXT_BYTES`]. The
    /// additional item only shows that the list has more.
    #[must_use]
    pub fn from_one_past(limit: PageLimit, mut items: Vec<T>, text_bytes: impl Fn(&T) -> usize) -> Self {
        let mut text = 0;
        let fits = |item: &&T| {
            let is_room = text < PageLimit::TEXT_BYTES;
            text += text_bytes(item);
            is_room
        };
        let length = items.iter().take(limit.get().into()).take_while(fits).count();
        let has_more = items.len() > length;
        items.truncate(length);
        Self { items, has_more }
    }

    /// The last item, if there is a next page, which begins after it.
    #[must_use]
    pub fn last_before_next(&self) -> Option<&T> {
        self.items.last().filter(|_| self.has_more)
    }
}
