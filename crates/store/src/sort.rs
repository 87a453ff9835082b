//! Sorted lists: the order, the cursor's place in it, and what a cursor is bound to.

use domain::page::PageRequest;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::error::Error;
use crate::page::Cursor;

/// By what a list is sorted, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort<K> {
    /// By what.
    pub by: K,
    /// The greatest first.
    pub descending: bool,
}

impl<K> Sort<K> {
    /// The smallest first.
    pub const fn up(by: K) -> Self {
        Self {
            by,
            descending: false,
        }
    }

    /// The greatest first.
    pub const fn down(by: K) -> Self {
        Self {
            by,
            descending: true,
        }
    }
}

/// The name of a list for its cursors: a cursor of another noun, sort, filter or reach is refused.
/// `parts` must hold nothing that may not be told to whoever gets the cursor but in digested form.
pub(crate) fn list_name(noun: &str, parts: &impl std::fmt::Debug) -> String {
    // FNV-1a: it keeps honest callers from mixing lists up, and guards nothing.
    let digest = format!("{parts:?}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{noun}:{digest:016x}")
}

/// A page of what stations have, by station and then by key.
pub(crate) fn by_station<Q, C>(
    mut query: Q,
    (station, key): (C, C),
    page: &PageRequest,
    list: &str,
) -> Result<Q, Error>
where
    Q: QueryFilter + QueryOrder + QuerySelect,
    C: ColumnTrait,
{
    if let Some(cursor) = &page.cursor {
        let after = Cursor::from_text(cursor, list)?;
        let further = Condition::all()
            .add(station.eq(after.id))
            .add(key.gt(after.value));
        query = query.filter(Condition::any().add(station.gt(after.id)).add(further));
    }
    Ok(query
        .order_by_asc(station)
        .order_by_asc(key)
        .limit(u64::from(page.limit) + 1))
}

/// Orders `query` by `value`, then by `id`, from `after` on.
pub(crate) fn sorted<E, C, V>(
    query: Select<E>,
    value: SimpleExpr,
    id: C,
    descending: bool,
    after: Option<(V, uuid::Uuid)>,
) -> Select<E>
where
    E: EntityTrait,
    C: ColumnTrait,
    V: Into<sea_orm::Value>,
{
    let order = if descending { Order::Desc } else { Order::Asc };
    let mut query = query;
    if let Some((last, last_id)) = after {
        let last = Expr::value(last);
        // The first of the two conditions is the one that an index can serve.
        let (from, beyond, tie) = if descending {
            (
                value.clone().lte(last.clone()),
                value.clone().lt(last),
                id.lt(last_id),
            )
        } else {
            (
                value.clone().gte(last.clone()),
                value.clone().gt(last),
                id.gt(last_id),
            )
        };
        query = query
            .filter(from)
            .filter(Condition::any().add(beyond).add(tie));
    }
    query.order_by(value, order.clone()).order_by(id, order)
}

/// Where a page ended, by a number.
pub(crate) fn at_number(value: i64, id: uuid::Uuid) -> Cursor {
    Cursor {
        value: value.to_string(),
        id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sort_or_filter_is_another_list() {
        let name = |sort: Sort<u8>, filter: &str| list_name("sites", &(sort, filter));
        assert_eq!(name(Sort::up(1), "a"), name(Sort::up(1), "a"));
        assert_ne!(name(Sort::up(1), "a"), name(Sort::down(1), "a"));
        assert_ne!(name(Sort::up(1), "a"), name(Sort::up(2), "a"));
        assert_ne!(name(Sort::up(1), "a"), name(Sort::up(1), "b"));
    }
}
