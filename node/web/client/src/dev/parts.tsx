// Every component in every state, for the eye and for the camera. It is part of development builds alone:
// /app/parts.html?theme=dark&lang=ar&text=125&clear&contrast=more&only=posts&open=menu
import { render, type ComponentChildren } from 'preact';
import { languages, ready } from '../i18n';
import { set } from '../state/settings';
import { Mark } from '../ui/Mark';
import { Controls, Overlay } from './controls';
import { Posts } from './posts';
import { Talk } from './talk';
import { Writing } from './writing';

/** One component with the name of its state. */
export function Part({ name, children, pad, chat }: { name: string; children: ComponentChildren; pad?: boolean; chat?: boolean }) {
  return <section class={chat ? 'part part-chat' : 'part'}><h2>{name}</h2><div class={pad ? 'part-in part-pad' : 'part-in'}>{children}</div></section>;
}

const pages: Record<string, () => ComponentChildren> = { controls: Controls, posts: Posts, talk: Talk, writing: Writing };

async function main() {
  const asked = new URLSearchParams(location.search);
  const theme = asked.get('theme'), text = Number(asked.get('text')), lang = asked.get('lang');
  if (theme === 'dark' || theme === 'light') set('theme', theme);
  if (text === 87 || text === 112 || text === 125 || text === 137) set('text', text);
  if (languages.some((l) => l.id === lang)) set('language', lang!);
  set('clear', asked.has('clear'));
  set('contrast', asked.get('contrast') === 'more' ? 'more' : 'auto');
  await ready();
  const only = asked.get('only');
  render(
    <main class="parts">
      <h1><Mark size={40} />Parts</h1>
      <div class="parts-all">{Object.entries(pages).map(([name, Page]) => (!only || only === name) && <Page key={name} />)}</div>
      <Overlay name={asked.get('open') ?? ''} />
    </main>,
    document.getElementById('app')!,
  );
}

void main();
