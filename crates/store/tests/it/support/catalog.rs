//! The catalogs of the databases: the columns of their tables, and the foreign keys.

use std::collections::BTreeMap;

use apportion_store::Tenant;
use apportion_testing::Backend;

use super::texts;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the database writes it, in lower case.
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
}

/// Reads the columns of every table, in their order.
pub fn columns(tenant: &mut Tenant<'_>, backend: Backend) -> BTreeMap<String, Vec<Column>> {
    // The rowid of SQLite is never null, whether that is said of it or not.
    let query = match backend {
        Backend::Sqlite => {
            "SELECT t.name || '|' || c.name || '|' || lower(c.type) || '|' || \
             (c.\"notnull\" = 0 AND c.pk = 0) FROM sqlite_master AS t, \
             pragma_table_info(t.name) AS c WHERE t.type = 'table' ORDER BY t.name, c.cid"
        }
        Backend::Postgres => {
            "SELECT table_name || '|' || column_name || '|' || data_type || '|' || \
             CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END FROM information_schema.columns \
             WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for line in texts(tenant, query) {
        let [table, name, kind, nullable] = parts(&line);
        let (name, kind) = (name.to_owned(), kind.to_owned());
        let column = Column { name, kind, nullable: nullable == "1" };
        tables.entry(table.to_owned()).or_default().push(column);
    }
    tables
}

/// A foreign key: columns that refer to columns of another table.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    /// The table that refers.
    pub table: String,
    /// The table that is referred to.
    pub referenced: String,
    /// Its columns, each with the one that it refers to.
    pub columns: Vec<(String, String)>,
}

/// Reads every foreign key.
pub fn foreign_keys(tenant: &mut Tenant<'_>, backend: Backend) -> Vec<ForeignKey> {
    let query = match backend {
        Backend::Sqlite => {
            "SELECT t.name || ' ' || f.id || '|' || f.\"table\" || '|' || f.\"from\" || '|' || \
             f.\"to\" FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS f \
             WHERE t.type = 'table' ORDER BY t.name, f.id, f.seq"
        }
        Backend::Postgres => {
            "SELECT conrelid::regclass || ' ' || c.oid || '|' || confrelid::regclass || '|' || \
             a.attname || '|' || b.attname FROM pg_constraint AS c \
             CROSS JOIN unnest(conkey, confkey) WITH ORDINALITY AS k (one, other, at) \
             JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = k.one \
             JOIN pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = k.other \
             WHERE contype = 'f' ORDER BY conrelid, c.oid, k.at"
        }
    };
    let lines = texts(tenant, query);
    let name = |line: &String| line.split('|').next().unwrap().to_owned();
    let keys = lines.chunk_by(|one, next| name(one) == name(next)).map(|lines| {
        let [key, referenced, ..] = parts::<4>(&lines[0]);
        let columns = lines.iter().map(|line| {
            let [_, _, from, to] = parts(line);
            (from.to_owned(), to.to_owned())
        });
        ForeignKey {
            table: key.split(' ').next().unwrap().to_owned(),
            referenced: referenced.to_owned(),
            columns: columns.collect(),
        }
    });
    keys.collect()
}

fn parts<const N: usize>(line: &str) -> [&str; N] {
    line.split('|').collect::<Vec<_>>().try_into().unwrap()
}
