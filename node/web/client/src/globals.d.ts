/** Whether this is a development build. */
declare const DEV: boolean;
/** The name of this build, the files without which nothing starts, and the others; in sw.ts alone. */
declare const BUILD: string;
declare const SHELL: string[];
declare const REST: string[];

/** Where the words of each language are; in boot.ts alone. */
declare const WORDS: Record<string, string>;

declare module "locale:*" {
  const messages: Record<string, string>;
  export default messages;
}
declare module "*.css" {}
