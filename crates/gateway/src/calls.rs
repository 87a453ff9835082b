//! The queue of our own calls to one station: one outstanding at a time, urgent ones first.
//!
//! Sans-I/O: it is told what happens and says what to do; it holds no socket and reads no clock.
//! Every job that goes in comes out exactly once: answered, timed out, or drained.

use std::collections::VecDeque;
use std::time::Instant;

/// The most jobs that wait.
pub(crate) const MOST: usize = 64;

/// A call that was sent and is not answered yet.
struct Outstanding<J> {
    id: String,
    deadline: Instant,
    job: J,
}

/// What an answer belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answered<J> {
    /// The outstanding call.
    Ours(J),
    /// A call whose time was over.
    Late,
    /// Nothing that was asked.
    Unknown,
}

/// The queue of one connection.
pub(crate) struct Calls<J> {
    waiting: VecDeque<J>,
    urgent: usize,
    outstanding: Option<Box<Outstanding<J>>>,
    /// The newest call whose time was over.
    given_up: Option<String>,
}

impl<J> Calls<J> {
    pub const fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            urgent: 0,
            outstanding: None,
            given_up: None,
        }
    }

    /// Puts a job in line; gives it back when too many wait.
    pub fn enqueue(&mut self, job: J, urgent: bool) -> Result<(), J> {
        if self.waiting.len() >= MOST {
            return Err(job);
        }
        if urgent {
            self.waiting.insert(self.urgent, job);
            self.urgent += 1;
        } else {
            self.waiting.push_back(job);
        }
        Ok(())
    }

    /// The job whose turn it is; none while a call is outstanding. The caller sends it and says
    /// [`Calls::sent`], or is done with it.
    pub fn next(&mut self) -> Option<J> {
        if self.outstanding.is_some() {
            return None;
        }
        let job = self.waiting.pop_front();
        self.urgent = self.urgent.saturating_sub(1);
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        job
    }

    /// Puts a job that has more to send before all others.
    pub fn again(&mut self, job: J) {
        self.waiting.push_front(job);
        self.urgent += 1;
    }

    /// A call of `job` is on the wire.
    pub fn sent(&mut self, id: String, deadline: Instant, job: J) {
        debug_assert!(self.outstanding.is_none(), "one call at a time");
        self.outstanding = Some(Box::new(Outstanding { id, deadline, job }));
    }

    /// An answer to the call `id` arrived. Ids are compared without case: some stations give a
    /// UUID back in capitals.
    pub fn answered(&mut self, id: &str) -> Answered<J> {
        match self.outstanding.take() {
            Some(outstanding) if outstanding.id.eq_ignore_ascii_case(id) => {
                Answered::Ours(outstanding.job)
            }
            other => {
                self.outstanding = other;
                let late = self.given_up.as_deref();
                if late.is_some_and(|late| late.eq_ignore_ascii_case(id)) {
                    Answered::Late
                } else {
                    Answered::Unknown
                }
            }
        }
    }

    /// When the outstanding call's time is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.outstanding.as_ref().map(|o| o.deadline)
    }

    /// The job of the outstanding call, if its time is over at `now`.
    pub fn expired(&mut self, now: Instant) -> Option<J> {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return None;
        }
        let outstanding = self.outstanding.take()?;
        self.given_up = Some(outstanding.id);
        Some(outstanding.job)
    }

    /// The connection is lost: the job whose call was outstanding, and those never sent.
    pub fn drain(&mut self) -> (Option<J>, Vec<J>) {
        self.urgent = 0;
        let outstanding = self.outstanding.take().map(|o| o.job);
        (outstanding, std::mem::take(&mut self.waiting).into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    #[derive(Debug, Clone)]
    enum Step {
        Enqueue { urgent: bool },
        Send,
        Answer,
        AnswerAnOldOne(usize),
        AnswerNonsense,
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => any::<bool>().prop_map(|urgent| Step::Enqueue { urgent }),
            3 => Just(Step::Send),
            2 => Just(Step::Answer),
            1 => (0usize..20).prop_map(Step::AnswerAnOldOne),
            1 => Just(Step::AnswerNonsense),
            2 => (0u64..40).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #[test]
        fn every_job_comes_out_exactly_once(steps in prop::collection::vec(step(), 0..200)) {
            let mut calls = Calls::new();
            let mut now = Instant::now();
            let (mut jobs, mut out) = (0u32, Vec::new());
            let mut asked: Vec<u32> = Vec::new();
            let mut open: Option<u32> = None;
            for step in steps {
                match step {
                    Step::Enqueue { urgent } => {
                        if let Err(refused) = calls.enqueue(jobs, urgent) {
                            out.push(refused);
                        }
                        jobs += 1;
                    }
                    Step::Send => match calls.next() {
                        Some(job) => {
                            prop_assert!(open.is_none(), "one outstanding call");
                            calls.sent(format!("id-{job}"), now + Duration::from_secs(30), job);
                            asked.push(job);
                            open = Some(job);
                        }
                        None => prop_assert!(open.is_some() || calls.waiting.is_empty()),
                    },
                    Step::Answer => if let Some(job) = open.take() {
                        prop_assert_eq!(calls.answered(&format!("ID-{job}")), Answered::Ours(job));
                        out.push(job);
                    },
                    Step::AnswerAnOldOne(n) => if let Some(old) = asked.get(n)
                        && Some(*old) != open
                    {
                        let answered = calls.answered(&format!("id-{old}"));
                        prop_assert!(!matches!(answered, Answered::Ours(_)));
                    },
                    Step::AnswerNonsense => {
                        prop_assert_eq!(calls.answered("-1"), Answered::Unknown);
                    }
                    Step::Wait(seconds) => {
                        now += Duration::from_secs(seconds);
                        if let Some(job) = calls.expired(now) {
                            prop_assert_eq!(Some(job), open.take());
                            prop_assert_eq!(calls.answered(&format!("id-{job}")), Answered::Late);
                            out.push(job);
                        }
                    }
                }
                prop_assert_eq!(calls.deadline().is_some(), open.is_some());
            }
            let (sent, unsent) = calls.drain();
            prop_assert_eq!(sent, open);
            out.extend(sent);
            out.extend(unsent);
            out.sort_unstable();
            prop_assert_eq!(out, (0..jobs).collect::<Vec<_>>());
        }
    }

    #[test]
    fn urgent_jobs_overtake_and_keep_their_own_order() {
        let mut calls = Calls::new();
        for (job, urgent) in [(1, false), (2, false), (3, true), (4, true), (5, false)] {
            calls.enqueue(job, urgent).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| calls.next()).collect();
        assert_eq!(order, [3, 4, 1, 2, 5]);
    }
}
