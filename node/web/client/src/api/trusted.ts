/**
 * The only Trusted Types policy. The content policy of the page allows no other, so that no script,
 * ours or injected, can make markup or a worker of a text elsewhere. Markup is only ever read into a
 * document that nothing of it can run in (api/html.tsx).
 */
interface Policy {
  createHTML(text: string): string;
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const worker = '/app/sw.js';
const rules: Policy = {
  createHTML: (text) => text,
  createScriptURL: (url) => {
    if (url !== worker) throw new TypeError('no worker but ours');
    return url;
  },
};
const policy = (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('tulou', rules) ?? rules;

/** Reads markup into a document in which no script runs and nothing is loaded. */
export function inert(markup: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(markup), 'text/html');
}

export function registerWorker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(policy.createScriptURL(worker), { scope: '/app/', updateViaCache: 'none' });
}
