// One of the page's own modules with what it imports, as the browser gets it: for what decides without a page.
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function source(name) {
  const entry = fileURLToPath(new URL(`../src/lib/${name}`, import.meta.url));
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, minify: false, lib: { entry, formats: ['es'] } },
  });
  return import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
}
