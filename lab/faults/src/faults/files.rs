//! SQLite files that cannot be used. Nothing is made in their place.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    Fault, SQLITE, context::Context, database::sqlite_url, promises::Measured, report::LeftOut, service::Service,
    settings::Settings, small_disk::SmallDisk,
};

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault {
            name: "corrupt-file",
            story: "the SQLite file holds something else, or its header is damaged",
            on: SQLITE,
            promises: &[],
            check: |context, _| Box::pin(corrupt(context)),
        },
        Fault {
            name: "no-place-for-file",
            story: "the SQLite file is in a directory that cannot be made",
            on: SQLITE,
            promises: &[],
            check: |context, _| Box::pin(no_place(context)),
        },
        Fault {
            name: "unwritable-file",
            story: "the SQLite file is on a disk that is mounted read-only",
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
    refused(context, &file, &mut measured).await?;

    let file = context.directory("sqlite")?.join("tasks.db");
    Service::start(context, &Settings::production(&sqlite_url(&file))).await?.kill()?;
    // What SQLite would read instead.
    for beside in ["-wal", "-shm"] {
        fs::remove_file(file.with_file_name(format!("tasks.db{beside}"))).ok();
    }
    let mut damaged = fs::File::options().write(true).open(&file)?;
    damaged.seek(SeekFrom::Start(0))?;
    damaged.write_all(&[0xAA; 100])?;
    refused(context, &file, &mut measured).await?;
    Ok(measured)
}

async fn no_place(context: &Context) -> anyhow::Result<Measured> {
    let mut measured = Measured { rounds: 1, ..Measured::default() };
    let in_the_way = context.directory("sqlite")?.join("data");
    fs::write(&in_the_way, "")?;
    refused(context, &in_the_way.join("tasks.db"), &mut measured).await?;
    Ok(measured)
}

async fn unwritable(context: &Context) -> anyhow::Result<Measured> {
    let mut measured = Measured { rounds: 1, ..Measured::default() };
    let disk = SmallDisk::mount(&context.directory("disk")?, 16)?;
    let file = disk.directory().join("tasks.db");
    let mut service = Service::start(context, &Settings::production(&sqlite_url(&file))).await?;
    service.terminate()?;
    service.ended().await?;
    disk.make_read_only().map_err(|error| LeftOut(format!("{error:#}")))?;
    refused(context, &file, &mut measured).await?;
    Ok(measured)
}

/// The start must fail in one line that names the file, and leave it as it is.
async fn refused(context: &Context, file: &Path, measured: &mut Measured) -> anyhow::Result<()> {
    let before = fs::read(file).ok();
    let output = context.run(&Settings::production(&sqlite_url(file)), &[]).await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_clear = !output.status.success()
        && said.lines().count() == 1
        && said.contains(&file.display().to_string())
        && !said.contains("panic");
    measured.must(is_clear, "the start is refused in one line that names the file", &said);
    measured.must(fs::read(file).ok() == before, "the file stays as it is", &file);
    Ok(())
}
