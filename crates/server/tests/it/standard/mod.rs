//! JSON:API 1.1 rule by rule. The numbers are those of the project's list of what the standard
//! requires of a server. Every rule has a test that is named after it, and a rule about all answers
//! is checked at every address of every declared type (`addresses`). Where the wire conventions
//! decide otherwise, the test says so. Not here: the rules of the domain.

apportion_testing::modules! { coverage; folders: documents, reading, writing }
