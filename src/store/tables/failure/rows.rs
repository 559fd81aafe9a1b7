//! Rows of tables whose numbers the database assigns.

/// Declares the rows of a table: one with all columns, whose function `columns` returns them for a `select`, and one without the
/// number, for writing. `also` is a column that only the database counts.
macro_rules! numbered_rows {
    ($table:ident, $Row:ident, $New:ident { $($column:ident: $Type:ty),+ $(,)? } $(also $also:ident: $Also:ty)?) => {
        /// A row of the table without its number.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable, AsChangeset)]
        #[diesel(table_name = $table)]
        #[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
        pub(in crate::store) struct $New {
            $(pub(in crate::store) $column: $Type),+
        }

        /// A row of the table.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
        #[diesel(table_name = $table)]
        pub(in crate::store) struct $Row {
            id: i64,
            #[diesel(embed)]
            pub(in crate::store) rest: $New,
            $($also: $Also)?
        }

        impl $Row {
            /// Returns the columns of a row.
            pub(in crate::store) fn columns() -> ($table::id, ($($table::$column,)+) $(, $table::$also)?) {
                ($table::id, ($($table::$column,)+) $(, $table::$also)?)
            }
        }
    };
}
pub(super) use numbered_rows;
