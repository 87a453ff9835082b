//! Asks an address that the operator of the instance named whether a Busbar answers there.

use openidconnect::http;

use crate::http::Client;

/// What answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The id that a Busbar gives every request; none from anything else.
    pub request_id: Option<String>,
    /// Its clock, as it wrote it.
    pub date: Option<String>,
}

/// Gets `url`, without following it elsewhere; why not, without the address, which can hold a
/// secret.
pub async fn dial(url: &str) -> Result<Answer, String> {
    let request = http::Request::builder().uri(url).body(Vec::new());
    let request = request.map_err(|_| "it is no address".to_owned())?;
    let client = Client::new().map_err(|error| error.to_string())?;
    let answer = client
        .send(request)
        .await
        .map_err(|error| error.to_string())?;
    let header = |name: &str| {
        let value = answer.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    Ok(Answer {
        status: answer.status().as_u16(),
        request_id: header("x-request-id"),
        date: header("date"),
    })
}
