//! The addresses of resources: the type, the row and the relationship that a path names, and the
//! methods that apply there.

use actix_web::http::Method;
use apportion_jsonapi::Cardinality;

use crate::catalog::{ROOT, Resources, TypeId, TypeRef};
use crate::http::method::{Methods, READS};

/// The part of a type that an address stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// `/deals`
    Collection(TypeId),
    /// `/deals/17`
    Resource(TypeId, i64),
    /// `/deals/17/creator`: the relationship by its position.
    Related(TypeId, i64, usize),
    /// `/deals/17/relationships/creator`
    Linkage(TypeId, i64, usize),
}

impl Route {
    /// Parses a path without a trailing slash. Returns `None` if it cannot be the address of
    /// anything.
    pub(crate) fn parse(resources: &Resources, path: &str) -> Option<Self> {
        let rest = path.strip_prefix(ROOT)?.strip_prefix('/')?;
        let segments: Vec<&str> = rest.split('/').collect();
        let kind = resources.find(segments.first()?)?;
        let relation = |name: &str| kind.resource().relationship(name).map(|(at, _)| at);
        let id = kind.resource().ids.read;
        let kind = kind.id();
        match segments.as_slice() {
            [_] => Some(Route::Collection(kind)),
            [_, row] => Some(Route::Resource(kind, id(row)?)),
            [_, row, name] => Some(Route::Related(kind, id(row)?, relation(name)?)),
            [_, row, "relationships", name] => {
                Some(Route::Linkage(kind, id(row)?, relation(name)?))
            }
            _ => None,
        }
    }

    /// Returns the methods. A read-only relationship of a writable type takes the methods that
    /// write, to refuse them with a reason of their own, but does not name them to clients.
    pub(crate) fn methods(self, resources: &Resources) -> Option<Methods> {
        const LIST: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS, Method::POST];
        const ROW: &[Method] =
            &[Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::DELETE];
        const LINK: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH];
        const LINKS: &[Method] = &[
            Method::GET,
            Method::HEAD,
            Method::OPTIONS,
            Method::PATCH,
            Method::POST,
            Method::DELETE,
        ];
        let resource = self.kind(resources)?.resource();
        Some(match self {
            Route::Collection(_) if resource.writable => Methods::all(LIST),
            Route::Resource(..) if resource.is_changeable() => Methods::all(ROW),
            Route::Linkage(_, _, at) if resource.is_changeable() => {
                match resource.relationships.get(at) {
                    Some(declared) if declared.cardinality == Cardinality::Many => {
                        let advertised = if declared.is_changeable() { LINKS } else { READS };
                        Methods { allowed: LINKS, advertised }
                    }
                    Some(declared) if declared.is_changeable() => Methods::all(LINK),
                    _ => Methods { allowed: LINK, advertised: READS },
                }
            }
            _ => Methods::all(READS),
        })
    }

    /// Returns the type that the address begins with.
    pub(crate) fn kind(self, resources: &Resources) -> Option<TypeRef<'_>> {
        match self {
            Route::Collection(kind)
            | Route::Resource(kind, _)
            | Route::Related(kind, ..)
            | Route::Linkage(kind, ..) => resources.get(kind),
        }
    }

    /// Returns the id of the row that the address names. `None` for a collection.
    pub(crate) fn row(self) -> Option<i64> {
        match self {
            Route::Collection(_) => None,
            Route::Resource(_, id) | Route::Related(_, id, _) | Route::Linkage(_, id, _) => {
                Some(id)
            }
        }
    }

    /// Returns the shape of the address for logs, with `{id}` in place of ids.
    pub(crate) fn template(self, resources: &Resources) -> Option<String> {
        let resource = self.kind(resources)?.resource();
        let name = resource.name;
        let relationship = |at: usize| resource.relationships.get(at).map(|it| it.name);
        Some(match self {
            Route::Collection(_) => format!("{ROOT}/{name}"),
            Route::Resource(..) => format!("{ROOT}/{name}/{{id}}"),
            Route::Related(_, _, at) => format!("{ROOT}/{name}/{{id}}/{}", relationship(at)?),
            Route::Linkage(_, _, at) => {
                format!("{ROOT}/{name}/{{id}}/relationships/{}", relationship(at)?)
            }
        })
    }
}
