import { useMemo } from 'preact/hooks';
import { html, type About } from '../api/html';

/** Words that a server wrote in HTML, made of our own elements; parsed once as long as they do not change. */
export function RichText({ text, ...about }: { text: string } & About) {
  return <>{useMemo(() => html(text, about), [text, about.emojis, about.mentions, about.plain, about.quotes])}</>;
}
