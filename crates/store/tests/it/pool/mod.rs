//! The store as a whole: the queue and the threads behind it, SQLite's one writer, transactions
//! that are run again, migrations and backups.

apportion_testing::modules! { backups, deadlines, executor, migrations, poolers, retries, writer }
