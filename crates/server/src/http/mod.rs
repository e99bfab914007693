//! HTTP as this service speaks it: connections, clients, hosts, origins, bodies, entity tags and
//! answers. Not here: who sends a request (`access`), and what it is for (`endpoints`).

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod cors;
pub(crate) mod etag;
pub(crate) mod guard;
pub(crate) mod host;
pub(crate) mod method;
pub(crate) mod mount;
pub(crate) mod outgoing;
pub(crate) mod reply;
