// Plays the scenes of the web client in Chromium, in front of a village of nodes. It is started by
// node/demo's browser test, or at a desk in front of a running 'tulou demo --json':
//
//   node run.mjs place.json [scene …]
//
// A scene is a file of scenes/ whose default export plays it; what it returns is printed. For each
// a line of JSON goes to standard output: {"scene", "ok", "ms", "said"}.
import { readFileSync, readdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { World } from './world.mjs';

const place = JSON.parse(readFileSync(process.argv[2], 'utf8'));
// What the camera sees: a film that a scene draws before it opens the camera.
place.film = `${place.pictures}/camera.y4m`;
const wanted = process.argv.slice(3);
const scenes = readdirSync(new URL('scenes', import.meta.url)).filter((f) => f.endsWith('.mjs')).map((f) => f.slice(0, -4)).sort();
const browser = await chromium.launch({
  executablePath: place.chromium,
  // Who is root has no sandbox; names below localhost are this machine whatever the resolver says.
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.localhost 127.0.0.1', '--font-render-hinting=none',
    '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${place.film}`],
});
const world = new World(place, browser);
let failed = false;
for (const scene of scenes) {
  if (wanted.length && !wanted.some((w) => scene.includes(w))) continue;
  const begun = Date.now();
  const result = { scene, ok: true, said: '' };
  try {
    const { default: play } = await import(`./scenes/${scene}.mjs`);
    result.said = (await play(world)) ?? '';
    world.lawful();
  } catch (error) {
    Object.assign(result, { ok: false, said: String(error.stack ?? error) });
    for (const seat of world.open) {
      await seat.page.screenshot({ path: `${world.pictures}/failed-${scene}-${seat.person?.handle.split('@')[0] ?? 'stranger'}.png` }).catch(() => {});
      if (seat.errors.length) result.said += `\n${seat.person?.handle ?? 'stranger'} at ${seat.page.url()}:\n${seat.errors.join('\n')}`;
    }
  }
  await world.tidy();
  failed ||= !result.ok;
  console.log(JSON.stringify({ ...result, ms: Date.now() - begun }));
}
await browser.close();
process.exit(failed ? 1 : 0);
