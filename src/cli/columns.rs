//! The columns of a list, and which of them fit the terminal.

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct TableColumn {
    /// Its header.
    pub name: &'static str,
    /// The width down to which its text may be wrapped; `None` if it may not.
    pub least: Option<u16>,
    /// On a narrow terminal the column with the highest rank is dropped first; rank 0 is never dropped.
    rank: u8,
}

/// The rank of columns that only `--long` shows.
const LONG: u8 = u8::MAX;

impl TableColumn {
    /// A column that is never dropped or wrapped: an id.
    pub const fn id(name: &'static str) -> Self {
        Self {
            name,
            least: None,
            rank: 0,
        }
    }

    /// A column of prose that is never dropped, but may be wrapped.
    pub const fn prose(name: &'static str) -> Self {
        Self {
            least: Some(16),
            ..Self::id(name)
        }
    }

    /// Sets a rank: columns with a higher rank are dropped first.
    pub const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// Shows the column with `--long` only.
    pub const fn long(self) -> Self {
        self.rank(LONG)
    }

    /// The spaces and border between two columns' texts.
    const GAP: usize = 3;

    /// Returns the width of the column for text of this `width`.
    fn needs(&self, width: u16) -> usize {
        usize::from(self.least.map_or(width, |least| least.min(width))) + Self::GAP
    }
}

/// Returns which columns are shown. `widths` are the widths of their contents; `room` is the width of the terminal, if
/// there is one.
pub fn shown(columns: &[TableColumn], widths: &[u16], room: Option<u16>, is_long: bool) -> Vec<bool> {
    let mut shown: Vec<bool> = columns
        .iter()
        .map(|column| is_long || column.rank < LONG)
        .collect();
    let Some(room) = room.filter(|_| !is_long) else {
        return shown;
    };
    let mut needed = 1;
    for ((column, width), _) in columns
        .iter()
        .zip(widths)
        .zip(&shown)
        .filter(|(_, shown)| **shown)
    {
        needed += column.needs(*width);
    }
    while needed > usize::from(room) {
        let kept = (0..columns.len()).filter(|index| shown[*index] && columns[*index].rank > 0);
        let Some(dropped) = kept.max_by_key(|index| columns[*index].rank) else {
            break;
        };
        shown[dropped] = false;
        needed -= columns[dropped].needs(widths[dropped]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [TableColumn; 4] = [
        TableColumn::id("id"),
        TableColumn::prose("message"),
        TableColumn::id("level").rank(1),
        TableColumn::id("request_id").long(),
    ];

    fn names(room: Option<u16>, is_long: bool) -> Vec<&'static str> {
        let shown = shown(&COLUMNS, &[36, 80, 7, 40], room, is_long);
        let columns = COLUMNS.iter().zip(shown);
        columns
            .filter(|(_, shown)| *shown)
            .map(|(column, _)| column.name)
            .collect()
    }

    #[test]
    fn the_least_important_columns_are_dropped_first() {
        assert_eq!(names(Some(120), false), ["id", "message", "level"]);
        assert_eq!(names(Some(69), false), ["id", "message", "level"]);
        assert_eq!(names(Some(68), false), ["id", "message"]);
        assert_eq!(names(Some(10), false), ["id", "message"]);
    }

    #[test]
    fn everything_is_shown_on_request_and_where_there_is_no_terminal() {
        assert_eq!(names(None, false), ["id", "message", "level"]);
        assert_eq!(names(Some(10), true).len(), 4);
    }
}
