//! The query of a request, read against the declarations into one value: filters, sorts, page,
//! includes and sparse fieldsets. All faults are collected. Not here: what the fields are bound to,
//! and running a query.
//!
//! A query has at most [`MAX_PARAMETERS`] parameters; each module has further limits.

mod cursor;
mod fields;
mod filter;
mod include;
mod page;
mod parameter;
mod sort;

pub use cursor::Cursor;
pub use fields::Fieldsets;
pub use filter::{Filter, MAX_CONTAINS, MAX_NESTING, MAX_VALUES};
pub use include::{Include, MAX_INCLUDE_DEPTH, MAX_INCLUDES};
pub use page::{CURSOR_PROFILE, NumberedPage, Page, Walk};
pub use parameter::{MAX_PARAMETERS, parameter_values};
pub use sort::{MAX_SORTS, Sort};

use std::collections::BTreeMap;

use parameter::Parameter;

use crate::error::{Code, Error, ProfileError};
pub use crate::resource::Operator;
use crate::resource::{Registry, ResourceType};

/// The kind of address that is requested, which determines the parameters it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// A list of resources or of linkage, which allows every parameter.
    Collection,
    /// One resource, or linkage to one, which allows `include` and `fields`. A page is ignored,
    /// since clients in use send one.
    Single,
    /// An answer without resources, which allows no parameters. A page is ignored here as well.
    Nothing,
}

/// The options that a query is read with.
#[derive(Clone, Copy, Debug)]
pub struct QueryOptions<'f> {
    /// The kind of address.
    pub allowed: Allowed,
    /// Parameters that the server reads itself; they are skipped.
    pub foreign: &'f [&'f str],
    /// Whether the client accepts the profile of cursor pages, so that pages are walked by default.
    pub walks: bool,
    /// For linkage, the positions of the type that holds it and of the relationship. Every path of
    /// `include` must begin with that relationship.
    pub linkage: Option<(usize, usize)>,
}

impl QueryOptions<'_> {
    /// Returns the parameters that the address allows.
    fn parameters(&self) -> impl Iterator<Item = &str> {
        let families: &[&str] = match self.allowed {
            Allowed::Collection => &["filter[...]", "sort", "page[...]", "include", "fields[...]"],
            Allowed::Single => &["include", "fields[...]"],
            Allowed::Nothing => &[],
        };
        families.iter().chain(self.foreign).copied()
    }
}

/// A query that was read without faults.
#[derive(Clone, Debug)]
pub struct Query<F> {
    /// The condition that rows must satisfy; `None` if every row does.
    pub filter: Option<Filter<F>>,
    /// The order of the list, with the tie-break as its last key.
    pub sorts: Vec<Sort<F>>,
    /// The part of the list.
    pub page: Page,
    /// The relationships to follow; `None` if the query has no `include`.
    pub include: Option<Vec<Include>>,
    /// The members that each type shows.
    pub fields: Fieldsets,
    /// The decoded parameters apart from the page, which links repeat.
    pub parameters: Vec<(String, String)>,
    /// The identity of the list: its type, sort and filters, as text. A cursor of another list is
    /// refused.
    pub binding: String,
}

impl<F: Copy + PartialEq> Query<F> {
    /// Reads the query of a request for `resource`, or returns every fault in it. Too many
    /// parameters are the only fault then.
    pub fn parse(
        text: &str,
        registry: &Registry<F>,
        resource: &ResourceType<F>,
        options: &QueryOptions<'_>,
    ) -> Result<Self, Vec<Error>> {
        let mut errors = Vec::new();
        let pairs = parameter::parse_query(text, &mut errors)?;
        let mut parts = Parts::default();
        let own = |pair: &&Parameter| !options.foreign.contains(&pair.name.as_str());
        for pair in given_once(&pairs, options, &mut errors).into_iter().filter(own) {
            parts.assign(pair, options, &mut errors);
        }
        let filter = filter::parse(&parts.filters, resource, &mut errors);
        let sorts = sort::parse(parts.sort, resource, &mut errors);
        let binding = parts.binding(resource.name);
        let page = page::parse(&parts.page, options.walks, &binding, &mut errors);
        let include =
            include::parse(parts.include, registry, resource, options.linkage, &mut errors);
        let fields = fields::parse(&parts.fields, registry, resource, &mut errors);
        if matches!(page, Page::Walk(_)) {
            errors = errors.into_iter().map(unsupported_walk).collect();
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let paged = |pair: &&Parameter| pair.base != "page";
        let own = pairs.iter().filter(paged).map(|p| (p.name.clone(), p.value.clone()));
        Ok(Self { filter, sorts, page, include, fields, parameters: own.collect(), binding })
    }
}

/// The parameters by family.
#[derive(Default)]
struct Parts<'q> {
    filters: Vec<&'q Parameter>,
    fields: Vec<&'q Parameter>,
    page: Vec<&'q Parameter>,
    sort: Option<&'q Parameter>,
    include: Option<&'q Parameter>,
}

impl<'q> Parts<'q> {
    /// Returns the text that distinguishes this list from others.
    fn binding(&self, resource: &str) -> String {
        let mut words: Vec<String> =
            self.filters.iter().map(|pair| format!("{}={}", pair.name, pair.value)).collect();
        words.sort_unstable();
        let sort = self.sort.map_or("", |pair| pair.value.as_str());
        format!("{resource}\n{sort}\n{}", words.join("\n"))
    }

    fn assign(&mut self, pair: &'q Parameter, options: &QueryOptions<'_>, errors: &mut Vec<Error>) {
        use Allowed::{Collection, Nothing, Single};
        match (pair.base.as_str(), pair.keys.as_deref(), options.allowed) {
            ("filter", Some([_, ..]), Collection) => self.filters.push(pair),
            ("page", Some([_]), Collection) => self.page.push(pair),
            ("page", Some([_]), Single | Nothing) => {}
            ("fields", Some([_]), Collection | Single) => self.fields.push(pair),
            ("sort", Some([]), Collection) => self.sort = Some(pair),
            ("include", Some([]), Collection | Single) => self.include = Some(pair),
            _ => errors.push(pair.unsupported(options.parameters())),
        }
    }
}

/// Returns the parameters without those that are given again, each of which is one error. Those of
/// the server are left to it: what one of them means twice is not known here.
fn given_once<'q>(
    pairs: &'q [Parameter],
    options: &QueryOptions<'_>,
    errors: &mut Vec<Error>,
) -> Vec<&'q Parameter> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut once = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let before = times.entry(&pair.name).or_insert(0);
        match *before {
            _ if pair.is_list_item() || options.foreign.contains(&pair.name.as_str()) => {
                once.push(pair);
            }
            0 => once.push(pair),
            1 => errors.push(pair.repeated()),
            _ => {}
        }
        *before = before.saturating_add(1);
    }
    once
}

/// Adds the name that the profile of cursor pages has for a sort that cannot be walked.
fn unsupported_walk(error: Error) -> Error {
    match error.code {
        Code::UnsupportedSort => {
            error.with_profile(ProfileError::new(CURSOR_PROFILE, "unsupported-sort"))
        }
        _ => error,
    }
}
