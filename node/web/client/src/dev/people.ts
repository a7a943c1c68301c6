// Who lives on the page of components, and what they wrote.
import type { Media, Person, Post } from '../ui/types';
import { blue, dawn, dusk, faces, hills, house, lanterns, rose, soup } from './art';

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
let made = 0;

function person(id: string, name: string, acct: string, avatar = '', more: Partial<Person> = {}): Person {
  return { id, acct, username: acct.split('@')[0]!, display_name: name, avatar, emojis: [], ...more };
}

export const mei = person('1', 'Mei Lin', 'mei', faces.bloom, {
  header: hills(4, dusk, 1200, 400), note: '<p>Slow tea, fast bicycle. I mend lamps and grow <a href="https://hillside.town/tags/tea" class="hashtag">#tea</a> on the third terrace.</p>',
  fields: [{ name: 'Garden', value: '<a href="https://terraces.example/mei">terraces.example/mei</a>', verified_at: ago(9000) }, { name: 'Speaks', value: '中文, English, un poco de español', verified_at: null }],
  followers_count: 1214, following_count: 186, statuses_count: 2381, url: 'https://hillside.town/@mei',
});
export const xiaoyu = person('2', 'Lin Xiaoyu', 'xiaoyu', faces.tea);
export const noor = person('3', 'Noor Haddad', 'noor', faces.sea);
export const ada = person('4', 'Ada Okafor', 'ada', faces.book);
export const yusuf = person('5', 'Yusuf Demir', 'yusuf@harbour.example');
export const ines = person('6', 'Ines Duarte', 'ines', faces.leaf);
export const tomas = person('7', 'Tomás Rivera', 'tomas', faces.bike);
export const mira = person('8', 'Mira', 'mira', faces.cat);
export const ben = person('9', 'Ben', 'ben', faces.moon);
export const noodles = person('10', 'Old Street Noodles', 'noodles', faces.bowl, { group: true });
export const salma = person('11', 'سلمى العمري', 'salma@nakhla.example');
export const hiro = person('13', '田中ひろ', 'hiro@umi.example');
export const kofi = person('15', 'Kofi Mensah-Bonsu of the Riverside Reading Circle', 'kofi.mensah.bonsu@long-meadow.example');

export function picture(src: string, w: number, h: number, description: string, more: Partial<Media> = {}): Media {
  return { id: `m${++made}`, type: 'image', url: src, preview_url: src, description, blurhash: 'UHF5?xYk^6#M@-5b,1J5@[or[Q6.};FxXotR', meta: { original: { width: w, height: h, aspect: w / h } }, ...more };
}

export const pictures = {
  frost: picture(hills(11, dawn), 900, 600, 'Terraced hills in the first frost, the sun low over six ridges'),
  market: picture(lanterns(), 780, 440, 'Eight red lanterns over the night market'),
  soup: picture(soup, 600, 600, 'A bowl of noodle soup with egg and greens, from above'),
  house: picture(house, 600, 600, 'A round earth house from above, in the forest'),
  rose: picture(hills(23, rose), 900, 600, 'Red hills at sunset'),
  sea: picture(hills(31, blue, 600, 900), 600, 900, 'Blue ridges standing in morning mist'),
  film: picture(hills(41, dusk), 900, 600, 'The ferry leaving the harbour', { type: 'video', meta: { original: { width: 900, height: 600, aspect: 1.5, duration: 84 } } }),
};

export function post(account: Person, content: string, more: Partial<Post> = {}): Post {
  return {
    id: `p${++made}`, created_at: ago(24 + made), visibility: 'public', language: 'en', content: `<p>${content}</p>`, spoiler_text: '', sensitive: false, account,
    media_attachments: [], replies_count: 0, reblogs_count: 0, favourites_count: 0, emojis: [], mentions: [], ...more,
  };
}

export const frost = post(ines, 'First frost on the terraces this morning. The tea does not mind. The gardener does.', {
  created_at: ago(24), media_attachments: [pictures.frost], replies_count: 12, reblogs_count: 38, favourites_count: 214, favourited: true,
});
export const kitchen = post(yusuf, 'Open kitchen next week. Which night?', {
  created_at: ago(41), replies_count: 9, reblogs_count: 4, favourites_count: 31,
  poll: { id: 'q1', expires_at: new Date(Date.now() + 6.5 * 3_600_000).toISOString(), expired: false, multiple: false, votes_count: 128, voters_count: 128, voted: true, own_votes: [0], options: [{ title: 'Thursday', votes_count: 74 }, { title: 'Friday', votes_count: 35 }, { title: 'Whenever there is soup', votes_count: 19 }] },
});
export { ago };
