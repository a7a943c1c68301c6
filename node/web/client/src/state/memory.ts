/**
 * A database for a browser that keeps nothing: it lasts as long as the page does, and knows as much of
 * the real one as is used of it.
 */
type Row = Record<string, unknown>;

class Table {
  private readonly rows = new Map<IDBValidKey, unknown>();
  private made = 0;

  constructor(private readonly keyPath: string) {}

  async get(key: IDBValidKey): Promise<unknown> {
    return this.rows.get(key);
  }
  async getAll(): Promise<unknown[]> {
    return [...this.rows.values()];
  }
  async getAllKeys(): Promise<IDBValidKey[]> {
    return [...this.rows.keys()];
  }
  async count(): Promise<number> {
    return this.rows.size;
  }
  async put(value: unknown, key?: IDBValidKey): Promise<IDBValidKey> {
    const at = key ?? ((value as Row)[this.keyPath] as IDBValidKey | undefined) ?? ++this.made;
    this.rows.set(at, key === undefined ? { ...(value as Row), [this.keyPath]: at } : value);
    return at;
  }
  async delete(key: IDBValidKey): Promise<void> {
    this.rows.delete(key);
  }
  async clear(): Promise<void> {
    this.rows.clear();
  }
  /** Nothing here gets old. */
  index(): { openCursor: () => Promise<null> } {
    return { openCursor: async () => null };
  }
}

/** An empty one, with these tables and the names of their keys. */
export function memory(keyPaths: Record<string, string>): object {
  const tables = new Map(Object.entries(keyPaths).map(([name, keyPath]) => [name, new Table(keyPath)]));
  const of = (name: string): Table => tables.get(name)!;
  return {
    objectStoreNames: [...tables.keys()],
    get: (name: string, key: IDBValidKey) => of(name).get(key),
    getAll: (name: string) => of(name).getAll(),
    count: (name: string) => of(name).count(),
    put: (name: string, value: unknown, key?: IDBValidKey) => of(name).put(value, key),
    add: (name: string, value: unknown) => of(name).put(value),
    delete: (name: string, key: IDBValidKey) => of(name).delete(key),
    transaction: (names: string | string[]) => ({ store: of([names].flat()[0]!), objectStore: of, done: Promise.resolve() }),
  };
}
