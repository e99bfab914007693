//! Tables whose rows are known, and what lists of them should show by plain sorting and comparing:
//! the same rows on both databases, with many ties, nulls and edges. Another tenant has such rows
//! too, which no list may show.

use std::cmp::Ordering;

use apportion_store::{Comparison, Error, Field, FieldKind, Order, Scope, Session, Tenant, Value};
use apportion_store::{deal, distributor, revenue_distribution};
use chrono::{NaiveDate, NaiveDateTime};

use super::rows::{self, DealValues, DistributorValues, List, ListKeyed};
use super::{Dice, World};

/// The number of rows of each table.
pub const ROWS: usize = 40;

/// A field of a table that is known.
#[derive(Clone, Copy, Debug)]
pub struct KnownField {
    pub field: Field,
    pub kind: FieldKind,
}

/// A table that is known; the last of its fields is the id.
pub struct Known {
    pub fields: Vec<KnownField>,
    /// The values of each row, in the order of the fields.
    pub rows: Vec<Vec<Value>>,
    pub list: List,
    pub keyed: ListKeyed,
}

impl Known {
    /// Returns the id of a row.
    pub fn id(&self, row: &[Value]) -> i64 {
        let Some(Value::Integer(id)) = row.last() else { panic!("{row:?} has no id") };
        *id
    }

    /// Returns the ids of the rows in an order, each of whose keys is a position among the fields.
    pub fn sorted(&self, order: &[(usize, Order)]) -> Vec<i64> {
        let mut rows: Vec<&Vec<Value>> = self.rows.iter().collect();
        rows.sort_by(|one, other| {
            let keys = order.iter().map(|(at, order)| in_order(&one[*at], &other[*at], *order));
            keys.fold(Ordering::Equal, Ordering::then)
        });
        rows.into_iter().map(|row| self.id(row)).collect()
    }

    /// Returns the ids of the rows that meet a condition, in the order of the ids.
    pub fn meeting(&self, condition: impl Fn(&[Value]) -> bool) -> Vec<i64> {
        let met = self.rows.iter().filter(|row| condition(row));
        met.map(|row| self.id(row)).collect()
    }

    /// Returns an ascending order by one of the fields.
    pub fn ascending(&self, at: usize) -> Order {
        Order { field: self.fields[at].field, descending: false, reversed: false }
    }

    /// Returns the ascending order by the ids.
    pub fn by_id(&self) -> Vec<Order> {
        vec![self.ascending(self.fields.len() - 1)]
    }
}

/// Compares two values as an order does: nulls come last, or first if it is reversed.
fn in_order(one: &Value, other: &Value, order: Order) -> Ordering {
    let nulls = if order.reversed { Ordering::Less } else { Ordering::Greater };
    match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => nulls,
        (_, Value::Null) => nulls.reverse(),
        _ if order.descending => compare(other, one),
        _ => compare(one, other),
    }
}

/// Compares two values of one kind, none of which is null.
pub fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Boolean(one), Value::Boolean(other)) => one.cmp(other),
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        (Value::Date(one), Value::Date(other)) => one.cmp(other),
        (Value::Instant(one), Value::Instant(other)) => one.cmp(other),
        // Conditions of instants with dates are about their dates.
        (Value::Instant(one), Value::Date(other)) => one.date().cmp(other),
        _ => panic!("{one:?} and {other:?} are of different kinds"),
    }
}

/// Returns whether a value meets a comparison, in the words of [`Comparison`].
pub fn meets(value: &Value, comparison: Comparison, operands: &[Value]) -> bool {
    let is = |operand: &Value| match (value, operand) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        _ => compare(value, operand).is_eq(),
    };
    let contains = |operand: &Value| match (value, operand) {
        (Value::Text(text), Value::Text(part)) => {
            text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
        }
        _ => false,
    };
    let all = |wanted: fn(Ordering) -> bool| {
        *value != Value::Null && operands.iter().all(|operand| wanted(compare(value, operand)))
    };
    match comparison {
        Comparison::Equal => operands.iter().any(is),
        Comparison::NotEqual => !operands.iter().any(is),
        Comparison::Contains => operands.iter().any(contains),
        Comparison::NotContain => !operands.iter().any(contains),
        Comparison::Greater => all(Ordering::is_gt),
        Comparison::GreaterOrEqual => all(Ordering::is_ge),
        Comparison::Less => all(Ordering::is_lt),
        Comparison::LessOrEqual => all(Ordering::is_le),
    }
}

/// Texts with what patterns are made of, and letters that fold to ASCII in some locales.
pub const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "b",
    "ab",
    "a%b",
    "a_b",
    "a\\b",
    "%",
    "_",
    "\\",
    "100%",
    "k",
    "\u{212a}",
    "Ä",
    "ä",
    "ß",
    "z\u{1f600}",
];

/// Dates with the first and the last that are written with four digits.
pub fn dates() -> Vec<NaiveDate> {
    let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    vec![
        date(1, 1, 1),
        date(2024, 12, 31),
        date(2025, 1, 1),
        date(2025, 1, 2),
        date(9999, 12, 30),
        date(9999, 12, 31),
    ]
}

/// The first and the last instant of each date, and one in between.
pub fn instants() -> Vec<NaiveDateTime> {
    let of = |date: NaiveDate| {
        let last = date.and_hms_milli_opt(23, 59, 59, 999).unwrap();
        [date.and_hms_opt(0, 0, 0).unwrap(), date.and_hms_milli_opt(12, 0, 0, 10).unwrap(), last]
    };
    dates().into_iter().flat_map(of).collect()
}

impl Dice {
    fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.roll(among.len() as u64) as usize].clone()
    }

    /// Picks nothing every third time.
    fn perhaps<T: Clone>(&mut self, among: &[T]) -> Option<T> {
        (self.roll(3) > 0).then(|| self.pick(among))
    }

    fn text(&mut self) -> String {
        self.pick(TEXTS).to_owned()
    }
}

const NUMBERS: &[i64] = &[i64::MIN, -1, 0, 1, 2, i64::MAX];

/// Inserts rows for both tenants by turns, and returns ours.
fn interleaved(
    world: &World,
    mut insert: impl FnMut(&mut Session, Scope, &mut Dice) -> Result<Vec<Value>, Error>,
) -> Vec<Vec<Value>> {
    let mut dice = Dice(20_250_101);
    let inserted = world.session().transaction(|session| {
        let mut ours = Vec::new();
        for _ in 0..ROWS {
            ours.push(insert(session, world.ours, &mut dice)?);
            insert(session, world.theirs, &mut dice)?;
        }
        Ok::<_, Error>(ours)
    });
    inserted.unwrap()
}

fn integer(value: Option<i64>) -> Value {
    value.map_or(Value::Null, Value::Integer)
}

fn fields(list: &[(Field, FieldKind)]) -> Vec<KnownField> {
    list.iter().map(|(field, kind)| KnownField { field: *field, kind: *kind }).collect()
}

/// Deals: nullable numbers and dates.
pub fn deals(world: &World) -> Known {
    let mut session = world.session();
    let mut people = |scope| {
        let mut tenant = Tenant::new(scope, &mut session);
        [0, 1].map(|_| rows::insert_person(&mut tenant, "P").unwrap())
    };
    let (ours, theirs) = (people(world.ours), people(world.theirs));
    let rows = interleaved(world, |session, scope, dice| {
        let person = dice.perhaps(if scope == world.ours { &ours } else { &theirs });
        let values = DealValues {
            name: dice.text(),
            value: dice.pick(NUMBERS),
            exchange_rate: dice.perhaps(&[1, 2, i64::MAX]),
            date: dice.perhaps(&dates()),
            end_date: dice.perhaps(&dates()),
            ..DealValues::default()
        };
        let now = dice.pick(&instants());
        let actor = Scope { person: person.map(apportion_store::PersonId), ..scope };
        let id = rows::insert_deal_at(&mut Tenant::new(actor, session), &values, now)?;
        Ok(vec![
            Value::Text(values.name),
            Value::Integer(values.value),
            integer(values.exchange_rate),
            values.date.map_or(Value::Null, Value::Date),
            values.end_date.map_or(Value::Null, Value::Date),
            integer(person),
            Value::Instant(now),
            Value::Integer(id),
        ])
    });
    use FieldKind::{Date, Instant, Integer, Text};
    Known {
        fields: fields(&[
            (deal::NAME, Text),
            (deal::VALUE, Integer),
            (deal::EXCHANGE_RATE, Integer),
            (deal::DATE, Date),
            (deal::END_DATE, Date),
            (deal::CREATOR_ID, Integer),
            (deal::CREATED_AT, Instant),
            (deal::ID, Integer),
        ]),
        rows,
        list: rows::list_deals,
        keyed: rows::list_deals_keyed,
    }
}

/// Distributors: booleans, nullable texts, and nullable instants and ids that are looked up in
/// another table.
pub fn distributors(world: &World) -> Known {
    let rows = interleaved(world, |session, scope, dice| {
        let values = DistributorValues {
            name: dice.text(),
            description: dice.perhaps(TEXTS).map(str::to_owned),
            pool_amount: dice.perhaps(&[0, 1, 2, i64::MAX]),
            requires_approval: dice.roll(2) == 0,
            triggered_at: dice.perhaps(&instants()),
            ..DistributorValues::default()
        };
        let (id, open) = rows::insert_distributor(&mut Tenant::new(scope, session), &values);
        Ok(vec![
            Value::Text(values.name),
            values.description.map_or(Value::Null, Value::Text),
            integer(values.pool_amount),
            Value::Boolean(values.requires_approval),
            integer(open),
            values.triggered_at.map_or(Value::Null, Value::Instant),
            Value::Integer(id),
        ])
    });
    use FieldKind::{Boolean, Instant, Integer, Text};
    Known {
        fields: fields(&[
            (distributor::NAME, Text),
            (distributor::DESCRIPTION, Text),
            (distributor::POOL_AMOUNT, Integer),
            (distributor::REQUIRES_APPROVAL, Boolean),
            (distributor::CURRENT_DISTRIBUTION_ID, Integer),
            (distributor::NEXT_TRIGGER_DATE, Instant),
            (distributor::ID, Integer),
        ]),
        rows,
        list: rows::list_distributors,
        keyed: rows::list_distributors_keyed,
    }
}

/// Distributions of deals: dates that are never null, and a text of another table.
pub fn distributions(world: &World) -> Known {
    let rows = interleaved(world, |session, scope, dice| {
        let mut tenant = Tenant::new(scope, session);
        let (name, amount) = (dice.text(), dice.pick(NUMBERS));
        let (start_on, now) = (dice.pick(&dates()), dice.pick(&instants()));
        let deal = rows::insert_deal(&mut tenant, &name)?;
        let id = rows::insert_distribution_from(&mut tenant, deal, (start_on, amount), now)?;
        Ok(vec![
            Value::Text(name),
            Value::Date(start_on),
            Value::Integer(amount),
            Value::Instant(now),
            Value::Integer(id),
        ])
    });
    use FieldKind::{Date, Instant, Integer, Text};
    Known {
        fields: fields(&[
            (revenue_distribution::DEAL_NAME, Text),
            (revenue_distribution::START_ON, Date),
            (revenue_distribution::AMOUNT, Integer),
            (revenue_distribution::CREATED_AT, Instant),
            (revenue_distribution::ID, Integer),
        ]),
        rows,
        list: rows::list_distributions,
        keyed: rows::list_distributions_keyed,
    }
}
