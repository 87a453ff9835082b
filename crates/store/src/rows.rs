//! Many rows in few statements: what a batch appends and what it changes in rows that exist.
//!
//! A statement that is text the database has seen before is not parsed again. So rows go in
//! portions of powers of two, and the last portion of an update repeats its last row.

use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, IntoIden, OnConflict, Query, TableRef, ValueTuple,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseTransaction, EntityTrait, IdenStatic,
    Value,
};

use crate::backend::most_bound_values;
use crate::error::Error;

/// The largest portion of rows.
const PORTION: usize = 128;

/// Adds rows.
pub(crate) async fn append<A>(
    tx: &DatabaseTransaction,
    rows: Vec<A>,
    columns: usize,
) -> Result<(), Error>
where
    A: ActiveModelTrait + Send,
{
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let portion = portion(rows.len(), columns);
        let some: Vec<A> = rows.by_ref().take(portion).collect();
        A::Entity::insert_many(some)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Adds the rows whose primary key is none that is there; tells how many.
pub(crate) async fn append_new<A>(
    tx: &DatabaseTransaction,
    rows: Vec<A>,
    columns: usize,
    key: ColumnOf<A>,
) -> Result<u64, Error>
where
    A: ActiveModelTrait + Send,
{
    let mut added = 0;
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let portion = portion(rows.len(), columns);
        let some: Vec<A> = rows.by_ref().take(portion).collect();
        let there = OnConflict::column(key).do_nothing().to_owned();
        added += A::Entity::insert_many(some)
            .on_conflict(there)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(added)
}

/// Changes the columns `set` of rows that are known by the columns `keys`; tells how many rows
/// there were. Each of `rows` has a value in all of these columns, and no two the same keys.
pub(crate) async fn change<A>(
    tx: &DatabaseTransaction,
    keys: &[ColumnOf<A>],
    set: &[ColumnOf<A>],
    rows: &[A],
) -> Result<u64, Error>
where
    A: ActiveModelTrait,
{
    let mut found = 0;
    let mut rest = rows;
    while let Some(last) = rest.last() {
        let size = rest.len().next_power_of_two().min(PORTION);
        let (some, more) = rest.split_at(size.min(rest.len()));
        rest = more;
        let padding = std::iter::repeat_n(last, size - some.len());
        let values = some.iter().chain(padding).map(|row| values(row, keys, set));
        let statement = statement::<A>(keys, set, values.collect());
        found += tx.execute(&statement).await?.rows_affected();
    }
    Ok(found)
}

/// A column of the table of an active model.
pub(crate) type ColumnOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

fn statement<A: ActiveModelTrait>(
    keys: &[ColumnOf<A>],
    set: &[ColumnOf<A>],
    values: Vec<ValueTuple>,
) -> sea_orm::sea_query::UpdateStatement {
    let told = Alias::new("told").into_iden();
    // Both databases name the columns of a VALUES list so.
    let column = |n: usize| Expr::col((told.clone(), Alias::new(format!("column{}", n + 1))));
    let mut update = Query::update();
    update.table(A::Entity::default());
    for (n, set) in set.iter().enumerate() {
        update.value(*set, column(keys.len() + n));
    }
    update.from(TableRef::ValuesList(values, told.clone()));
    for (n, key) in keys.iter().enumerate() {
        update.and_where(Expr::col((A::Entity::default(), *key)).eq(column(n)));
    }
    update
}

fn values<A: ActiveModelTrait>(row: &A, keys: &[ColumnOf<A>], set: &[ColumnOf<A>]) -> ValueTuple {
    let columns = keys.iter().chain(set);
    let values = columns.map(|column| match row.get(*column) {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
        ActiveValue::NotSet => {
            tracing::error!(column = column.as_str(), "a change has no value");
            Value::String(None)
        }
    });
    ValueTuple::Many(values.collect())
}

fn portion(rows: usize, columns: usize) -> usize {
    let most = rows.min(PORTION).min(most_bound_values() / columns.max(1));
    // The greatest power of two in it.
    1 << most.max(1).ilog2()
}
