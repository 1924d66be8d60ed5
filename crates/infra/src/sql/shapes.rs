//! A cache of SQL texts by the shape of the statement.

use std::{fmt, hash::Hash, sync::Arc};

use quick_cache::sync::Cache;
use sea_orm::{DbBackend, sea_query::QueryStatementWriter};

use super::statement::{Binds, Kind, Statement};
use crate::layout::Layout;

/// How many texts are kept. The least used ones are dropped and rebuilt on demand: lists alone have up to a thousand limits.
const KEPT: usize = 256;

/// The texts of statements on one database, each built when its shape is first used. Building a text takes longer than
/// running the statement.
///
/// A shape `S` is exactly what decides the text: for example which fields a change names, but not their values.
pub(crate) struct Shapes<S> {
    layout: Layout,
    texts: Cache<S, Arc<str>>,
}

impl<S: Copy + Eq + Hash + fmt::Debug> Shapes<S> {
    pub(crate) fn new(layout: &Layout) -> Self {
        Self { layout: layout.clone(), texts: Cache::new(KEPT) }
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.layout.backend()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Collects the values of a new statement.
    pub(crate) fn binds(&self) -> Binds<'_> {
        Binds::new(&self.layout)
    }

    /// The statement of this shape with these values. Calls `build` if no text of this shape is kept.
    pub(crate) fn statement<Q: QueryStatementWriter>(
        &self,
        shape: S,
        kind: Kind,
        binds: Binds<'_>,
        build: impl FnOnce() -> Q,
    ) -> Statement {
        if let Some(text) = self.texts.get(&shape) {
            debug_assert_eq!(text, binds.text(&build()), "a shape decides the text: {shape:?}");
            return binds.with_text(kind, text);
        }
        let text = binds.text(&build());
        self.texts.insert(shape, Arc::clone(&text));
        binds.with_text(kind, text)
    }
}

impl<S: Eq + Hash> fmt::Debug for Shapes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shapes").field("layout", &self.layout).field("kept", &self.texts.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{
        DbBackend, Value,
        sea_query::{Expr, ExprTrait, Query, SelectStatement},
    };

    use super::{KEPT, Kind, Layout, Shapes};

    #[expect(clippy::disallowed_methods, reason = "this table has no owner")]
    fn statement(shapes: &Shapes<u64>, limit: u64, value: &str) -> (String, Vec<Value>) {
        let mut binds = shapes.binds();
        let text = binds.add(value);
        let build = || -> SelectStatement {
            let is_it = Expr::col("a").eq(text).or(Expr::col("b").eq(text));
            Query::select().column("a").from("t").and_where(is_it).limit(limit).to_owned()
        };
        let statement = shapes.statement(limit, Kind::Read, binds, build);
        (statement.sql.to_string(), statement.values)
    }

    #[test]
    fn a_placeholder_may_be_used_twice() {
        for (backend, expected) in [
            (DbBackend::Postgres, r#"SELECT "a" FROM "t" WHERE "a" = $1 OR "b" = $1 LIMIT 5"#),
            (DbBackend::Sqlite, r#"SELECT "a" FROM "t" WHERE "a" = ?1 OR "b" = ?1 LIMIT 5"#),
        ] {
            assert_eq!(
                statement(&Shapes::new(&Layout::new(backend, None)), 5, "x"),
                (expected.to_owned(), vec!["x".into()])
            );
        }
    }

    #[test]
    fn a_kept_text_gets_the_values_of_each_statement() {
        let shapes = Shapes::new(&Layout::new(DbBackend::Postgres, None));

        let (first, second) = (statement(&shapes, 5, "x"), statement(&shapes, 5, "y"));

        assert_eq!(first.0, second.0);
        assert_eq!((first.1, second.1), (vec!["x".into()], vec!["y".into()]));
        assert_eq!(shapes.texts.len(), 1);
    }

    #[test]
    fn a_limited_number_of_texts_is_kept() {
        let shapes = Shapes::new(&Layout::new(DbBackend::Postgres, None));

        for limit in 1..=1000 {
            assert!(statement(&shapes, limit, "x").0.ends_with(&format!(" LIMIT {limit}")));
        }

        assert!(shapes.texts.len() <= KEPT, "{shapes:?}");
    }
}
