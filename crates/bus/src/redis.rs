//! What stands in Redis: who holds which station, and who has which lease. Every change is one
//! script, so that two nodes cannot both win.

use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{AsyncCommands, Client, RedisError, Script};
use domain::clock::Moment;
use domain::id::{NodeId, StationId};

use crate::error::Error;

/// Longest wait for an answer of the server.
const ANSWER: Duration = Duration::from_secs(2);
/// Stations asserted in one script.
const AT_ONCE: usize = 500;

/// Keys: epoch, owner. Arguments: now in ms, node, ttl in ms.
/// Gives the new epoch and the node that held the station, if any.
const CLAIM: &str = r"
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local epoch = math.max(last + 1, tonumber(ARGV[1]))
local owner = redis.call('GET', KEYS[2])
redis.call('SET', KEYS[1], string.format('%.0f', epoch))
redis.call('SET', KEYS[2], string.format('%.0f', epoch) .. ' ' .. ARGV[2], 'PX', ARGV[3])
return {string.format('%.0f', epoch), owner or ''}";

/// Keys: owner. Arguments: `epoch node`. Removes the owner only if it is that one.
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

/// Keys: epoch and owner of each station in turn. Arguments: node, ttl in ms, the epochs.
/// Renews what is held; gives each newest epoch, which is greater where another took over.
const ASSERT: &str = r"
local newest = {}
for i = 1, #KEYS, 2 do
  local mine = ARGV[2 + (i + 1) / 2]
  local last = redis.call('GET', KEYS[i]) or '0'
  if tonumber(last) > tonumber(mine) then
    newest[#newest + 1] = last
  else
    redis.call('SET', KEYS[i], mine)
    redis.call('SET', KEYS[i + 1], mine .. ' ' .. ARGV[1], 'PX', ARGV[2])
    newest[#newest + 1] = mine
  end
end
return newest";

/// Keys: lease, fence. Arguments: holder, ttl in ms. Gives the fence, or 0 when it is taken.
const LEASE: &str = r"
if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local fence = string.format('%.0f', math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now))
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence";

/// Keys: lease. Arguments: holder, ttl in ms.
const RENEW: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0";

struct Scripts {
    claim: Script,
    release: Script,
    assert: Script,
    lease: Script,
    renew: Script,
}

/// The connection to the server, and the words we use there.
pub(crate) struct Server {
    manager: ConnectionManager,
    scripts: Scripts,
    prefix: String,
    node: NodeId,
    ttl: Duration,
}

/// Asks a server whether it is there, and changes nothing on it.
///
/// # Errors
/// As [`crate::Bus::redis`].
pub async fn ping(url: &str) -> Result<(), Error> {
    let asked = async {
        let mut connection = client(url)?
            .get_multiplexed_async_connection()
            .await
            .map_err(Error::away)?;
        connection.ping::<String>().await.map_err(Error::away)
    };
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(answered) => answered.map(|_| ()),
        Err(late) => Err(Error::away(late)),
    }
}

impl Server {
    pub async fn connect(
        client: Client,
        node: NodeId,
        prefix: &str,
        ttl: Duration,
    ) -> Result<Self, Error> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500))
            .set_connection_timeout(Some(ANSWER))
            .set_response_timeout(Some(ANSWER));
        let manager = ConnectionManager::new_with_config(client, config)
            .await
            .map_err(Error::away)?;
        Ok(Self {
            manager,
            scripts: Scripts {
                claim: Script::new(CLAIM),
                release: Script::new(RELEASE),
                assert: Script::new(ASSERT),
                lease: Script::new(LEASE),
                renew: Script::new(RENEW),
            },
            prefix: prefix.to_owned(),
            node,
            ttl,
        })
    }

    pub fn news_channel(&self) -> String {
        format!("{}:news", self.prefix)
    }

    pub fn node_channel(&self, node: NodeId) -> String {
        format!("{}:node:{node}", self.prefix)
    }

    fn epoch_key(&self, station: StationId) -> String {
        format!("{}:epoch:{station}", self.prefix)
    }

    fn owner_key(&self, station: StationId) -> String {
        format!("{}:owner:{station}", self.prefix)
    }

    fn ttl_ms(&self) -> u64 {
        u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX)
    }

    /// Claims `station`; tells which other node held it.
    pub async fn claim(
        &self,
        station: StationId,
        now: Moment,
    ) -> Result<(i64, Option<NodeId>), Error> {
        let (epoch, owner): (i64, String) = self
            .scripts
            .claim
            .key(self.epoch_key(station))
            .key(self.owner_key(station))
            .arg(now.timestamp_millis())
            .arg(self.node.to_string())
            .arg(self.ttl_ms())
            .invoke_async(&mut self.manager.clone())
            .await
            .map_err(Error::away)?;
        Ok((epoch, node_of(&owner).filter(|node| *node != self.node)))
    }

    pub async fn release(&self, station: StationId, epoch: i64) -> Result<(), Error> {
        self.scripts
            .release
            .key(self.owner_key(station))
            .arg(format!("{epoch} {}", self.node))
            .invoke_async::<i64>(&mut self.manager.clone())
            .await
            .map_err(Error::away)?;
        Ok(())
    }

    /// Renews what this node holds; gives the stations that another node has claimed since.
    pub async fn assert(&self, held: &[(StationId, i64)]) -> Result<Vec<(StationId, i64)>, Error> {
        let mut lost = Vec::new();
        for some in held.chunks(AT_ONCE) {
            let mut call = self.scripts.assert.prepare_invoke();
            call.arg(self.node.to_string()).arg(self.ttl_ms());
            for (station, epoch) in some {
                call.key(self.epoch_key(*station))
                    .key(self.owner_key(*station));
                call.arg(*epoch);
            }
            let newest: Vec<i64> = call
                .invoke_async(&mut self.manager.clone())
                .await
                .map_err(Error::away)?;
            let pairs = some.iter().zip(newest);
            lost.extend(pairs.filter_map(|((station, mine), newest)| {
                (newest > *mine).then_some((*station, newest))
            }));
        }
        Ok(lost)
    }

    /// The node that holds `station`.
    pub async fn owner(&self, station: StationId) -> Result<Option<NodeId>, Error> {
        let owner: Option<String> = self
            .manager
            .clone()
            .get(self.owner_key(station))
            .await
            .map_err(Error::away)?;
        Ok(owner.as_deref().and_then(node_of))
    }

    /// Publishes; gives how many connections heard it.
    pub async fn publish(&self, channel: &str, text: &str) -> Result<u64, Error> {
        self.manager
            .clone()
            .publish(channel, text)
            .await
            .map_err(Error::away)
    }

    /// Publishes several texts in one round trip.
    pub async fn publish_all(&self, channel: &str, texts: &[String]) -> Result<(), Error> {
        let mut pipe = ::redis::pipe();
        for text in texts {
            pipe.publish(channel, text).ignore();
        }
        pipe.query_async(&mut self.manager.clone())
            .await
            .map_err(Error::away)
    }

    pub async fn lease(&self, name: &str, holder: &str, ttl: Duration) -> Result<i64, Error> {
        self.scripts
            .lease
            .key(format!("{}:lease:{name}", self.prefix))
            .key(format!("{}:fence:{name}", self.prefix))
            .arg(holder)
            .arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))
            .invoke_async(&mut self.manager.clone())
            .await
            .map_err(Error::away)
    }

    pub async fn lease_renew(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<bool, Error> {
        let renewed: i64 = self
            .scripts
            .renew
            .key(format!("{}:lease:{name}", self.prefix))
            .arg(holder)
            .arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX))
            .invoke_async(&mut self.manager.clone())
            .await
            .map_err(Error::away)?;
        Ok(renewed == 1)
    }

    pub async fn lease_end(&self, name: &str, holder: &str) -> Result<(), Error> {
        self.scripts
            .release
            .key(format!("{}:lease:{name}", self.prefix))
            .arg(holder)
            .invoke_async::<i64>(&mut self.manager.clone())
            .await
            .map_err(Error::away)?;
        Ok(())
    }
}

fn node_of(owner: &str) -> Option<NodeId> {
    owner.split_once(' ')?.1.parse().ok()
}

/// Opens the address; nothing is sent yet.
pub(crate) fn client(url: &str) -> Result<Client, Error> {
    Client::open(url).map_err(|error: RedisError| Error::Address(error.into()))
}
