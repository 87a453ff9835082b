// A wire between the browser and the server that can fall silent without breaking.
import { connect, createServer } from 'node:net';

export async function wire(to) {
  const { hostname, port } = new URL(to);
  const pairs = new Set();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const [from, into] of [
      [near, far],
      [far, near],
    ]) {
      from.on('data', (bytes) => {
        if (!silent) into.write(bytes);
      });
      from.on('close', end);
      from.on('error', end);
    }
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    silence: (on) => {
      silent = on;
      // What was swallowed cannot be made up for: a line that lost bytes is no line any more.
      if (!on) for (const { near } of pairs) near.destroy();
    },
    close: () => {
      for (const { near } of pairs) near.destroy();
      server.close();
    },
  };
}
