//! The same work for each of many, on several threads. In: a list, and what is made of one of it. Out: what was made of each, in the list's
//! order. Never: needs a second thread: what no other takes, the caller's does. Steps give it pure work only; files wait in hosts.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// Asked once: it is read from files of the system.
static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// What `work` makes of each, on all processors of this machine. A panic of one goes on in the caller's thread.
///
/// Threads of their own for the time of the call (a runtime's wait for the outside); none where the list is one thread's share.
pub fn each<T: Send, R: Send>(list: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let share = list.len().div_ceil(*PROCESSORS).clamp(LEAST, MOST);
    shared(*PROCESSORS, share, list, work)
}

/// The same on at most so many threads, the caller's among them: where each waits for a disk, more than there are processors.
pub fn each_on<T: Send, R: Send>(threads: usize, list: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    shared(threads, 1, list, work)
}

/// What a thread takes at once of work that is short: enough that a thread or taking costs nothing beside it.
const LEAST: usize = 4;
/// Few enough that nobody waits for the last.
const MOST: usize = 16;

fn shared<T: Send, R: Send>(
    threads: usize,
    share: usize,
    list: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let others = threads.min(list.len().div_ceil(share)).saturating_sub(1);
    let open = Mutex::new(list.into_iter().enumerate());
    let take = || {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.by_ref().take(share).collect::<Vec<_>>()
    };
    let turns = || {
        let mut made = Vec::new();
        loop {
            let taken = take();
            if taken.is_empty() {
                return made;
            }
            made.extend(taken.into_iter().map(|(index, one)| (index, work(one))));
        }
    };
    let mut made = thread::scope(|scope| {
        let begin = |_| thread::Builder::new().spawn_scoped(scope, turns).ok();
        let others: Vec<_> = (0..others).map_while(begin).collect();
        let mut made = turns();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::panic::catch_unwind;
    use std::sync::Barrier;

    #[test]
    fn what_is_made_is_in_the_lists_order() {
        let check = |length: usize, threads: usize| {
            let list: Vec<usize> = (0..length).collect();
            let expect: Vec<String> = list.iter().map(ToString::to_string).collect();
            for share in [1, MOST] {
                let made = shared(threads, share, list.clone(), |one| one.to_string());
                assert_eq!(made, expect, "{length} on {threads}, {share} at once");
            }
        };
        for length in [0, 1, MOST, MOST + 1, 1000] {
            for threads in [0, 1, 2, 7] {
                check(length, threads);
            }
        }
    }

    #[test]
    fn several_threads_are_at_it_at_once() {
        // Nobody passes before all three are there.
        let all = Barrier::new(3);
        let made = each_on(3, vec![(); 3], |()| {
            all.wait();
            format!("{:?}", thread::current().id())
        });
        assert_eq!(made.into_iter().collect::<BTreeSet<_>>().len(), 3);
    }

    #[test]
    fn a_panic_goes_on_in_the_callers_thread() {
        let made = catch_unwind(|| each_on(4, (0..1000).collect(), |one| assert_ne!(one, 999, "{one}")));
        assert!(made.is_err());
    }
}
