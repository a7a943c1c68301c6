import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure, nodeTime, post } from '../../api/client';
import { own, type FriendLink } from '../../api/tulou';
import { addressOf } from '../../state/friends';
import { online } from '../../state/alive';
import { me } from '../../state/session';
import { Button } from '../../ui/Button';
import { clock } from '../../ui/format';
import { QrCard } from '../../ui/QrCard';
import { say } from '../../ui/Toast';

/** How long before its end a code is made anew: somebody may be about to scan it. */
const renewBefore = 30_000;

/** The last code, so that leaving and coming back shows the same. */
let last: FriendLink | undefined;

const lives = (link: FriendLink | undefined): boolean => !!link && Date.parse(link.expires_at) - nodeTime() > renewBefore;

/** One's own code: whoever scans it first is a friend at once. Without a connection it leads to one's page. */
export function OwnCode() {
  const [code, setCode] = useState(() => (lives(last) ? last : undefined));
  const [failed, setFailed] = useState(false);
  const svg = useRef<SVGSVGElement | null>(null);
  const who = me.value;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const make = async () => {
      clearTimeout(timer);
      try {
        if (!lives(last)) last = await post<FriendLink>(`${own}/friends/code`);
        setCode(last);
        setFailed(false);
        timer = setTimeout(renew, Math.max(1000, Date.parse(last!.expires_at) - nodeTime() - renewBefore));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        setCode(undefined);
        setFailed(true);
      }
    };
    const renew = () => (document.hidden ? document.addEventListener('visibilitychange', () => void make(), { once: true }) : void make());
    void make();
    return () => clearTimeout(timer);
  }, [online.value]);
  if (!who) return null;
  const link = code?.link ?? (failed ? who.url : '');
  return (
    <section class="add-code" aria-label={t('add.own')}>
      <h2 class="add-title">{t('add.own')}</h2>
      {link ? (
        <QrCard who={who} address={addressOf(who)} link={link} label={t('add.code-label', { address: addressOf(who) })} onSvg={(el) => (svg.current = el)}
          note={code ? t('add.until', { time: clock(Date.parse(code.expires_at) - nodeTime() + Date.now()) }) : t('add.code-offline')}
          acts={<><Button icon="link" onClick={() => void shareLink(link)}>{t('add.share')}</Button><Button icon="download" onClick={() => svg.current && save(svg.current, who.username)}>{t('add.save')}</Button></>} />
      ) : <div class="qr add-waiting" role="status" aria-label={t('shell.loading')} />}
    </section>
  );
}

/** Hands the link to another app, or copies it. */
async function shareLink(link: string): Promise<void> {
  if (navigator.share && navigator.canShare?.({ url: link })) return navigator.share({ url: link }).catch(() => {});
  await navigator.clipboard.writeText(link).then(() => say(t('post.copied')), () => say(t('friend.copy-refused')));
}

function save(svg: SVGSVGElement, name: string): void {
  const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: 'image/svg+xml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name + '.svg';
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
