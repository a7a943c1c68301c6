// Pictures for the page of components, drawn here: faces that are things people like, hills, lanterns, food.
// Everything is SVG by hand and a small seeded chance, so that the photographs of the page stay the same.

const url = (svg: string) => 'data:image/svg+xml,' + encodeURIComponent(svg);
const square = (ground: string, inside: string) => url(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
<rect width="96" height="96" fill="${ground}"/>${inside}</svg>`);

export const faces = {
  tea: square('#d3dcb4', '<g fill="none" stroke="#6b6f52" stroke-width="3" stroke-linecap="round"><path d="M40 22c-3 4 3 6 0 11M52 20c-3 4 3 6 0 11"/></g><path d="M24 42h44v12a20 20 0 0 1-20 20h-4a20 20 0 0 1-20-20Z" fill="#f7f4ec"/><path d="M68 46h5a7 7 0 0 1 0 15h-7" fill="none" stroke="#f7f4ec" stroke-width="5"/><ellipse cx="46" cy="42" rx="22" ry="5.5" fill="#8a8a2e"/>'),
  cat: square('#f0ae74', '<path d="M24 20l14 12h20l14-12v34a24 24 0 0 1-48 0Z" fill="#3a2b24"/><circle cx="38" cy="52" r="5" fill="#f5d873"/><circle cx="58" cy="52" r="5" fill="#f5d873"/><circle cx="38" cy="52" r="2" fill="#1c1410"/><circle cx="58" cy="52" r="2" fill="#1c1410"/><path d="M45 62h6l-3 4Z" fill="#e88d8d"/>'),
  moon: square('#24365c', '<path d="M58 20a28 28 0 1 0 18 36 22 22 0 0 1-18-36Z" fill="#f6e6b4"/><circle cx="68" cy="30" r="2" fill="#fff"/><circle cx="80" cy="42" r="1.5" fill="#fff"/><path d="M0 84c20-10 34-10 50-3s30 5 46-3v18H0Z" fill="#1a2947"/>'),
  bike: square('#e6cd9a', '<g fill="none" stroke="#3c3530" stroke-width="4"><circle cx="28" cy="60" r="15"/><circle cx="68" cy="60" r="15"/></g><path d="M28 60l12-24h22l6 24M40 36l10 24 14-20M50 60H28M60 30h8" fill="none" stroke="#b3322b" stroke-width="4.5" stroke-linejoin="round" stroke-linecap="round"/><path d="M34 32h11" stroke="#3c3530" stroke-width="5" stroke-linecap="round"/>'),
  bloom: square('#f2e0e8', '<path d="M20 80C40 64 54 48 78 22" fill="none" stroke="#4b342d" stroke-width="5" stroke-linecap="round"/>' + [[34, 66], [44, 44], [62, 58], [56, 40], [70, 26]].map(([x, y]) => `<circle cx="${x}" cy="${y}" r="9" fill="#ee7f9f"/><circle cx="${x}" cy="${y}" r="3" fill="#fbe3a4"/>`).join('')),
  leaf: square('#d9eedd', '<path d="M22 76C18 40 44 20 78 20c0 36-20 60-52 54" fill="#2f8a55"/><path d="M18 82C34 58 48 46 66 34" fill="none" stroke="#16543a" stroke-width="4" stroke-linecap="round"/>'),
  book: square('#6d3b3f', '<path d="M48 34c-8-7-20-8-30-6v40c10-2 22-1 30 6 8-7 20-8 30-6V28c-10-2-22-1-30 6Z" fill="#f7ecd6"/><path d="M48 34v40" stroke="#b89a7a" stroke-width="3"/><path d="M26 40c5 0 10 1 14 3M26 50c5 0 10 1 14 3M70 40c-5 0-10 1-14 3M70 50c-5 0-10 1-14 3" stroke="#cbb392" stroke-width="2.5" fill="none"/>'),
  sea: square('#9bcde4', '<circle cx="66" cy="28" r="11" fill="#fbf1bf"/><path d="M0 50c12-7 20 5 32 0s20 5 32 0 20 5 32 0v46H0Z" fill="#3f8db2"/><path d="M0 66c12-7 20 5 32 0s20 5 32 0 20 5 32 0v30H0Z" fill="#1f6389"/>'),
  bowl: square('#d2523b', '<path d="M20 46h56a28 28 0 0 1-16 26H36a28 28 0 0 1-16-26Z" fill="#fbf3e4"/><path d="M30 46c0-16 4-16 6 0M40 46c0-22 6-22 8 0M52 46c0-20 5-20 7 0M62 46c0-14 4-14 6 0" fill="none" stroke="#f2c14e" stroke-width="4"/>'),
};

function chance(seed: number): () => number {
  let s = seed;
  return () => ((s = (s * 48271) % 2147483647) / 2147483647);
}

/** Layers of hills toward the eye, with a sun. */
export function hills(seed: number, [top, low, far, near]: [string, string, string, string], w = 900, h = 600): string {
  const rand = chance(seed);
  let body = '';
  for (let layer = 0; layer < 5; layer++) {
    const base = h * (0.42 + layer * 0.125), rise = h * (0.2 - layer * 0.02);
    const points: string[] = [];
    for (let x = -20; x <= w + 110; x += w / 11) points.push(`${x.toFixed(0)},${(base - rand() * rise).toFixed(0)}`);
    body += `<polygon points="-20,${h} ${points.join(' ')} ${w + 20},${h}" fill="color-mix(in oklab, ${far} ${100 - layer * 24}%, ${near})"/>`;
  }
  return url(`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"><defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="${top}"/><stop offset=".7" stop-color="${low}"/></linearGradient></defs><rect width="${w}" height="${h}" fill="url(#s)"/><circle cx="${w * (0.2 + rand() * 0.6)}" cy="${h * 0.26}" r="${h * 0.08}" fill="#fff3cf"/>${body}</svg>`);
}

export const dawn: [string, string, string, string] = ['#8fb0d6', '#dfe3d8', '#b9cbbd', '#15301b'];
export const dusk: [string, string, string, string] = ['#8f6f55', '#f3c7a0', '#b9c6bd', '#132313'];
export const rose: [string, string, string, string] = ['#f39f83', '#fbe2cc', '#d9a68f', '#4c2413'];
export const blue: [string, string, string, string] = ['#5b7fc0', '#cfd9ea', '#9fb4cd', '#0d2740'];

export function lanterns(w = 780, h = 440): string {
  const rand = chance(7);
  const one = (x: number, y: number, r: number) => `<path d="M${x} 0V${y - r}" stroke="#1d1712" stroke-width="3"/><circle cx="${x}" cy="${y}" r="${r * 1.9}" fill="#ffb25e" opacity=".16"/><ellipse cx="${x}" cy="${y}" rx="${r}" ry="${r * 0.95}" fill="#dd3f2b"/><ellipse cx="${x}" cy="${y}" rx="${r * 0.45}" ry="${r * 0.95}" fill="#ff7a3f"/><rect x="${x - r * 0.4}" y="${y - r * 1.12}" width="${r * 0.8}" height="${r * 0.2}" rx="2" fill="#e8c872"/><rect x="${x - r * 0.4}" y="${y + r * 0.92}" width="${r * 0.8}" height="${r * 0.2}" rx="2" fill="#e8c872"/>`;
  let all = '';
  for (let i = 0; i < 8; i++) all += one(w * (0.07 + i * 0.125), h * (0.22 + rand() * 0.5), 26 + rand() * 34);
  return url(`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}"><defs><linearGradient id="n" x2="0" y2="1"><stop stop-color="#1b1c33"/><stop offset="1" stop-color="#8a5a34"/></linearGradient></defs><rect width="${w}" height="${h}" fill="url(#n)"/>${all}</svg>`);
}

export const soup = url(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" viewBox="0 0 600 600"><rect width="600" height="600" fill="#8a6552"/>${[60, 150, 240, 330, 420, 510].map((y) => `<path d="M0 ${y}h600" stroke="#74523f" stroke-width="6"/>`).join('')}<circle cx="318" cy="330" r="230" fill="#4d3528" opacity=".4"/><circle cx="300" cy="300" r="230" fill="#f4efe6"/><circle cx="300" cy="300" r="198" fill="#c98745"/><path d="M150 250q90-60 170 0t130-10v140q-80 70-150 20t-150 10Z" fill="#f0d9a0"/><path d="M170 270q70-40 140 0t120 0M170 310q70-40 140 0t120 0M180 350q70-40 140 0t100 0" fill="none" stroke="#e0bf78" stroke-width="9"/>${[[250, 390], [290, 410], [220, 420], [330, 390], [270, 440], [310, 450]].map(([x, y]) => `<circle cx="${x}" cy="${y}" r="27" fill="#3f8f4b"/>`).join('')}<circle cx="390" cy="220" r="58" fill="#fffaf0"/><circle cx="390" cy="220" r="27" fill="#f0ab3c"/></svg>`);

export const house = url(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600" viewBox="0 0 600 600"><rect width="600" height="600" fill="#1f4a31"/>${Array.from({ length: 70 }, (_, i) => { const r = chance(i + 3); r(); return `<circle cx="${(r() * 600).toFixed(0)}" cy="${(r() * 600).toFixed(0)}" r="${(18 + r() * 34).toFixed(0)}" fill="${i % 3 ? '#2a6040' : '#17402a'}"/>`; }).join('')}<ellipse cx="330" cy="345" rx="230" ry="190" fill="#0d2418" opacity=".5"/><ellipse cx="300" cy="300" rx="226" ry="188" fill="#5a4a42"/>${Array.from({ length: 48 }, (_, i) => { const a = (i * Math.PI) / 24; return `<path d="M${300 + 150 * Math.cos(a)} ${300 + 122 * Math.sin(a)}L${300 + 226 * Math.cos(a)} ${300 + 188 * Math.sin(a)}" stroke="#40342e" stroke-width="4"/>`; }).join('')}<ellipse cx="300" cy="300" rx="150" ry="122" fill="#c9a26a"/><ellipse cx="300" cy="300" rx="104" ry="84" fill="#5a4a42"/><ellipse cx="300" cy="300" rx="78" ry="62" fill="#b89a66"/><path d="M262 286l38-24 38 24v28l-38 20-38-20Z" fill="#4a3c35"/></svg>`);
