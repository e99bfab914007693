//! A resource type that Apportion does not have, added by the program that embeds the server: rows
//! and declaration, nothing else. docs/adding-a-resource.md walks through this file.

use std::sync::Arc;

use apportion_jsonapi::{Attribute, Declaration, Input, Kind, Linkage, Relationship, Scalar};
use apportion_server::catalog::{Resource, Resources, Work, Writes};
use apportion_server::failure::{Failure, Result};
use apportion_server::store::membership::Membership;
use apportion_server::store::{self, Address, AnyConnection, Field, Session, Tenant};
use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

diesel::table! {
    notes (id) {
        id -> BigInt,
        organization_id -> BigInt,
        deal_id -> Nullable<BigInt>,
        text -> Text,
        weight -> BigInt,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

/// A note on a deal, for people to read.
#[derive(Clone, Debug, Queryable)]
pub struct NoteRow {
    pub id: i64,
    pub organization_id: i64,
    pub deal_id: Option<i64>,
    pub text: String,
    pub weight: i64,
    pub version: i64,
    pub updated_at: NaiveDateTime,
}

store::fields! {
    notes;
    /// The id.
    ID = id;
    /// The deal.
    DEAL_ID = deal_id;
    /// The text of the note.
    TEXT = text;
    /// The importance of the note.
    WEIGHT = weight;
    /// When it was last changed.
    UPDATED_AT = updated_at;
}

store::stored!(NoteRow in notes by "\"notes\".\"organization_id\"");

/// The people who are to read a note.
const READERS: Membership = store::membership!("note_readers", "note_id", "person_id");

/// The note that a person is to read, in lists of people.
const READS: Field = Field::of::<diesel::sql_types::BigInt>("\"note_readers\".\"note_id\"")
    .through(store::Join {
        table: "note_readers",
        on: "\"note_readers\".\"organization_id\" = \"people\".\"organization_id\" \
             AND \"note_readers\".\"person_id\" = \"people\".\"id\"",
    });

fn resource() -> Resource<NoteRow> {
    let declaration = Declaration::new("notes", (|row: &NoteRow| row.id, ID), |row| row.version)
        .writable()
        .attribute(Attribute::new("text", Kind::Text).required().field(TEXT), |row| {
            Scalar::Text(&row.text)
        })
        .attribute(Attribute::new("weight", Kind::Integer).writable().field(WEIGHT), |row| {
            Scalar::Integer(row.weight)
        })
        .attribute(Attribute::new("updated_at", Kind::Instant).field(UPDATED_AT), |row| {
            Scalar::Instant(row.updated_at)
        })
        .to_one(Relationship::to_one("organization", "organizations"), |row| {
            Some(row.organization_id)
        })
        .to_one(Relationship::to_one("deal", "deals").writable().field(DEAL_ID), |row| row.deal_id)
        .to_many(Relationship::to_many("readers", "people", READS).writable());
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

/// Apportion's types and notes.
pub fn resources() -> Arc<Resources> {
    apportion_server::resources::with(vec![Box::new(resource())]).unwrap()
}

/// The members of a note that can be set.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = notes, treat_none_as_default_value = false, treat_none_as_null = true)]
struct WrittenNote {
    text: String,
    weight: i64,
    deal_id: Option<i64>,
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<NoteRow>> {
    let row = own(tenant, id);
    // SQLite has one writer, and needs no lock.
    let row = match tenant.connection()? {
        AnyConnection::Sqlite(connection) => row.get_result(connection),
        AnyConnection::Postgres(connection) => row.for_update().get_result(connection),
    };
    Ok(row.optional()?)
}

/// The note of that id, if it is the tenant's.
#[diesel::dsl::auto_type(no_type_alias)]
fn own(tenant: &Tenant<'_>, id: i64) -> _ {
    let organization: i64 = tenant.organization().0;
    notes::table.filter(notes::organization_id.eq(organization)).filter(notes::id.eq(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let (written, readers) = read(work, input, None)?;
    let (tenant, now) = (&mut work.tenant, work.now);
    let organization = notes::organization_id.eq(tenant.organization().0);
    let id = diesel::insert_into(notes::table)
        .values((organization, written, notes::updated_at.eq(now)))
        .returning(notes::id)
        .get_result(tenant.connection()?)
        .map_err(store::Error::from)?;
    tenant.record_insert("notes", id, now)?;
    work.set_members(READERS, id, readers.as_ref())?;
    Ok(id)
}

fn update(work: &mut Work<'_>, row: &NoteRow, input: &mut Input) -> Result<()> {
    let (written, readers) = read(work, input, Some(row))?;
    let (tenant, now) = (&mut work.tenant, work.now);
    let next = (notes::version.eq(notes::version + 1), notes::updated_at.eq(now));
    let version = diesel::update(own(tenant, row.id))
        .set((written, next))
        .returning(notes::version)
        .get_result(tenant.connection()?)
        .map_err(store::Error::from)?;
    tenant.record_update("notes", row.id, version, now)?;
    work.set_members(READERS, row.id, readers.as_ref())
}

fn delete(work: &mut Work<'_>, row: &NoteRow) -> Result<()> {
    work.set_members(READERS, row.id, Some(&Linkage::Many(Vec::new())))?;
    let tenant = &mut work.tenant;
    diesel::delete(own(tenant, row.id))
        .execute(tenant.connection()?)
        .map_err(store::Error::from)?;
    Ok(tenant.record_delete("notes", row.id, row.version, work.now)?)
}

/// Reads the members of a note and its readers from a request.
fn read(
    work: &mut Work<'_>,
    input: &mut Input,
    row: Option<&NoteRow>,
) -> Result<(WrittenNote, Option<Linkage>)> {
    let (mut text, mut weight) = (row.map(|row| row.text.clone()), row.map(|row| row.weight));
    input.set("text", &mut text);
    input.set("weight", &mut weight);
    if text.as_deref().is_none_or(str::is_empty) {
        input.refuse("text", "must not be empty");
    }
    let deal = work.linked(input, "deal", "deals")?;
    let readers = work.members(input, "readers", "people")?;
    if !input.errors.is_empty() {
        return Err(Failure::Refused(std::mem::take(&mut input.errors)));
    }
    let deal_id = deal.unwrap_or(row.and_then(|row| row.deal_id));
    let (text, weight) = (text.unwrap_or_default(), weight.unwrap_or(0));
    let written = WrittenNote { text, weight, deal_id };
    Ok((written, readers))
}

/// Brings a database up to date, with the tables of notes.
pub fn migrate(url: &str) {
    let address: Address = url.parse().unwrap();
    Session::open(&address).unwrap().migrate().unwrap();
    match &address {
        Address::Sqlite(path) => {
            let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
            connection.batch_execute(&tables("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT")).unwrap();
        }
        Address::Postgres(url) => {
            let id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
            let mut connection = PgConnection::establish(url).unwrap();
            connection.batch_execute(&tables(id, "TIMESTAMP")).unwrap();
        }
    }
}

fn tables(id: &str, timestamp: &str) -> String {
    format!(
        "CREATE TABLE notes (
            id {id},
            organization_id BIGINT NOT NULL REFERENCES organizations (id),
            deal_id BIGINT,
            text TEXT NOT NULL,
            weight BIGINT NOT NULL,
            version BIGINT NOT NULL DEFAULT 1,
            updated_at {timestamp} NOT NULL,
            UNIQUE (organization_id, id),
            FOREIGN KEY (organization_id, deal_id) REFERENCES deals (organization_id, id)
        );
        CREATE TABLE note_readers (
            organization_id BIGINT NOT NULL,
            note_id BIGINT NOT NULL,
            person_id BIGINT NOT NULL,
            PRIMARY KEY (organization_id, note_id, person_id),
            FOREIGN KEY (organization_id, note_id) REFERENCES notes (organization_id, id),
            FOREIGN KEY (organization_id, person_id) REFERENCES people (organization_id, id)
        );"
    )
}
