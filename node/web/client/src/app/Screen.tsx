import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { badges } from '../state/badges';
import { leave, left } from '../state/places';
import { instance } from '../state/session';
import { Badge } from '../ui/Badge';
import { Banner } from '../ui/Banner';
import { ComposeButton, IconButton } from '../ui/Button';
import { usePane } from './Pane';
import { back, href, moves, stack } from './router';
import { match } from './routes';
import { room } from './width';
import { write } from './write';

interface Props {
  title: string;
  /** Beside the title, at its end. */
  actions?: ComponentChildren;
  /** Under the title, above what scrolls away: tabs, a search field. */
  below?: ComponentChildren;
  /** At the foot, above the keyboard: a composer. */
  foot?: ComponentChildren;
  /** Shows the button that writes a post. */
  compose?: boolean;
  /** The header is drawn by the screen itself; the title is for the ear. */
  quiet?: boolean;
  /** Where the way back leads, also from the first screen of a tab. */
  onBack?: () => void;
  /** Remembers how far it was scrolled, for screens without a List. */
  remember?: boolean;
  children?: ComponentChildren;
}

/** The frame of every screen: header with the way back, what scrolls, and what floats over it. */
export function Screen({ title, actions, below, foot, compose, quiet, onBack, remember, children }: Props) {
  const pane = usePane();
  const heading = useRef<HTMLHeadingElement>(null);
  const topLevel = !onBack && pane.first && room.value === 'compact';
  const away = useAway(!!compose);
  const told = badges.value.notifications;
  useFocus(heading, title);
  useRemember(remember ? pane.entry.path : '');
  return (
    <>
      <header class={quiet ? 'head head-quiet' : 'head'}>
        <div class="head-row">
          {(onBack || !pane.first) && <IconButton icon="back" label={t('shell.back')} onClick={onBack ?? (() => back(pane.entry))} />}
          <h1 class={quiet ? 'hear' : 'head-title one'} tabIndex={-1} ref={heading}><bdi>{title}</bdi></h1>
          <div class="head-acts">
            {actions}
            {topLevel && match('/search') && <IconButton icon="search" label={t('shell.search')} href={href('/search')} />}
            {topLevel && match('/notifications') && (
              <IconButton icon="bell" label={told > 0 ? t('shell.tab-count', { tab: t('shell.notifications'), count: told }) : t('shell.notifications')} words={t('shell.notifications')} href={href('/notifications')} badge={told > 0 && <Badge count={told} kind="call" />} />
            )}
          </div>
        </div>
        {below}
        {pane.offline && <Banner icon="offline">{t('shell.offline')}</Banner>}
      </header>
      <div class="pane-body">{children}</div>
      {foot && <div class="pane-foot">{foot}</div>}
      {compose && match('/compose') && <div class="pane-fab"><ComposeButton label={t('shell.compose')} href={href('/compose')} away={away} onClick={(e) => { e.preventDefault(); write(); }} /></div>}
    </>
  );
}

/** Titles the page, and moves the focus to the heading when somebody came here, not on the first page. */
function useFocus(heading: { current: HTMLElement | null }, title: string): void {
  const pane = usePane();
  const onTop = stack().at(-1)?.id === pane.entry.id;
  const node = instance.value?.title;
  useEffect(() => {
    if (onTop) document.title = node && node !== title ? `${title} · ${node}` : title;
  }, [onTop, title, node]);
  const move = moves.value;
  useEffect(() => {
    if (onTop && move > 0) heading.current?.focus({ preventScroll: true });
  }, [onTop, move]);
}

/** Whether somebody scrolls down, away from the button that would cover what they read. */
function useAway(wanted: boolean): boolean {
  const { scroller } = usePane();
  const [away, setAway] = useState(false);
  useEffect(() => {
    const box = scroller.current;
    if (!wanted || !box) return;
    let last = box.scrollTop;
    const note = () => {
      const moved = box.scrollTop - last;
      if (Math.abs(moved) < 12) return;
      last = box.scrollTop;
      // At the end there is room below what is read.
      setAway(moved > 0 && last > 100 && box.scrollHeight - last - box.clientHeight > 12);
    };
    box.addEventListener('scroll', note, { passive: true });
    return () => box.removeEventListener('scroll', note);
  }, [wanted]);
  return away;
}

function useRemember(key: string): void {
  const { scroller } = usePane();
  useEffect(() => {
    const box = scroller.current;
    if (!key || !box) return;
    box.scrollTop = left(key)?.offset ?? 0;
    const note = () => leave(key, { id: '', offset: box.scrollTop });
    box.addEventListener('scroll', note, { passive: true });
    return () => box.removeEventListener('scroll', note);
  }, [key]);
}
