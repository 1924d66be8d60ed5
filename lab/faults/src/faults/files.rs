//! SQLite files that cannot be used. The service must not replace them.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    Fault, SQLITE, context::Context, database::sqlite_url, promises::Measured, report::Skipped, service::Service,
    settings::Settings, small_disk::SmallDisk,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "file-corrupt",
            story: "the SQLite file has other content, or a damaged header",
            on: SQLITE,
            promises: &[],
            check: |context, _| Box::pin(corrupt(context)),
        },
        Fault {
            name: "file-without-directory",
            story: "the directory of the SQLite file cannot be created",
            on: SQLITE,
            promises: &[],
            check: |context, _| Box::pin(no_place(context)),
        },
        Fault {
            name: "file-unwritable",
            story: "the disk of the SQLite file is mounted read-only",
            on: SQLITE,
            promises: &[],
            check: |context, _| Box::pin(unwritable(context)),
        },
    ]
}

async fn corrupt(context: &Context) -> anyhow::Result<Measured> {
    let mut measured = Measured { rounds: 2, ..Measured::default() };
    let file = context.directory("sqlite")?.join("tasks.db");
    fs::write(&file, "a shopping list, kept under the wrong name\n".repeat(100))?;
    rejected(context, &file, &mut measured).await?;

    let file = context.directory("sqlite")?.join("tasks.db");
    Service::start(context, &Settings::production(&sqlite_url(&file))).await?.kill()?;
    // SQLite would recover from these.
    for beside in ["-wal", "-shm"] {
        fs::remove_file(file.with_file_name(format!("tasks.db{beside}"))).ok();
    }
    let mut damaged = fs::File::options().write(true).open(&file)?;
    damaged.seek(SeekFrom::Start(0))?;
    damaged.write_all(&[0xAA; 100])?;
    rejected(context, &file, &mut measured).await?;
    Ok(measured)
}

async fn no_place(context: &Context) -> anyhow::Result<Measured> {
    let mut measured = Measured { rounds: 1, ..Measured::default() };
    let in_the_way = context.directory("sqlite")?.join("data");
    fs::write(&in_the_way, "")?;
    rejected(context, &in_the_way.join("tasks.db"), &mut measured).await?;
    Ok(measured)
}

async fn unwritable(context: &Context) -> anyhow::Result<Measured> {
    let mut measured = Measured { rounds: 1, ..Measured::default() };
    let disk = SmallDisk::mount(&context.directory("disk")?, 16)?;
    let file = disk.directory().join("tasks.db");
    let mut service = Service::start(context, &Settings::production(&sqlite_url(&file))).await?;
    service.terminate()?;
    service.ended().await?;
    disk.make_read_only().map_err(|error| Skipped(format!("{error:#}")))?;
    rejected(context, &file, &mut measured).await?;
    Ok(measured)
}

/// The start must fail with one line that names the file, and must not change it.
async fn rejected(context: &Context, file: &Path, measured: &mut Measured) -> anyhow::Result<()> {
    let before = fs::read(file).ok();
    let output = context.run(&Settings::production(&sqlite_url(file)), &[]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_clear = !output.status.success()
        && said.lines().count() == 1
        && said.contains(&file.display().to_string())
        && !said.contains("panic");
    measured.must(is_clear, "the start fails with one line that names the file", &said);
    measured.must(fs::read(file).ok() == before, "the file is unchanged", &file);
    Ok(())
}
