// What a browser that was never here transfers before it shows the timeline.
import { assert } from '../world.mjs';

const scriptBytesMax = 90 << 10, styleBytesMax = 20 << 10;
/** As in build/page.go: what browsers ask for at once over HTTP/1.1. */
const scriptFilesMax = 6;

export default async function budget(world) {
  const seat = await world.seat('ana', { device: 'phone' });
  const devtools = await seat.context.newCDPSession(seat.page);
  await devtools.send('Network.enable');
  const asked = new Map(), plain = new Set(), bytes = { Script: 0, Stylesheet: 0 }, files = [], scripts = [];
  let headers = 0;
  devtools.on('Network.responseReceived', ({ requestId, type, response }) => asked.set(requestId, { type, url: response.url, coded: /content-encoding/i.test(Object.keys(response.headers).join()), body: 0 }));
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => asked.has(requestId) && (asked.get(requestId).body += encodedDataLength));
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const { type, url, coded, body } = asked.get(requestId) ?? {};
    if (!(type in bytes)) return;
    bytes[type] += body || encodedDataLength;
    headers += body ? encodedDataLength - body : 0;
    if (type === 'Script') scripts.push(url);
    files.push(`${body} ${url.split('/').pop()}`);
    if (!coded && body > 512) plain.add(url); // less gains nothing
  });
  const begun = Date.now();
  await seat.page.goto('/app/');
  await seat.page.locator('article.post').first().waitFor();
  const shown = Date.now() - begun;
  await seat.drawn();
  assert.ok(bytes.Script > 10_000 && bytes.Stylesheet > 1000, `nothing was measured: ${JSON.stringify(bytes)}`);
  assert.ok(bytes.Script <= scriptBytesMax, `${bytes.Script} B of scripts: ${files.join(', ')}`);
  assert.ok(scripts.length <= scriptFilesMax, `${scripts.length} scripts: ${scripts.join(', ')}`);
  assert.ok(bytes.Stylesheet <= styleBytesMax, `${bytes.Stylesheet} B of style`);
  assert.deepEqual([...plain], [], 'sent as it is');
  seat.quiet();
  return `${files.length} files: ${bytes.Script} B of scripts and ${bytes.Stylesheet} B of style as transferred, beside ${headers} B of headers; posts after ${shown} ms`;
}
