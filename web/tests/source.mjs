// One of the page's own modules, as the browser gets it: for what decides without a page.
import { readFile } from 'node:fs/promises';
import { transformWithEsbuild } from 'vite';

export async function source(name) {
  const path = new URL(`../src/lib/${name}`, import.meta.url);
  const { code } = await transformWithEsbuild(await readFile(path, 'utf8'), path.pathname);
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
