//! The store as a whole: the queue and the threads behind it, SQLite's one writer, transactions
//! that are run again, reads that share one, migrations and backups.

apportion_testing::modules! {
    backups, deadlines, executor, migrations, poolers, retries, shared_reads, writer
}
