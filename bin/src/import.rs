//! `apportion import`: finds out the type of each file, shows progress on a terminal, and prints
//! every line that is at fault.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use apportion_core::text::printable;
use apportion_server::admin;
use apportion_server::import::{
    Faults, ImportError, Importer, Options, TYPES, TypeSummary, describe, type_of,
};
use apportion_server::store::Address;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::Role;
use crate::output::{Output, complain};
use crate::values::id;

#[derive(Args)]
#[command(after_long_help = columns())]
pub(crate) struct Import {
    /// The id of the organization that gets the rows, such as 1
    #[arg(long, value_name = "ID", value_parser = id)]
    organization: i64,
    /// The type of the rows in all files; without it, the name of each file must begin with its
    /// type, such as deals-2026.csv
    #[arg(long = "type", value_name = "TYPE", value_parser = TYPES.to_vec())]
    kind: Option<String>,
    /// Read and judge the files, print what would be imported, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Import files although the same bytes were imported before
    #[arg(long)]
    again: bool,
    /// Change the rows whose `external_id` is stored already, and insert the others; every row must
    /// have one then
    #[arg(long)]
    update: bool,
    /// The CSV files, in UTF-8 and with a header line, imported in the given order; `-` is stdin
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    role: Role,
}

/// Describes the columns of the files for `--help`.
fn columns() -> String {
    format!(
        "Columns are separated by comma, semicolon or tab. With semicolons, decimals have a comma \
         before them.\nAn empty cell gives no value, and with --update leaves a value as it is.\n\
         \n{}",
        describe()
    )
}

/// Imports all files together, or nothing if one of them is at fault.
pub(crate) fn run(options: &Import, database: &Address) -> anyhow::Result<ExitCode> {
    // A database that is made now has no organization.
    admin::check_file(database)?;
    options.role.check(database)?;
    let mut importer = Importer::open(database, options.organization)?;
    let Import { again, dry_run, update, .. } = *options;
    let mut batch = importer.batch(Options { again, dry_run, update });
    let mut done = Vec::new();
    for path in &options.files {
        let name = printable(&path.display().to_string()).into_owned();
        let kind = options.kind.as_deref().or_else(|| kind_of(path)).ok_or_else(|| {
            anyhow!(
                "{name}: the name of the file must begin with its type, which is one of {}; or \
                 give --type",
                TYPES.join(", ")
            )
        })?;
        let (file, bytes) = open(path).with_context(|| format!("{name} cannot be read"))?;
        let bar = bar(bytes);
        let read = batch.read(kind, &name, file, |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        match read {
            Ok(rows) => done.push(format!("{name}: {rows} {kind}")),
            Err(ImportError::Lines(faults)) => return Ok(refuse(&faults)),
            Err(error) => return Err(error.into()),
        }
    }
    let types = match batch.finish() {
        Ok(types) => types,
        Err(ImportError::Lines(faults)) => return Ok(refuse(&faults)),
        Err(error) => return Err(error.into()),
    };
    let mut out = Output::default();
    if dry_run {
        types.iter().for_each(|it| announce(it, update, &mut out));
        out.end()?;
        return Ok(ExitCode::SUCCESS);
    }
    if update {
        for it in types {
            let (new, changed, known) = (it.rows, it.changed, it.known());
            let counts = format!("{new} new; {changed} changed of {known} that were there");
            out.line(format_args!("{}: {counts}", it.kind));
        }
    } else {
        done.iter().for_each(|line| out.line(format_args!("{line}")));
    }
    // The rows are in, so that the command has succeeded.
    out.end_regardless();
    Ok(ExitCode::SUCCESS)
}

/// Prints what an import would do with the rows of a type.
fn announce(it: &TypeSummary, update: bool, out: &mut Output) {
    let sums = it.sums.join(", ");
    let sums = if sums.is_empty() { sums } else { format!(": {sums}") };
    out.line(format_args!("would import {} {}{sums}", it.rows, it.kind));
    if update {
        let (changed, known) = (it.changed, it.known());
        out.line(format_args!("would change {changed} of {known} {} that are there", it.kind));
    }
}

/// Prints the faults of a file.
fn refuse(faults: &Faults) -> ExitCode {
    let Faults { file, listed, count } = faults;
    for bad in listed {
        // A header and a reason repeat what the file has, which may come from anybody.
        let column = printable(bad.column.as_deref().unwrap_or("-"));
        let (line, reason) = (bad.line, printable(&bad.reason));
        complain(format_args!("{file}:{line}: {column}: {reason}"));
    }
    let noun = if *count == 1 { "fault" } else { "faults" };
    let listed = u64::try_from(listed.len()).unwrap_or(u64::MAX);
    let rest = match count.saturating_sub(listed) {
        0 => String::new(),
        rest => format!(", {rest} of which are not listed"),
    };
    complain(format_args!("apportion: {file}: nothing was imported: {count} {noun}{rest}"));
    ExitCode::FAILURE
}

fn kind_of(path: &Path) -> Option<&'static str> {
    path.file_name()?.to_str().and_then(type_of)
}

/// Opens a file, or stdin for `-`, and returns its length if that is known.
fn open(path: &Path) -> io::Result<(Box<dyn Read>, u64)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin().lock()), 0));
    }
    let file = File::open(path)?;
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    Ok((Box::new(BufReader::new(file)), bytes))
}

/// Makes a progress bar, which shows on a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
