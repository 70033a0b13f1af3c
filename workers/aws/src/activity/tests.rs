//! The loop around an activity, over a scripted Step Functions, in a time that passes at once.

use super::*;
use futures_util::FutureExt;
use std::collections::VecDeque;
use std::sync::Mutex;

type Poll = Result<Option<&'static str>, Class>;

/// Polls answer in order, each after so many seconds; then they wait for ever. What is said is written down
/// with the second it was said at.
struct Script {
    begun: Instant,
    polls: Mutex<VecDeque<(u64, Poll)>>,
    lost_at: Option<u64>,
    refusals: Mutex<VecDeque<Class>>,
    said: Mutex<Vec<String>>,
}

impl Script {
    fn new(polls: impl IntoIterator<Item = (u64, Poll)>) -> Script {
        Script {
            begun: Instant::now(),
            polls: Mutex::new(polls.into_iter().collect()),
            lost_at: None,
            refusals: Mutex::default(),
            said: Mutex::default(),
        }
    }

    fn second(&self) -> u64 {
        self.begun.elapsed().as_secs()
    }

    fn say(&self, what: &str) {
        self.said
            .lock()
            .unwrap()
            .push(format!("{} {what}", self.second()));
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    fn refuse(&self) -> Result<Hold, Failure> {
        match self.refusals.lock().unwrap().pop_front() {
            Some(class) => Err(Failure::new(class, "sending")),
            None => Ok(Hold::Kept),
        }
    }
}

impl Tasks for Script {
    async fn next(&self) -> Result<Option<Task>, Failure> {
        let next = self.polls.lock().unwrap().pop_front();
        let Some((seconds, poll)) = next else {
            return std::future::pending().await;
        };
        sleep(Duration::from_secs(seconds)).await;
        let task = |input: &str| Task {
            token: "token".into(),
            input: input.into(),
        };
        poll.map(|input| input.map(task))
            .map_err(|class| Failure::new(class, "polling"))
    }

    async fn heartbeat(&self, _token: &str) -> Result<Hold, Failure> {
        self.say("heartbeat");
        let lost = self.lost_at.is_some_and(|second| self.second() >= second);
        Ok(if lost { Hold::Lost } else { Hold::Kept })
    }

    async fn succeed(&self, _token: &str, output: &str) -> Result<Hold, Failure> {
        self.say(&format!(
            "success {}",
            output.chars().take(20).collect::<String>()
        ));
        self.refuse()
    }

    async fn fail(&self, _token: &str, error: &str, cause: &str) -> Result<Hold, Failure> {
        self.say(&format!("failure {error}: {cause}"));
        self.refuse()
    }
}

/// Echoes its request after `seconds` of it, or fails as `fail` says.
fn worker() -> Arc<Worker> {
    Arc::new(Worker::new("merge", |request| {
        async move {
            sleep(Duration::from_secs(request["seconds"].as_u64().unwrap_or(0))).await;
            if request["large"] == true {
                return Ok("x".repeat(OUTPUT_BYTES).into());
            }
            match request["fail"].as_str() {
                Some(why) => Err(Failure::new(Class::NotFound, "reading `a`").because(why)),
                None => Ok(request),
            }
        }
        .boxed()
    }))
}

/// What was said when the process is asked to stop at each of these (second, grace in seconds).
async fn after(script: Script, stops: &[(u64, u64)]) -> (Vec<String>, u64) {
    let (ask, stop) = watch::channel(None);
    let asking = async {
        for (second, grace) in stops {
            sleep_until(script.begun + Duration::from_secs(*second)).await;
            ask.send_replace(Some(Instant::now() + Duration::from_secs(*grace)));
        }
        std::future::pending::<()>().await;
    };
    let worker = worker();
    tokio::select! {
        () = poll(&script, &worker, &stop) => {}
        () = asking => {}
    }
    (script.said(), script.second())
}

async fn check(polls: &[(u64, Poll)], stops: &[(u64, u64)], expect: &[&str]) {
    let (said, _) = after(Script::new(polls.iter().copied()), stops).await;
    assert_eq!(said, expect, "{polls:?}, stopped at {stops:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_is_answered_as_a_function_would() {
    let stop = &[(100, 0)];
    check(
        &[(0, Ok(Some(r#"{"run":"r"}"#)))],
        stop,
        &[r#"0 success {"run":"r"}"#],
    )
    .await;
    check(
        &[(0, Ok(Some(r#"{"fail":"no such key"}"#)))],
        stop,
        &["0 failure NotFound: reading `a`: no such key"],
    )
    .await;
    check(
        &[(0, Ok(Some("{")))],
        stop,
        &["0 failure InvalidRequest: reading the task's input: \
           EOF while parsing an object at line 1 column 1"],
    )
    .await;
    check(
        &[(0, Ok(Some(r#"{"large":true}"#)))],
        stop,
        &["0 failure Bug: answering a task: it has 262146 bytes, and a state takes 262144"],
    )
    .await;
    check(
        &[(60, Ok(None)), (1, Ok(Some("1"))), (1, Ok(Some("2")))],
        stop,
        &["61 success 1", "62 success 2"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_is_held_with_heartbeats() {
    check(
        &[(0, Ok(Some(r#"{"seconds":50}"#)))],
        &[(100, 0)],
        &["20 heartbeat", "40 heartbeat", r#"50 success {"seconds":50}"#],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_was_taken_from_us_is_dropped_in_silence() {
    let mut script = Script::new([(0, Ok(Some(r#"{"seconds":500}"#))), (0, Ok(Some("2")))]);
    script.lost_at = Some(40);
    let (said, _) = after(script, &[(600, 0)]).await;
    assert_eq!(said, ["20 heartbeat", "40 heartbeat", "40 success 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_the_task_in_hand_or_gives_it_back() {
    let task: &[(u64, Poll)] = &[(0, Ok(Some(r#"{"seconds":15}"#))), (0, Ok(Some("2")))];
    let given_back = "failure Unavailable: stopping this worker of `merge`: another one takes the task";
    check(task, &[(5, 70)], &[r#"15 success {"seconds":15}"#]).await;
    check(task, &[(5, 5)], &[&format!("10 {given_back}")]).await;
    check(task, &[(5, 70), (7, 0)], &[&format!("7 {given_back}")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_poll_in_flight_and_gives_back_what_it_brings() {
    let given_back = "30 failure Unavailable: stopping this worker of `merge`: another one takes the task";
    check(
        &[(30, Ok(Some("1"))), (0, Ok(Some("2")))],
        &[(5, 70)],
        &[given_back],
    )
    .await;
    let ends_at = async |poll: (u64, Poll), stops: &[(u64, u64)]| after(Script::new([poll]), stops).await.1;
    assert_eq!(ends_at((60, Ok(None)), &[(5, 70)]).await, 60);
    assert_eq!(ends_at((60, Ok(None)), &[(5, 20)]).await, 25);
    assert_eq!(ends_at((60, Ok(None)), &[(5, 70), (8, 0)]).await, 8);
}

#[tokio::test(start_paused = true)]
async fn trouble_with_polling_is_waited_out() {
    let troubles = (0..20).map(|_| (0, Err(Class::Unavailable)));
    let script = Script::new(troubles.chain([(0, Ok(Some("1")))]));
    let (said, _) = after(script, &[(1000, 0)]).await;
    let [answered] = said.as_slice() else {
        panic!("{said:?}");
    };
    let second: u64 = answered.strip_suffix(" success 1").unwrap().parse().unwrap();
    // 1 + 2 + 4 + 8 + 16 + 15 x 30 s, each at least half.
    assert!((240..=481).contains(&second), "{second}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_sent_until_it_arrives_or_cannot() {
    let sent = async |refusals: &[Class]| {
        let script = Script::new([(0, Ok(Some("1")))]);
        script.refusals.lock().unwrap().extend(refusals);
        let (said, _) = after(script, &[(1000, 0)]).await;
        said.into_iter()
            .map(|line| line.split_once(' ').unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(sent(&[Class::Throttled; 2]).await, ["success 1"; 3]);
    assert_eq!(sent(&[Class::Unavailable; 9]).await, ["success 1"; 5]);
    assert_eq!(sent(&[Class::Bug]).await, ["success 1", "failure Bug: sending"]);
}
