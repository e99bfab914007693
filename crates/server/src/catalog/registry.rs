//! The resource types of a service, by name and by position. Not here: the list of Apportion's own
//! types (`resources`).

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use apportion_jsonapi::{Cardinality, Registry, ResourceType};
use apportion_store::{
    self as store, Address, Criteria, Field, Order, OrganizationId, Scope, Session, Tenant,
};

use crate::catalog::served::Served;
use crate::failure::{self, Failure};

/// The path under which all types are served, in the service.
pub const ROOT: &str = "/api/v2";

/// The resource types of a service, with those that have no address (the rows of reports and of
/// previews), and the address below which clients find them.
pub struct Resources {
    types: Arc<Types>,
    /// The part of addresses before the paths of the service, such as `/money`; empty for a server
    /// of its own.
    prefix: String,
    /// The path below which clients find the types: the prefix and [`ROOT`].
    root: String,
    /// The OpenAPI description, made at the first request for it.
    pub(crate) description: OnceLock<Bytes>,
}

/// The types themselves, and what is declared of them. A type has the same position in both.
struct Types {
    served: Vec<Box<dyn Served>>,
    registry: Registry<Field>,
    /// The number of types at the beginning whose tables are Apportion's.
    own: usize,
}

/// The reasons why types cannot be served, a sentence each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("types cannot be served: {}", .0.join("; "))]
pub struct TypeError(pub Vec<String>);

/// The names that are addresses of something else than a type.
const TAKEN: [&str; 2] = ["operations", "reports"];

impl Resources {
    /// Collects types whose tables are Apportion's, in the order in which they are described.
    pub fn new(served: Vec<Box<dyn Served>>) -> Self {
        Self::of(served, Vec::new())
    }

    fn of(mut served: Vec<Box<dyn Served>>, others: Vec<Box<dyn Served>>) -> Self {
        let own = served.len();
        served.extend(others);
        let registry = Registry::new(served.iter().map(|it| it.resource().clone()).collect());
        Self::below_prefix(Arc::new(Types { served, registry, own }), String::new())
    }

    fn below_prefix(types: Arc<Types>, prefix: String) -> Self {
        let root = format!("{prefix}{ROOT}");
        Self { types, prefix, root, description: OnceLock::new() }
    }

    /// Collects Apportion's types and then those of others.
    ///
    /// # Errors
    ///
    /// A name cannot be used or occurs twice, or a relationship leads nowhere. Whether their tables
    /// have all fields is known once there is a database ([`Resources::check_fields`]).
    pub(crate) fn with(
        own: Vec<Box<dyn Served>>,
        others: Vec<Box<dyn Served>>,
    ) -> Result<Self, TypeError> {
        let all = Self::of(own, others);
        let registry = all.registry();
        let mut faults = registry.faults();
        let taken = registry.types().iter().filter(|kind| TAKEN.contains(&kind.name));
        faults.extend(taken.map(|kind| format!("{:?} is an address of the server", kind.name)));
        if faults.is_empty() { Ok(all) } else { Err(TypeError(faults)) }
    }

    /// Returns the same types below a prefix, which comes after the one that they have.
    pub(crate) fn below(&self, prefix: &str) -> Self {
        Self::below_prefix(Arc::clone(&self.types), format!("{}{prefix}", self.prefix))
    }

    /// Returns what stands before the paths of the service.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Returns the path below which clients find the types.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// Reads nothing by each field of the types of others, so that one that their tables do not
    /// have is noticed when a service is opened. Returns those, a sentence each.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub(crate) fn check_fields(&self, database: &Address) -> store::Result<Vec<String>> {
        let others = self.types.served.iter().skip(self.types.own);
        if others.len() == 0 {
            return Ok(Vec::new());
        }
        let mut session = Session::open(database)?;
        let mut faults = Vec::new();
        for served in others {
            let kind = served.resource();
            for (what, field) in fields(kind) {
                let criteria =
                    Criteria { filter: None, order: vec![by(field)], limit: 1, offset: 0 };
                let read = nothing(&mut session, |tenant| served.load(tenant, &criteria).map(drop));
                faults.extend(read?.map(|why| format!("the type {:?}: {what}: {why}", kind.name)));
            }
            for relationship in &kind.relationships {
                let target = self.find_any(relationship.target);
                let Some((target, field)) = target.zip(relationship.field) else { continue };
                if relationship.cardinality == Cardinality::One {
                    continue;
                }
                let read = nothing(&mut session, |tenant| {
                    target.served.load_by(tenant, field, &[0], 1).map(drop)
                });
                let name = relationship.name;
                faults
                    .extend(read?.map(|why| format!("the type {:?}: {name:?}: {why}", kind.name)));
            }
        }
        Ok(faults)
    }

    /// Returns the declarations.
    pub fn registry(&self) -> &Registry<Field> {
        &self.types.registry
    }

    /// Finds a type that has addresses by its name.
    pub(crate) fn find(&self, name: &str) -> Option<TypeRef<'_>> {
        self.find_any(name).filter(|kind| kind.resource().addressed)
    }

    /// Finds a type by its name, whether it has addresses or not.
    pub(crate) fn find_any(&self, name: &str) -> Option<TypeRef<'_>> {
        let (position, _) = self.registry().find(name)?;
        self.at(position)
    }

    /// Returns the type at a position of the registry.
    pub(crate) fn at(&self, position: usize) -> Option<TypeRef<'_>> {
        let served = self.types.served.get(position)?.as_ref();
        Some(TypeRef { position, served, resources: self })
    }

    /// Returns the type that an id of these resources stands for.
    pub(crate) fn get(&self, id: TypeId) -> Option<TypeRef<'_>> {
        self.at(id.0)
    }
}

/// Returns the fields that lists of a type are read by, each with what it is for.
fn fields(kind: &ResourceType<Field>) -> Vec<(String, Field)> {
    let sorts = kind.sorts.iter().map(|it| (format!("the sort {:?}", it.name), it.field));
    let filters = kind.filters.iter().map(|it| (format!("the filter {:?}", it.name), it.field));
    let mut fields: Vec<(String, Field)> = sorts.chain(filters).collect();
    fields.push(("the id".to_owned(), kind.id));
    fields.extend(kind.hidden_rows.map(|(field, _)| ("hidden rows".to_owned(), field)));
    // Most filters are sorts too.
    let mut seen = HashSet::new();
    fields.retain(|(_, field)| seen.insert(*field));
    fields
}

fn by(field: Field) -> Order {
    Order { field, descending: false, reversed: false }
}

/// Runs a read in the name of nobody, who has no rows. Returns why the database refused it.
fn nothing(
    session: &mut Session,
    read: impl FnOnce(&mut Tenant<'_>) -> failure::Result<()>,
) -> store::Result<Option<String>> {
    let nobody = Scope::of(OrganizationId(0));
    let done = session.snapshot(&nobody, |session| read(&mut Tenant::new(nobody, session)));
    match done {
        Err(Failure::Store(store::Error::Query(why))) => Ok(Some(why)),
        Err(Failure::Store(error)) => Err(error),
        // A type that is computed has no such list.
        Ok(()) | Err(_) => Ok(None),
    }
}

/// The position of a type in the registry: it can be sent to another thread, which a [`TypeRef`]
/// cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeId(usize);

/// A type of a service, with the service's other types.
#[derive(Clone, Copy)]
pub(crate) struct TypeRef<'r> {
    pub(crate) position: usize,
    pub(crate) served: &'r dyn Served,
    pub(crate) resources: &'r Resources,
}

impl<'r> TypeRef<'r> {
    /// Returns the type as clients see it.
    pub(crate) fn resource(self) -> &'r ResourceType<Field> {
        self.served.resource()
    }

    /// Returns the declarations of all types.
    pub(crate) fn registry(self) -> &'r Registry<Field> {
        self.resources.registry()
    }

    /// Returns the position of the type.
    pub(crate) fn id(self) -> TypeId {
        TypeId(self.position)
    }
}
