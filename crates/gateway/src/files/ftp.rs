//! The FTP port for files, for stations that know nothing else: a user and a password for each
//! transfer, passive mode only. What a station sees once it is in is in [`super::cage`].

use std::fmt;
use std::sync::Arc;

use app::App;
use app::transfers::link;
use async_trait::async_trait;
use domain::id::TransferId;
use libunftp::ServerBuilder;
use libunftp::options::PassiveHost;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use unftp_core::auth::{
    AuthenticationError, Authenticator, Credentials, Principal, UserDetail, UserDetailError,
    UserDetailProvider,
};

use super::cage::Cage;
use super::{FileSettings, FtpSettings};

/// A station that signed in: it is its transfer and nothing else.
#[derive(Debug)]
pub(super) struct Guest {
    pub transfer: TransferId,
}

impl fmt::Display for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.transfer.fmt(f)
    }
}

impl UserDetail for Guest {}

/// Lets in whoever has the password of an open transfer.
struct Porter {
    app: App,
}

impl fmt::Debug for Porter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Porter")
    }
}

#[async_trait]
impl Authenticator for Porter {
    async fn authenticate(
        &self,
        user: &str,
        credentials: &Credentials,
    ) -> Result<Principal, AuthenticationError> {
        let password = credentials.password.as_deref().unwrap_or_default();
        match link::by_login(&self.app, user, password).await {
            Ok(transfer) => Ok(Principal {
                // From here on the guest goes by the id of the transfer.
                username: transfer.id.to_string(),
            }),
            Err(refused) => {
                tracing::debug!("an FTP sign-in was refused: {refused}");
                Err(AuthenticationError::BadPassword)
            }
        }
    }
}

#[async_trait]
impl UserDetailProvider for Porter {
    type User = Guest;

    async fn provide_user_detail(&self, principal: &Principal) -> Result<Guest, UserDetailError> {
        let transfer = principal.username.parse();
        let transfer = transfer.map_err(|_| UserDetailError::UserNotFound {
            username: principal.username.clone(),
        })?;
        Ok(Guest { transfer })
    }
}

/// One connection from the first byte to the last.
pub(super) async fn serve(
    app: App,
    ftp: FtpSettings,
    settings: Arc<FileSettings>,
    stream: TcpStream,
    place: OwnedSemaphorePermit,
) {
    let porter = Arc::new(Porter { app: app.clone() });
    let cages = Box::new(move || Cage::new(app.clone()));
    let host = match &ftp.passive_host {
        Some(host) => PassiveHost::from(host.as_str()),
        None => PassiveHost::FromConnection,
    };
    let server = ServerBuilder::with_user_detail_provider(cages, porter.clone())
        .authenticator(porter)
        .greeting("Files of stations")
        .passive_ports(ftp.passive_ports)
        .passive_host(host)
        .idle_session_timeout(settings.idle_timeout.as_secs().max(1))
        .build();
    let served = match server {
        Ok(server) => server.service(stream).await,
        Err(error) => return tracing::error!("the FTP port cannot serve: {error}"),
    };
    if let Err(error) = served {
        tracing::debug!("an FTP connection ended: {error}");
    }
    drop(place);
}
