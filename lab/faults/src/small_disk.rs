//! A small file system in memory (tmpfs), to be filled or made read-only.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::ensure;

use crate::{process::succeed, report::Skipped};

/// A mounted tmpfs. Dropping it unmounts it.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one on this directory.
    pub(crate) fn mount(directory: &Path, megabytes: u32) -> anyhow::Result<Self> {
        let owner = fs::metadata(directory)?;
        let options = format!("size={megabytes}m,mode=0755,uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = as_root("mount", owner.uid());
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory);
        succeed(mount).map_err(|error| Skipped(format!("no file system can be mounted here: {error:#}")))?;
        Ok(Self(directory.to_owned()))
    }

    /// The mount point.
    pub(crate) fn directory(&self) -> &Path {
        &self.0
    }

    /// Fills the disk.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        // In blocks of two sizes, so that no space is left.
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

    /// Remounts it read-only.
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
        // A lazy unmount, since an exiting process may still have a file open.
        let mut unmount = as_root("umount", owner);
        unmount.arg("--lazy").arg(&self.0);
        succeed(unmount).ok();
    }
}

/// A command to run as root: with sudo, without a password, if this process is not root.
fn as_root(program: &str, me: u32) -> Command {
    if me == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    command
}
