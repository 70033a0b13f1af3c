//! What a disk refuses, by class; and files that are there as a whole or not at all. Never: fsync (a desk can
//! run again).

use contract::{Class, Failure};
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// The failure that an error of the disk is.
pub(super) fn failure(doing: String, error: io::Error) -> Failure {
    let class = match error.kind() {
        ErrorKind::NotFound => Class::NotFound,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Class::Denied,
        _ => Class::Unavailable,
    };
    Failure::new(class, doing).because(error)
}

/// Writes a file and the folders above it, by rename.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || {
        // Nearly always it is there.
        let mut file = match tempfile::NamedTempFile::new_in(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(folder)?;
                tempfile::NamedTempFile::new_in(folder)?
            }
            made => made?,
        };
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|error| failure(format!("writing `{}`", path.display()), error))
}

/// Reads a file that may not be there.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure(format!("reading `{}`", path.display()), error)),
    }
}
