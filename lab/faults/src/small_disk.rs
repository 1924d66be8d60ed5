//! A disk that is soon full: a file system in memory.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;

use crate::{process::succeed, report::LeftOut};

/// It is unmounted when this is dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one over this directory.
    pub(crate) fn mount(directory: &Path, megabytes: u32) -> anyhow::Result<Self> {
        let owner = fs::metadata(directory)?;
        let options = format!("size={megabytes}m,mode=0755,uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = as_root("mount", owner.uid());
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory);
        succeed(mount).map_err(|error| LeftOut(format!("no file system can be mounted here: {error:#}")))?;
        Ok(Self(directory.to_owned()))
    }

    /// A directory on it.
    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    /// Takes all the space that there is.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        // In smaller and smaller pieces, so that nothing fits in beside it.
        for size in [1 << 20, 1 << 12] {
            loop {
                match ballast.write(&vec![0; size]) {
                    Ok(written) if written == size => {}
                    Ok(_) => break,
                    Err(error) => {
                        ensure!(error.kind() == ErrorKind::StorageFull, error);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    pub(crate) fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }

    /// From now on it can only be read.
    pub(crate) fn make_read_only(&self) -> anyhow::Result<()> {
        let mut mount = as_root("mount", fs::metadata(&self.0)?.uid());
        mount.args(["-o", "remount,ro"]).arg(&self.0);
        succeed(mount)
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let owner = fs::metadata(&self.0).map_or(0, |directory| directory.uid());
        // Lazily: a process that is about to end may still have a file open.
        let mut unmount = as_root("umount", owner);
        unmount.arg("--lazy").arg(&self.0);
        succeed(unmount).ok();
    }
}

/// A command that only root may run. Who is not root may be allowed to, without being asked for a password.
fn as_root(program: &str, me: u32) -> Command {
    if me == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    command
}
