/** Names, tags and emoji while one types: a list under the words, moved through by the arrow keys. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { t } from '../../i18n';
import type { Account, Search } from '../../api/entities';
import { get } from '../../api/client';
import { announce } from '../../app/live';
import { keep, recall } from '../../state/db';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { Address, Name } from '../../ui/Name';
import type { Emoji } from '../../ui/types';

interface Offer {
  id: string;
  /** What takes the place of what was typed. */
  insert: string;
  view: ComponentChildren;
}

/** How long somebody may pause in a word before the server is asked; how many are offered. */
const pause = 150, offersMax = 6;

/** The word before the caret that may become a name, a tag or an emoji. */
function wordAt(text: string, caret: number): { kind: string; word: string; from: number } | undefined {
  const found = /(?:^|[\s(\u3000-\u303f\u4e00-\u9fff])([@#:])([^\s@#:]{1,60}(?:@[\w.-]*)?)$/u.exec(text.slice(0, caret));
  if (!found || (found[1] === ':' && found[2]!.length < 2)) return undefined;
  return { kind: found[1]!, word: found[2]!, from: caret - found[2]!.length - 1 };
}

let emojis: Promise<Emoji[]> | undefined;

async function customEmojis(): Promise<Emoji[]> {
  return (emojis ??= get<Emoji[]>('/api/v1/custom_emojis').then(
    (list) => (void keep('emojis', list), list),
    async () => {
      emojis = undefined;
      return (await recall<Emoji[]>('emojis')) ?? [];
    },
  ));
}

async function offers(kind: string, word: string, signal: AbortSignal): Promise<Offer[]> {
  if (kind === '@') {
    const found = await get<Account[]>('/api/v1/accounts/search', { q: word, limit: offersMax }, signal);
    return found.map((a) => ({ id: a.id, insert: `@${a.acct} `, view: <><Avatar who={a} size={24} /><span class="one"><Name who={a} /></span><span class="offer-by one"><Address who={a} /></span></> }));
  }
  if (kind === '#') {
    const found = await get<Search>('/api/v2/search', { q: word, type: 'hashtags', limit: offersMax }, signal);
    return found.hashtags.map((tag) => ({ id: tag.name, insert: `#${tag.name} `, view: <><Icon name="hash" size={20} /><bdi class="one">{tag.name}</bdi></> }));
  }
  const wanted = word.toLowerCase();
  return (await customEmojis()).filter((e) => e.shortcode.toLowerCase().includes(wanted)).slice(0, offersMax)
    .map((e) => ({ id: e.shortcode, insert: `:${e.shortcode}: `, view: <><img class="offer-emoji" src={e.url} alt="" /><bdi class="one">:{e.shortcode}:</bdi></> }));
}

/** Watches a field and offers; what is returned is drawn under it. */
export function useCompletion(area: HTMLTextAreaElement | null, text: string, setText: (text: string) => void): ComponentChildren {
  const id = useId();
  const [list, setList] = useState<Offer[]>([]);
  const [at, setAt] = useState(0);
  const now = useRef({ list, at, text });
  now.current = { list, at, text };

  const pick = (offer: Offer) => {
    if (!area) return;
    const caret = area.selectionStart, word = wordAt(now.current.text, caret);
    if (!word) return;
    const after = now.current.text.slice(caret).replace(/^ /, '');
    const start = now.current.text.slice(0, word.from) + offer.insert;
    setText(start + after);
    setList([]);
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(start.length, start.length);
    });
  };

  useEffect(() => {
    const word = area && document.activeElement === area ? wordAt(text, area.selectionStart) : undefined;
    if (!word) return setList([]);
    const stop = new AbortController();
    const timer = setTimeout(() => offers(word.kind, word.word, stop.signal).then(
      (found) => {
        if (stop.signal.aborted) return;
        setAt(0);
        setList(found);
        if (found.length) announce(t('compose.offers', { count: found.length }));
      },
      () => setList([]),
    ), pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, area]);

  useEffect(() => {
    if (!area) return;
    const keys = (e: KeyboardEvent) => {
      const { list, at } = now.current;
      if (!list.length || e.isComposing) return;
      if (e.key === 'ArrowDown' || e.key === 'ArrowUp') setAt((at + (e.key === 'ArrowDown' ? 1 : list.length - 1)) % list.length);
      else if ((e.key === 'Enter' && !e.ctrlKey && !e.metaKey) || e.key === 'Tab') pick(list[at]!);
      else if (e.key === 'Escape') setList([]);
      else return;
      e.preventDefault();
      e.stopImmediatePropagation();
    };
    const leave = () => setTimeout(() => setList([]), 150); // after a press on an offer
    area.addEventListener('keydown', keys, true);
    area.addEventListener('blur', leave);
    return () => {
      area.removeEventListener('keydown', keys, true);
      area.removeEventListener('blur', leave);
    };
  }, [area]);

  useEffect(() => {
    if (!area) return;
    area.setAttribute('aria-autocomplete', 'list');
    if (list.length) {
      area.setAttribute('aria-controls', id);
      area.setAttribute('aria-activedescendant', id + at);
    } else {
      area.removeAttribute('aria-controls');
      area.removeAttribute('aria-activedescendant');
    }
  }, [area, list, at]);

  if (!list.length) return null;
  return (
    <div id={id} class="offers" role="listbox" aria-label={t('compose.offers-label')}>
      {list.map((offer, i) => (
        <div key={offer.id} id={id + i} role="option" aria-selected={i === at} class="offer" onPointerDown={(e) => e.preventDefault()} onClick={() => pick(offer)} onPointerMove={() => setAt(i)}>{offer.view}</div>
      ))}
    </div>
  );
}
