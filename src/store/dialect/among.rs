//! Conditions on many ids whose statements stay prepared.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Binary, Bool, HasSqlType};

/// A column that is one of some ids. Diesel prepares a statement with a list anew each time. This one repeats the last id until their
/// number is a power of two, so that there are few statements, which stay prepared.
#[derive(Debug, Clone)]
pub(in crate::store) struct Among<'a, C> {
    column: C,
    ids: Vec<&'a [u8]>,
}

/// Returns the condition that `column` is one of `ids`.
pub(in crate::store) fn among<'a, C>(column: C, ids: impl IntoIterator<Item = &'a [u8]>) -> Among<'a, C> {
    let mut ids: Vec<&[u8]> = ids.into_iter().collect();
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    Among { column, ids }
}

impl<C: Expression<SqlType = Binary>> Expression for Among<'_, C> {
    type SqlType = Bool;
}

impl<C, Table> AppearsOnTable<Table> for Among<'_, C>
where
    C: AppearsOnTable<Table>,
    Self: Expression,
{
}

impl<C, Table> SelectableExpression<Table> for Among<'_, C>
where
    C: SelectableExpression<Table>,
    Self: AppearsOnTable<Table>,
{
}

impl<C> ValidGrouping<()> for Among<'_, C> {
    type IsAggregate = is_aggregate::No;
}

impl<C> QueryId for Among<'_, C> {
    type QueryId = ();

    /// The text of the statement tells how many ids there are.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C, DB> QueryFragment<DB> for Among<'_, C>
where
    DB: Backend + HasSqlType<Binary>,
    C: QueryFragment<DB>,
    for<'b> &'b [u8]: ToSql<Binary, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let Some((first, others)) = self.ids.split_first() else {
            out.push_sql("1 = 0");
            return Ok(());
        };
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN (");
        out.push_bind_param::<Binary, _>(first)?;
        for id in others {
            out.push_sql(", ");
            out.push_bind_param::<Binary, _>(id)?;
        }
        out.push_sql(")");
        Ok(())
    }
}
