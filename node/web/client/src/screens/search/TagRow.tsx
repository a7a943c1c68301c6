import { tagLink } from '../../ui/links';
import { SettingsRow } from '../../ui/SettingsRow';

export function TagRow({ name }: { name: string }) {
  return <SettingsRow icon="hash" title={<bdi>{name}</bdi>} href={tagLink(name)} />;
}
