/**
 * What servers write in HTML, as elements of ours: those of the table, without any attribute but the
 * ones named. The markup is parsed into a document in which nothing runs, and only what was recognised
 * is made anew, so nothing passes that was not thought of.
 */
import { h, type ComponentChild } from 'preact';
import type { Emoji, Mention } from './entities';
import { inert } from './trusted';

const blocks = new Set(['p', 'br', 'blockquote', 'pre', 'code', 'ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6']);
const marks = new Set(['em', 'strong', 'b', 'i', 'u', 's', 'del', 'sub', 'sup', 'span', 'a', 'ruby', 'rt', 'rp']);
/** What is not even read for its text. */
const dropped = new Set(['script', 'style', 'template', 'iframe', 'object', 'svg', 'math', 'head', 'title']);
/** Nesting beyond this is flattened: posts have three or four levels. */
const depthMax = 20;

export interface About {
  emojis?: Emoji[];
  /** Mentions and tags lead to screens of ours. */
  mentions?: Mention[];
  /** Shows no links, for previews that are links themselves. */
  plain?: boolean;
  /** Leaves out the people who are named at the beginning: a chat shows above whom it is with. */
  unaddressed?: boolean;
  /** It quotes a post, which is shown beside it: the paragraph that says so to other programs is left out. */
  quotes?: boolean;
}

/** The nodes of a text that a server wrote in HTML. */
export function html(markup: string, about: About = {}): ComponentChild[] {
  const { body } = inert(markup);
  if (about.unaddressed) unaddress(body);
  if (about.quotes) body.querySelectorAll('.quote-inline').forEach((one) => one.remove());
  return children(body, about, 0);
}

/** The words alone, with lines. */
export function textOf(markup: string, about: Pick<About, 'unaddressed'> = {}): string {
  const { body } = inert(markup.replace(/<br\s*\/?>/gi, '\n').replace(/<\/p>/gi, '\n\n'));
  if (about.unaddressed) unaddress(body);
  return (body.textContent ?? '').trim();
}

/** Takes away mentions until there are other words. */
function unaddress(block: Element): void {
  for (let first = block.firstChild; first; first = block.firstChild) {
    const mention = first instanceof Element && (first.matches('a.mention') || first.matches('.h-card, span:has(> a.mention:only-child)'));
    if (!mention && first.textContent?.trim()) {
      if (first instanceof Element && blocks.has(first.localName)) return unaddress(first);
      if (first.nodeType === Node.TEXT_NODE) first.nodeValue = first.nodeValue!.trimStart();
      return;
    }
    first.remove();
  }
}

/** A text with its emoji as pictures, for names. */
export function withEmoji(text: string, emojis: Emoji[] = []): ComponentChild[] {
  if (!emojis.length || !text.includes(':')) return [text];
  return text.split(/(:[A-Za-z0-9_]+:)/).map((part) => {
    const found = part.startsWith(':') && part.length > 2 && emojis.find((e) => `:${e.shortcode}:` === part);
    return found ? <img class="emoji" src={found.url} alt={part} title={part} draggable={false} loading="lazy" /> : part;
  });
}

function children(node: Node, about: About, depth: number): ComponentChild[] {
  return [...node.childNodes].flatMap((child) => one(child, about, depth));
}

function one(node: Node, about: About, depth: number): ComponentChild[] {
  if (node.nodeType === Node.TEXT_NODE) return withEmoji(node.nodeValue ?? '', about.emojis);
  if (!(node instanceof Element)) return [];
  const name = node.localName;
  if (dropped.has(name)) return [];
  const inside = children(node, about, depth + 1);
  if (depth > depthMax || (!blocks.has(name) && !marks.has(name))) return inside;
  if (name === 'br') return [<br />];
  if (name === 'a') return about.plain ? inside : [link(node, inside, about)];
  if (name === 'span') {
    // Mastodon hides the ends of long addresses this way.
    const look = ['invisible', 'ellipsis'].find((c) => node.classList.contains(c));
    return look ? [<span class={look === 'invisible' ? 'hear' : 'ellipsis'}>{inside}</span>] : inside;
  }
  return [h(name.replace(/^h[1-6]$/, 'strong') as 'p', null, inside)];
}

function link(node: Element, inside: ComponentChild[], about: About): ComponentChild {
  const to = node.getAttribute('href') ?? '';
  let url: URL;
  try {
    url = new URL(to);
  } catch {
    return <span>{inside}</span>;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return <span>{inside}</span>;
  const mention = about.mentions?.find((m) => m.url === to);
  if (mention) return <a class="mention" href={`/app/@${mention.acct}`}>{inside}</a>;
  const words = node.textContent ?? '';
  if (words.startsWith('#') && node.classList.contains('hashtag')) return <a class="mention" href={`/app/tags/${encodeURIComponent(words.slice(1))}`}>{inside}</a>;
  return <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" title={url.href}>{inside}</a>;
}
