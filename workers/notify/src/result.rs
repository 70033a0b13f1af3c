//! How a run ended, as the state machine hands it over. In: the JSON of the state `Notify`. Out: types, and the documents that they point to;
//! jobs that a server did not start are problems of whoever has them. Never: a suspicion, of a lane that is not live.

use contract::ports::ReadObject;
use contract::{
    Cause, Component, Configuration, Failure, Generation, Pointer, Problem, Severity, Source, Suspicion,
    Timestamp, Verdicts, read_document,
};
use serde::{Deserialize, Serialize};

/// The whole state: what Fetch answered with `lanes` replaced by how each ended, or `failure` alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RunResult {
    /// Fetch or the lanes as a whole could not answer; then there is nothing else.
    #[serde(default)]
    pub failure: Option<Cause>,
    /// When the snapshot was pinned.
    #[serde(default)]
    pub pinned_at: Option<Timestamp>,
    /// The snapshot document.
    #[serde(default)]
    pub snapshot: Option<Pointer>,
    /// Whether that is one of the past, by an operator's wish.
    #[serde(default)]
    pub replay: bool,
    /// The moment of the past that it is of, where it was asked for by a moment.
    #[serde(default)]
    pub as_of: Option<Timestamp>,
    /// How each lane ended.
    #[serde(default)]
    pub lanes: Vec<LaneResult>,
}

/// How a lane ended: what the last state of the lane made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LaneResult {
    /// Which component.
    pub component: Component,
    /// How.
    pub outcome: Outcome,
    /// The generation that is live by this lane, or was put back; none if it made none live.
    pub generation: Option<Generation>,
    /// What lies on disk after a lane that made nothing live, as far as it knows; nobody may have proven that.
    #[serde(default)]
    pub on_disk: Option<Generation>,
    /// The [`contract::Verdicts`] document.
    pub verdicts: Option<Pointer>,
    /// The problems that the finished configuration had, a list of [`contract::Problem`].
    pub culprits: Option<Pointer>,
    /// What Reload said of its proof.
    pub reloaded: Option<String>,
    /// Why that is no proof.
    #[serde(default)]
    pub unproven: Option<String>,
    /// Jobs that the server loaded and did not start.
    #[serde(default)]
    pub absent_jobs: Vec<String>,
    /// Why it did not get further.
    pub failure: Option<Cause>,
    /// What failed after that, while it was put right: going back, the proof of what was gone back to, or the search for whoever is to blame.
    #[serde(default)]
    pub besides: Option<Cause>,
    /// What is remembered of a refused reload; none if nobody was suspected.
    #[serde(default)]
    pub suspicion: Option<Suspicion>,
}

impl LaneResult {
    /// That suspicion, where no live generation bears it out.
    fn unfounded(&self) -> Option<&Suspicion> {
        self.suspicion.as_ref().filter(|_| !self.outcome.is_live())
    }

    /// The verdicts to tell, and the problems of the finished configurations. Of a lane that is not live, both are those of
    /// before anybody was suspected: what came of a suspicion is told to nobody, also not what it did to others. But what could not
    /// be proven without the suspects has its reason in what was found since.
    pub async fn documents(
        &self,
        ports: &impl ReadObject,
    ) -> Result<(Option<Verdicts>, Vec<Problem>), Failure> {
        let unfounded = self.unfounded();
        let verdicts = unfounded.map(|suspicion| &suspicion.verdicts);
        let mut verdicts: Option<Verdicts> = match verdicts.or(self.verdicts.as_ref()) {
            Some(pointer) => Some(read_document(ports, pointer, "verdicts").await?),
            None => None,
        };
        if let (Some(verdicts), Some(generation)) = (&mut verdicts, &self.generation)
            && self.outcome.is_live()
            && !self.absent_jobs.is_empty()
        {
            self.add_absent_jobs(ports, generation, verdicts).await;
        }
        let culprits = match (unfounded, &self.culprits) {
            (Some(suspicion), Some(_)) if self.outcome != Outcome::Refused => &suspicion.culprits,
            (_, culprits) => culprits,
        };
        let mut culprits: Vec<Problem> = match culprits {
            Some(pointer) => read_document(ports, pointer, "a list of problems").await?,
            None => Vec::new(),
        };
        if unfounded.is_some() {
            culprits.retain(|problem| !problem.is_suspicion());
        }
        Ok((verdicts, culprits))
    }

    /// Adds the jobs that the server took and did not start: to whoever has one, of it; to the platform, of the base's. What cannot be read
    /// says less, and holds up nothing.
    async fn add_absent_jobs(
        &self,
        ports: &impl ReadObject,
        generation: &Generation,
        verdicts: &mut Verdicts,
    ) {
        let pointer = &generation.configuration;
        let base = Source {
            key: self.component.base_key(),
            version_id: String::new(),
            document: pointer.clone(),
        };
        if self.reloaded.as_deref() != Some("proven") {
            // Too many to be told one by one: Reload has cut them.
            let message = "the server took this configuration and did not start many of its jobs";
            verdicts.platform.push(absent_job(&base, message.to_owned()));
            return;
        }
        let configuration = read_document::<Configuration>(ports, pointer, "a configuration").await;
        let jobs = configuration
            .map(|configuration| configuration.jobs)
            .unwrap_or_default();
        for job in &self.absent_jobs {
            let message = format!("the server took the job `{job}` and did not start it");
            let fragment = jobs.get(job).and_then(|origin| {
                let mut fragments = verdicts.fragments.iter_mut();
                let fragment = fragments.find(|fragment| fragment.source.key == origin.key)?;
                Some((origin, fragment))
            });
            let Some((origin, fragment)) = fragment else {
                verdicts.platform.push(absent_job(&base, message));
                continue;
            };
            let problem = match &fragment.serving {
                Some(serving) if *serving != fragment.source => {
                    let version = &serving.version_id;
                    absent_job(
                        &fragment.source,
                        format!("{message}: that of the last good version {version}"),
                    )
                }
                _ => {
                    let problem = absent_job(&fragment.source, message).at(origin.line, origin.column);
                    match ports.read_object(&fragment.source.document).await {
                        Ok(text) => problem.excerpt_of(&String::from_utf8_lossy(&text)),
                        Err(_) => problem,
                    }
                }
            };
            fragment.problems.push(problem);
        }
    }

    /// What lies on disk and is not what was proven last, as the head says it.
    #[must_use]
    pub fn unproven_on_disk(&self, proven: Option<&Generation>) -> Option<&Generation> {
        let proven = proven.map(Generation::name);
        self.on_disk.as_ref().filter(|there| Some(there.name()) != proven)
    }

    /// What the server refused before the lane ended for another reason.
    #[must_use]
    pub fn refused_before(&self) -> Option<&Cause> {
        let refusal = self.unfounded().map(|suspicion| &suspicion.failure);
        refusal.filter(|refusal| self.failure.as_ref() != Some(refusal))
    }
}

/// The check of a job that the server took and did not start.
const ABSENT_JOB: &str = "absent_job";

/// Whether it is of such a job.
pub(crate) fn is_absent_job(problem: &Problem) -> bool {
    problem.check == ABSENT_JOB
}

fn absent_job(source: &Source, message: String) -> Problem {
    Problem::new(source, Severity::Warning, ABSENT_JOB, message).hint(
        "the server's log says why; most often a file that the job names (`ca_file`, `password_file`, …) is not on its host: correct the \
         path, or have the file put there, and the job starts with the next configuration that is loaded",
    )
}

/// How a lane can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A new generation is live and proven.
    Deployed,
    /// The live generation is what this run would have made; it is proven.
    Unchanged,
    /// A run with a newer snapshot was faster.
    Superseded,
    /// The configuration lost too much at once: a person has to look first.
    Held,
    /// No configuration could be proven; nothing was deployed.
    Refused,
    /// The new generation did not run; the one before was put back, and nobody refused that.
    RolledBack,
    /// The new generation did not run; the one before lies on disk again, and not every replica proved it.
    RolledBackUnproven,
    /// A step could not answer, or what was refused could not be taken back.
    Failed,
}

impl Outcome {
    /// Whether what this run pinned is what runs.
    pub(crate) fn is_live(self) -> bool {
        match self {
            Self::Deployed | Self::Unchanged => true,
            Self::Superseded
            | Self::Held
            | Self::Refused
            | Self::RolledBack
            | Self::RolledBackUnproven
            | Self::Failed => false,
        }
    }

    /// Whether the run failed by it.
    pub(crate) fn is_failure(self) -> bool {
        match self {
            Self::Deployed | Self::Unchanged | Self::Superseded => false,
            Self::Held | Self::Refused | Self::RolledBack | Self::RolledBackUnproven | Self::Failed => true,
        }
    }

    /// How it is called in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Held => "held",
            Self::Refused => "refused",
            Self::RolledBack => "rolled back",
            Self::RolledBackUnproven => "rolled back, unproven",
            Self::Failed => "failed",
        }
    }
}
