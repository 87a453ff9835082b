//! Names that want to lead out of their folder. The list beside this file only grows.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

const NAMES: &str = include_str!("traversal.txt");
/// What is sent under each name, to be found again wherever it went.
const CONTENT: &str = "CANARY-OF-THE-TRAVERSAL-LIST";

fn names() -> Vec<String> {
    let mut names: Vec<String> = NAMES.lines().map(str::to_owned).collect();
    names.push("x".repeat(5_000));
    names.push(format!("{}escaped", "../".repeat(500)));
    names.push(format!("{}escaped", "%2e%2e%2f".repeat(300)));
    names
}

/// Sends a file word for word as no proper client would; the status.
async fn put(url: &str, name: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (peer, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut stream = TcpStream::connect(peer).await.unwrap();
    let length = CONTENT.len();
    let request = format!(
        "PUT {path}{name} HTTP/1.1\r\nHost: {peer}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{CONTENT}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that refuses may cut the connection.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).unwrap_or("none").to_owned()
}

/// A raw FTP session.
struct Ftp {
    stream: BufReader<TcpStream>,
}

impl Ftp {
    async fn sign_in(url: &str) -> Self {
        let rest = url.strip_prefix("ftp://").unwrap().trim_end_matches('/');
        let (login, peer) = rest.split_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let stream = TcpStream::connect(peer).await.unwrap();
        let mut ftp = Self {
            stream: BufReader::new(stream),
        };
        ftp.hear().await;
        ftp.say(&format!("USER {user}")).await;
        assert_eq!(ftp.say(&format!("PASS {password}")).await, "230");
        ftp
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        // A server that refuses may cut the connection.
        let _ = self.stream.read_line(&mut line).await;
        line
    }

    /// The code of one reply, or nothing when the server hung up.
    async fn hear(&mut self) -> String {
        loop {
            let line = self.line().await;
            if line.is_empty() {
                return String::new();
            }
            if line.chars().take(3).all(|c| c.is_ascii_digit()) && line.chars().nth(3) == Some(' ')
            {
                return line[..3].to_owned();
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        let line = format!("{line}\r\n");
        if self
            .stream
            .get_mut()
            .write_all(line.as_bytes())
            .await
            .is_err()
        {
            return String::new();
        }
        self.hear().await
    }

    /// Sends a file under a name; the last code.
    async fn store(&mut self, verb: &str, name: &str) -> String {
        self.stream.get_mut().write_all(b"PASV\r\n").await.unwrap();
        let told = self.line().await;
        let numbers = told.split(['(', ')']).nth(1).unwrap_or_default();
        let numbers: Vec<u16> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
        let port = numbers[4] * 256 + numbers[5];
        let mut data = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let code = self.say(&format!("{verb} {name}")).await;
        if !code.starts_with('1') {
            return code;
        }
        data.write_all(CONTENT.as_bytes()).await.unwrap();
        data.shutdown().await.unwrap();
        drop(data);
        self.hear().await
    }
}

/// Every file that holds the canary lies in the folder of its own transfer, under a harmless name.
fn look_everywhere(data: &Path, transfers: &[String]) -> usize {
    let mut found = 0;
    let own = data.join("files").join("diagnostics");
    for path in files_below(data) {
        let content = std::fs::read(&path).unwrap();
        // The database and its log are no files of stations.
        let stem = path.file_name().unwrap().to_string_lossy().into_owned();
        if stem.starts_with("busbar.sqlite") {
            continue;
        }
        let holds = content
            .windows(CONTENT.len())
            .any(|w| w == CONTENT.as_bytes());
        if !holds {
            continue;
        }
        found += 1;
        let inside = path.strip_prefix(&own);
        let inside = inside.unwrap_or_else(|_| panic!("{} is outside", path.display()));
        let parts: Vec<String> = inside
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        assert_eq!(parts.len(), 2, "{}", path.display());
        assert!(transfers.contains(&format!("trf_{}", parts[0])));
        let harmless = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(
            parts[1].chars().all(harmless) && !parts[1].contains(".."),
            "{parts:?}"
        );
    }
    found
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder_over_http() {
    let mut stage = stage("").await;
    let (id, station) = lazy(&mut stage, "ESCAPE-HTTP").await;
    let (mut transfers, mut kept) = (Vec::new(), 0);
    for name in names() {
        let (transfer, url) = open_door(&mut stage, &id, &station, "http").await;
        transfers.push(transfer);
        let status = put(&url, &name).await;
        match status.as_str() {
            "201" => kept += 1,
            "400" | "404" | "414" | "431" => {}
            other => panic!("{name:?}: {other}"),
        }
    }
    assert_eq!(look_everywhere(stage.data(), &transfers), kept);
    assert!(kept > transfers.len() / 2, "{kept} of {}", transfers.len());
    assert!(!Path::new("/tmp/escaped").exists() && !Path::new("/etc/escaped").exists());
    // The secret itself cannot be walked past either.
    let (_, url) = open_door(&mut stage, &id, &station, "http").await;
    let root = url.split("/u/").next().unwrap();
    for path in [
        "/u/../f/x",
        "/u/..%2f..%2f",
        "/f/../../station.key",
        "/u//x",
        "/f//",
        "/",
    ] {
        let status = put(root, path).await;
        assert!(
            ["404", "405"].contains(&status.as_str()),
            "{path}: {status}"
        );
    }
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder_over_ftp() {
    let mut stage = stage("").await;
    let (id, station) = lazy(&mut stage, "ESCAPE-FTP").await;
    let (mut transfers, mut kept) = (Vec::new(), 0);
    for name in names() {
        let (transfer, url) = open_door(&mut stage, &id, &station, "ftp").await;
        transfers.push(transfer);
        let mut ftp = Ftp::sign_in(&url).await;
        for (verb, refused) in [
            ("CWD", true),
            ("MKD", true),
            ("DELE", true),
            ("RMD", true),
            ("RNFR", false),
            ("SIZE", true),
        ] {
            let code = ftp.say(&format!("{verb} {name}")).await;
            // The folder itself is there, by whatever name.
            let here = name.trim_matches(['.', '/']).is_empty() && ["CWD", "SIZE"].contains(&verb);
            let fine = code.starts_with(['4', '5']) || code.is_empty();
            assert!(fine || here || !refused, "{verb} {name:?}: {code}");
        }
        let mut ftp = Ftp::sign_in(&url).await;
        let code = ftp.store("STOR", &name).await;
        if code == "226" {
            kept += 1;
            assert!(!ftp.store("STOR", "again").await.starts_with('2'), "{name}");
        }
    }
    assert_eq!(look_everywhere(stage.data(), &transfers), kept);
    assert!(kept > transfers.len() / 2, "{kept} of {}", transfers.len());
    assert!(!Path::new("/tmp/escaped").exists() && !Path::new("/etc/escaped").exists());
}
