//! Mail: to the server that the operator of the instance names, or, without one, as files into a
//! folder. Knows nothing of what a mail is about.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

/// The longest that handing over one mail may take.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The sender of mails in the folder, where none is configured.
const NOBODY: &str = "Busbar <busbar@localhost>";

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Names it in its `Message-ID` and as a file; letters, digits and `_`.
    pub id: String,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text for whoever reads no HTML.
    pub text: String,
    /// The text as HTML.
    pub html: String,
}

/// Why mails cannot be sent as configured. Says nothing of the URL, which holds a password.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The URL of the server.
    #[error("mail.url is like smtp://user:password@host:port, or smtps://…")]
    Url,
    /// The sender.
    #[error("mail.from is an address like Busbar <busbar@example.org>")]
    From,
}

/// What became of a mail that was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may go well later.
    #[error("{0}")]
    Later(String),
    /// The server, or the address itself, says that it never will.
    #[error("{0}")]
    Never(String),
}

/// Where mails go.
#[derive(Debug, Clone)]
pub struct Post {
    from: Mailbox,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Server {
        transport: AsyncSmtpTransport<Tokio1Executor>,
        patience: Duration,
    },
    Folder(PathBuf),
}

/// The URL as the library reads it: a plain connection only where it is asked for.
fn with_tls(url: &str) -> String {
    if let Some(plain) = url.strip_suffix("?tls=none") {
        return plain.to_owned();
    }
    if url.starts_with("smtp://") && !url.contains("?tls=") {
        return format!("{url}?tls=required");
    }
    url.to_owned()
}

impl Post {
    /// To a server: `smtp://` with STARTTLS (`?tls=none` without, for a server on this machine),
    /// `smtps://` with TLS from the first byte. `from` is the sender. A server that does not answer
    /// for `patience` is left.
    pub fn server(url: &str, from: &str, patience: Duration) -> Result<Self, ConfigError> {
        let from = from.parse().map_err(|_| ConfigError::From)?;
        let known = url.starts_with("smtp://") || url.starts_with("smtps://");
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&with_tls(url));
        let builder = builder.ok().filter(|_| known).ok_or(ConfigError::Url)?;
        let transport = builder.timeout(Some(patience)).build();
        let way = Way::Server {
            transport,
            patience,
        };
        Ok(Self { from, way })
    }

    /// Into a folder, as `.eml` files that only their owner reads: they hold links that open
    /// accounts.
    pub fn folder(path: impl Into<PathBuf>, from: Option<&str>) -> Result<Self, ConfigError> {
        let from = from.unwrap_or(NOBODY).parse();
        Ok(Self {
            from: from.map_err(|_| ConfigError::From)?,
            way: Way::Folder(path.into()),
        })
    }

    /// Whether mails reach nobody by themselves.
    #[must_use]
    pub const fn is_folder(&self) -> bool {
        matches!(self.way, Way::Folder(_))
    }

    /// Whether the server answers within `patience` and takes the password; a folder is always
    /// there.
    pub async fn look(&self, patience: Duration) -> Result<(), Failure> {
        let Way::Server { transport, .. } = &self.way else {
            return Ok(());
        };
        let later = |why: &str| Failure::Later(why.to_owned());
        match tokio::time::timeout(patience, transport.test_connection()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(later("the mail server closed the connection")),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(later("the mail server did not answer")),
        }
    }

    /// Hands a mail over.
    pub async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Server {
                transport,
                patience,
            } => match tokio::time::timeout(*patience, transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(failure(&error)),
                Err(_) => Err(Failure::Later("the mail server did not answer".to_owned())),
            },
            Way::Folder(folder) => {
                let (folder, name) = (folder.clone(), format!("{}.eml", mail.id));
                let bytes = message.formatted();
                let write = move || keep(&folder, &name, &bytes);
                let written = tokio::task::spawn_blocking(write).await;
                let later = |error: String| Failure::Later(format!("the outbox folder: {error}"));
                written
                    .map_err(|e| later(e.to_string()))?
                    .map_err(|e| later(e.to_string()))
            }
        }
    }

    fn message(&self, mail: &Mail) -> Result<Message, Failure> {
        let never = |what: &str| Failure::Never(what.to_owned());
        let address = mail.to.parse().map_err(|_| never("no mail address"))?;
        // No vacation notes and the like to a sender that nobody reads (RFC 3834).
        let automatic = HeaderName::new_from_ascii("Auto-Submitted".to_owned())
            .map_err(|_| never("no header"))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                mail.html.clone(),
            ))
            .map_err(|error| Failure::Never(error.to_string()))
    }
}

fn failure(error: &SmtpError) -> Failure {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    if error.is_permanent() {
        Failure::Never(said)
    } else {
        Failure::Later(said)
    }
}

/// Writes beside the final name first: nobody reads half a mail.
fn keep(folder: &std::path::Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let unfinished = folder.join(format!("{name}.part"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(unfinished, folder.join(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    fn mail() -> Mail {
        Mail {
            id: "mai_7".to_owned(),
            to: "bo@example.org".to_owned(),
            subject: "Grüße".to_owned(),
            text: "open the link".to_owned(),
            html: "<p>open the link</p>".to_owned(),
        }
    }

    /// A mail server for one connection: what it was told, with `recipient` as its answer to
    /// `RCPT TO`.
    async fn converse(socket: TcpStream, recipient: &str) -> Vec<String> {
        let (read, mut write) = socket.into_split();
        let mut lines = BufReader::new(read).lines();
        let (mut heard, mut in_data) = (Vec::new(), false);
        write.write_all(b"220 test\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split(' ').next().unwrap() {
                "." if in_data => {
                    in_data = false;
                    "250 taken"
                }
                _ if in_data => "",
                "RCPT" => recipient,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 yes",
            };
            if !answer.is_empty() {
                write
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .await
                    .unwrap();
            }
            heard.push(line);
        }
        heard
    }

    async fn server(recipient: &'static str) -> (Post, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        let post = Post::server(&url, "Busbar <busbar@example.org>", PATIENCE).unwrap();
        let told = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            converse(socket, recipient).await
        });
        (post, told)
    }

    #[tokio::test]
    async fn a_server_that_answers_is_told_from_one_that_does_not() {
        let (post, told) = server("250 yes").await;
        post.look(PATIENCE).await.unwrap();
        drop(post);
        let heard = told.await.unwrap();
        assert!(
            !heard.iter().any(|line| line.starts_with("MAIL")),
            "{heard:?}"
        );
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", silent.local_addr().unwrap());
        let post = Post::server(&url, "Busbar <busbar@example.org>", PATIENCE).unwrap();
        let late = post.look(Duration::from_millis(50)).await.unwrap_err();
        assert!(late.to_string().contains("did not answer"), "{late}");
    }

    #[tokio::test]
    async fn a_server_gets_both_texts() {
        let (post, told) = server("250 yes").await;
        post.send(&mail()).await.unwrap();
        let told = told.await.unwrap();
        for line in [
            "MAIL FROM:<busbar@example.org>",
            "RCPT TO:<bo@example.org>",
            "open the link",
            "<p>open the link</p>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(told.iter().any(|l| l.starts_with(line)), "{line}: {told:?}");
        }
    }

    #[tokio::test]
    async fn a_refusal_for_good_is_told_from_one_for_now() {
        let (post, _told) = server("550 nobody of this name").await;
        let never = post.send(&mail()).await.unwrap_err();
        assert!(
            matches!(&never, Failure::Never(said) if said.contains("nobody")),
            "{never}"
        );
        let (post, _told) = server("450 come back").await;
        let later = post.send(&mail()).await.unwrap_err();
        assert!(
            matches!(&later, Failure::Later(said) if said.contains("come back")),
            "{later}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_away_or_hangs_is_tried_later() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("smtp://{address}?tls=none");
        let from = "busbar@example.org";
        let post = Post::server(&url, from, Duration::from_millis(50)).unwrap();
        // The connection is accepted by the system and nobody says a word.
        let hung = post.send(&mail()).await.unwrap_err();
        assert!(matches!(hung, Failure::Later(_)), "{hung}");
        drop(listener);
        let post = Post::server(&url, from, PATIENCE).unwrap();
        let away = post.send(&mail()).await.unwrap_err();
        assert!(matches!(away, Failure::Later(_)), "{away}");
    }

    #[tokio::test]
    async fn a_server_without_tls_gets_nothing_unless_it_is_meant() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://ada:hush@{}", listener.local_addr().unwrap());
        let post = Post::server(&url, "busbar@example.org", PATIENCE).unwrap();
        let told = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            converse(socket, "250 yes").await
        });
        let refused = post.send(&mail()).await.unwrap_err();
        assert!(!refused.to_string().contains("hush"), "{refused}");
        let told = told.await.unwrap();
        assert!(
            !told
                .iter()
                .any(|l| l.starts_with("AUTH") || l.starts_with("MAIL")),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn without_a_server_mails_are_files_for_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let post = Post::folder(folder.path().join("outbox"), None).unwrap();
        assert!(post.is_folder());
        post.send(&mail()).await.unwrap();
        let file = folder.path().join("outbox/mai_7.eml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains("open the link"), "{text}");
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file), 0o600);
        assert_eq!(mode(folder.path().join("outbox")), 0o700);
    }

    #[test]
    fn what_cannot_work_is_refused_without_its_password() {
        for url in [
            "http://h",
            "smtp://",
            "ada:hush@h",
            "smtp://ada:hush@h?tls=maybe",
        ] {
            let error = Post::server(url, "busbar@example.org", PATIENCE).unwrap_err();
            assert!(matches!(error, ConfigError::Url), "{url}");
            assert!(!error.to_string().contains("hush"));
        }
        let error = Post::server("smtps://h", "nobody", PATIENCE).unwrap_err();
        assert!(matches!(error, ConfigError::From));
        assert!(Post::server("smtps://ada:hush@h:465", "a@b.org", PATIENCE).is_ok());
    }
}
