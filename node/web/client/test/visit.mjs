// Going through all screens: as one person, with what each visit is to find out.
import { addresses } from './routes.mjs';

/** Who visits: somebody who has something everywhere. */
export const visitor = 'ana';

/**
 * Visits every address with several browsers at once, and returns what was wrong, with where. look is
 * given a seat that shows the screen.
 */
export async function visit(world, rounds, look, { atOnce = 2 } = {}) {
  const guide = await world.seat(visitor, { device: 'desk' });
  await guide.go('/home');
  const all = await addresses(guide);
  await guide.close();
  const wrong = [];
  const waiting = [...rounds];
  await Promise.all(Array.from({ length: Math.min(atOnce, rounds.length) }, async () => {
    for (let round = waiting.shift(); round; round = waiting.shift()) {
      const seat = await world.seat(visitor, round);
      for (const address of all) {
        seat.errors.length = 0;
        await seat.go(address.at);
        const found = [...((await look(seat, address, round)) ?? []), ...seat.errors];
        wrong.push(...found.map((w) => `${address.path} (${name(round)}): ${w}`));
      }
      await seat.close();
    }
  }));
  return { wrong: [...new Set(wrong)], screens: all.length };
}

export const name = ({ device = 'phone', lang = 'en', dark = false }) => `${device}, ${lang}, ${dark ? 'dark' : 'light'}`;

/** A file name for a picture of a screen. */
export const slug = (path, { device = 'phone', lang = 'en', dark = false }) =>
  `${path.replace(/[^a-z]+/gi, '-').replace(/^-|-$/g, '')}-${device}-${lang}-${dark ? 'dark' : 'light'}`;
