//! Access to the service: tokens and their rights, organizations kept apart, rates, hosts and
//! origins. Not here: what a request does once it is let in.

apportion_testing::modules! {
    authentication, authenticators, cors,
    endpoints, hosts, isolation, proxies, rates, tenancy, tokens
}
