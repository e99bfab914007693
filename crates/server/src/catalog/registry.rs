//! The resource types of a service, by name and by position. Not here: the list of Apportion's own
//! types (`resources`).

use std::collections::HashSet;

use apportion_jsonapi::{Cardinality, Registry, ResourceType};
use apportion_store::{
    self as store, Address, Criteria, Field, Order, OrganizationId, Scope, Session, Tenant,
};

use crate::catalog::served::Served;
use crate::failure::{self, Failure};

/// The path under which all types are served.
pub const ROOT: &str = "/api/v2";

/// The resource types of a service, with those that have no address: the rows of reports and of
/// previews.
pub struct Resources {
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
    /// Collects types, in the order in which they are described.
    pub fn new(served: Vec<Box<dyn Served>>) -> Self {
        let registry = Registry::new(served.iter().map(|it| it.resource().clone()).collect());
        let own = served.len();
        Self { served, registry, own }
    }

    /// Adds types of others.
    ///
    /// # Errors
    ///
    /// A name cannot be used or occurs twice, or a relationship leads nowhere. Whether their tables
    /// have all fields is known once there is a database ([`Resources::check_fields`]).
    pub(crate) fn with(self, others: Vec<Box<dyn Served>>) -> Result<Self, TypeError> {
        let own = self.own;
        let all = Self::new(self.served.into_iter().chain(others).collect());
        let mut faults = all.registry.faults();
        let taken = all.registry.types().iter().filter(|kind| TAKEN.contains(&kind.name));
        faults.extend(taken.map(|kind| format!("{:?} is an address of the server", kind.name)));
        if faults.is_empty() { Ok(Self { own, ..all }) } else { Err(TypeError(faults)) }
    }

    /// Reads nothing by each field of the types of others, so that one that their tables do not
    /// have is noticed when a server starts.
    ///
    /// # Errors
    ///
    /// A field does not exist, or the database cannot be read.
    pub(crate) fn check_fields(&self, database: &Address) -> Result<(), FieldsError> {
        let others = self.served.iter().skip(self.own);
        if others.len() == 0 {
            return Ok(());
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
        if faults.is_empty() { Ok(()) } else { Err(TypeError(faults).into()) }
    }

    /// Returns the declarations.
    pub fn registry(&self) -> &Registry<Field> {
        &self.registry
    }

    /// Finds a type that has addresses by its name.
    pub(crate) fn find(&self, name: &str) -> Option<TypeRef<'_>> {
        self.find_any(name).filter(|kind| kind.resource().addressed)
    }

    /// Finds a type by its name, whether it has addresses or not.
    pub(crate) fn find_any(&self, name: &str) -> Option<TypeRef<'_>> {
        let (position, _) = self.registry.find(name)?;
        self.at(position)
    }

    /// Returns the type at a position of the registry.
    pub(crate) fn at(&self, position: usize) -> Option<TypeRef<'_>> {
        let served = self.served.get(position)?.as_ref();
        Some(TypeRef { position, served, resources: self })
    }

    /// Returns the type that an id of these resources stands for.
    pub(crate) fn get(&self, id: TypeId) -> Option<TypeRef<'_>> {
        self.at(id.0)
    }
}

/// The reason why the fields of types could not be checked, or are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldsError {
    #[error(transparent)]
    Types(#[from] TypeError),
    #[error(transparent)]
    Store(#[from] store::Error),
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
