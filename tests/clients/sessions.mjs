// One whole charging session in 1.6 and in 2.0.1 by the npm client `ocpp-rpc`, in its strict mode,
// in which it checks every frame against its own schemas.
import assert from 'node:assert/strict';
import { RPCClient } from 'ocpp-rpc';

const base = `${process.env.BUSBAR_URL}/api/v1`;
let cookie = '';
async function api(method, path, body) {
  const headers = { 'content-type': 'application/json', cookie };
  const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

const time = (minutes) => new Date(Date.now() - 1_800_000 + minutes * 60_000).toISOString();
const uid = '04A1B2C3D4E5F6';

async function charge16(cli) {
  const boot = await cli.call('BootNotification', { chargePointVendor: 'N', chargePointModel: 'M' });
  assert.equal(boot.status, 'Accepted');
  const start = { connectorId: 1, idTag: uid, meterStart: 100, timestamp: time(0) };
  const { transactionId } = await cli.call('StartTransaction', start);
  const sampledValue = [{ value: '600' }];
  await cli.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: time(1), sampledValue }] });
  await cli.call('StopTransaction', { transactionId, meterStop: 1100, timestamp: time(2) });
}

async function charge201(cli) {
  const chargingStation = { model: 'M', vendorName: 'N' };
  const boot = await cli.call('BootNotification', { chargingStation, reason: 'PowerUp' });
  assert.equal(boot.status, 'Accepted');
  const event = (eventType, seqNo, value, more = {}) =>
    cli.call('TransactionEvent', {
      eventType,
      timestamp: time(seqNo),
      triggerReason: 'MeterValuePeriodic',
      seqNo,
      transactionInfo: { transactionId: 'npm-1' },
      meterValue: [{ timestamp: time(seqNo), sampledValue: [{ value }] }],
      ...more,
    });
  await event('Started', 0, 100, { evse: { id: 1, connectorId: 1 }, idToken: { idToken: uid, type: 'ISO14443' } });
  await event('Updated', 1, 600);
  await event('Ended', 2, 1100);
}

async function session(protocol, charge) {
  const identity = `NPM-${protocol}`;
  const { station, password } = await api('POST', '/stations', { identity });
  const cli = new RPCClient({
    endpoint: process.env.BUSBAR_STATIONS,
    identity,
    password,
    protocols: [protocol],
    strictMode: true,
    reconnect: false,
  });
  cli.handle('TriggerMessage', () => ({ status: 'Accepted' }));
  await cli.connect();
  await charge(cli);
  const asked = await api('POST', `/stations/${station.id}/commands`, { type: 'trigger', params: { message: 'heartbeat' } });
  assert.ok(['queued', 'sent', 'accepted'].includes(asked.state), asked.state);
  await cli.call('Heartbeat', {});
  await cli.close();
  const { data } = await api('GET', `/sessions?station_id=${station.id}`);
  assert.equal(data.length, 1);
  assert.equal(data[0].energy_wh, 1000);
  assert.equal(data[0].state, 'ended');
}

await api('POST', '/login', { email: 'ana@example.org', password: 'correct horse battery' });
let failed = 0;
const stories = [['ocpp1.6', charge16], ['ocpp2.0.1', charge201]];
for (const [protocol, charge] of stories) {
  try {
    await session(protocol, charge);
    console.log(`  ok   ${protocol} by ocpp-rpc`);
  } catch (error) {
    failed += 1;
    console.log(`  FAIL ${protocol} by ocpp-rpc: ${error.stack}`);
  }
}
console.log(`clients: ${stories.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
