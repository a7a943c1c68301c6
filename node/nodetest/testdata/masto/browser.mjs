// A browser without JavaScript: it keeps cookies, follows redirects and fills in forms.

export class Browser {
  cookies = new Map();

  constructor(fetch, base) {
    this.fetch = fetch;
    this.base = base;
  }

  // open asks for a page, and for what it leads to as long as that is of the same server.
  async open(address, form) {
    let url = new URL(address, this.at ?? this.base);
    for (let hops = 0; hops < 10; hops++) {
      this.at = url;
      const headers = { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "), "User-Agent": "a browser" };
      if (form) Object.assign(headers, { "Content-Type": "application/x-www-form-urlencoded", Origin: this.base });
      const answer = await this.fetch(url, { method: form ? "POST" : "GET", headers, redirect: "manual", body: form?.toString() });
      for (const line of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        this.cookies.set(name, value);
      }
      this.status = answer.status;
      this.text = await answer.text();
      const next = answer.headers.get("location");
      if (!next) return this;
      url = new URL(next, url);
      form = undefined;
      if (url.origin !== this.base) {
        this.at = url; // it is for an app
        return this;
      }
    }
    throw new Error(`${address} leads nowhere`);
  }

  // submit sends the form that has all these fields, with what else it holds. The one for the
  // language is on every page.
  async submit(fill) {
    for (const [, attributes, inside] of this.text.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
      const fields = [...inside.matchAll(/<(input|button|textarea)([^>]*)>/g)].map(([, tag, rest]) => ({
        tag, name: attribute(rest, "name"), value: attribute(rest, "value"), type: attribute(rest, "type"),
      }));
      if (attribute(attributes, "action") === "/language") continue;
      if (!Object.keys(fill).every((name) => fields.some((f) => f.name === name))) continue;
      const form = new URLSearchParams();
      for (const f of fields) if (f.tag === "input" && f.name && f.type !== "checkbox") form.set(f.name, f.value ?? "");
      for (const [name, value] of Object.entries(fill)) form.set(name, value);
      return this.open(attribute(attributes, "action") ?? this.at, form);
    }
    throw new Error(`no form for ${Object.keys(fill)} at ${this.at}: ${this.status} ${this.text}`);
  }
}

function attribute(tag, name) {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag);
  return found?.[1].replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
