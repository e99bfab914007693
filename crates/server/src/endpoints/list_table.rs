//! A list as a table: all its rows, whatever the page, as CSV. Rows are read in batches, each after
//! the last row of the one before, from one moment of the database. Not here: how cells are written
//! (`table`).

use apportion_jsonapi::query::{Cursor, Query, Walk, parameter_values};
use apportion_jsonapi::resource::Cardinality;
use apportion_jsonapi::text::{push_decimal, push_instant};
use apportion_jsonapi::{Code, Error, ResourceType, Rows, Scalar, media};
use apportion_store::{Criteria, Field, Tenant};

use crate::access::ORGANIZATION;
use crate::catalog::TypeRef;
use crate::endpoints::call::Purse;
use crate::endpoints::table::{self, Dialect, LOCALE, SEPARATOR, Table, broken, choice};
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

/// The parameters that the server reads itself at lists that have tables.
pub(crate) const PARAMETERS: &[&str] = &[ORGANIZATION, FORMAT, LOCALE, SEPARATOR];
/// The parameter that asks for a table.
pub(crate) const FORMAT: &str = "format";
/// The word for a table in that parameter.
pub(crate) const CSV: &str = "csv";
/// The media type by which `Accept` asks for a table.
pub(crate) const ACCEPTED: &str = "text/csv";

/// The largest number of rows of a table.
const MAX_ROWS: i64 = 100_000;
/// The largest number of bytes of a table. Rows may have long texts.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The rows that are written for one unit of the budget for reports.
const ROWS_PER_UNIT: i64 = 500;
/// The number of rows that are read at once.
const BATCH: i64 = 2_000;

/// Reads from a request for a list in which dialect it asks for a table, if it asks for one.
/// `format` decides before `Accept`.
pub(crate) fn requested(query: &str, accept: Option<&str>) -> Result<Option<Dialect>, Vec<Error>> {
    let named = choice(query, FORMAT, &[(CSV, ())]).map_err(|error| vec![error])?;
    let is_accepted = || media::find_preferred(accept, &[ACCEPTED]).is_some();
    let is_given = !parameter_values(query, FORMAT).is_empty();
    if named.is_some() || (!is_given && is_accepted()) {
        return Dialect::from_query(query).map(|dialect| Some(dialect.unwrap_or_default()));
    }
    Dialect::refuse_without_table(query).map(|()| None)
}

/// A list to be shown as a table.
pub(crate) struct ListTable<'q> {
    pub(crate) query: &'q Query<Field>,
    pub(crate) criteria: Criteria,
    pub(crate) dialect: Dialect,
    /// The decimals of the organization's currency.
    pub(crate) decimals: u32,
    /// The budget that the table is paid from.
    pub(crate) purse: Option<&'q Purse>,
}

impl ListTable<'_> {
    /// Answers with all rows of the list.
    pub(crate) fn answer(&self, tenant: &mut Tenant<'_>, kind: TypeRef<'_>) -> Result<Reply> {
        if self.query.include.as_ref().is_some_and(|paths| !paths.is_empty()) {
            let detail = "A table includes no other resources; leave 'include' out";
            return Err(Error::parameter(Code::UnsupportedInclude, "include", detail).into());
        }
        let table = if kind.resource().ids.decimal {
            self.write(tenant, kind, BATCH)?
        } else {
            // Rows that are computed are of one moment only where they are read at once.
            self.write(tenant, kind, MAX_ROWS)?
        };
        table::reply(table.finish(), kind.resource().name)
    }

    /// Writes all rows, which it reads in batches of this size.
    fn write(&self, tenant: &mut Tenant<'_>, kind: TypeRef<'_>, batch: i64) -> Result<Table> {
        let resource = kind.resource();
        let too_many =
            |has: &str| too_large(resource, &format!("{MAX_ROWS} rows, and this has {has}"), "");
        // A list that costs as much as a report is not read twice.
        if !kind.served.is_costly() {
            let one = Criteria { limit: 1, offset: 0, ..self.criteria.clone() };
            let total = kind.served.load(tenant, &one)?.total;
            if total > MAX_ROWS {
                return Err(too_many(&total.to_string()));
            }
            if let Some(purse) = self.purse {
                purse.spend(
                    u64::try_from(total.checked_div(ROWS_PER_UNIT).unwrap_or(0)).unwrap_or(0),
                )?;
            }
        }
        let columns = Columns::new(kind, self.query);
        let mut table = Table::new(self.dialect);
        columns.write_names(&mut table).map_err(broken)?;
        let mut walk = Walk { size: batch, backwards: false, from: None };
        let mut left = MAX_ROWS;
        loop {
            let walked = kind.served.walk(tenant, &self.criteria, &walk)?;
            let walked = walked.ok_or_else(|| Failure::Broken("a walk lost its way".to_owned()))?;
            for row in 0..walked.rows.len() {
                let rows = walked.rows.as_ref();
                columns.write_row(&mut table, rows, row, self.decimals).map_err(broken)?;
            }
            if table.size() > MAX_BYTES {
                let most = MAX_BYTES / 1024 / 1024;
                let way = format!(" choose columns with 'fields[{}]',", resource.name);
                return Err(too_large(resource, &format!("{most} MiB, and this has more"), &way));
            }
            left = left.saturating_sub(batch);
            match walked.page.keys.last() {
                Some(_) if walked.page.more && left <= 0 => return Err(too_many("more")),
                Some(keys) if walked.page.more => {
                    walk.from = Some(Cursor { keys: keys.clone() });
                }
                _ => return Ok(table),
            }
        }
    }
}

/// The columns of a table: the id, the attributes, and the ids that to-one relationships lead to.
struct Columns<'t> {
    resource: &'t ResourceType<Field>,
    attributes: &'t [usize],
    relationships: Vec<usize>,
}

impl<'t> Columns<'t> {
    fn new(kind: TypeRef<'t>, query: &'t Query<Field>) -> Self {
        let (resource, shape) = (kind.resource(), query.fields.shape(kind.position));
        let to_one = |at: &usize| {
            let relationship = resource.relationships.get(*at);
            relationship.is_some_and(|it| it.cardinality == Cardinality::One)
        };
        let relationships = shape.relationships.iter().copied().filter(to_one).collect();
        Self { resource, attributes: &shape.attributes, relationships }
    }

    fn write_names(&self, table: &mut Table) -> csv::Result<()> {
        table.word("id")?;
        let attributes = self.attributes.iter().filter_map(|at| self.resource.attributes.get(*at));
        for attribute in attributes {
            table.word(attribute.name)?;
        }
        let relationships = self.relationships.iter();
        for linked in relationships.filter_map(|at| self.resource.relationships.get(*at)) {
            table.word(&format!("{}_id", linked.name))?;
        }
        table.end_row()
    }

    fn write_row(
        &self,
        table: &mut Table,
        rows: &dyn Rows,
        row: usize,
        common: u32,
    ) -> csv::Result<()> {
        match rows.id_text(row) {
            Some(id) => table.word(&id)?,
            None => table.word(&(self.resource.ids.write)(rows.id(row)))?,
        }
        for at in self.attributes {
            let decimals = rows.decimals(row, *at, common);
            write_value(table, rows.attribute(row, *at), decimals)?;
        }
        for at in &self.relationships {
            match rows.linkage(row, *at) {
                Some(id) => table.word(&id.to_string())?,
                None => table.nothing()?,
            }
        }
        table.end_row()
    }
}

/// Writes a value, of an integer the last digits of which are decimals.
fn write_value(table: &mut Table, value: Scalar<'_>, decimals: u32) -> csv::Result<()> {
    let spelled = |push: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap_or_default()
    };
    match value {
        Scalar::Null => table.nothing(),
        Scalar::Boolean(value) => table.word(if value { "true" } else { "false" }),
        Scalar::Integer(value) => table.amount(value, decimals),
        Scalar::Decimal { units, scale } => {
            table.number(&spelled(&|out| push_decimal(out, units, scale)))
        }
        Scalar::Text(text) => table.text(text),
        // JSON begins like a formula only where it is a negative number.
        Scalar::Json(text) => table.word(&text),
        Scalar::Date(date) => table.word(&date.to_string()),
        Scalar::Instant(instant) => table.word(&spelled(&|out| push_instant(out, instant))),
    }
}

/// Makes the refusal of a table that is too large; a shorter one would pass for the whole list.
/// `way` says how it becomes smaller besides by filters.
fn too_large(resource: &ResourceType<Field>, most: &str, way: &str) -> Failure {
    let filter = resource.filters.first().map_or("id", |filter| filter.name.as_str());
    let detail = format!(
        "A table has at most {most}; narrow the list with filters, such as \
         'filter[{filter}]',{way} or read it in pages without 'format'"
    );
    Error::parameter(Code::UnsupportedParameter, FORMAT, detail).into()
}
