//! Documents of JSON:API: media types, structure, resources, linkage, links, names and errors.

apportion_testing::modules! {
    compound, errors, linkage, links, media_types, names, negotiation, resources, structure
}
