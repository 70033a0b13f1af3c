//! The real tools, by the variables that `tests/local/tools.py env` prints, run without ceremony: what `os::Tools` adds
//! (no network, limits) is tested there.

use contract::ports::{Tool, ToolAnswer, ToolCall, ToolEnd};
use contract::{Class, Failure};
use std::path::PathBuf;
use std::process::Command;

/// Where both programs are.
#[derive(Clone)]
pub(crate) struct Tools {
    promtool: PathBuf,
    blackbox_exporter: PathBuf,
}

impl Tools {
    /// The tools, or a printed line that says that a test is skipped and why.
    pub(crate) fn or_skip(test: &str) -> Option<Tools> {
        let path = |name: &str| {
            std::env::vars()
                .find(|(key, _)| key == name)
                .map(|(_, value)| PathBuf::from(value))
        };
        let (Some(promtool), Some(blackbox_exporter)) = (path("PROMTOOL"), path("BLACKBOX_EXPORTER")) else {
            println!("skipped: {test}: PROMTOOL and BLACKBOX_EXPORTER are not set (`make test` sets them)");
            return None;
        };
        Some(Tools {
            promtool,
            blackbox_exporter,
        })
    }

    /// Runs one process to its end.
    pub(crate) fn run(&self, call: &ToolCall) -> Result<ToolAnswer, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Class::Bug, format!("running {}", call.tool.name())).because(error)
        };
        let folder = tempfile::tempdir().map_err(failed)?;
        for (path, text) in &call.files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).map_err(failed)?;
            std::fs::write(path, text).map_err(failed)?;
        }
        let program = match call.tool {
            Tool::Promtool => &self.promtool,
            Tool::BlackboxExporter => &self.blackbox_exporter,
        };
        let output = Command::new(program)
            .args(&call.arguments)
            .current_dir(folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .map_err(failed)?;
        Ok(ToolAnswer {
            took: std::time::Duration::ZERO,
            end: output.status.code().map_or(ToolEnd::Killed, ToolEnd::Exited),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// The same programs for what runs them itself.
pub(crate) fn paths_or_skip(test: &str) -> Option<os::Tools> {
    let tools = Tools::or_skip(test)?;
    Some(os::Tools::new(
        Some(tools.promtool),
        Some(tools.blackbox_exporter),
    ))
}
