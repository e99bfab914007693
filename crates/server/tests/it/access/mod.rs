//! Who may do what from where: tokens and their rights, organizations apart from each other, rates,
//! hosts and origins. Not here: what a request that is let in does.

apportion_testing::modules! { authentication, cors, endpoints, hosts, isolation, rates, tenancy }
