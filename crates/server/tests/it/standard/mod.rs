//! JSON:API 1.1 rule by rule. The numbers are those of the project's list of what the standard asks
//! of a server; every rule has a test that is named after it, and a rule about every answer is held
//! against every address of every declared type (`addresses`). Where the wire conventions decide
//! otherwise, the test says so. Not here: the rules of the domain.

apportion_testing::modules! { coverage; folders: documents, reading, writing }
