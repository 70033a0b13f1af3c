//! The real tools as processes. In: a call and its files. Out: how the process ended and what it said.
//! Never: a shell, the caller's environment, the network (see [`Tools::isolated`]), a file outside a private
//! folder, or a verdict.

use contract::ports::{RunTool, Tool, ToolAnswer, ToolCall, ToolEnd};
use contract::{Class, Failure, Version};
use futures_util::future::{Either, select, try_join};
use rustix::process::{Pid, Signal, kill_process_group};
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, prlimit};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Component, Path, PathBuf};
use std::pin::{Pin, pin};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::Command;
use tokio::sync::{Mutex, Semaphore};

/// Where the real tools are.
///
/// Each call is one process: in a folder of its own that only we can read, with limits on memory, processor
/// time, files and output, two at a time, and, where [`Tools::isolated`] says so, without network. Where a call says of which version the program
/// has to be, the program itself is asked, once for as long as it lies there unchanged.
#[derive(Debug, Clone)]
pub struct Tools {
    promtool: Option<PathBuf>,
    blackbox_exporter: Option<PathBuf>,
    asked: Arc<Mutex<Option<Asked>>>,
    turns: Arc<Semaphore>,
}

/// What a program said of its version, and which file said it.
#[derive(Debug)]
struct Asked {
    program: PathBuf,
    written: (Option<SystemTime>, u64),
    said: String,
}

/// What a program may use to say its version, where no call says otherwise.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);
const VERSION_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// It writes none, but somebody's own script around it may keep a log.
const VERSION_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// What is kept of each of a process's two outputs. It may go on writing; the rest is thrown away.
const OUTPUT_BYTES: usize = 4 * 1024 * 1024;
/// Go reserves far more address space than it uses (promtool: 1.7 GB for 55 MB).
const ADDRESS_SPACE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Threads of Go code in a tool; more would only take processors from our own work.
const PROCESSORS: u64 = 2;
const OPEN_FILES: u64 = 256;
/// Processes at the same time: as many as there is memory for, and more would wait for each other. A call's time begins with its
/// process.
const AT_ONCE: usize = 2;
/// How long we read on after the end of a process whose output something else still holds open.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

impl Default for Tools {
    /// None: a call says what to do.
    fn default() -> Tools {
        Tools::new(None, None)
    }
}

impl Tools {
    /// The paths of `promtool` and of `blackbox_exporter`; a call of one that has none says what to do.
    #[must_use]
    pub fn new(promtool: Option<PathBuf>, blackbox_exporter: Option<PathBuf>) -> Tools {
        Tools {
            promtool,
            blackbox_exporter,
            asked: Arc::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Whether tools run without network. On Linux each gets a network of its own with nothing in it
    /// (`unshare` of util-linux, in a user namespace, so that no privilege is needed). Where that does not
    /// work, as in Lambda or in a container that forbids user namespaces, the surroundings have to forbid it:
    /// a function without VPC route, a security group without egress. It matters: promtool may ask the
    /// metadata address while it "only checks".
    #[must_use]
    pub fn isolated() -> bool {
        static WORKS: OnceLock<bool> = OnceLock::new();
        *WORKS.get_or_init(|| {
            std::process::Command::new(UNSHARE[0])
                .args(&UNSHARE[1..])
                .arg("true")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
    }

    fn program(&self, tool: Tool) -> Result<PathBuf, Failure> {
        let path = match tool {
            Tool::Promtool => &self.promtool,
            Tool::BlackboxExporter => &self.blackbox_exporter,
        };
        let variable = variable(tool);
        let missing = |shown: &str| {
            let name = tool.name();
            Failure::new(
                Class::NotFound,
                format!("running `{name}`: {shown}; install it and set {variable} to its path"),
            )
        };
        let path = path.as_ref().ok_or_else(|| missing("no program is set"))?;
        // Absolute, because the process runs in another folder.
        path.canonicalize()
            .map_err(|error| missing(&format!("`{}` is not there", path.display())).because(error))
    }
}

/// What `unshare` ends with when it could not begin what it was to run.
const NOT_BEGUN: [i32; 2] = [126, 127];

/// What the path of a program is set by.
fn variable(tool: Tool) -> &'static str {
    match tool {
        Tool::Promtool => "PROMTOOL",
        Tool::BlackboxExporter => "BLACKBOX_EXPORTER",
    }
}

/// Runs the rest of its arguments in a network of its own.
const UNSHARE: [&str; 4] = ["unshare", "--net", "--user", "--map-root-user"];

impl RunTool for Tools {
    async fn run_tool(&self, call: ToolCall) -> Result<ToolAnswer, Failure> {
        let program = self.program(call.tool)?;
        let limits = Limits {
            timeout: Duration::from_secs(call.timeout_seconds),
            memory_bytes: call.memory_bytes,
            file_bytes: call.file_bytes,
        };
        if let Some(version) = call.version
            && let Some(found) = self.mismatch(call.tool, &program, version, &limits).await?
        {
            let (name, variable) = (call.tool.name(), variable(call.tool));
            let doing = format!(
                "running `{name}`: {found}, and what is checked is for Prometheus {version}; set {variable} to a {name} {version}, or \
                 PROMETHEUS_VERSION to the version that the server has"
            );
            return Err(Failure::new(Class::NotFound, doing));
        }
        let _turn = self.turns.acquire().await.map_err(|closed| {
            Failure::new(Class::Bug, format!("waiting to run `{}`", call.tool.name())).because(closed)
        })?;
        process(call.tool, &program, &call.arguments, call.files, &limits).await
    }
}

impl Tools {
    /// What there is instead of a `promtool` of this version; none if it is of it.
    pub async fn instead_of_promtool(&self, version: Version) -> Result<Option<String>, Failure> {
        let limits = Limits {
            timeout: VERSION_TIMEOUT,
            memory_bytes: VERSION_MEMORY_BYTES,
            file_bytes: VERSION_FILE_BYTES,
        };
        match &self.promtool {
            None => Ok(Some("there is none".to_owned())),
            Some(path) => match path.canonicalize() {
                Err(_) => Ok(Some(format!("`{}` is not there", path.display()))),
                Ok(program) => self.mismatch(Tool::Promtool, &program, version, &limits).await,
            },
        }
    }

    /// What a program is instead of this version, by its own words: `promtool, version 3.13.5 (branch: …`.
    async fn mismatch(
        &self,
        tool: Tool,
        program: &Path,
        version: Version,
        limits: &Limits,
    ) -> Result<Option<String>, Failure> {
        let (name, path) = (tool.name(), program.display());
        let said = self.version_line(tool, program, limits).await?;
        let words = said
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(", version "));
        let Some(word) = words.and_then(|rest| rest.split(' ').next()) else {
            return Ok(Some(format!("`{path}` does not say that it is {name}")));
        };
        let is_it = Version::parse(word).is_some_and(|other| version.takes(other));
        Ok((!is_it).then(|| format!("`{path}` is {name} {word}")))
    }

    /// The first line of what a program says of its version. Who comes while it is asked waits for the same answer.
    async fn version_line(&self, tool: Tool, program: &Path, limits: &Limits) -> Result<String, Failure> {
        let doing = || format!("asking `{}` for its version", program.display());
        let found = std::fs::metadata(program).map_err(|error| failed(doing(), error))?;
        let written = (found.modified().ok(), found.len());
        let mut asked = self.asked.lock().await;
        if let Some(asked) = &*asked
            && asked.program == program
            && asked.written == written
        {
            return Ok(asked.said.clone());
        }
        let answer = process(tool, program, &["--version".to_owned()], BTreeMap::new(), limits).await?;
        if answer.end == ToolEnd::TimedOut {
            let seconds = limits.timeout.as_secs();
            return Err(
                Failure::new(Class::Unavailable, doing()).because(format!("no answer in {seconds} s"))
            );
        }
        let said = answer.stdout.lines().next().unwrap_or_default().to_owned();
        *asked = Some(Asked {
            program: program.to_owned(),
            written,
            said: said.clone(),
        });
        Ok(said)
    }
}

/// One process of a program to its end.
async fn process(
    tool: Tool,
    program: &Path,
    arguments: &[String],
    files: BTreeMap<String, String>,
    limits: &Limits,
) -> Result<ToolAnswer, Failure> {
    let doing = move || format!("running `{}`", tool.name());
    let blocking = |error| Failure::new(Class::Bug, doing()).because(error);
    let (folder, isolated) = tokio::task::spawn_blocking(move || (lay_out(&files), Tools::isolated()))
        .await
        .map_err(blocking)?;
    let folder = folder?;

    let mut command = if isolated {
        let mut command = Command::new(UNSHARE[0]);
        command.args(&UNSHARE[1..]).arg("--").arg(program);
        command
    } else {
        Command::new(program)
    };
    command
        .args(arguments)
        .env_clear()
        .env("HOME", folder.path())
        // A run of unit tests keeps its series there.
        .env("TMPDIR", folder.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("GOMAXPROCS", PROCESSORS.to_string())
        // A short process: half as often as Go would, for some MB (a thousand files of rules: 69 instead of 63) and a fifth less time.
        .env("GOGC", "200")
        // Soft: Go collects garbage harder before it meets the hard limit below.
        .env("GOMEMLIMIT", (limits.memory_bytes / 8 * 7).to_string())
        .current_dir(folder.path());
    let answer = run(command, limits)
        .await
        .map_err(|error| failed(doing(), error))?;
    // A folder that cannot be removed harms nobody: its name is random, and it is in the temporary
    // folder.
    let _left_over = tokio::task::spawn_blocking(move || folder.close())
        .await
        .map_err(blocking)?;
    match answer.end {
        // No tool of ours ends so. It is not there to say anything, and so no file is to blame.
        ToolEnd::Exited(code) if isolated && NOT_BEGUN.contains(&code) => {
            let why = answer.stderr.trim();
            let (path, variable) = (program.display(), variable(tool));
            let what = format!(
                "{}: `{path}` is no program that runs here; set {variable} to its path",
                doing()
            );
            Err(Failure::new(Class::NotFound, what).because(std::io::Error::other(why.to_owned())))
        }
        ToolEnd::Exited(_) | ToolEnd::Killed | ToolEnd::TimedOut => Ok(answer),
    }
}

fn failed(doing: String, error: std::io::Error) -> Failure {
    let class = match error.kind() {
        std::io::ErrorKind::NotFound => Class::NotFound,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Class::Denied,
        _ => Class::Unavailable,
    };
    Failure::new(class, doing).because(error)
}

/// Memory that looks like a folder. A thousand files live there for half a second; on a disk they would cost more than
/// the tool that reads them. Where it is missing or full (a container may have little of it), the temporary folder does.
const MEMORY_FOLDER: &str = "/dev/shm";

/// A folder with these files. Only its owner can open it.
fn lay_out(files: &BTreeMap<String, String>) -> Result<TempDir, Failure> {
    lay_out_in(Path::new(MEMORY_FOLDER), files).or_else(|_| lay_out_in(&std::env::temp_dir(), files))
}

fn lay_out_in(parent: &Path, files: &BTreeMap<String, String>) -> Result<TempDir, Failure> {
    let doing = || "writing the files that a tool is shown".to_owned();
    let folder = tempfile::Builder::new()
        .prefix("promloom-")
        .tempdir_in(parent)
        .map_err(|error| failed(doing(), error))?;
    for (name, content) in files {
        let relative = Path::new(name);
        let inside = relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !inside {
            return Err(Failure::new(
                Class::Bug,
                format!("{}: `{name}` is not inside its folder", doing()),
            ));
        }
        let path = folder.path().join(relative);
        if let Some(parent) = relative.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder.path().join(parent)).map_err(|error| failed(doing(), error))?;
        }
        std::fs::write(path, content).map_err(|error| failed(doing(), error))?;
    }
    Ok(folder)
}

struct Limits {
    timeout: Duration,
    memory_bytes: u64,
    file_bytes: u64,
}

impl Limits {
    /// Sets them on a process that has just begun.
    #[cfg(target_os = "linux")]
    fn set(&self, process: Pid) {
        let seconds = self.timeout.as_secs().max(1);
        let limits = [
            (Resource::Data, self.memory_bytes),
            (Resource::As, self.memory_bytes + ADDRESS_SPACE_BYTES),
            (Resource::Cpu, seconds * PROCESSORS),
            (Resource::Nofile, OPEN_FILES),
            (Resource::Fsize, self.file_bytes),
            (Resource::Core, 0),
        ];
        for (resource, most) in limits {
            // It fails only for a process that has ended already.
            let _ended = prlimit(
                Some(process),
                resource,
                Rlimit {
                    current: Some(most),
                    maximum: Some(most),
                },
            );
        }
    }

    /// Only Linux can limit another process; elsewhere only its time is limited.
    #[cfg(not(target_os = "linux"))]
    fn set(&self, _process: Pid) {}
}

async fn run(mut command: Command, limits: &Limits) -> std::io::Result<ToolAnswer> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that what it starts ends with it.
        .process_group(0)
        .kill_on_drop(true);
    let begun = tokio::time::Instant::now();
    let mut child = command.spawn()?;
    let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let Some(process) = process {
        limits.set(process);
    }

    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let ended = {
        let mut reading = pin!(try_join(
            read_some(child.stdout.take(), &mut said),
            read_some(child.stderr.take(), &mut complained)
        ));
        let waiting = tokio::time::timeout(limits.timeout, async {
            match select(pin!(child.wait()), &mut reading).await {
                Either::Left((status, _)) => Ok::<_, std::io::Error>((status?, false)),
                Either::Right((read, waiting)) => {
                    read?;
                    Ok((waiting.await?, true))
                }
            }
        });
        let ended = waiting.await;
        if let Some(process) = process {
            // What it left behind ends too; usually nothing is there any more.
            let _gone = kill_process_group(process, Signal::KILL);
        }
        match ended {
            Ok(Ok((status, read_all))) => {
                if !read_all {
                    // Something may hold the pipe open for ever; what was said until now is enough then.
                    let _held_open = tokio::time::timeout(LAST_OUTPUT, reading).await;
                }
                Some(status)
            }
            Ok(Err(error)) => return Err(error),
            Err(_elapsed) => None,
        }
    };
    if ended.is_none() {
        child.wait().await?;
    }
    Ok(ToolAnswer {
        end: ended.map_or(ToolEnd::TimedOut, end_of),
        took: begun.elapsed(),
        stdout: String::from_utf8_lossy(&said).into_owned(),
        stderr: String::from_utf8_lossy(&complained).into_owned(),
    })
}

/// Reads to the end and keeps the first [`OUTPUT_BYTES`].
async fn read_some(pipe: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>) -> std::io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let mut read = ReadBuf::new(&mut chunk);
        poll_fn(|context| Pin::new(&mut pipe).poll_read(context, &mut read)).await?;
        let read = read.filled();
        if read.is_empty() {
            return Ok(());
        }
        let kept = read.len().min(OUTPUT_BYTES - output.len());
        output.extend_from_slice(&read[..kept]);
    }
}

fn end_of(status: ExitStatus) -> ToolEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => ToolEnd::Exited(code),
        (None, Some(signal)) if signal == Signal::XCPU.as_raw() => ToolEnd::TimedOut,
        (None, _) => ToolEnd::Killed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{join, join_all};
    use std::os::unix::fs::PermissionsExt;

    /// Runs a shell script as if it were promtool.
    fn run_script(script: &str, change: impl FnOnce(&mut ToolCall)) -> Result<ToolAnswer, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tool");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let mut call = call();
        change(&mut call);
        run(&Tools::new(Some(program), None), call)
    }

    fn call() -> ToolCall {
        ToolCall {
            tool: Tool::Promtool,
            version: None,
            arguments: vec![],
            files: BTreeMap::new(),
            timeout_seconds: 60,
            memory_bytes: 64 * 1024 * 1024,
            file_bytes: 1024 * 1024,
        }
    }

    fn run(tools: &Tools, call: ToolCall) -> Result<ToolAnswer, Failure> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(tools.run_tool(call))
    }

    #[test]
    fn a_process_ends_as_it_ends() {
        let check = |script: &str, end: ToolEnd, stdout: &str, stderr: &str| {
            let answer = run_script(script, |_| ()).unwrap();
            assert_eq!(
                (answer.end, answer.stdout.as_str(), answer.stderr.as_str()),
                (end, stdout, stderr),
                "{script}"
            );
        };
        check("echo fine", ToolEnd::Exited(0), "fine\n", "");
        check("exit 3", ToolEnd::Exited(3), "", "");
        check("kill -9 $$", ToolEnd::Killed, "", "");
        check(
            "echo out; echo err >&2; echo out; exit 1",
            ToolEnd::Exited(1),
            "out\nout\n",
            "err\n",
        );
        check("printf 'a\\377b'", ToolEnd::Exited(0), "a\u{fffd}b", "");
    }

    #[test]
    fn two_run_at_a_time() {
        let inside = tempfile::tempdir().unwrap();
        // Each says how many it has seen inside at most, in a while.
        let script = format!(
            "cd '{}'; touch $$; most=0; i=0\n\
             while [ $i -lt 2000 ]; do i=$((i+1)); set -- *; [ $# -gt $most ] && most=$#; done\n\
             rm $$; echo $most",
            inside.path().display()
        );
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tool");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let tools = Tools::new(Some(program), None);
        let calls = (0..8).map(|_| tools.run_tool(call()));
        let answers = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(join_all(calls));
        let most = answers.into_iter().map(|answer| answer.unwrap().stdout);
        let most = most.max().unwrap();
        // One, where each ended before another had begun.
        assert!(["1\n", "2\n"].contains(&most.as_str()), "{most}");
    }

    #[test]
    fn a_process_sees_its_files_and_nothing_of_ours() {
        let answer = run_script("cat f0.yml rules/r1.yml; ls; echo \"$1 $2\"; pwd; env", |call| {
            call.files = BTreeMap::from([
                ("f0.yml".into(), "zero\n".into()),
                ("rules/r1.yml".into(), "one\n".into()),
            ]);
            call.arguments = vec!["check".into(), "$(id)".into()];
        })
        .unwrap();
        assert!(
            answer
                .stdout
                .starts_with("zero\none\nf0.yml\nrules\ncheck $(id)\n"),
            "{}",
            answer.stdout
        );
        let names: Vec<&str> = answer
            .stdout
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0))
            .collect();
        for name in &names {
            let ours = [
                "AWS_EC2_METADATA_DISABLED",
                "HOME",
                "TMPDIR",
                "GOGC",
                "GOMAXPROCS",
                "GOMEMLIMIT",
                "PWD",
                "_",
                "OLDPWD",
                "SHLVL",
            ];
            assert!(ours.contains(name), "{name}");
        }
        let folder = answer.stdout.lines().find(|line| line.starts_with('/')).unwrap();
        assert!(!Path::new(folder).exists(), "{folder} is removed");
    }

    #[test]
    fn a_file_outside_the_folder_is_our_bug() {
        for name in ["/tmp/x", "../x", "a/../../x", "./x", ""] {
            let failure = run_script("true", |call| {
                call.files = BTreeMap::from([(name.into(), String::new())]);
            });
            assert_eq!(failure.unwrap_err().class, Class::Bug, "{name}");
        }
    }

    #[test]
    fn time_is_limited_also_for_what_a_process_starts() {
        let answer = run_script("echo begun; sleep 600 & sleep 600", |call| {
            call.timeout_seconds = 1;
        })
        .unwrap();
        assert_eq!(
            (answer.end, answer.stdout.as_str()),
            (ToolEnd::TimedOut, "begun\n")
        );
        // The one that stays behind holds the output open; it is ended with its group.
        let answer = run_script("sleep 600 & echo done", |_| ()).unwrap();
        assert_eq!(
            (answer.end, answer.stdout.as_str()),
            (ToolEnd::Exited(0), "done\n")
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_limited() {
        let greedy = "a=x; while [ ${#a} -lt 200000000 ]; do a=$a$a; done; echo ${#a}";
        let answer = run_script(greedy, |call| call.memory_bytes = 1024 * 1024 * 1024).unwrap();
        assert_eq!(
            answer.end,
            ToolEnd::Exited(0),
            "with enough it works: {}",
            answer.stdout
        );
        let answer = run_script(greedy, |_| ()).unwrap();
        assert_ne!(answer.end, ToolEnd::Exited(0), "{answer:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_are_limited_as_the_call_says() {
        let check = |file_bytes: u64, fits: bool| {
            // A process has begun when its limits are set; a tool takes longer to begin than that.
            let script = "while [ \"$(ulimit -f)\" = unlimited ]; do :; done; dd if=/dev/zero of=series bs=65536 count=48 2>/dev/null";
            let answer = run_script(script, |call| call.file_bytes = file_bytes).unwrap();
            assert_eq!(answer.end == ToolEnd::Exited(0), fits, "{file_bytes}: {answer:?}");
        };
        check(4 * 1024 * 1024, true);
        check(2 * 1024 * 1024, false);
    }

    #[test]
    fn output_is_limited_and_the_process_goes_on() {
        let script = "head -c 10485760 /dev/zero; head -c 10485760 /dev/zero >&2; echo end; exit 7";
        let answer = run_script(script, |_| ()).unwrap();
        assert_eq!(
            (answer.end, answer.stdout.len(), answer.stderr.len()),
            (ToolEnd::Exited(7), OUTPUT_BYTES, OUTPUT_BYTES)
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn there_is_no_network() {
        if !Tools::isolated() {
            println!("skipped: user namespaces are forbidden here");
            return;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!(
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' && echo connected; tail -n +2 /proc/net/route"
        );
        let answer = run_script(&script, |_| ()).unwrap();
        assert!(!answer.stdout.contains("connected"), "{answer:?}");
        assert!(
            answer.stderr.contains("unreachable"),
            "not even this machine: {answer:?}"
        );
    }

    #[test]
    fn what_is_no_program_says_nothing_about_files() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "no program").unwrap();
        for program in [folder.path(), text.as_path()] {
            let tools = Tools::new(Some(program.to_owned()), None);
            let failure = run(&tools, call()).unwrap_err();
            assert!(
                matches!(failure.class, Class::NotFound | Class::Denied),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn a_program_that_is_absent_is_named_with_what_to_set() {
        let tools = Tools::new(Some("gone/promtool".into()), None);
        let check = |tool: Tool, expect: &str| {
            let failure = tools.program(tool).unwrap_err();
            assert_eq!((failure.class, failure.doing.as_str()), (Class::NotFound, expect));
        };
        check(
            Tool::Promtool,
            "running `promtool`: `gone/promtool` is not there; install it and set PROMTOOL to its path",
        );
        check(
            Tool::BlackboxExporter,
            "running `blackbox_exporter`: no program is set; install it and set BLACKBOX_EXPORTER to its path",
        );
    }

    #[test]
    fn a_program_of_another_version_is_not_run() {
        let check = |says: &str, wanted: &str, expect: &str| {
            let script = format!("if [ \"$1\" = --version ]; then {says}; else echo ran; fi");
            let ended = run_script(&script, |call| call.version = Version::parse(wanted));
            let ended = match ended {
                Ok(answer) => answer.stdout,
                Err(failure) => format!("{}: {}", failure.class, failure.doing),
            };
            let ended = ended.split('`').enumerate();
            // The path of the program is the test's own.
            let ended: Vec<&str> = ended
                .map(|(part, text)| if part == 3 { "PATH" } else { text })
                .collect();
            assert_eq!(ended.join("`"), expect, "{says}");
        };
        let says = "echo 'promtool, version 3.13.5 (branch: HEAD)'; echo more";
        for wanted in ["3.13.5", "3.13"] {
            check(says, wanted, "ran\n");
        }
        check("echo promtool, version 2.53.3+ds1", "2.53.3", "ran\n");
        let what =
            "set PROMTOOL to a promtool 3.13.4, or PROMETHEUS_VERSION to the version that the server has";
        check(
            says,
            "3.13.4",
            &format!(
                "NotFound: running `promtool`: `PATH` is promtool 3.13.5, and what is checked is for Prometheus 3.13.4; {what}"
            ),
        );
        check(
            "echo promtool, version 3.13.4-rc.1",
            "3.13.4",
            &format!(
                "NotFound: running `promtool`: `PATH` is promtool 3.13.4-rc.1, and what is checked is for Prometheus 3.13.4; {what}"
            ),
        );
        for says in [
            "true",
            "echo prometheus, version 3.13.4",
            "echo 3.13.4",
            "exec true",
        ] {
            check(
                says,
                "3.13.4",
                &format!(
                    "NotFound: running `promtool`: `PATH` does not say that it is promtool, and what is checked is for Prometheus 3.13.4; {what}"
                ),
            );
        }
    }

    #[test]
    fn a_program_is_asked_once_until_it_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (program, asked) = (folder.path().join("tool"), folder.path().join("asked"));
        let write = |version: &str| {
            let script = format!(
                "#!/bin/sh\n[ \"$1\" = --version ] || exit 0\necho {version} >>{}\necho promtool, version {version}\n",
                asked.display()
            );
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        };
        let tools = Tools::new(Some(program.clone()), None);
        let run = |version: &str| {
            let call = ToolCall {
                tool: Tool::Promtool,
                version: Version::parse(version),
                arguments: vec![],
                files: BTreeMap::new(),
                timeout_seconds: 60,
                memory_bytes: 64 * 1024 * 1024,
                file_bytes: 1024 * 1024,
            };
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(join(tools.run_tool(call.clone()), tools.clone().run_tool(call)))
        };
        write("3.13.5");
        for _ in 0..3 {
            let (one, other) = run("3.13.5");
            assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        }
        write("3.13.50");
        assert!(run("3.13.5").0.is_err());
        assert!(run("3.13.50").0.is_ok());
        assert_eq!(std::fs::read_to_string(&asked).unwrap(), "3.13.5\n3.13.50\n");
    }
}
