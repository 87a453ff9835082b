//! A transaction began, went on or ended: which session it is, what becomes of it, and what the
//! station is answered.

use domain::event::{Change, Telemetry};
use domain::id::SessionId;
use domain::message::{Phase, Reply, TransactionName, TransactionReport};
use domain::personal::Personal;
use domain::session::{Session, SessionState, Suspicion, clock_is_wrong};
use domain::token::Verdict;
use store::Error;

use super::scene::Scene;
use super::token::Judged;

/// How a report relates to what is on record.
enum Found {
    /// It is the first of its session, which is not stored yet.
    Fresh(Session),
    /// Its session is on record.
    OnRecord(Session),
    /// Everything it says is on record.
    Told(Session),
}

impl Scene<'_> {
    /// Takes in a report.
    pub async fn transaction(&mut self, report: &TransactionReport) -> Result<Reply, Error> {
        let judged = report.token.as_ref().map(|token| self.judge(token));
        let (session, fresh) = match self.find(report) {
            Found::Told(session) => {
                self.about = Some(session.id);
                return Ok(answer(report, &session, judged));
            }
            Found::OnRecord(session) => (session, false),
            Found::Fresh(session) => (session, true),
        };
        let before = session.clone();
        let mut session = self.grow(session, report, judged.as_ref());
        if fresh || report.phase == Phase::Started || before.evse != session.evse {
            let displaced = self.displace(&mut session);
            self.settle_displaced(displaced);
        }
        if fresh {
            self.work.session_insert(&session);
        } else if only_went_on(&before, &session) {
            self.work.session_progress(&session);
        } else {
            self.work.session_update(&session);
        }
        if let Some(seq) = report.seq {
            self.work
                .session_event(session.id, seq, phase_word(report.phase), report.at);
            let newest = self.known.newest.entry(session.id).or_insert(seq);
            *newest = seq.max(*newest);
        }
        self.tell(report, &before, session.clone(), fresh).await?;
        Ok(answer(report, &session, judged))
    }

    fn find(&mut self, report: &TransactionReport) -> Found {
        let told = self.task.told;
        let again = |session: Session| {
            // Without a number, a second end can only be the first one again.
            let unnumbered = report.seq.is_none() && report.phase == Phase::Ended;
            if told || unnumbered && session.end_was_reported() {
                Found::Told(session)
            } else {
                Found::OnRecord(session)
            }
        };
        match &report.name {
            TransactionName::Asked => {
                let fingerprint = fingerprint(report);
                if let Some(session) = self.started_so(&fingerprint) {
                    return Found::Told(session);
                }
                let wire = self.task.number.unwrap_or_default().to_string();
                Found::Fresh(self.blank(report, wire, Some(fingerprint)))
            }
            TransactionName::Given(wire) => match self.named(wire) {
                Some(session) => again(session),
                None => Found::Fresh(self.blank(report, wire.clone(), None)),
            },
            TransactionName::Lost(_) => {
                if let Some(session) = self.reconcile(report) {
                    return Found::OnRecord(session);
                }
                let mut ended = self.task.recent.iter().filter(|s| {
                    report.phase == Phase::Ended
                        && s.end_was_reported()
                        && s.ended_at == Some(report.at)
                });
                if let Some(session) = ended.next() {
                    return Found::Told(session.clone());
                }
                let wire = lost_name(report);
                match self.named(&wire) {
                    Some(session) => again(session),
                    None => Found::Fresh(self.blank(report, wire, None)),
                }
            }
        }
    }

    /// The session that a start waiting for a number has begun already.
    fn started_so(&self, fingerprint: &str) -> Option<Session> {
        let known = self.known.open.iter().chain(&self.task.on_record);
        let mut same = known.filter(|s| s.fingerprint.as_deref() == Some(fingerprint));
        same.next().cloned()
    }

    /// The session that the station calls `wire`.
    fn named(&self, wire: &str) -> Option<Session> {
        let mut known = self.known.open.iter().chain(&self.task.on_record);
        known.find(|s| s.wire == wire).cloned()
    }

    /// The running session that a lost number can only mean: the one on that EVSE, begun before,
    /// of that token where several run.
    fn reconcile(&self, report: &TransactionReport) -> Option<Session> {
        let timeless = clock_is_wrong(report.at, self.task.heard.at);
        let fits = |s: &&Session| {
            let there = report.evse.is_none_or(|evse| s.evse == evse);
            there && (timeless || s.started_at <= report.at)
        };
        let candidates: Vec<&Session> = self.known.open.iter().filter(fits).collect();
        if let [only] = candidates[..] {
            return Some(only.clone());
        }
        let presented = report.token.as_ref()?.uid.key();
        let of_token = candidates.into_iter().filter(|s| {
            let own = s.token.as_ref().map(|t| t.sealed().key());
            own.as_deref() == Some(&*presented)
        });
        let of_token: Vec<&Session> = of_token.collect();
        if let [only] = of_token[..] {
            return Some(only.clone());
        }
        None
    }

    /// A session of which nothing is known but its name.
    fn blank(
        &mut self,
        report: &TransactionReport,
        wire: String,
        fingerprint: Option<String>,
    ) -> Session {
        let mut session = Session {
            id: SessionId::from_uuid(self.draw()),
            org: self.known.org,
            station: self.task.station,
            site: self.known.site,
            evse: report.evse.unwrap_or(0),
            connector: None,
            wire,
            fingerprint,
            token: None,
            token_id: None,
            driver: None,
            token_group: None,
            state: SessionState::Active,
            started_at: report.at,
            ended_at: None,
            first_register: None,
            last_register: None,
            power: None,
            charging: None,
            stop_reason: None,
            remote_start: None,
            suspicions: Vec::new(),
            updated_at: self.task.heard.at,
        };
        if report.phase != Phase::Started {
            session.suspect(Suspicion::StopWithoutStart);
        }
        session
    }

    /// The session with what a report says of it.
    fn grow(
        &self,
        mut session: Session,
        report: &TransactionReport,
        judged: Option<&Judged>,
    ) -> Session {
        let nameless = session.token.is_none();
        session.absorb(report, self.task.heard.at);
        if let Some(Judged { verdict, token }) = judged {
            if nameless && session.token.is_some() {
                session.token_id = token.as_ref().map(|t| t.id);
                session.driver = token.as_ref().and_then(|t| t.driver);
                session.token_group = token.as_ref().and_then(|t| t.group.clone());
            }
            if report.phase == Phase::Started && !verdict.accepts() {
                session.suspect(Suspicion::NotAuthorized);
            }
            if report.phase == Phase::Ended && is_stranger(&session, report, verdict) {
                session.suspect(Suspicion::TokenMismatch);
            }
        }
        if matches!(report.name, TransactionName::Lost(_)) {
            session.suspect(Suspicion::LostNumber);
        }
        session
    }

    /// Of the sessions on one EVSE only the last begun can run. Decides about the others, and
    /// about `session` itself when it is late news.
    fn displace(&self, session: &mut Session) -> Vec<Session> {
        if session.evse < 1 {
            return Vec::new();
        }
        let others = self.known.open.iter();
        let others: Vec<Session> = others
            .filter(|s| s.id != session.id && s.evse == session.evse)
            .cloned()
            .collect();
        let mut displaced = Vec::new();
        for mut other in others {
            if other.started_at <= session.started_at {
                other.displace(session.started_at);
                other.updated_at = self.task.heard.at;
                displaced.push(other);
            } else if session.state == SessionState::Active {
                session.displace(other.started_at);
            }
        }
        displaced
    }

    fn settle_displaced(&mut self, displaced: Vec<Session>) {
        for other in displaced {
            self.work.session_update(&other);
            self.fact(Change::SessionEnded { session: other.id });
            self.remember(other);
        }
    }

    /// Keeps readings, facts and the state of the EVSE.
    async fn tell(
        &mut self,
        report: &TransactionReport,
        before: &Session,
        session: Session,
        fresh: bool,
    ) -> Result<(), Error> {
        let (id, evse) = (session.id, session.evse);
        self.about = Some(id);
        self.samples(Some(id), evse, &report.points);
        if fresh {
            self.fact(Change::SessionStarted { session: id });
        }
        let ended = session.state == SessionState::Ended;
        if ended && before.state == SessionState::Active {
            self.fact(Change::SessionEnded { session: id });
        } else if !fresh && is_news(before, &session) {
            self.fact(Change::SessionUpdated { session: id });
        }
        let reading = Telemetry {
            org: session.org,
            site: session.site,
            station: session.station,
            evse,
            at: report.at,
            power: session.power,
            energy: session.energy(),
        };
        let measured = !report.points.is_empty() || report.register.is_some();
        let charging = session.charging;
        self.remember(session);
        self.evse_now(evse, None).await?;
        if charging != before.charging {
            self.refine(evse, charging).await?;
        }
        if measured && evse > 0 && self.is_live(report.at) {
            self.telemetry.push(reading);
        }
        Ok(())
    }
}

/// Whether another token than the session's own ended it, and not one of its group.
fn is_stranger(session: &Session, report: &TransactionReport, verdict: &Verdict) -> bool {
    let (Some(own), Some(presented)) = (&session.token, &report.token) else {
        return false;
    };
    let same = own.sealed().key() == presented.uid.key();
    let group = verdict.group.is_some() && verdict.group == session.token_group;
    !same && !group && !presented.uid.as_str().is_empty()
}

/// Whether more than readings changed.
fn is_news(before: &Session, after: &Session) -> bool {
    before.charging != after.charging
        || before.suspicions != after.suspicions
        || before.evse != after.evse
        || before.token.is_some() != after.token.is_some()
        || before.ended_at != after.ended_at
        || before.started_at != after.started_at
}

/// Whether nothing but readings changed.
fn only_went_on(before: &Session, after: &Session) -> bool {
    let mut same = before.clone();
    same.first_register = after.first_register;
    same.last_register = after.last_register;
    same.power = after.power;
    same.suspicions.clone_from(&after.suspicions);
    same.updated_at = after.updated_at;
    same == *after
}

fn answer(report: &TransactionReport, session: &Session, judged: Option<Judged>) -> Reply {
    let asked = report.name == TransactionName::Asked;
    Reply::Transaction {
        number: asked.then(|| session.wire.parse().ok()).flatten(),
        verdict: judged.map(|j| j.verdict),
    }
}

/// The name that we give to a session whose own name was lost.
pub(super) fn lost_name(report: &TransactionReport) -> String {
    format!("lost:{}", fingerprint(report))
}

/// By which a repeated report without a number is known: a digest of what it says. A station
/// that tries again says the same, with the same or with another message id (errata 3.1).
pub(super) fn fingerprint(report: &TransactionReport) -> String {
    let token = report.token.as_ref().map(|t| Personal::new(t.uid.key()));
    let mut hasher = blake3::Hasher::new();
    let parts = [
        report.evse.unwrap_or(0).to_string(),
        report.at.timestamp_millis().to_string(),
        report
            .register
            .map_or_else(String::new, |r| r.get().to_string()),
        token.map_or_else(String::new, |t| t.sealed().clone()),
    ];
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Started => "started",
        Phase::Updated => "updated",
        Phase::Ended => "ended",
    }
}
