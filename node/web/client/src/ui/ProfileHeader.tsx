import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { html } from '../api/html';
import { t } from '../i18n';
import { Avatar } from './Avatar';
import { shortCount } from './format';
import { Icon } from './Icon';
import { Name } from './Name';
import { RichText } from './RichText';
import { nameOf, type Person } from './types';

export interface ProfileHeaderProps {
  who: Person;
  /** The address in full, with the server. */
  address: string;
  onCopy: (address: string) => void;
  /** One filled button; the menu beside it holds the rest. */
  act?: ComponentChildren;
  menu?: ComponentChildren;
  /** What you and they are to each other, in words: "Follows you", "Friends since May". */
  ties?: ComponentChildren;
  /** What you call them, and your own note: nobody else sees these. */
  remark?: string;
  own?: ComponentChildren;
  onFace?: () => void;
  followersHref?: string;
  followingHref?: string;
}

/** A person at the head of their page: cover, face, name, address, words, links that were checked. */
export function ProfileHeader(p: ProfileHeaderProps) {
  const { who } = p;
  const [broken, setBroken] = useState(false);
  const cover = who.header && !/\/missing\.(png|svg)$/.test(who.header) && !broken;
  return (
    <header class="profile">
      <div class="profile-cover">{cover ? <img src={who.header} alt="" onError={() => setBroken(true)} /> : <Hills />}</div>
      <div class="profile-top">
        <button type="button" class="profile-face" aria-label={t('profile.face', { name: nameOf(who) })} onClick={p.onFace}><Avatar who={who} size={88} eager /></button>
        <div class="profile-acts">{p.act}{p.menu}</div>
      </div>
      <h2 class="profile-name">{p.remark ? <bdi>{p.remark}</bdi> : <Name who={who} />}{who.bot && <span class="profile-tag">{t('profile.bot')}</span>}{who.locked && <span title={t('profile.asks')}><Icon name="person-add" size={16} /><span class="hear">{t('profile.asks')}</span></span>}</h2>
      {p.remark && <p class="profile-under"><Name who={who} /></p>}
      <button type="button" class="profile-address reach" title={t('profile.copy')} onClick={() => p.onCopy(p.address)}><bdi dir="ltr">{p.address}</bdi><Icon name="copy" size={14} /></button>
      {p.ties && <p class="profile-ties">{p.ties}</p>}
      {who.note && <div class="profile-words post-text" dir="auto"><RichText text={who.note} emojis={who.emojis} /></div>}
      {!!who.fields?.length && (
        <dl class="profile-fields">
          {who.fields.slice(0, 4).map((f, i) => (
            <div key={i} class={f.verified_at ? 'profile-field profile-checked' : 'profile-field'}>
              <dt class="one" dir="auto">{f.name}</dt>
              <dd dir="auto">{f.verified_at && <span title={t('profile.checked')}><Icon name="check" size={16} /><span class="hear">{t('profile.checked')}</span></span>}{html(f.value, { emojis: who.emojis })}</dd>
            </div>
          ))}
        </dl>
      )}
      {p.own && <div class="profile-own">{p.own}</div>}
      <p class="profile-counts">
        <span>{t('profile.posts', { count: who.statuses_count ?? 0, short: shortCount(who.statuses_count ?? 0) })}</span>
        <a class="reach" href={p.followingHref}>{t('profile.following', { count: who.following_count ?? 0, short: shortCount(who.following_count ?? 0) })}</a>
        <a class="reach" href={p.followersHref}>{t('profile.followers', { count: who.followers_count ?? 0, short: shortCount(who.followers_count ?? 0) })}</a>
      </p>
    </header>
  );
}

/** Where there is no cover: the arcs of the house, so that no place is a grey box. */
function Hills() {
  return <svg class="profile-hills" viewBox="0 0 300 100" preserveAspectRatio="xMidYMax slice" aria-hidden="true"><path d="M30 110a120 120 0 0 1 240 0" /><path d="M70 110a80 80 0 0 1 160 0" /><path d="M110 110a40 40 0 0 1 80 0" /></svg>;
}
