// A page of the console, and what every step of the test needs of it.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync } from 'node:fs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const WAIT_MS = 30_000;
const LOCALES = { vi: 'vi-VN', en: 'en-GB' };
const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

export const url = needed('VONG_URL').replace(/\/+$/, '');
export const user = needed('VONG_USER');
export const password = needed('VONG_PASSWORD');
export const problems = [];
const shots = process.env.VONG_SHOTS;

function needed(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`console test: set ${name}`);
    process.exit(2);
  }
  return value;
}

export function check(isRight, what) {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}`);
  if (!isRight) problems.push(what);
}

function executable() {
  const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = known.find((path) => existsSync(path));
  if (!found) throw new Error('no Chromium: apt-get install chromium');
  return found;
}

export function launch() {
  return chromium.launch({
    executablePath: executable(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page that keeps what the browser complains about: a policy that blocks us is a failure. */
export async function open(browser, language, size) {
  // The box's certificate is of the fleet's own authority, which this browser does not know.
  const context = await browser.newContext({ viewport: SIZES[size], locale: LOCALES[language], ignoreHTTPSErrors: true });
  await context.addInitScript((it) => localStorage.setItem('vong.lang', it), language);
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on('pageerror', (error) => problems.push(`${language} ${size}: ${error.message}`));
  page.on('console', (message) => {
    const isRefusal = /status of 40[0134]/.test(message.text());
    if (message.type() === 'error' && !isRefusal) problems.push(`${language} ${size}: ${message.text()}`);
  });
  return page;
}

export async function logIn(page, secret = password, name = user) {
  await page.fill('#user', name);
  await page.fill('#password', secret);
  await page.click('button[type=submit]');
}

/** `isWhole`: all of the page, not what the screen shows of it. */
export async function shoot(page, name, isWhole = true) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: isWhole });
}

/** What the box answers to this page's own user. */
export const asked = (page, path) => page.evaluate(async (it) => (await fetch(`/api/v1${it}`)).json(), path);

/** Sends it as this page's own user. */
export async function sent(page, method, path, body) {
  const { csrf } = await asked(page, '/me');
  return page.evaluate(
    async ([method, path, body, csrf]) => {
      const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
      return (await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) })).status;
    },
    [method, path, body, csrf],
  );
}

/** Nothing sticks out, and every control has a name. */
export async function isSound(page, what) {
  const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  check(!isWider, `${what}: nothing is wider than the screen`);
  const unnamed = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('button, a, input, select, textarea, video, [role=button]')];
    const name = (it) => it.textContent?.trim() || it.ariaLabel || it.labels?.length;
    return controls.filter((it) => !name(it)).map((it) => it.outerHTML.slice(0, 120));
  });
  check(unnamed.length === 0, `${what}: every control has a name ${unnamed}`);
}
