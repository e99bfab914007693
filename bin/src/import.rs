//! `apportion import`: finds out the type of each file, shows progress on a terminal, and prints
//! every line that is at fault.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use apportion_server::import::{ImportError, Importer, TYPES, type_of};
use apportion_server::store::Address;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Args)]
pub(crate) struct Import {
    /// The id of the organization that gets the rows, such as 1
    #[arg(long, value_name = "ID")]
    organization: i64,
    /// The type of the rows in all files; without it, the name of each file must begin with its
    /// type, such as deals-2026.csv
    #[arg(long = "type", value_name = "TYPE", value_parser = TYPES.to_vec())]
    kind: Option<String>,
    /// The CSV files, in UTF-8 and with a header line, imported in the given order
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Imports one file after the other, up to the first that is at fault.
pub(crate) fn run(options: &Import, database: &Address) -> anyhow::Result<ExitCode> {
    let mut importer = Importer::open(database, options.organization)?;
    for path in &options.files {
        let name = path.display();
        let kind = options.kind.as_deref().or_else(|| kind_of(path)).ok_or_else(|| {
            anyhow!(
                "{name}: the name of the file must begin with its type, which is one of {}; or \
                 give --type",
                TYPES.join(", ")
            )
        })?;
        let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
        let bar = bar(file.metadata().map_or(0, |metadata| metadata.len()));
        let imported = importer.import(kind, BufReader::new(file), |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        match imported {
            Ok(rows) => println!("{name}: {rows} {kind}"),
            Err(ImportError::Lines(lines)) => {
                for bad in &lines {
                    let column = bad.column.as_deref().unwrap_or("-");
                    eprintln!("{name}:{}: {column}: {}", bad.line, bad.reason);
                }
                let faults = if lines.len() == 1 { "fault" } else { "faults" };
                eprintln!("apportion: {name}: nothing was imported: {} {faults}", lines.len());
                return Ok(ExitCode::FAILURE);
            }
            Err(error) => return Err(error).with_context(|| format!("{name} was not imported")),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_of(path: &Path) -> Option<&'static str> {
    path.file_name()?.to_str().and_then(type_of)
}

/// Makes a progress bar, which shows on a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
