//! What we ask a station: an order becomes a plan of calls, the calls are sent one at a time, the
//! answers become the outcome of the command. A command is marked as sent, durably, before its
//! first byte is written, and is never sent again.

use std::sync::Arc;
use std::time::Instant;

use app::commands::{self, Begun};
use app::settings;
use bus::{Errand, Reply};
use domain::command::{Command, CommandError, CommandState, Outcome};
use domain::deviation::Deviation;
use domain::id::CommandId;
use domain::station::Registration;
use domain::wire_log::{Direction, FrameKind};
use ocpp::catalogue::Catalogue;
use ocpp::check::check;
use ocpp::dialect::{Answer, Plan, Portions};
use ocpp::fault::RpcErrorCode;
use ocpp::frame::{self, ErrorFrame};
use ocpp::lenient::repair;
use serde_json::value::RawValue;

use crate::calls::Answered;
use crate::listener::Shared;
use crate::requested::Wanted;
use crate::row::{seal, seal_details, word};
use crate::station::{Ending, Station};

/// A command on its way.
pub(crate) struct Job {
    id: CommandId,
    reply: Reply,
    plan: Plan,
    answers: Vec<Answer>,
    /// Marked as sent.
    begun: bool,
    wanted: Option<Wanted>,
    asked: Instant,
}

impl Job {
    fn action(&self) -> Option<&str> {
        let call = self.plan.calls.get(self.answers.len())?;
        Some(call.action.as_str())
    }

    fn latency_ms(&self) -> Option<i32> {
        i32::try_from(self.asked.elapsed().as_millis()).ok()
    }
}

impl Station<'_> {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Takes an order in: it waits for its turn, or is settled at once when it cannot be said.
    pub(crate) async fn accept(&mut self, errand: Errand) -> Result<(), Ending> {
        let Errand { id, command, reply } = errand;
        if let Some(why) = forbidden(self.link.registration(), &command) {
            self.settle(id, reply, failed("not_accepted", why)).await;
            return Ok(());
        }
        let number = self.request_number;
        self.request_number = number.checked_add(1).unwrap_or(1);
        let within = self.portions(&command).await;
        let lowered =
            self.dialect
                .lower_command_within(&command, number, self.app().now(), &within);
        let plan = match lowered {
            Ok(plan) => plan,
            Err(error) => {
                let outcome = Outcome {
                    state: CommandState::Error,
                    answer: None,
                    error: Some(error),
                    ..Outcome::default()
                };
                self.settle(id, reply, outcome).await;
                return Ok(());
            }
        };
        let urgent = matches!(
            command,
            Command::StartSession { .. } | Command::StopSession { .. }
        );
        let job = Box::new(Job {
            id,
            reply,
            plan,
            answers: Vec::new(),
            begun: false,
            wanted: Wanted::by(&command),
            asked: Instant::now(),
        });
        if let Err(job) = self.calls.enqueue(job, urgent) {
            let busy = failed("busy", "Too many commands wait for this station.");
            self.settle(job.id, job.reply, busy).await;
        }
        Ok(())
    }

    /// How much the station takes in one message, as far as it told; only for what is cut by it.
    async fn portions(&self, command: &Command) -> Portions {
        let cut = matches!(
            command,
            Command::ReadVariables { .. }
                | Command::WriteVariables { .. }
                | Command::MonitorVariables { .. }
                | Command::RequestReport { .. }
        );
        if !cut {
            return Portions::default();
        }
        let told = settings::told(self.app(), self.link, &self.dialect.bounds()).await;
        told.map_or_else(
            |error| {
                tracing::debug!("what a station takes in one message is not known: {error}");
                Portions::default()
            },
            |told| Portions::told(&told),
        )
    }

    /// Sends the call whose turn it is, if none is outstanding.
    pub(crate) async fn send_next(&mut self) -> Result<(), Ending> {
        while let Some(mut job) = self.calls.next() {
            if !job.begun {
                let touches = job.plan.touches();
                match commands::begin(self.app(), self.link, job.id, touches).await {
                    Ok(Begun::Send) => job.begun = true,
                    Ok(Begun::Locked(why)) => {
                        let locked = failed("settings_locked", &why);
                        self.settle(job.id, job.reply, locked).await;
                        continue;
                    }
                    // Settled meanwhile, or the database is away: it must not be sent. Whoever
                    // waits hears that it was lost, and looks at the row.
                    Ok(Begun::Over) => continue,
                    Err(error) => {
                        tracing::warn!(command.id = %job.id, "a command was not sent: {error}");
                        continue;
                    }
                }
            }
            let Some(call) = job.plan.calls.get(job.answers.len()).cloned() else {
                self.finish(job).await;
                continue;
            };
            if !job.answers.is_empty()
                && let Err((code, text)) = self.judge_next(&job).await
            {
                // What is left is not sent, and what was sent keeps its answer.
                let planned = job.plan.calls.len();
                job.answers.resize(planned, Answer::Error { code, text });
                self.finish(job).await;
                continue;
            }
            let message_id = self.app().draw().to_string();
            let text = RawValue::from_string(call.payload.clone())
                .ok()
                .and_then(|payload| frame::call(&message_id, &call.action, &payload).ok());
            let Some(text) = text else {
                job.answers.push(Answer::Error {
                    code: "InternalError".to_owned(),
                    text: "the call could not be written".to_owned(),
                });
                self.calls.again(job);
                continue;
            };
            job.asked = Instant::now();
            if let Some(wanted) = job.wanted.clone() {
                self.requested.expect(wanted, job.asked);
            }
            let deadline = job.asked + self.settings().call_timeout;
            // Outstanding before it is written: when the write fails, nobody knows how much of it
            // arrived.
            self.calls.sent(message_id.clone(), deadline, job);
            let mut log = self.row(
                FrameKind::Call,
                Some(&message_id),
                Some(&call.action),
                &call.payload,
            );
            log.direction = Direction::Out;
            seal(&mut log, &call.payload, call.personal);
            self.note(log);
            self.socket.send(text).await?;
        }
        Ok(())
    }

    /// Asks the settings lock again before a further call of a command: it was judged as a whole when
    /// it began, which may be a while ago.
    async fn judge_next(&self, job: &Job) -> Result<(), (String, String)> {
        let touches = job.plan.touches_of(job.answers.len());
        let stands = commands::go_on(self.app(), self.link, job.id, touches);
        let (code, text) = match stands.await {
            Ok(None) => return Ok(()),
            Ok(Some(why)) => ("settings_locked", why),
            Err(error) => {
                tracing::warn!(command.id = %job.id, "a call was not sent: {error}");
                ("unavailable", "The lock could not be asked.".to_owned())
            }
        };
        Err((code.to_owned(), text))
    }

    /// A CALLRESULT.
    pub(crate) async fn answered(
        &mut self,
        id: &str,
        payload: &RawValue,
        oddities: &[Deviation],
    ) -> Result<(), Ending> {
        let answered = self.calls.answered(id);
        let mut log = self.row(FrameKind::Result, Some(id), None, payload.get());
        seal(
            &mut log,
            payload.get(),
            ocpp::personal::personal_spans(payload.get()),
        );
        log.deviations = oddities.to_vec();
        let mut job = match answered {
            Answered::Ours(job) => job,
            stray => {
                log.deviations.push(stray_answer(&stray));
                // Nobody knows what it answers.
                log.personal = ocpp::personal::everything();
                if self.may_note() {
                    self.keep(log).await;
                }
                return Ok(());
            }
        };
        log.action = job.action().map(word);
        log.latency_ms = job.latency_ms();
        let wrong = job
            .action()
            .and_then(|action| self.judge(action, payload, &mut log.deviations));
        self.keep(log).await;
        if let Some((code, text)) = wrong {
            // 2.1 Part 2 FR.06. Where the station's version has no such frame, nothing is said.
            let refusal = frame::call_result_error(id, code, &text, None);
            if frame::parse(self.dialect.version(), &refusal).is_ok() {
                self.socket.send(refusal).await?;
            }
        }
        job.answers.push(Answer::Result(payload.get().to_owned()));
        self.go_on(job).await;
        Ok(())
    }

    /// Whether an answer fits the schema, as far as this station must; deviations are noted.
    fn judge(
        &self,
        action: &str,
        payload: &RawValue,
        deviations: &mut Vec<Deviation>,
    ) -> Option<(RpcErrorCode, String)> {
        let catalogue = Catalogue::of(self.dialect.version());
        let response = catalogue.action(action)?.response.as_ref()?;
        let Ok(value) = frame::payload_value(payload.get()) else {
            let text = "the payload cannot be read".to_owned();
            return Some((RpcErrorCode::FormatViolation, text));
        };
        let mut note = |code: &str, path: &str, text: &str| {
            deviations.push(Deviation {
                code: code.to_owned(),
                path: path.to_owned(),
                text: text.to_owned(),
            });
        };
        let violations = if self.link.lenient() {
            let repaired = repair(response, value);
            for repair in &repaired.repairs {
                note("answer_repaired", &repair.path, &repair.text);
            }
            repaired.remaining
        } else {
            check(response, &value)
        };
        for violation in &violations {
            note("answer_invalid", &violation.path, &violation.text);
        }
        let first = violations.first()?;
        Some((first.code, format!("{}: {}", first.path, first.text)))
    }

    /// A CALLERROR.
    pub(crate) async fn refused(&mut self, error: &ErrorFrame<'_>, oddities: &[Deviation]) {
        let answered = self.calls.answered(&error.id);
        let mut log = self.row(FrameKind::Error, Some(&error.id), None, error.details.get());
        seal_details(&mut log, error);
        log.deviations = oddities.to_vec();
        match answered {
            Answered::Ours(mut job) => {
                log.action = job.action().map(word);
                log.latency_ms = job.latency_ms();
                self.keep(log).await;
                job.answers.push(Answer::Error {
                    code: word(&error.code),
                    text: crate::request::cut(&error.description, 255),
                });
                self.go_on(job).await;
            }
            stray => {
                log.deviations.push(stray_answer(&stray));
                if self.may_note() {
                    self.keep(log).await;
                }
            }
        }
    }

    /// A frame that was meant as the answer `id` and could not be read.
    pub(crate) async fn answer_unreadable(&mut self, id: &str, why: &str) {
        if let Answered::Ours(mut job) = self.calls.answered(id) {
            job.answers.push(Answer::Error {
                code: "FormatViolation".to_owned(),
                text: why.to_owned(),
            });
            self.go_on(job).await;
        }
    }

    /// No answer in time. What is left of the plan is not sent: a station that does not answer
    /// one call will not answer the next.
    pub(crate) async fn give_up(&mut self, mut job: Box<Job>) {
        job.answers.resize(job.plan.calls.len(), Answer::Timeout);
        self.finish(job).await;
    }

    async fn go_on(&mut self, job: Box<Job>) {
        if job.answers.len() < job.plan.calls.len() {
            self.calls.again(job);
        } else {
            self.finish(job).await;
        }
    }

    async fn finish(&mut self, job: Box<Job>) {
        let outcome = self.dialect.lift_outcome(&job.plan, &job.answers);
        self.settle(job.id, job.reply, outcome).await;
    }

    /// Records an outcome and wakes whoever waits. When it cannot be recorded here, the reply is
    /// dropped: the asking side then does what is left to do.
    async fn settle(&self, id: CommandId, reply: Reply, outcome: Outcome) {
        match commands::settle(self.app(), self.link, id, outcome.clone()).await {
            Ok(true) => reply.send(outcome),
            Ok(false) => tracing::debug!(command.id = %id, "the command has an outcome already"),
            Err(error) => tracing::warn!(command.id = %id, "an outcome was not stored: {error}"),
        }
    }

    /// The connection is over: what was sent is lost with it; what never was is given back.
    pub(crate) async fn let_go(&mut self) {
        let (outstanding, waiting) = self.calls.drain();
        for mut job in outstanding.into_iter().chain(waiting) {
            if job.begun {
                let planned = job.plan.calls.len();
                job.answers.resize(planned, Answer::ConnectionLost);
                self.finish(job).await;
            }
        }
    }
}

/// What may not be sent before the station is accepted (protocol.md 4.4).
fn forbidden(registration: Registration, command: &Command) -> Option<&'static str> {
    match (registration, command) {
        (Registration::Accepted, _) => None,
        (Registration::Rejected, _) => Some("The station was turned away when it booted."),
        (_, Command::StartSession { .. } | Command::StopSession { .. }) => {
            Some("The station has not been accepted yet.")
        }
        _ => None,
    }
}

fn failed(code: &str, text: &str) -> Outcome {
    Outcome {
        state: CommandState::Error,
        answer: None,
        error: Some(CommandError {
            code: code.to_owned(),
            text: text.to_owned(),
            places: Vec::new(),
        }),
        ..Outcome::default()
    }
}

fn stray_answer(stray: &Answered<Box<Job>>) -> Deviation {
    let (code, text) = match stray {
        Answered::Late => ("answer_late", "The answer came after its time was over."),
        _ => ("answer_unasked", "Nothing was asked by this id."),
    };
    Deviation {
        code: code.to_owned(),
        path: String::new(),
        text: text.to_owned(),
    }
}
