//! What a station says: a frame becomes a message, the app's reply becomes the answer. The answer
//! leaves after the app has stored what was said.

use std::time::{Duration, Instant};

use app::connections::Closing;
use app::ingest::{self, Failure, Heard};
use domain::deviation::Deviation;
use domain::message::{Message, Reply};
use domain::wire_log::{Direction, FrameKind, LogRow};
use ocpp::fault::{FrameFault, RpcErrorCode};
use ocpp::frame::{self, Frame, Oddity, Read};
use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::row::{Written, row, seal, seal_details, unreadable};
use crate::socket::code;
use crate::station::{Ending, Station};

/// How long a message may take to be stored.
const PATIENCE: Duration = Duration::from_secs(15);

impl Station<'_> {
    /// Takes one text frame.
    pub(crate) async fn hear(&mut self, text: &str) -> Result<(), Ending> {
        let Read { frame, oddities } = match frame::parse(self.dialect.version(), text) {
            Ok(read) => read,
            Err(fault) => return self.hear_rubbish(text, fault).await,
        };
        match frame {
            Frame::Call {
                id,
                action,
                payload,
            } => self.hear_call(&id, &action, payload, &oddities, true).await,
            Frame::Send {
                id,
                action,
                payload,
            } => {
                self.hear_call(&id, &action, payload, &oddities, false)
                    .await
            }
            Frame::CallResult { id, payload } => {
                self.answered(&id, payload, &oddities_noted(&oddities))
                    .await
            }
            Frame::CallError(error) => {
                self.refused(&error, &oddities_noted(&oddities)).await;
                Ok(())
            }
            Frame::CallResultError(error) => {
                // It could not read our answer. Nothing can be sent again: it is on record.
                let mut row =
                    self.row(FrameKind::Error, Some(&error.id), None, error.details.get());
                seal_details(&mut row, &error);
                self.note(row);
                Ok(())
            }
        }
    }

    /// A CALL, or a SEND, which is never answered (2.1 Part 2 FR.07).
    async fn hear_call(
        &mut self,
        id: &str,
        action: &str,
        payload: &RawValue,
        oddities: &[Oddity],
        answer: bool,
    ) -> Result<(), Ending> {
        let at = self.app().now();
        let lifted = self
            .dialect
            .lift_call(action, payload, at, self.link.lenient());
        let kind = if answer {
            FrameKind::Call
        } else {
            FrameKind::Send
        };
        let mut log = self.row(kind, Some(id), Some(action), payload.get());
        log.at = at;
        let mut deviations = oddities_noted(oddities);
        let lifted = match lifted {
            Ok(lifted) => lifted,
            Err(fault) => {
                deviations.extend(fault.deviations);
                seal(&mut log, payload.get(), fault.personal);
                log.deviations = deviations;
                if log.deviations.is_empty() {
                    log.deviations.push(refused(fault.code, &fault.text));
                }
                if self.may_note() {
                    self.keep(log).await;
                }
                if !answer {
                    return Ok(());
                }
                return self.refuse(id, action, fault.code, &fault.text).await;
            }
        };
        let action = lifted.action.as_str();
        deviations.extend(lifted.deviations);
        seal(&mut log, payload.get(), lifted.personal);
        log.deviations.clone_from(&deviations);
        let requested = self
            .requested
            .covers(action, &lifted.message, Instant::now());
        let heard = Heard {
            at,
            message: lifted.message,
            requested,
            log,
            deviations,
        };
        let shared = self.shared();
        let hearing = timeout(PATIENCE, ingest::hear(&shared.app, self.link, heard));
        // A database that says nothing at all is away, too. What it may have stored after all is
        // known again when the station repeats it.
        let reply = match hearing.await.unwrap_or(Err(Failure::DatabaseAway)) {
            Ok(reply) => reply,
            Err(failure) => return self.failed(id, action, failure, answer).await,
        };
        if answer {
            self.reply(id, action, &reply).await
        } else {
            Ok(())
        }
    }

    async fn reply(&mut self, id: &str, action: &str, reply: &Reply) -> Result<(), Ending> {
        let payload = match self.dialect.lower_reply(action, reply) {
            Ok(payload) => payload,
            Err(fault) => return self.refuse(id, action, fault.code, &fault.text).await,
        };
        let written = RawValue::from_string(payload.clone())
            .ok()
            .and_then(|raw| frame::call_result(id, &raw).ok());
        let Some(text) = written else {
            tracing::error!(ocpp.action = action, "our own answer is no JSON object");
            let sorry = "the answer could not be written";
            return self
                .refuse(id, action, RpcErrorCode::InternalError, sorry)
                .await;
        };
        self.socket.send(text).await?;
        let mut log = self.row(FrameKind::Result, Some(id), Some(action), &payload);
        log.direction = Direction::Out;
        seal(&mut log, &payload, ocpp::personal::personal_spans(&payload));
        self.note(log);
        Ok(())
    }

    /// Answers with a CALLERROR.
    async fn refuse(
        &mut self,
        id: &str,
        action: &str,
        code: RpcErrorCode,
        words: &str,
    ) -> Result<(), Ending> {
        let version = self.dialect.version();
        let text = frame::call_error(version, id, code, words, None);
        self.socket.send(text).await?;
        let mut log = self.row(FrameKind::Error, Some(id), Some(action), "{}");
        log.direction = Direction::Out;
        log.error_code = Some(code.to_wire(version).to_owned());
        self.note(log);
        Ok(())
    }

    /// The app has no reply. A station whose message could not be stored must keep it: its socket
    /// is closed without an answer (house.md 4).
    async fn failed(
        &mut self,
        id: &str,
        action: &str,
        failure: Failure,
        answer: bool,
    ) -> Result<(), Ending> {
        match failure {
            Failure::DatabaseAway => Err(Ending::by_us(code::LATER, "try again later")),
            Failure::Reconnect => Err(Ending {
                closing: Closing::ByUs,
                frame: Some((code::RESTART, "please connect again".to_owned())),
            }),
            Failure::Broken if answer => {
                let sorry = "the message could not be stored";
                self.refuse(id, action, RpcErrorCode::InternalError, sorry)
                    .await
            }
            Failure::Broken => Ok(()),
        }
    }

    /// A text that is no frame: the answer that the protocol asks for, and a row, within bounds.
    async fn hear_rubbish(&mut self, text: &str, fault: FrameFault) -> Result<(), Ending> {
        if self.may_note() {
            let deviation = Deviation {
                code: "frame_unreadable".to_owned(),
                path: String::new(),
                text: fault.text.clone(),
            };
            let (id, action) = (fault.id.as_deref(), fault.action.as_deref());
            let (app, station) = (self.app(), self.link.id());
            let log = unreadable(app, station, app.now(), id, action, text, deviation);
            self.keep(log).await;
        }
        if let (true, Some(id)) = (fault.answers_a_call, &fault.id) {
            self.answer_unreadable(id, &fault.text).await;
        }
        match fault.reply {
            Some(reply) => Ok(self.socket.send(reply).await?),
            None => Ok(()),
        }
    }

    /// A breach of the WebSocket's own rules, just before the connection is closed for it.
    pub(crate) async fn note_broken(&mut self, code: u16, why: &str) {
        let deviation = Deviation {
            code: format!("websocket_{code}"),
            path: String::new(),
            text: why.to_owned(),
        };
        let (app, station) = (self.app(), self.link.id());
        let log = unreadable(app, station, app.now(), None, None, "", deviation);
        self.keep(log).await;
    }

    /// An incoming row; the caller changes what is different.
    pub(crate) fn row(
        &self,
        kind: FrameKind,
        id: Option<&str>,
        action: Option<&str>,
        payload: &str,
    ) -> LogRow {
        let app = self.app();
        row(
            app,
            self.link.id(),
            app.now(),
            Written {
                direction: Direction::In,
                kind,
                message_id: id,
                action,
                payload: payload.to_owned(),
                personal: Vec::new(),
            },
        )
    }

    /// Keeps a row that nobody waits for.
    pub(crate) fn note(&self, row: LogRow) {
        ingest::note(self.app(), self.link, &[row]);
    }

    /// Keeps a row of the station that is no message to the app, and counts what was odd in it.
    pub(crate) async fn keep(&mut self, log: LogRow) {
        if log.deviations.is_empty() {
            return self.note(log);
        }
        let heard = Heard {
            at: log.at,
            message: Message::Other {
                action: log.action.clone().unwrap_or_default(),
            },
            requested: false,
            deviations: log.deviations.clone(),
            log,
        };
        let shared = self.shared();
        // Nothing is stored before this returns, and nothing is answered.
        let _ = ingest::hear(&shared.app, self.link, heard).await;
    }
}

fn refused(code: RpcErrorCode, text: &str) -> Deviation {
    let code = match code {
        RpcErrorCode::NotImplemented => "action_unknown",
        RpcErrorCode::NotSupported => "wrong_direction",
        _ => "refused",
    };
    Deviation {
        code: code.to_owned(),
        path: String::new(),
        text: text.to_owned(),
    }
}

/// Oddities of the outer array, as deviations.
fn oddities_noted(oddities: &[Oddity]) -> Vec<Deviation> {
    let noted = oddities.iter().map(|oddity| match oddity {
        Oddity::NullPayload => ("null_payload", "The payload was null."),
        Oddity::MissingElement => ("frame_short", "An element of the frame was left out."),
        Oddity::ExtraElements => ("frame_long", "The frame had more elements than it should."),
        Oddity::LongId => (
            "message_id_long",
            "The message id had more than 36 characters.",
        ),
        Oddity::Padding => ("frame_padded", "There were stray bytes around the frame."),
    });
    noted
        .map(|(code, text)| Deviation {
            code: code.to_owned(),
            path: String::new(),
            text: text.to_owned(),
        })
        .collect()
}
