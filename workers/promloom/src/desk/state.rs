//! A folder laid out like the state bucket, with the notices that were sent. In: documents, records,
//! projections, notices. Out: files. Never: removes one.

use super::disk;
use contract::ports::{
    AppendRecord, Etag, Publish, ReadObject, ReadProjection, WriteObject, WriteProjection,
};
use contract::{Class, Digest, Failure, Notice, Pointer, Record};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The folder; and what was sent since it was opened or asked.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    /// Is read where `folder` has nothing, and never written.
    behind: Option<PathBuf>,
    sent: Mutex<Sent>,
}

/// Notices, and where they go once the first was sent.
#[derive(Debug, Default)]
struct Sent {
    folder: Option<Notices>,
    notices: Vec<(Notice, PathBuf)>,
}

/// The folder of notices.
#[derive(Debug)]
struct Notices {
    /// The number of the last one: another process at the same desk may have written some before.
    last: u64,
    /// A line each, as SNS has them.
    machines: File,
}

impl Notices {
    fn open(folder: &Path, machines: &Path) -> Result<Notices, Failure> {
        fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
        let opened = File::options().create(true).append(true).open(machines);
        Ok(Notices {
            last: last_number(folder)?,
            machines: opened.map_err(|error| unwritten(machines, error))?,
        })
    }
}

fn unwritten(notice: &Path, error: io::Error) -> Failure {
    disk::failure(format!("writing the notice `{}`", notice.display()), error)
}

impl State {
    /// The state in that folder, which need not be there yet.
    #[must_use]
    pub fn at(folder: PathBuf) -> State {
        State {
            folder,
            behind: None,
            sent: Mutex::default(),
        }
    }

    /// The state in that folder over another one, which is only read: its documents and heads, not whom it
    /// told what.
    #[must_use]
    pub fn over(folder: PathBuf, behind: Option<PathBuf>) -> State {
        State {
            behind,
            ..State::at(folder)
        }
    }

    /// Where that is read: here, or behind if it is not here.
    fn place(&self, name: &str) -> PathBuf {
        let here = self.folder.join(name);
        let shared = name.starts_with("objects/") || name.starts_with("heads/");
        match &self.behind {
            Some(behind) if shared && !here.exists() => behind.join(name),
            _ => here,
        }
    }

    /// What was sent since it was opened or asked, and the text file of each.
    pub fn take_sent(&self) -> Vec<(Notice, PathBuf)> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner)).notices
    }

    fn projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        let path = self.place(name);
        let Some(bytes) = disk::read(&path)? else {
            return Ok(None);
        };
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            let doing = format!(
                "reading `{}`: it is not JSON; restore it, or remove it to have it written anew",
                path.display()
            );
            Failure::new(Class::Rejected, doing).because(error)
        })?;
        Ok(Some((value, Etag(Digest::of(&bytes).to_string()))))
    }
}

impl ReadObject for State {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        let path = self.place(&pointer.key());
        let doing = || format!("reading `{}`", path.display());
        let bytes = disk::read(&path)?.ok_or_else(|| Failure::new(Class::NotFound, doing()))?;
        if Digest::of(&bytes) == pointer.digest {
            return Ok(bytes);
        }
        let doing = format!("{}: its content was changed; remove it and run again", doing());
        Err(Failure::new(Class::Rejected, doing))
    }
}

impl WriteObject for State {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        let pointer = Pointer::to(&bytes);
        let path = self.folder.join(pointer.key());
        // Compared, not only looked for: an object that was damaged is made whole.
        if disk::read(&path)?.as_deref() != Some(&bytes) {
            disk::write(&path, &bytes)?;
        }
        Ok(pointer)
    }
}

impl AppendRecord for State {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        let doing = || format!("writing the record `{}`", record.key());
        let bytes =
            serde_json::to_vec(record).map_err(|error| Failure::new(Class::Bug, doing()).because(error))?;
        disk::write(&self.folder.join(record.key()), &bytes)
    }
}

impl ReadProjection for State {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        self.projection(name)
    }
}

impl WriteProjection for State {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        let lock = self.folder.join("lock");
        let locked = || {
            fs::create_dir_all(&self.folder)?;
            let file = File::create(&lock)?;
            file.lock()?;
            Ok(file)
        };
        // Until the end of this function, against another process at the same desk.
        let _lock =
            locked().map_err(|error| disk::failure(format!("locking `{}`", lock.display()), error))?;
        let present = self.projection(name)?.map(|(_, etag)| etag);
        if present.as_ref() != replaces {
            return Err(Failure::new(
                Class::Stale,
                format!("writing `{name}`: somebody else wrote it first"),
            ));
        }
        disk::write(&self.folder.join(name), value.to_string().as_bytes())
    }
}

impl Publish for State {
    async fn publish(&self, notice: &Notice) -> Result<(), Failure> {
        let folder = self.folder.join("notices");
        let machines = self.folder.join("notices.jsonl");
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let notices = match &mut sent.folder {
            Some(open) => open,
            none => none.insert(Notices::open(&folder, &machines)?),
        };
        let number = notices.last + 1;
        let path = folder.join(format!("{number}-{}-{}.txt", notice.owner, said(notice)));
        let text = format!("Subject: {}\n\n{}\n", notice.subject, notice.text.trim_end());
        // Nobody reads a notice before it is told that it was sent, so these need no rename.
        fs::write(&path, text).map_err(|error| unwritten(&path, error))?;
        let line = format!("{}\n", notice.json);
        notices
            .machines
            .write_all(line.as_bytes())
            .map_err(|error| unwritten(&machines, error))?;
        notices.last = number;
        sent.notices.push((notice.clone(), path));
        Ok(())
    }
}

/// What a notice says, in a word: its kind; `removed` where that is all it says, for to subscribers that is of what is live.
fn said(notice: &Notice) -> &'static str {
    let json: Value = serde_json::from_str(&notice.json).unwrap_or_default();
    let fragments = json["fragments"].as_array().map_or(&[][..], Vec::as_slice);
    match fragments {
        [_, ..] if fragments.iter().all(|fragment| fragment["change"] == "removed") => "removed",
        _ => notice.kind.name(),
    }
}

/// The highest number of a notice in the folder.
fn last_number(folder: &Path) -> Result<u64, Failure> {
    let doing = || format!("listing `{}`", folder.display());
    let mut last = 0;
    for entry in fs::read_dir(folder).map_err(|error| disk::failure(doing(), error))? {
        let name = entry.map_err(|error| disk::failure(doing(), error))?.file_name();
        let number = name
            .to_string_lossy()
            .split('-')
            .next()
            .and_then(|number| number.parse().ok());
        last = last.max(number.unwrap_or(0));
    }
    Ok(last)
}
