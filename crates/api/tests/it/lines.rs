//! One connection for several people: nobody is taken for the one who asked before.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::door::Door;

async fn status(stream: &mut TcpStream, host: &str, cookie: &str) -> u16 {
    let request = format!(
        "GET /api/v1/setup/missing HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\n\
         GET /api/v1/me HTTP/1.1\r\nHost: {host}\r\n{cookie}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut last = 0;
    for _ in 0..2 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        last = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_found_out_for_each_request() {
    let door = Door::open().await;
    let host = door.address.to_string();
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    let cookie = format!("Cookie: busbar_login={}\r\n", door.test.cookie);
    for _ in 0..3 {
        assert_eq!(status(&mut stream, &host, &cookie).await, 200);
        assert_eq!(status(&mut stream, &host, "").await, 401);
    }
}
