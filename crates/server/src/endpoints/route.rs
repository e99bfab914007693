//! Addresses, taken apart: which type, which row, which relationship; and which methods make
//! sense there.

use actix_web::http::Method;

use apportion_jsonapi::Cardinality;

use crate::resources::{ROOT, Resources, Type};

/// What an address stands for.
#[derive(Clone, Copy)]
pub(crate) enum Route {
    /// `/deals`
    Collection(Type),
    /// `/deals/17`
    Resource(Type, i64),
    /// `/deals/17/creator`: the relationship by its position.
    Related(Type, i64, usize),
    /// `/deals/17/relationships/creator`
    Linkage(Type, i64, usize),
}

impl Route {
    /// The route of a path; one trailing slash is borne. None where nothing can be.
    pub(crate) fn parse(resources: &'static Resources, path: &str) -> Option<Self> {
        let rest = path.strip_prefix(ROOT)?.strip_prefix('/')?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let segments: Vec<&str> = rest.split('/').collect();
        let kind = resources.find(segments.first()?)?;
        let relation = |name: &str| kind.served.resource().relationship(name).map(|(at, _)| at);
        let id = kind.served.resource().ids.read;
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

    /// The methods that this route may take: on a read-only relationship of a writable type the
    /// writing ones are refused for a reason of their own, and not named to whoever asks.
    pub(crate) fn methods(self, named: bool) -> &'static [Method] {
        const READ: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS];
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
        let writable = match self {
            Route::Collection(kind) => kind.served.resource().writable,
            _ => false,
        };
        match self {
            Route::Collection(_) if writable => LIST,
            Route::Resource(kind, _) if kind.served.resource().is_changeable() => ROW,
            Route::Linkage(kind, _, at) if kind.served.resource().is_changeable() => {
                match kind.served.resource().relationships.get(at) {
                    Some(declared) if named && !declared.is_changeable() => READ,
                    Some(declared) if declared.cardinality == Cardinality::Many => LINKS,
                    _ => LINK,
                }
            }
            _ => READ,
        }
    }

    /// The type that the address begins with.
    pub(crate) fn kind(self) -> Type {
        match self {
            Route::Collection(kind)
            | Route::Resource(kind, _)
            | Route::Related(kind, ..)
            | Route::Linkage(kind, ..) => kind,
        }
    }

    /// The route's shape, for logs: no ids in it.
    pub(crate) fn template(self) -> String {
        match self {
            Route::Collection(kind) => format!("{ROOT}/{}", kind.served.resource().name),
            Route::Resource(kind, _) => format!("{ROOT}/{}/{{id}}", kind.served.resource().name),
            Route::Related(kind, _, at) => {
                format!("{ROOT}/{}/{{id}}/{}", kind.served.resource().name, name(kind, at))
            }
            Route::Linkage(kind, _, at) => {
                let resource = kind.served.resource().name;
                format!("{ROOT}/{resource}/{{id}}/relationships/{}", name(kind, at))
            }
        }
    }
}

fn name(kind: Type, relationship: usize) -> &'static str {
    kind.served.resource().relationships.get(relationship).map_or("", |declared| declared.name)
}
