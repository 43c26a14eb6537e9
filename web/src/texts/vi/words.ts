// What several rooms of the Vietnamese texts are made with.

export const words = (entries: Record<string, string>) => entries;

/** `khu vực Chợ`, and `Khu vực 1`, whose name says so already. */
export const called = (what: string, name: string): string =>
  name.toLowerCase().startsWith(what) ? name : `${what} ${name}`;
