//! The columns of a list, and which of them a terminal has room for.

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct TableColumn {
    /// What stands over it.
    pub name: &'static str,
    /// The width down to which its text may be wrapped; `None` never breaks it.
    pub least: Option<u16>,
    /// Where a terminal is narrow, the column of the highest rank goes first; one of rank 0 stays.
    rank: u8,
}

/// The rank of columns that only `--long` shows.
const LONG: u8 = u8::MAX;

impl TableColumn {
    /// A column that stays, however narrow the terminal, and is never broken: an id.
    pub const fn id(name: &'static str) -> Self {
        Self {
            name,
            least: None,
            rank: 0,
        }
    }

    /// A column of prose that stays, and is wrapped.
    pub const fn prose(name: &'static str) -> Self {
        Self {
            least: Some(16),
            ..Self::id(name)
        }
    }

    /// The same column, dropped before those of a lower rank.
    pub const fn rank(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The same column, shown with `--long` only.
    pub const fn long(self) -> Self {
        self.rank(LONG)
    }

    /// The columns between its text and that of the next, with a border.
    const GAP: usize = 3;

    /// How much of a line it takes where its text is `width` wide.
    fn needs(&self, width: u16) -> usize {
        usize::from(self.least.map_or(width, |least| least.min(width))) + Self::GAP
    }
}

/// Returns which columns are shown. `widths` are those of their contents; `room` is the width of the terminal, if the
/// output is one.
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
